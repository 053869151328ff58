"""Cuts a message that speaks of several things into its parts, and leaves out what it takes back.

"Hai việc: một là …, hai là …" has two parts, each to be linked to a procedure of its own. In
"tặng cho chứ không phải bán" only the gift is meant.
"""

from __future__ import annotations

import re
from typing import List

from language.folding import fold, normalise

_ENUMERATORS = re.compile(
    r"\b(?:mot|hai|ba|bon) la\b"
    r"|\b(?:viec|chuyen|cai|van de|y|cau) (?:thu )?(?:nhat|hai|ba|tu|[1-4]) (?:la\b)?"
    r"|\bthu (?:nhat|hai|ba|tu|[1-4]) (?:la\b)?"
    r"|(?:^|(?<=[\s:;,.]))[1-4]\s?[.)/:](?=\s?\D)"
    r"|\b(?:first|second|third)(?:ly)?\b[,:]?"
)
# "A chứ không phải B": B is taken back, to the end of its clause.
_TAKEN_BACK_AFTER = re.compile(r"\b(?:chu|ma) khong phai(?: la)?\b[^,.;!?]*|\bchu khong\b[^,.;!?]*")
# "không phải A mà (là) B": A is.
_TAKEN_BACK_BEFORE = re.compile(r"\bkhong phai (?:la )?[^.;!?]{2,40}?,? (?:ma la|ma|la) (?=\w)")


def parts_of(text: str) -> List[str]:
    """Return the enumerated parts of `text` in order; empty where it does not enumerate."""
    shown = normalise(text)
    starts = list(_ENUMERATORS.finditer(fold(shown)))
    if len(starts) < 2:
        return []
    ends = [start.start() for start in starts[1:]] + [len(shown)]
    parts = [
        shown[start.end() : end].strip(" ,.;:-") for start, end in zip(starts, ends, strict=True)
    ]
    return [part for part in parts if part]


def without_taken_back(plain_text: str) -> str:
    """Return plain text without the alternative that it rules out.

    ``tang cho chu khong phai ban`` → ``tang cho``; ``khong phai ban ma la tang cho`` → ``tang
    cho``. Text that rules nothing out, or would be left empty, is returned unchanged.
    """
    kept = _TAKEN_BACK_AFTER.sub(" ", _TAKEN_BACK_BEFORE.sub(" ", plain_text))
    return " ".join(kept.split()) or plain_text
