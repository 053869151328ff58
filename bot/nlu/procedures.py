"""Links a message to the procedures it may be about, each with its probability.

Learned over the catalogue's names and aliases, citizens' example questions, and all lines that are
about none: a greeting, another authority's business, a follow-up that leaves the procedure unsaid.
Whether the likeliest is likely enough to answer from is decided by the conversation, not here.
"""

from __future__ import annotations

from pathlib import Path
from typing import List

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import findings, learning
from bot.nlu.features import PART_ROWS
from bot.nlu.lesson import Evidence
from bot.nlu.linear import OneOf, Scores
from bot.nlu.trained import TrainedComponent


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ProcedureLinker(TrainedComponent[OneOf], IntentClassifier):
    """Sets `procedure_candidates`: the likeliest procedures (and "none") with their scores; and
    `procedure_parts`, the likeliest of each part, for a message that enumerates."""

    FILE = "procedures"

    def learn(self, evidence: Evidence) -> OneOf:
        """Learn which lines are about which procedure, and which about none."""
        return learning.procedures(evidence, self.config["strength"], self.config["seed"])

    @staticmethod
    def read(folder: Path, name: str) -> OneOf:
        """Read what was learned."""
        return OneOf.load(folder, name)

    def process(self, messages: List[Message]) -> List[Message]:
        """Link every message, and each part of one that enumerates several things."""
        super().process(messages)
        for message in messages:
            rows = message.get(PART_ROWS)
            if rows is not None and self.learned is not None:
                parts = findings.parts(self.learned.rank(rows))
                message.set("procedure_parts", parts, add_to_output=True)
        return messages

    def tell(self, message: Message, scores: Scores) -> None:
        """Write the candidates into the message."""
        message.set("procedure_candidates", findings.candidates(scores), add_to_output=True)
