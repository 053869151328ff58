"""Cleaning of what people type, before anything else looks at it.

Pure: text in, text out. Whatever a channel lets through (decomposed Unicode, control characters,
ten thousand characters, Rasa's `/intent{...}`, a national ID that nobody asked for, the digits that
prove a dossier) ends here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from language.folding import normalise
from language.proof_digits import Given, find_digits

LONGEST = 1000
"""Characters of a message that are read; a question fits well within."""

# Twelve digits of a national ID (they begin with 0), or a Vietnamese mobile number, that stand
# alone. A dossier code's groups are shorter, or joined by dots and hyphens.
_PERSONAL = re.compile(
    r"(?<![\w.\-])(?:0\d{2}(?:[ .]?\d{3}){3}|(?:\+?84|0)[ .]?[35789](?:[ .]?\d){8})(?![\w\-])"
)
# The older ID has nine digits, as sums have: it is one where it is called so.
_OLD_ID = re.compile(
    r"(?P<called>(?<!\w)(?:cmnd|cmt|cccd|căn cước|can cuoc|chứng minh|chung minh)\D{0,25})"
    r"\d{3}[ .]?\d{3}[ .]?\d{3}(?!\d)",
    re.IGNORECASE,
)
MASKED = "•••"
# What turns a digit into a picture of it: U+FE0F, U+20E3.
_KEYCAP = str.maketrans("", "", "\ufe0f\u20e3")
# Controls, lone surrogates (which no encoding takes), line and paragraph separators.
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True)
class Cleaned:
    """A message as the understanding gets it."""

    text: str
    """May be empty: nothing readable was sent."""
    was_cut: bool
    """True where more was written than is read."""
    given: Given | None = None
    """Digits that may be a proof. They are for the office alone."""


def clean(raw: str) -> Cleaned:
    """Return `raw` in NFC, without control characters, injected commands, personal numbers, or the
    digits by which a dossier is proven."""
    # A letter takes up to three characters where its marks are written apart.
    printable = "".join(
        " " if unicodedata.category(c) in _UNPRINTABLE else c for c in raw[: 4 * LONGEST]
    )
    # Rasa takes a leading slash for a command; nobody outside may give one.
    text = _plain_digits(normalise(printable)).lstrip("/ ")
    was_cut = len(text) > LONGEST or len(raw) > 4 * LONGEST
    given = find_digits(text)
    shown = _PERSONAL.sub(MASKED, given.rest if given else text)
    shown = _OLD_ID.sub(rf"\g<called>{MASKED}", shown)
    return Cleaned(shown[:LONGEST].strip(), was_cut, given)


def _plain_digits(text: str) -> str:
    """Write every decimal digit as 0 to 9: ４３２１ and 4️⃣3️⃣2️⃣1️⃣ are the same four."""
    if text.isascii():
        return text
    plain = text.translate(_KEYCAP)
    return "".join(str(unicodedata.decimal(c, c)) for c in plain)
