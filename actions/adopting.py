"""Takes a question that was not understood into what the next training learns from.

An office's own lines lie beside the project's, in files of their own (`<procedure>.office.yml`
among the citizens' questions, `out_of_scope.office.yml` among the intents), which git ignores:
what citizens wrote stays in the office.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from core.settings import ROOT
from helpdesk.anonymising import MASKS

QUESTIONS = ROOT / "data" / "nlu" / "questions"
INTENTS = ROOT / "data" / "nlu" / "intents"


class Kind(StrEnum):
    """What a question is taken for."""

    EXAMPLE = "example"
    """A question on a procedure, with the aspects that it asks about."""
    ALIAS = "alias"
    """Another name of a procedure: a bare topic."""
    OUT_OF_SCOPE = "out-of-scope"
    """None of the office's business."""


class NothingLeft(ValueError):
    """Of the questions nothing but masks is left to learn from."""


def without_masks(words: str) -> str:
    """Return a question without the words that stand for what was taken out."""
    for mask in MASKS:
        words = words.replace(mask, " ")
    return " ".join(words.split()).strip(" ,.;:-")


def adopt(
    lines: Sequence[str],
    kind: Kind,
    *,
    procedure: str = "",
    aspects: Sequence[str] = (),
    questions: Path | None = None,
    intents: Path | None = None,
) -> tuple[Path, list[str]]:
    """Write `lines` where the next training reads them; return the file and the lines that are new
    in it. The folders are this checkout's if left out. Raises `NothingLeft` where the lines hold
    nothing but masks.
    """
    words = [line for line in dict.fromkeys(map(without_masks, lines)) if len(line.split()) > 1]
    if not words:
        raise NothingLeft(NothingLeft.__doc__)
    if kind is Kind.OUT_OF_SCOPE:
        return _add_out_of_scope((intents or INTENTS) / "out_of_scope.office.yml", words)
    path = (questions or QUESTIONS) / f"{procedure}.office.yml"
    held = _read(path) or {"procedure": procedure, "questions": {}}
    asked = "+".join(aspects) if kind is Kind.EXAMPLE and aspects else "general"
    known = {line for some in held["questions"].values() for line in some}
    fresh = [line for line in words if line not in known]
    held["questions"].setdefault(asked, []).extend(fresh)
    _write(path, held)
    return path, fresh


def _add_out_of_scope(path: Path, words: list[str]) -> tuple[Path, list[str]]:
    held = _read(path) or {"version": "3.1", "nlu": [{"intent": "out_of_scope", "examples": ""}]}
    (entry,) = held["nlu"]
    known = [line.removeprefix("- ") for line in entry["examples"].splitlines()]
    fresh = [line for line in words if line not in known]
    # Rasa reads a list of lines in one text; brackets would name an entity.
    entry["examples"] = "".join(f"- {line}\n" for line in [*known, *fresh])
    _write(path, held)
    return path, fresh


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None


def _write(path: Path, held: Any) -> None:
    """Write whole or not at all: a training may begin at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_suffix(".new")
    text = yaml.safe_dump(held, allow_unicode=True, sort_keys=False, width=1000)
    made.write_text(text, encoding="utf-8")
    made.replace(path)
