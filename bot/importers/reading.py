"""Reads what people and the catalogue say into labelled lines, without Rasa.

Three kinds of files: citizens' questions (a procedure, its aspects), Rasa's own files of intents,
and themes (an intent whose lines are told apart by what they are about). A file's name says who
wrote it: `gift.letters.yml` is the author `letters`, `gift.yml` the `first`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Collection, Dict, Iterator, List

import yaml

from bot.importers.elsewhere import said_of_something_else
from bot.importers.mentions import asked_about, in_passing
from bot.nlu.examples import Example

ASK = "ask_procedure"
CALCULATE = "calculate_fee"
OUT_OF_SCOPE = "out_of_scope"
FIRST = "first"
"""The author of files that name none."""
FOLLOW_UPS = Path(__file__).with_name("follow_ups.yml")
"""Questions in the middle of a conversation, which leave their procedure unsaid."""
SHORT_NAMES = Path(__file__).with_name("short_names.yml")
"""What procedures are called in passing."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Folders:
    """Where the lines lie. `seed` makes what the program adds the same in every training."""

    questions: Path
    intents: Path
    procedures: Path
    seed: int

    def written(self) -> List[Example]:
        """Return what people wrote, each line under one label once."""
        lines = intents_in(self.intents) + questions_in(self.questions) + questions_of(FOLLOW_UPS)
        return without_doubles(lines)

    def made(self, written: List[Example]) -> List[Example]:
        """Return what the program adds to `written` (all of it, or a part, to measure)."""
        names = names_in(self.procedures)
        lines = names + mentions_of(names + short_names(), self.seed)
        lines += _elsewhere(written, self.seed)
        themes = {line.theme for line in written if line.theme}
        lines += asked_of_topics(self.intents, themes, self.seed)
        known = {(line.text, line.intent, line.procedure) for line in written}
        new = [line for line in lines if (line.text, line.intent, line.procedure) not in known]
        return without_doubles(new)


def author_of(path: Path) -> str:
    """Return who wrote a file."""
    return path.stem.partition(".")[2] or FIRST


def questions_in(folder: Path) -> List[Example]:
    """Return citizens' questions. Each file holds `procedure`, `questions` (lines under the
    aspects they ask about, joined by +) and perhaps `calculate` (lines that want an amount).
    """
    return [line for path in sorted(folder.glob("*.yml")) for line in questions_of(path)]


def questions_of(path: Path) -> List[Example]:
    """Return the lines of one file of questions; `procedure` is null where it is left unsaid.

    Raises `ValueError` naming the file where it is not of this form.
    """
    held, author = _mapping(path), author_of(path)
    try:
        procedure = held["procedure"]
        asked = [
            Example(str(line), ASK, procedure, frozenset(aspects.split("+")), author)
            for aspects, lines in (held.get("questions") or {}).items()
            for line in lines or []
        ]
        sums = [
            Example(str(line), CALCULATE, procedure, frozenset({"fee"}), author)
            for line in held.get("calculate") or []
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name}: not a file of questions ({error!r})") from error
    return asked + sums


def intents_in(folder: Path) -> List[Example]:
    """Return the lines of files of intents: Rasa's own form, or `intent` with its `themes`,
    each of which has written `lines` and the `topics` that the program asks about.

    Raises `ValueError` naming a file of neither form.
    """
    return [line for path in sorted(folder.glob("*.yml")) for line in _intents_of(path)]


def _intents_of(path: Path) -> List[Example]:
    held, author = _mapping(path), author_of(path)
    try:
        if "themes" in held:
            return [
                Example(str(line), held["intent"], author=author, theme=theme)
                for theme, said in held["themes"].items()
                for line in said["lines"]
            ]
        return [
            Example(line[2:].strip(), block["intent"], author=author)
            for block in held["nlu"]
            for line in block["examples"].splitlines()
            if line.startswith("- ")
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name}: not a file of intents ({error!r})") from error


def asked_of_topics(folder: Path, themes: Collection[str], seed: int) -> List[Example]:
    """Return questions about the topics of those `themes`, put together by the program."""
    return [
        Example(question, held["intent"], theme=theme)
        for held in map(_mapping, sorted(folder.glob("*.yml")))
        for theme, said in held.get("themes", {}).items()
        if theme in themes
        for topic in said.get("topics", ())
        for question in (topic, *asked_about(topic, seed))
    ]


def names_in(folder: Path) -> List[Example]:
    """Return names and aliases of the catalogue's procedures, each a bare topic."""
    found: List[Example] = []
    for path in sorted(folder.glob("*.yml")):
        held = _mapping(path)
        procedure = held.get("id")
        if not procedure:
            continue
        kept = [held.get(key) for key in ("name", "short", "official_name", "aliases")]
        found += [Example(name, ASK, procedure, frozenset({"general"})) for name in _texts(kept)]
    return found


def short_names() -> List[Example]:
    """Return the bare words that tell procedures from each other in passing."""
    held = _mapping(SHORT_NAMES)
    return [Example(name, ASK, procedure) for procedure, names in held.items() for name in names]


def mentions_of(names: List[Example], seed: int) -> List[Example]:
    """Return turns that mention the names in passing. They ask about no aspect."""
    return [
        Example(turn, ASK, name.procedure) for name in names for turn in in_passing(name.text, seed)
    ]


def without_doubles(lines: List[Example]) -> List[Example]:
    """The lines in order; of one text under one intent and procedure, the first only."""
    first = {(line.text, line.intent, line.procedure): line for line in reversed(lines)}
    return list(reversed(list(first.values())))


def _elsewhere(lines: List[Example], seed: int) -> List[Example]:
    """What is no business of this office, made from questions on land."""
    made = [said_of_something_else(line.text, seed) for line in lines if line.procedure]
    return [Example(text, OUT_OF_SCOPE) for text in made if text is not None]


def _texts(held: Any) -> Iterator[str]:
    """All strings in a value, which may be one, a list, or a mapping of languages."""
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict):
        yield from _texts(list(held.values()))
    elif isinstance(held, list):
        for part in held:
            yield from _texts(part)


def _mapping(path: Path) -> Dict[str, Any]:
    held = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    if not isinstance(held, dict):
        raise ValueError(f"{path.name}: expected a mapping")
    return held
