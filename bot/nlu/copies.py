"""A training line as a hurried thumb would have typed it: no accents, abbreviations, one slip.

Accents, abbreviations and keyboard composing are undone before features are taken
(`language.abbreviations`), so that a single copy is enough: it teaches what slips leave behind.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Dict, List

from language.abbreviations import ABBREVIATIONS
from language.english import is_english
from language.folding import strip_marks


def _short_forms() -> Dict[str, List[str]]:
    forms: Dict[str, List[str]] = {}
    for abbreviation, meaning in ABBREVIATIONS.items():
        forms.setdefault(meaning, []).append(abbreviation)
    # Longer phrases first: "quyền sử dụng đất" before "sử dụng đất".
    return dict(sorted(forms.items(), key=lambda form: (-len(form[0]), form[0])))


_SHORT_FORMS = _short_forms()


@lru_cache(maxsize=None)  # Rasa reads the training data more than once in a training
def hurried(line: str, seed: int) -> str:
    """Return `line` unaccented, about half of what can be abbreviated abbreviated, one slip.

    The same line and seed always give the same copy. English is returned in lower case, whole.
    """
    chance = random.Random(f"{seed}:{line}")
    text = f" {strip_marks(line).lower()} "
    if is_english(line):
        return text.strip()
    for meaning, forms in _SHORT_FORMS.items():
        if f" {meaning} " in text and chance.random() < 0.5:
            text = text.replace(f" {meaning} ", f" {chance.choice(forms)} ")
    words = text.split()
    long_words = [at for at, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if long_words:
        at = chance.choice(long_words)
        words[at] = _slip(words[at], chance)
    return " ".join(words)


def _slip(word: str, chance: random.Random) -> str:
    """Swap two letters of `word`, or leave one out; never the first."""
    at = chance.randrange(1, len(word) - 1)
    if chance.random() < 0.5:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :]
