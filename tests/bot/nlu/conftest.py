"""A small model, trained once for all tests of the understanding."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.aspects import AspectClassifier
from bot.nlu.carrier import carrier
from bot.nlu.codes import DossierCodeExtractor
from bot.nlu.examples import Example
from bot.nlu.features import EvidenceFeaturizer
from bot.nlu.intents import LinearIntentClassifier
from bot.nlu.lesson import Lesson
from bot.nlu.procedures import ProcedureLinker
from bot.nlu.tokenizer import SyllableTokenizer

_FRAMES = {
    "documents": ("{} cần giấy tờ gì", "hồ sơ {} gồm những gì", "{} thì mang theo gì ạ"),
    "time": ("{} mất bao lâu", "bao nhiêu ngày thì {} xong", "{} mấy ngày có kết quả"),
    "fee": ("{} hết bao nhiêu tiền", "lệ phí {} thế nào", "{} phải đóng thuế không"),
}
_NAMES = {
    "transfer": ("bán đất", "mua nhà", "sang tên sổ đỏ", "chuyển nhượng"),
    "split_parcel": ("tách thửa", "cắt đất làm hai", "chia sổ", "tách sổ"),
    "reissue_lost": ("mất sổ đỏ", "thất lạc sổ", "cấp lại sổ bị cháy", "rơi mất giấy"),
}
_OTHERS = {
    "greet": ("xin chào", "chào anh", "hello", "chào cán bộ", "alo", "chào buổi sáng"),
    "thank": ("cảm ơn", "cám ơn nhiều", "thanks bạn", "cảm ơn anh", "cảm ơn ạ", "tks"),
    "out_of_scope": ("thời tiết", "đá bóng", "vé xe khách", "giá vàng", "mua xe máy", "nấu phở"),
}


def examples() -> list[Example]:
    """A few lines for each procedure, aspect and intent."""
    lines = [
        Example(frame.format(name), "ask_procedure", procedure, frozenset({aspect}), "first")
        for procedure, names in _NAMES.items()
        for name in names
        for aspect, frames in _FRAMES.items()
        for frame in frames
    ]
    lines += [
        Example(text, intent, author="first") for intent, texts in _OTHERS.items() for text in texts
    ]
    return lines


class Pipeline:
    """The components in the order of config.yml, trained into one storage and loaded again."""

    _COMPONENTS = (
        EvidenceFeaturizer,
        LinearIntentClassifier,
        ProcedureLinker,
        AspectClassifier,
    )

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._storage = LocalModelStorage(folder)
        self._tokenizer = SyllableTokenizer(SyllableTokenizer.get_default_config())
        self._extractor = DossierCodeExtractor()
        data = TrainingData([carrier(Lesson(tuple(examples()), seed=20))])
        self._tokenizer.process_training_data(data)
        self._loaded: list[GraphComponent] = []
        for kind in self._COMPONENTS:
            resource = Resource(f"train_{kind.__name__}")
            settings = (kind.get_default_config(), self._storage, resource, _context(kind))
            kind.create(*settings).train(data)
            loaded = kind.load(*settings)
            if isinstance(loaded, EvidenceFeaturizer):  # the others learn from its rows
                loaded.process_training_data(data)
            self._loaded.append(loaded)

    def read(self, text: str) -> Message:
        """What the pipeline, read back from its storage, makes of `text`."""
        messages = self._tokenizer.process([Message(data={TEXT: text})])
        for component in self._loaded:
            messages = component.process(messages)
        return self._extractor.process(messages)[0]

    def archive(self, path: Path) -> Path:
        """Pack the storage as Rasa packs a model."""
        with tarfile.open(path, "w:gz") as packed:
            packed.add(self.folder, arcname="components")
        return path


def _context(kind: type[GraphComponent]) -> ExecutionContext:
    return ExecutionContext(GraphSchema({}), node_name=kind.__name__)


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return Pipeline(tmp_path_factory.mktemp("storage"))


@pytest.fixture(scope="session")
def archive(pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pipeline.archive(tmp_path_factory.mktemp("model") / "model.tar.gz")
