"""Training data with one author left out, and the lines that were: people nobody has met.

A file of questions names its author in its name (`transfer.letters.yml`; none for the first). The
other intents were written line by line in no author's name: of them every fold leaves out its own
blocks of ten lines, so that all folds together test every line once.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.carrier import carrier
from bot.nlu.examples import Example
from bot.nlu.lesson import Lesson

NOBODY = "nobody"
"""The fold that leaves nobody out: what is trained for a set of other people's."""
FIRST = "first"
"""The author whose files name none."""
BLOCK = 10
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
JOINT = "+"
"""Between an intent and its procedure, where the two are one label."""


def authors(questions: Path) -> list[str]:
    """Return the authors of a folder of questions."""
    return sorted({_author(path) for path in questions.glob("*.yml")})


def write_fold(data: Path, folder: Path, fold: str) -> list[Example]:
    """Write `data/nlu` into `folder` without the lines of `fold`; return these lines."""
    folds = [*authors(data / "questions"), NOBODY]
    if fold not in folds:
        raise ValueError(f"no fold {fold}: there are {', '.join(folds)}")
    left_out: list[Example] = []
    (folder / "questions").mkdir(parents=True)
    (folder / "intents").mkdir()
    for path in sorted((data / "questions").glob("*.yml")):
        if _author(path) == fold:
            left_out += _questions(path)
        else:
            shutil.copy(path, folder / "questions")
    for path in sorted((data / "intents").glob("*.yml")):
        left_out += _without_blocks(path, folder / "intents" / path.name, fold, folds)
    return left_out


def written_lines(folder: Path) -> list[Example]:
    """Return what people wrote in a folder of `write_fold`: no copies, no names."""
    lines = [line for path in sorted((folder / "intents").glob("*.yml")) for line in _talk(path)]
    lines += [line for p in sorted((folder / "questions").glob("*.yml")) for line in _questions(p)]
    return lines


def chosen(lines: Sequence[Example], most: int, longest: int, seed: int) -> list[Example]:
    """Return `most` of the lines up to `longest` words, always the same; 0: no such limit."""
    short = [line for line in lines if not longest or len(line.text.split()) <= longest]
    if not most or len(short) <= most:
        return short
    return random.Random(seed).sample(short, most)


class WrittenLines(TrainingDataImporter):  # type: ignore[misc]  # Rasa is not typed
    """Gives a pipeline the written lines of `folder` that `chosen` takes, and nothing else.

    With `joint`, a line's procedure is part of its intent (`ask_procedure+gift`): a classifier of
    intents has no other place for it.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | None = None,
        folder: str = "",
        most: int = 0,
        longest: int = 0,
        seed: int = 20,
        joint: bool = False,
    ) -> None:
        self._config = Path(config_file or "")
        self._lines = chosen(written_lines(Path(folder)), most, longest, seed)
        self._joint = joint
        self._seed = seed

    def get_nlu_data(self, language: str | None = "vi") -> TrainingData:
        """Return the lines."""
        shown = [joined(line) for line in self._lines] if self._joint else self._lines
        messages = [Message(data={TEXT: line.text, INTENT: line.intent}) for line in shown]
        if not self._joint:
            # Our components learn from a lesson that one message carries.
            messages.append(carrier(Lesson(tuple(self._lines), self._seed)))
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


def _author(path: Path) -> str:
    return path.stem.partition(".")[2] or FIRST


def _questions(path: Path) -> list[Example]:
    """The lines of a file of questions; see `data/nlu/questions`."""
    held = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    asked = [
        Example(str(line), "ask_procedure", held["procedure"], frozenset(aspects.split("+")))
        for aspects, lines in (held.get("questions") or {}).items()
        for line in lines or []
    ]
    sums = held.get("calculate") or []
    return asked + [
        Example(str(line), "calculate_fee", held["procedure"], frozenset({"fee"})) for line in sums
    ]


def _talk(path: Path) -> list[Example]:
    """The lines of a file of other intents."""
    held = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    return [
        Example(line.strip().removeprefix("- "), entry["intent"])
        for entry in held["nlu"]
        for line in entry["examples"].splitlines()
        if line.strip().startswith("- ")
    ]


def _without_blocks(path: Path, to: Path, fold: str, folds: Sequence[str]) -> list[Example]:
    """Copy a file of intents without the fold's blocks; return what was in them.

    A file with an author's name goes with that author whole.
    """
    held = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    people = [name for name in folds if name != NOBODY]
    by_author = _author(path) in people and _author(path) != FIRST
    left_out: list[Example] = []
    for entry in held["nlu"]:
        kept = []
        for number, line in enumerate(entry["examples"].splitlines()):
            turn = _author(path) if by_author else people[number // BLOCK % len(people)]
            if turn != fold:
                kept.append(line)
            elif line.strip().startswith("- "):
                left_out.append(Example(line.strip().removeprefix("- "), entry["intent"]))
        entry["examples"] = "\n".join(kept) + "\n"
    held["nlu"] = [entry for entry in held["nlu"] if entry["examples"].strip()]
    to.write_text(yaml.safe_dump(held, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return left_out
