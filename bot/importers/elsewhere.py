"""The same sentence said of something that is no land: what teaches that "mất", "đổi tên" or "gia
hạn" alone do not make it this office's business.

Citizens ask other offices in the same words ("mất bằng lái làm lại ở đâu"). No list of such
questions is ever complete; but any question on land becomes one when its land is taken out.
"""

from __future__ import annotations

import random
import re
from functools import lru_cache
from typing import Optional

from bot.nlu.land import OBJECTS, OTHER_WORDS
from language.abbreviations import plain
from language.english import is_english

LONGEST = 18
"""Words; longer lines tell of land in more than their object."""
SHARE = 0.35
"""Share of the fitting lines that are used, so as not to outweigh what people wrote."""

THINGS = (
    "bang lai xe", "giay phep lai xe", "ho chieu", "xe may", "o to", "xe tai", "ca vet xe",
    "bien so xe", "xe dap dien", "the bao hiem y te", "so bao hiem xa hoi", "so bao hiem",
    "giay khai sinh", "so ho khau", "so tam tru", "bang dai hoc", "bang cap ba", "hoc ba",
    "the sinh vien", "the atm", "the tin dung", "tai khoan ngan hang", "so tiet kiem",
    "sim dien thoai", "dien thoai", "may tinh", "giay dang ky ket hon", "giay chung tu", "quan an",
    "cua hang", "giay phep kinh doanh", "hop dong lao dong", "luong huu", "tro cap", "con cho",
    "con bo", "tau ca", "chung chi tieng anh", "the dang vien", "so doan vien", "ve may bay",
    "don hang", "visa", "ma so thue", "chu ky so", "tai khoan facebook", "tai khoan zalo",
    "hoa don", "dong ho dien", "dong ho nuoc", "mang internet", "ho so xin viec",
    "ly lich tu phap", "may giat", "tu lanh", "bao hiem that nghiep", "giay phep hanh nghe",
    "the cu tru",
)  # fmt: skip
"""Things that other offices and shops are asked about. The identity card is not among
them: its change is a question on land too."""


@lru_cache(maxsize=None)  # Rasa reads the training data more than once in a training
def said_of_something_else(line: str, seed: int) -> Optional[str]:
    """Return `line`, plain, about a thing that is no land; None where that cannot be said of it.

    The same line and seed always give the same answer. English is left alone.
    """
    if is_english(line):
        return None
    words = plain(line)
    chance = random.Random(f"{seed}:{words}")
    if len(words.split()) > LONGEST or chance.random() > SHARE or not OBJECTS.search(words):
        return None
    if OTHER_WORDS.search(OBJECTS.sub(" ", words)):
        return None
    thing = chance.choice(THINGS)
    changed = OBJECTS.sub(thing, words)
    return re.sub(rf"\b({thing})(?: \1\b)+", r"\1", changed)
