"""What of a message counts as evidence: words, pieces of words, accented words, and a sign of land.

Streams of features, each a function from what was said to strings. The first two are taken from
the plain form (folded, abbreviations written out), so that "sổ đỏ", "so do" and "soor ddor" are
one; the third sees the accents of those who type them and tells "thuế" (tax) from "thuê" (rent);
the fourth says whether land is spoken of at all, since no training holds all other things that one
can speak of.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Callable, Dict, List, NamedTuple, Sequence, Tuple

from bot.nlu.land import sign_of_land
from bot.nlu.parts import without_taken_back
from language.abbreviations import plain_words
from language.dossier_code import find_code
from language.folding import has_marks, normalise

CODE = "<code>"
"""Stands in the words for a dossier code, whatever its digits."""
NUMBER = "<number>"
AMOUNT = "<amount>"
"""Added where a number has a unit of money or area: somebody speaks of a case of their own."""
_UNITS = {"ty", "trieu", "nghin", "ngan", "dong", "m2", "met", "m", "ha", "sao", "cong", "mau"}
_UNITS |= {"hecta", "billion", "million"}
_LENGTHS = (("short", 4), ("middling", 9), ("long", 10_000))
"""Words up to which a message is called so."""
_DIGITS = re.compile(r"\d[\d.,]*")
_ACCENTED = re.compile(r"[^\W\d_]+")


class Said(NamedTuple):
    """A message as written, with its `evidence_words`: worked out once for all streams."""

    text: str
    words: Tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Said":
        """Analyse `text`."""
        return cls(text, evidence_words(text))


def evidence_words(text: str) -> Tuple[str, ...]:
    """Return the plain words of what `text` means, numbers made equal, a dossier code marked."""
    meant = without_taken_back(" ".join(plain_words(text))).split()
    words = [NUMBER if _DIGITS.fullmatch(word) else word for word in meant]
    if any(word == NUMBER and unit in _UNITS for word, unit in pairwise(words)):
        words.append(AMOUNT)
    if find_code(text) is not None:
        words.append(CODE)
    return tuple(words)


def word_features(said: Said) -> List[str]:
    """One to three plain words in a row; a message's beginning and end count as words."""
    return _runs(["^", *said.words, "$"], 3)


def piece_features(said: Said) -> List[str]:
    """Runs of two to five letters within a plain word, its edges marked."""
    return [piece for word in said.words for piece in _pieces(word)]


@lru_cache(maxsize=8192)  # few words make up all that is said
def _pieces(word: str) -> Tuple[str, ...]:
    edged = f" {word} "
    return tuple(
        edged[at : at + size] for size in range(2, 6) for at in range(max(1, len(edged) - size + 1))
    )


def accented_features(said: Said) -> List[str]:
    """One or two words as they were written; nothing where the writer types without accents."""
    if not has_marks(said.text):
        return []
    return _runs(_ACCENTED.findall(normalise(said.text).lower()), 2)


def sign_features(said: Said) -> List[str]:
    """One feature: whether land is spoken of, by how long the message is. Short ones may lean on
    what was said before."""
    length = next(name for name, most in _LENGTHS if len(said.words) <= most)
    return [f"{sign_of_land(' '.join(said.words))}, {length}"]


STREAMS: Dict[str, Callable[[Said], List[str]]] = {
    "words": word_features,
    "pieces": piece_features,
    "accented": accented_features,
    "signs": sign_features,
}


def _runs(words: Sequence[str], longest: int) -> List[str]:
    return [
        " ".join(words[at : at + length])
        for length in range(1, longest + 1)
        for at in range(len(words) - length + 1)
    ]
