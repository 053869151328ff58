"""Cleaning of what people type, before anything else looks at it.

Pure: text in, text out. Whatever a channel lets through (decomposed Unicode, control characters,
ten thousand characters, Rasa's `/intent{...}`, a national ID that nobody asked for) ends here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from language.folding import normalise

LONGEST = 1000
"""Characters of a message that are read; a question fits well within."""

# Twelve digits of a national ID (they begin with 0), or a Vietnamese mobile number, that stand
# alone. A dossier code's groups are shorter, or joined by dots and hyphens.
_PERSONAL = re.compile(r"(?<![\w.\-])(?:0\d{11}|(?:\+?84|0)[ .]?[35789](?:[ .]?\d){8})(?![\w\-])")
MASKED = "•••"
# Controls, lone surrogates (which no encoding takes), line and paragraph separators.
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True)
class Cleaned:
    """A message as the understanding gets it."""

    text: str
    """May be empty: nothing readable was sent."""
    was_cut: bool
    """True where more was written than is read."""


def clean(raw: str) -> Cleaned:
    """Return `raw` in NFC, without control characters, injected commands or personal numbers."""
    # A letter takes up to three characters where its marks are written apart.
    printable = "".join(
        " " if unicodedata.category(c) in _UNPRINTABLE else c for c in raw[: 4 * LONGEST]
    )
    # Rasa takes a leading slash for a command; nobody outside may give one.
    text = normalise(printable).lstrip("/ ")
    was_cut = len(text) > LONGEST or len(raw) > 4 * LONGEST
    return Cleaned(_PERSONAL.sub(MASKED, text)[:LONGEST].strip(), was_cut)
