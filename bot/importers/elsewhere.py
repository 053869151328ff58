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

from language.abbreviations import plain
from language.english import is_english

LONGEST = 18
"""Words; longer lines tell of land in more than their object."""
SHARE = 0.35
"""Share of the fitting lines that are used, so as not to outweigh what people wrote."""

# Objects of land, plain, longer ones first: what is replaced.
_LAND = re.compile(
    r"\b(?:giay chung nhan quyen su dung dat|giay chung nhan|quyen su dung dat|so do|so hong"
    r"|dat nong nghiep|dat vuon|dat dai|dat o|nha dat|can ho chung cu|can ho|chung cu|nha o"
    r"|(?:manh|mieng|lo|thua) dat|dat|nha|so)\b"
)
# Where one of these remains, it is still about land.
_STILL_LAND = re.compile(
    r"\b(?:ruong|vuon|ray|ao|tho cu|ranh|hecta|lo|nen|manh|mieng|bia|dia chinh|quy hoach|thoa"
    r"|bat dong san|muc dich|dien tich|giai chap|thua|tach|hop thua|dau gia|dinh chinh|cay|san"
    r"|xay|tang|lau|land|so dia|nong nghiep|tai dinh cu|giai phong|trich luc|khai hoang|bo coi)\b"
)
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
    if len(words.split()) > LONGEST or chance.random() > SHARE or not _LAND.search(words):
        return None
    if _STILL_LAND.search(_LAND.sub(" ", words)):
        return None
    thing = chance.choice(THINGS)
    changed = _LAND.sub(thing, words)
    return re.sub(rf"\b({thing})(?: \1\b)+", r"\1", changed)
