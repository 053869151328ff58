"""Rasa's training data out of the catalogue: citizens' questions, names and aliases.

Adding a procedure is one file in `data/procedures` (and, for good understanding, its citizens'
questions in `data/nlu/questions`): no list of intents or entities has to follow. Rasa's own files
(`data/nlu/intents`, rules) are read as Rasa reads them; then every line is joined by a hurried
copy of itself.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Union

import yaml
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

from bot.importers.copies import hurried
from bot.importers.elsewhere import said_of_something_else
from bot.importers.mentions import in_passing
from bot.nlu.examples import Example, example_of

ASK = "ask_procedure"
CALCULATE = "calculate_fee"
OUT_OF_SCOPE = "out_of_scope"
FOLLOW_UPS = Path(__file__).with_name("follow_ups.yml")
"""Questions in the middle of a conversation, which leave their procedure unsaid."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SHORT_NAMES = Path(__file__).with_name("short_names.yml")
"""What procedures are called in passing."""


class CatalogueImporter(RasaFileImporter):
    """Reads Rasa's files and the catalogue's.

    In `config.yml`, `questions` and `procedures` name the folders, from the config file's own;
    `seed` makes the copies the same in every training.
    """

    def __init__(
        self,
        config_file: Optional[str] = None,
        domain_path: Optional[str] = None,
        training_data_paths: Optional[Union[List[str], str]] = None,
        questions: str = "data/nlu/questions",
        procedures: str = "data/procedures",
        seed: int = 20,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        root = Path(config_file).resolve().parent if config_file else Path.cwd()
        self._questions = root / questions
        self._procedures = root / procedures
        self._seed = seed

    @cached_method
    def get_nlu_data(self, language: Optional[str] = "vi") -> TrainingData:
        """Return all lines; each that somebody wrote is followed by its hurried copy."""
        rasa_files = super().get_nlu_data(language)
        read = [example_of(message) for message in rasa_files.training_examples]
        written = [example for example in read if example is not None]
        written += questions_in(self._questions) + questions_of(FOLLOW_UPS)
        names = names_in(self._procedures)
        made = names + mentions_of(names + short_names(), self._seed)
        made += _elsewhere(written, self._seed)
        by_people = {line.text for line in written}
        messages: List[Message] = []
        for number, line in enumerate(_without_doubles(written + made)):
            # What the program made needs no copies: it is many enough, and plain already.
            copies = [hurried(line.text, self._seed)] if line.text in by_people else []
            texts = dict.fromkeys([line.text, *copies])
            messages += [replace(line, text=text, line=number).message() for text in texts]
        return TrainingData(messages)


def _elsewhere(lines: List[Example], seed: int) -> List[Example]:
    """What is no business of this office, made from questions on land."""
    made = [said_of_something_else(line.text, seed) for line in lines if line.procedure]
    return [Example(text, OUT_OF_SCOPE) for text in made if text is not None]


def questions_in(folder: Path) -> List[Example]:
    """Return citizens' questions. Each file holds `procedure`, `questions` (lines under the
    aspects they ask about, joined by +) and perhaps `calculate` (lines that want an amount).
    """
    return [line for path in sorted(folder.glob("*.yml")) for line in questions_of(path)]


def questions_of(path: Path) -> List[Example]:
    """Return the lines of one file of questions; `procedure` is null where it is left unsaid.

    Raises `ValueError` naming the file where it is not of this form.
    """
    held = _mapping(path)
    try:
        procedure = held["procedure"]
        asked = [
            Example(str(line), ASK, procedure, frozenset(aspects.split("+")))
            for aspects, lines in (held.get("questions") or {}).items()
            for line in lines or []
        ]
        sums = [
            Example(str(line), CALCULATE, procedure, frozenset({"fee"}))
            for line in held.get("calculate") or []
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name}: not a file of questions ({error!r})") from error
    return asked + sums


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


def _without_doubles(lines: List[Example]) -> List[Example]:
    """The lines in order; of one text under one intent and procedure, the first only."""
    first = {(line.text, line.intent, line.procedure): line for line in reversed(lines)}
    return list(reversed(list(first.values())))
