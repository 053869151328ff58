"""Provinces named in a message: whose rules are asked for.

Careful rather than eager, because an answer by another province's rules misleads: "hai phòng" are
two rooms.
"""

from __future__ import annotations

import re

from language.folding import fold, has_marks, normalise
from procedures.provinces import PROVINCES, find_province

_LONGEST = 5
"""Words of the longest name, "thành phố hồ chí minh"."""
_BEFORE = frozenset({"o", "tai", "tinh", "tp", "pho", "ngoai", "trong", "ve", "in", "at", "for"})
"""Words before a place, for those who type without diacritics."""
_ALONE = frozenset({"tphcm", "hcm", "tp hcm"})
"""Names that mean nothing else."""
_MARKED = frozenset({"sài gòn", "thừa thiên huế", "hồ chí minh", "tp hồ chí minh"})
"""Names in use that differ from the official ones, with their diacritics."""
_LEADING = re.compile(r"^(?:(?:da|toi|em|tui|minh|nha|dat|i am|it is|o|tai|in|at)\s+)+")
"""What people put before the name when they are asked for it."""


def province_alone(text: str) -> str | None:
    """Return the slug of the province that `text` is, with nothing else but "tôi ở" or "in"."""
    name = _LEADING.sub("", fold(text).strip(" .,!?"))
    return find_province(name.removesuffix(" a").removesuffix(" nhe"))


def province_named(text: str) -> str | None:
    """Return the slug of the province that `text` is or mentions, or None.

    A name typed with diacritics must be right to the mark; one without needs a word such as "ở" or
    "tỉnh" before it, unless it is the whole message.
    """
    if alone := province_alone(text):
        return alone
    words = re.findall(r"[\w-]+", normalise(text).lower())
    for size in range(_LONGEST, 0, -1):
        for at in range(len(words) - size + 1):
            name = " ".join(words[at : at + size])
            slug = find_province(name)
            if slug and _meant(name, slug, fold(words[at - 1]) if at else ""):
                return slug
    return None


def _meant(name: str, slug: str, before: str) -> bool:
    if has_marks(name):
        return name.removeprefix("tỉnh ") == PROVINCES[slug].lower() or name in _MARKED
    return name in _ALONE or before in _BEFORE
