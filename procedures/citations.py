"""How laws and decisions are cited to those who read English.

Facts cite documents in Vietnamese, as their names are. In English the kind of document and its
parts are translated; numbers, which one looks a document up by, and names of places stay.
"""

from __future__ import annotations

import re

from procedures.provinces import PROVINCES

_WORDS = (
    ("Luật Thuế thu nhập cá nhân", "Personal Income Tax Law"),
    ("Luật Quản lý thuế", "Tax Administration Law"),
    ("Luật Phí và lệ phí", "Law on Fees and Charges"),
    ("Luật Đất đai", "Land Law"),
    ("Bộ luật Dân sự", "Civil Code"),
    ("Nghị quyết", "Resolution"),
    ("Nghị định", "Decree"),
    ("Quyết định", "Decision"),
    ("Thông tư", "Circular"),
    ("Phụ lục", "Annex"),
    ("Phần", "Part"),
    ("sửa đổi bởi", "amended by"),
    ("sau đó là", "later"),
)
_ARTICLES = re.compile(r"Điều (\d+(?:(?:, | và | đến )\d+)*)")
_OF = re.compile(
    r"(?:của )?(Ủy ban nhân dân|Hội đồng nhân dân)(?: (?:tỉnh|thành phố|Thành phố))? "
    rf"({'|'.join(name.removeprefix('Thành phố ') for name in PROVINCES.values())})"
)
_BODIES = {
    "Ủy ban nhân dân": "People's Committee",
    "Hội đồng nhân dân": "People's Council",
}


def in_english(cited: str) -> str:
    """Return a citation in English: "Luật Đất đai 31/2024/QH15, Điều 27 và 45" is "Land Law
    31/2024/QH15, Articles 27 and 45"."""
    told = _ARTICLES.sub(_articles, cited)
    told = _OF.sub(lambda match: f"of the {_BODIES[match[1]]} of {match[2]}", told)
    for vietnamese, english in _WORDS:
        told = told.replace(vietnamese, english)
    return told.replace(" và ", " and ")


def _articles(match: re.Match[str]) -> str:
    numbers = match[1].replace(" và ", " and ").replace(" đến ", " to ")
    return f"Article{'' if numbers.isdigit() else 's'} {numbers}"
