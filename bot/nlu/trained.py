"""What the trained components share: their life inside Rasa's graph, from create to load."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, Dict, Generic, List, Optional, Protocol, Type, TypeVar

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

from bot.nlu import learning, linear
from bot.nlu.carrier import evidence_of
from bot.nlu.features import rows_of, sources
from bot.nlu.lesson import Evidence
from bot.nlu.linear import Scores


class Learned(Protocol):
    """A linear model of `linear`."""

    def rank(self, rows: csr_matrix) -> List[Scores]:
        """Return labels with probabilities for each row."""

    def save(self, folder: Path, name: str) -> None:
        """Write into `folder` under `name`."""


Model = TypeVar("Model", bound=Learned)


class TrainedComponent(GraphComponent, Generic[Model]):
    """A component that learns one linear model and writes its scores into messages.

    A subclass says under which `FILE` name its model is kept, what it learns from (`learn`), how
    it is read back (`read`) and what it writes (`tell`).
    """

    FILE: str

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """Rows of evidence are needed."""
        return [Featurizer]

    @staticmethod
    def required_packages() -> List[str]:
        """What must be installed."""
        return ["sklearn", "scipy", "numpy"]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`strength`: the SVM's C; `seed`: makes training repeatable."""
        return {"strength": 0.3, "seed": 20}

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Make Rasa's cache see a change in how models are learned."""
        return sources(learning.__file__, linear.__file__, __file__)

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        learned: Optional[Model] = None,
    ) -> None:
        """Make a component; without `learned` it must be trained first."""
        self.config = config
        self._model_storage = model_storage
        self._resource = resource
        self.learned = learned

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TrainedComponent[Model]":
        """Make an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TrainedComponent[Model]":
        """Read the trained component from the model."""
        with model_storage.read_from(resource) as folder:
            learned = cls.read(Path(folder), cls.FILE)
        return cls(config, model_storage, resource, learned)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the lines and keep what was learned in the model."""
        self.learned = self.learn(evidence_of(training_data))
        with self._model_storage.write_to(self._resource) as folder:
            self.learned.save(Path(folder), self.FILE)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Write the model's scores into every message that has a text."""
        if self.learned is None:
            raise RuntimeError(f"{type(self).__name__} has not been trained")
        told = [message for message in messages if message.get(TEXT)]
        if told:
            for message, scores in zip(told, self.learned.rank(rows_of(told)), strict=True):
                self.tell(message, scores)
        return messages

    @abstractmethod
    def learn(self, evidence: Evidence) -> Model:
        """Return the model of the lesson's rows."""

    @staticmethod
    @abstractmethod
    def read(folder: Path, name: str) -> Model:
        """Read a saved model back."""

    @abstractmethod
    def tell(self, message: Message, scores: Scores) -> None:
        """Write `scores` into `message`."""
