"""A training line as others would have written it: a hurried thumb, or a letter's long-winded hand.

Accents, abbreviations and keyboard composing are undone before features are taken
(`language.abbreviations`), so that a single hurried copy is enough: it teaches what slips leave
behind. Telling a line at length teaches that greetings and family say nothing of what is wanted.
"""

from __future__ import annotations

import random
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import yaml

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


PREAMBLES = Path(__file__).with_name("preambles.yml")
LENGTHENED = 0.25
"""Share of the fitting lines that are told at length as well."""
LONGEST = 30
"""Words; a longer line is long-winded by itself."""
SHORTEST = 4
"""Words; what is shorter is a turn of talk and stands in no letter."""


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


def told_at_length(line: str, seed: int) -> Optional[str]:
    """Return `line` with a letter's opening, and perhaps its closing; None for most lines.

    The same line and seed always give the same copy. English is left alone.
    """
    chance = random.Random(f"{seed}:at length:{line}")
    fits = SHORTEST <= len(line.split()) <= LONGEST and not is_english(line)
    if not fits or chance.random() > LENGTHENED:
        return None
    openings, closings = _preambles()
    told = [*chance.sample(openings, chance.choice((1, 1, 2))), line]
    if chance.random() < 0.5:
        told[-1] += "."
        told.append(chance.choice(closings))
    return " ".join(told)


@lru_cache(maxsize=1)
def _preambles() -> Tuple[List[str], List[str]]:
    held = yaml.safe_load(PREAMBLES.read_text(encoding="utf-8"))
    return held["openings"], held["closings"]


def _slip(word: str, chance: random.Random) -> str:
    """Swap two letters of `word`, or leave one out; never the first."""
    at = chance.randrange(1, len(word) - 1)
    if chance.random() < 0.5:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :]
