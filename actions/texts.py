"""The words of the conversation, from `data/texts/`: every text in Vietnamese and in English.

Read once; a missing text or language is found when the server starts, not when a citizen asks.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, RootModel

from actions.turn import Language
from core.settings import ROOT

FOLDER = ROOT / "data" / "texts"


class Words(BaseModel):
    """One text in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vi: str
    en: str

    def say(self, language: Language) -> str:
        """Return the words in `language`."""
        return self.en if language == "en" else self.vi


class Group(BaseModel):
    """A group of the menu of procedures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: Words
    procedures: tuple[str, ...]


class _Conversation(RootModel[dict[str, Words]]):
    """`conversation.yml`."""


class _Menu(RootModel[tuple[Group, ...]]):
    """`menu.yml`."""


@lru_cache(maxsize=1)
def conversation() -> dict[str, Words]:
    """Return all texts, by name. Raises `pydantic.ValidationError` where one lacks a language."""
    return _Conversation.model_validate(_read(FOLDER / "conversation.yml")).root


@lru_cache(maxsize=1)
def menu() -> tuple[Group, ...]:
    """Return the groups of the menu, in their order."""
    return _Menu.model_validate(_read(FOLDER / "menu.yml")).root


def say(name: str, language: Language, **values: object) -> str:
    """Return the text called `name`, filled in. Raises `KeyError` for an unknown name or value."""
    return conversation()[name].say(language).format(**values)


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
