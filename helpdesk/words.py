"""What the helpdesk says to citizens: `data/texts/helpdesk.yml`, in Vietnamese and in English."""

from __future__ import annotations

from core.settings import ROOT
from core.texts import Texts

_WORDS = Texts(ROOT / "data" / "texts" / "helpdesk.yml")

say = _WORDS.say


def helpdesk_words() -> Texts:
    """Return all texts; reading them raises where one lacks a language."""
    return _WORDS
