"""The words of the conversation: `data/texts/conversation.yml`, in Vietnamese and in English."""

from __future__ import annotations

from collections.abc import Mapping

from core.settings import ROOT
from core.texts import Texts, Words

_CONVERSATION = Texts(ROOT / "data" / "texts" / "conversation.yml")

say = _CONVERSATION.say


def conversation() -> Mapping[str, Words]:
    """Return all texts, by name. Raises `pydantic.ValidationError` where one lacks a language."""
    return _CONVERSATION.words
