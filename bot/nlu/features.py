"""Rasa's featurizer over `vectors`: gives each message its sparse row of evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack

import language
from bot.nlu import analysis, asking, copies, land, lesson, parts, vectors
from bot.nlu.carrier import add_evidence, lesson_of
from bot.nlu.lesson import Evidence, Lesson
from bot.nlu.parts import parts_of
from bot.nlu.vectors import Vectors

ROW = "row"
"""Where a message's row is kept for later components; not passed on. Rasa's own place has it too,
but what is asked of that is copied whole for each that asks."""
PART_ROWS = "part_rows"
"""Where the rows of a message's parts are kept; not passed on."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class EvidenceFeaturizer(SparseFeaturizer, GraphComponent):
    """Learns the vocabulary of the training lines and turns messages into rows."""

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """Rasa's later stages expect tokens beside features."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> List[str]:
        """What must be installed."""
        return ["sklearn", "scipy", "numpy"]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`weights`: streams and how much each counts; `rarest`: fewest lines to be kept."""
        return {
            **SparseFeaturizer.get_default_config(),
            "weights": {"words": 1.0, "pieces": 0.5, "accented": 0.5, "signs": 0.5},
            "rarest": {"words": 3, "pieces": 6, "accented": 3, "signs": 1},
        }

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """Raise `ValueError` for a stream that is not declared in `analysis`."""
        unknown = set(config["weights"]) - set(analysis.STREAMS)
        if unknown:
            raise ValueError(f"unknown streams of features: {sorted(unknown)}")

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Make Rasa's cache see a change of how text is analysed, which is not in this class."""
        return sources(
            *(
                module.__file__
                for module in (analysis, asking, copies, land, lesson, parts, vectors)
            )
        )

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        name: str,
        learned: Optional[Vectors] = None,
    ) -> None:
        """Make a featurizer; without `learned` it must be trained first."""
        super().__init__(name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._vectors = learned

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "EvidenceFeaturizer":
        """Make an untrained featurizer."""
        return cls(config, model_storage, resource, execution_context.node_name)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "EvidenceFeaturizer":
        """Read the trained featurizer from the model."""
        with model_storage.read_from(resource) as folder:
            learned = Vectors.load(Path(folder))
        return cls(config, model_storage, resource, execution_context.node_name, learned)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the vocabulary and keep it in the model."""
        self._vectors, _ = self._from(lesson_of(training_data))
        with self._model_storage.write_to(self._resource) as folder:
            self._vectors.save(Path(folder))
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Give every line of the lesson its row."""
        _, evidence = self._from(lesson_of(training_data))
        add_evidence(training_data, evidence)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Give every message its row, and rows for the parts of one that enumerates."""
        self._add_rows([message for message in messages if message.get(TEXT)])
        for message in messages:
            texts = parts_of(message.get(TEXT) or "")
            if texts:
                message.set(PART_ROWS, self._learned().rows(texts))
        return messages

    def _add_rows(self, messages: Sequence[Message]) -> None:
        if messages:
            rows = self._learned().rows([message.get(TEXT) for message in messages])
            for at, message in enumerate(messages):
                # A citizen's message comes alone; SciPy takes as long over a slice as over a row.
                row = rows if len(messages) == 1 else rows[at]
                self.add_features_to_message(None, row, TEXT, message)
                message.set(ROW, row)

    def _from(self, lesson: Lesson) -> Tuple[Vectors, Evidence]:
        return lesson.learned(self._config["weights"], self._config["rarest"])

    def _learned(self) -> Vectors:
        if self._vectors is None:
            raise RuntimeError("the featurizer has not been trained")
        return self._vectors


def rows_of(messages: Sequence[Message]) -> csr_matrix:
    """Return the rows that the featurizer gave to `messages`, one below the other."""
    rows = [message.get(ROW) for message in messages]
    if any(row is None for row in rows):
        raise ValueError("a message without features: put EvidenceFeaturizer before this")
    return rows[0] if len(rows) == 1 else vstack(rows, format="csr")


def sources(*files: str) -> str:
    """Return the text of the named source files and of `language`, for Rasa's fingerprints."""
    shared = sorted(Path(language.__file__).parent.glob("*.py"))
    return "\n".join(path.read_text(encoding="utf-8") for path in [*map(Path, files), *shared])
