"""Finds a dossier code in a message, in any of the forms in which citizens write it."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from language.dossier_code import find_code

ENTITY = "dossier_code"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class DossierCodeExtractor(GraphComponent, EntityExtractorMixin):
    """Adds the entity `dossier_code`, whose value is the canonical form."""

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "DossierCodeExtractor":
        """Make the extractor; there is nothing to train."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the first code found in each message."""
        for message in messages:
            text = message.get(TEXT)
            code = find_code(text) if text else None
            if code is not None:
                # Where it stands in the text is not told: people spread a code over several words
                # or speak its signs, and nothing downstream needs the place.
                found = {"entity": ENTITY, "value": code, "start": 0, "end": len(text)}
                entities = message.get(ENTITIES, []) + self.add_extractor_name([found])
                message.set(ENTITIES, entities, add_to_output=True)
        return messages
