"""Training data with one author left out, and the lines that were: people nobody has met.

A file names its author in its name (`transfer.letters.yml`; none for the first). What that author
wrote is left out whole. Whatever else than questions the first wrote was written line by line in
nobody's manner: of it every fold leaves out its own blocks of ten lines, so that all folds together
test every line once.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.importers.reading import ASK, CALCULATE, FIRST, Folders
from bot.nlu.carrier import carrier
from bot.nlu.examples import Example
from bot.nlu.lesson import Lesson
from tests.comparison.config import NOBODY

BLOCK = 10
JOINT = "+"
"""Between an intent and its procedure, where the two are one label."""


def authors(written: Sequence[Example]) -> list[str]:
    """Return the authors of questions."""
    return sorted({line.author for line in written if line.author and _asks(line)})


def parted_by(written: Sequence[Example], fold: str) -> tuple[list[Example], list[Example]]:
    """Return the lines to learn from without those of `fold`; and these.

    Raises `ValueError` for a fold that is no author's, naming those there are.
    """
    people = authors(written)
    if fold not in (*people, NOBODY):
        raise ValueError(f"no fold {fold}: there are {', '.join((*people, NOBODY))}")
    kept: list[Example] = []
    left_out: list[Example] = []
    numbers: dict[str, count[int]] = defaultdict(count)
    for line in written:
        author = line.author
        if not _asks(line) and author not in set(people) - {FIRST}:
            author = people[next(numbers[line.intent]) // BLOCK % len(people)]
        (left_out if author == fold else kept).append(line)
    return kept, left_out


def _asks(line: Example) -> bool:
    return line.intent in (ASK, CALCULATE)


def chosen(lines: Sequence[Example], most: int, longest: int, seed: int) -> list[Example]:
    """Return `most` of the lines up to `longest` words, always the same; 0: no such limit."""
    short = [line for line in lines if not longest or len(line.text.split()) <= longest]
    if not most or len(short) <= most:
        return short
    return random.Random(seed).sample(short, most)


class FoldImporter(TrainingDataImporter):  # type: ignore[misc]  # Rasa is not typed
    """Gives a pipeline what people wrote but for a fold: the lines that `chosen` takes of it.

    The folders are said as to `CatalogueImporter`. With `made`, what the program adds is learned
    too, as in the project's own training. With `joint`, a line's procedure is part of its intent
    (`ask_procedure+gift`): a classifier of intents has no other place for it.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | None = None,
        questions: str = "",
        intents: str = "",
        procedures: str = "",
        seed: int = 20,
        fold: str = NOBODY,
        most: int = 0,
        longest: int = 0,
        made: bool = False,
        joint: bool = False,
    ) -> None:
        self._config = Path(config_file or "")
        folders = Folders(Path(questions), Path(intents), Path(procedures), seed)
        kept, _ = parted_by(folders.written(), fold)
        self._lines = chosen(kept, most, longest, seed)
        self._made = folders.made(kept) if made else []
        self._joint = joint
        self._seed = seed

    def get_nlu_data(self, language: str | None = "vi") -> TrainingData:
        """Return the lines, and the lesson of them for components of ours."""
        shown = [joined(line) for line in self._lines] if self._joint else self._lines
        messages = [Message(data={TEXT: line.text, INTENT: line.intent}) for line in shown]
        if not self._joint:
            messages.append(carrier(Lesson((*self._lines, *self._made), self._seed)))
        return TrainingData(messages)

    def get_config(self) -> dict[str, object]:
        """Return what the config file holds."""
        return dict(yaml.safe_load(self._config.read_text(encoding="utf-8")))

    def get_config_file_for_auto_config(self) -> str | None:
        """Return the config file; there is nothing for Rasa to fill in."""
        return str(self._config)

    def get_domain(self) -> Domain:
        """Understanding needs no domain."""
        return Domain.empty()

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """Understanding needs no stories."""
        return StoryGraph([])


def joined(line: Example) -> Example:
    """Return the line with its procedure in its intent."""
    if line.procedure is None:
        return line
    return replace(line, intent=f"{line.intent}{JOINT}{line.procedure}")


def parted(label: str) -> tuple[str, str | None]:
    """Undo `joined`: the intent and the procedure of a label."""
    intent, _, procedure = label.partition(JOINT)
    return intent, procedure or None
