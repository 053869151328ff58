"""Rasa's training data: its own files of rules, and one message that carries all lines.

Adding a procedure is one file in `data/procedures` (and, for good understanding, its citizens'
questions in `data/nlu/questions`): no list of intents or entities has to follow. Rasa copies and
fingerprints its training data many times in a training, a millisecond a line; so it is given a few
lines of each intent, to check its rules by, and the whole `Lesson` as one sealed thing, from which
the components learn.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import DefaultDict, List, Optional, Union

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

from bot.importers.reading import Folders
from bot.nlu.carrier import carrier
from bot.nlu.lesson import Lesson

SHOWN = 3
"""Lines of each intent that Rasa itself is shown."""


class CatalogueImporter(RasaFileImporter):
    """Reads Rasa's files and the catalogue's.

    In `config.yml`, `questions`, `intents` and `procedures` name the folders, from the config
    file's own; `seed` makes what the program adds the same in every training.
    """

    def __init__(
        self,
        config_file: Optional[str] = None,
        domain_path: Optional[str] = None,
        training_data_paths: Optional[Union[List[str], str]] = None,
        questions: str = "data/nlu/questions",
        intents: str = "data/nlu/intents",
        procedures: str = "data/procedures",
        seed: int = 20,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        root = Path(config_file).resolve().parent if config_file else Path.cwd()
        self._folders = Folders(root / questions, root / intents, root / procedures, seed)
        self._seed = seed

    @cached_method
    def get_nlu_data(self, language: Optional[str] = "vi") -> TrainingData:
        """Return a few lines of each intent and the carrier of all."""
        written = self._folders.written()
        lesson = Lesson((*written, *self._folders.made(written)), self._seed)
        shown: DefaultDict[str, List[Message]] = defaultdict(list)
        for line in written:
            if len(shown[line.intent]) < SHOWN:
                shown[line.intent].append(Message(data={TEXT: line.text, INTENT: line.intent}))
        few = [message for messages in shown.values() for message in messages]
        return TrainingData([*few, carrier(lesson)])
