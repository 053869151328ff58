"""The words of the conversation, from `data/texts/conversation.yml`, in Vietnamese and in English.

Read once; a missing text or language is found when the server starts, not when a citizen asks.
"""

from __future__ import annotations

from functools import lru_cache

import yaml
from pydantic import BaseModel, ConfigDict, RootModel

from actions.turn import Language
from core.settings import ROOT

PATH = ROOT / "data" / "texts" / "conversation.yml"


class Words(BaseModel):
    """One text in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vi: str
    en: str

    def say(self, language: Language) -> str:
        """Return the words in `language`."""
        return self.en if language == "en" else self.vi


class _Conversation(RootModel[dict[str, Words]]):
    """`conversation.yml`."""


@lru_cache(maxsize=1)
def conversation() -> dict[str, Words]:
    """Return all texts, by name. Raises `pydantic.ValidationError` where one lacks a language."""
    return _Conversation.model_validate(yaml.safe_load(PATH.read_text(encoding="utf-8"))).root


def say(name: str, language: Language, **values: object) -> str:
    """Return the text called `name`, filled in. Raises `KeyError` for an unknown name or value."""
    return conversation()[name].say(language).format(**values)
