"""Folding of Vietnamese text: what lets "Sổ Đỏ", "so do" and an NFD "sổ đỏ" meet.

Folded text is for understanding only and is never shown to anybody. The standard accent strippers
will not do: `strip_accents="unicode"` leaves đ, `"ascii"` deletes it.
"""

from __future__ import annotations

import unicodedata


class _Unmarked(dict[int, str | None]):
    """Tells `str.translate` what becomes of a character, remembering each: marks go, đ is d."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        self[code] = kept = None if unicodedata.category(character) == "Mn" else character
        return kept


_UNMARKED = _Unmarked({ord("đ"): "d", ord("Đ"): "D"})
# What phones and word processors put where a plain character was meant.
_TYPOGRAPHY = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "\u200b": "",
        "\u200c": "",
        "\u200d": "",
        "\ufeff": "",
        "\x00": "",
    }
)

# What plain SMS has no sign for, or gateways refuse, and what says the same.
_IN_SMS = str.maketrans(
    {
        # Viettel's gateway refuses the ampersand (viettelsolution.com.vn, read 2026-11-23).
        "&": " va ",
        "₫": "d",
        "•": "-",
        "·": "-",
        "×": "x",
        "−": "-",
        "«": '"',
        "»": '"',
        "`": "'",
        "\t": " ",
    }
)


def normalise(text: str) -> str:
    """Return `text` in NFC with typographic variants made plain and spaces collapsed.

    Diacritics and case are kept: this is the form to store and to show.
    """
    return " ".join(unicodedata.normalize("NFC", text.translate(_TYPOGRAPHY)).split())


def strip_marks(text: str) -> str:
    """Return `text` without Vietnamese diacritics, in its own case (``Đất ở`` → ``Dat o``)."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).translate(_UNMARKED))


def fold(text: str) -> str:
    """Return the form two spellings of one thing share: normalised, unmarked, in lower case."""
    return strip_marks(normalise(text)).lower()


def plain_sms(text: str) -> str:
    """Return `text` as plain SMS can carry it: without diacritics or signs that cost a whole text
    its 160 to a segment; lines stay lines. Signs with no likeness are left to who sends it."""
    lines = (strip_marks(normalise(line)).translate(_IN_SMS).split() for line in text.split("\n"))
    return "\n".join(" ".join(words) for words in lines)


def has_marks(text: str) -> bool:
    """Tell whether `text` carries Vietnamese diacritics at all (its writer types with them)."""
    composed = normalise(text)
    return strip_marks(composed) != composed
