"""Finding procedures by their titles in a citizen's words.

Official titles are long, share most of their words ("đăng ký", "quyền sử dụng đất") and enumerate
cases after semicolons. So words and pairs of words weigh by how rare they are among the titles, the
best of a title's cases counts, and words that no title has speak against every title. Pure, and on
the careful side: what is not clearly meant is not found.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Generic, TypeVar

from language.abbreviations import plain_words
from language.folding import fold

ANSWER_SCORE = 0.72
"""A title at least this like the message may be answered from …"""
ANSWER_MARGIN = 0.08
"""… if it leads the next by this much."""
OFFER_SCORE = 0.45
"""A title less like the message than this is not worth offering."""
_LEAST_WORDS = 3
"""Words of its own that a message must have: "cấp giấy" could mean half of the titles."""

# What a question consists of beside the procedure that it asks about; folded.
_FRAMES = (
    "can giay to gi", "can nhung giay to gi", "can nhung giay to nao", "can giay to nao",
    "giay to gom nhung gi", "can chuan bi nhung gi", "can chuan bi gi", "can nhung gi", "can gi",
    "thanh phan ho so", "ho so gom nhung gi", "ho so gom gi", "can ho so gi", "ho so can gi",
    "can mang nhung gi", "can mang gi", "mat bao lau", "het bao lau", "trong bao lau", "bao lau",
    "bao nhieu ngay", "may ngay", "het bao nhieu tien", "mat bao nhieu tien", "bao nhieu tien",
    "het bao nhieu", "mat bao nhieu", "bao nhieu", "phi bao nhieu", "nop o dau", "lam o dau",
    "o dau", "nop cho nao", "cho nao", "nhu the nao", "the nao", "ra sao", "lam sao",
    "cach lam", "cac buoc", "trinh tu", "thoi han", "thoi gian giai quyet", "dieu kien de",
    "can dieu kien gi", "dieu kien gi", "theo luat nao", "mau don nao", "mau nao", "mau don gi",
    "thu tuc", "xin hoi ve", "xin hoi", "cho toi hoi", "cho em hoi", "cho minh hoi", "cho hoi",
    "toi muon hoi ve", "toi muon hoi", "toi muon", "em muon", "minh muon", "nha toi",
    "gia dinh toi",
    "thi phai lam gi", "thi lam gi", "phai lam gi", "lam gi", "thi sao", "duoc khong", "co duoc",
    "huong dan", "giup toi", "giup em", "voi a", "a", "nhe", "nha", "vay", "thi", "gi", "nao",
)  # fmt: skip
_SMALL = frozenset(
    {"toi", "em", "minh", "ong", "ba", "anh", "chi", "oi", "muon", "xin", "hoi", "de"}
)
"""Words that speak neither for nor against a title."""
_PADDED = re.compile(
    r"\b(?:" + "|".join(sorted(map(re.escape, _FRAMES), key=len, reverse=True)) + r")\b"
)
_CASES = re.compile(r"[;:]|\.\s")
_PART_WORTH = 0.85
"""How much likeness to a part between commas counts: it seldom says the whole of a case."""

_T = TypeVar("_T")


def same_title(one: str, other: str) -> bool:
    """Tell whether two titles are the same, whatever their case, marks and punctuation."""
    return _bare(one) == _bare(other)


def _bare(title: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", fold(title)))


@dataclass(frozen=True)
class _Case(Generic[_T]):
    """One of the cases that a title enumerates, or the whole of it."""

    owner: _T
    features: frozenset[str]
    worth: float


class TitleIndex(Generic[_T]):
    """Titles, each with what it is the title of, ready to be searched."""

    def __init__(self, titles: Iterable[tuple[_T, str]]) -> None:
        self._cases: list[_Case[_T]] = []
        self._holding: dict[str, list[int]] = defaultdict(list)
        counted: Counter[str] = Counter()
        # A title that nine provinces share is one wording, not nine.
        wordings: dict[str, dict[frozenset[str], float]] = {}
        for owner, title in titles:
            worths = wordings.get(title)
            if worths is None:
                worths = wordings[title] = _worths(title)
                counted.update(next(reversed(worths)))
            for features, worth in worths.items():
                for feature in features:
                    self._holding[feature].append(len(self._cases))
                self._cases.append(_Case(owner, features, worth))
        total = max(len(wordings), 1)
        self._weights = {f: log(1 + total / count) for f, count in counted.items()}
        self._unknown = log(1 + total)
        self._sizes = [self._weight(case.features) for case in self._cases]

    def find(self, message: str) -> list[tuple[_T, float]]:
        """Return the titles that `message` may mean with their likeness (0 to 1), likeliest first.

        Likeness is the harmonic mean of how much of the message the title has, and how much of the
        title's best case the message has.
        """
        words = _own_words(message)
        if len(words) < _LEAST_WORDS or not self._cases:
            return []
        asked = _features(words)
        size = self._weight(asked)
        common: dict[int, float] = defaultdict(float)
        for feature in asked:
            for at in self._holding.get(feature, ()):
                common[at] += self._weights[feature]
        best: dict[_T, float] = {}
        for at, weight in common.items():
            case = self._cases[at]
            score = case.worth * 2 * weight / (size + self._sizes[at])
            best[case.owner] = max(score, best.get(case.owner, 0.0))
        return sorted(best.items(), key=lambda pair: -pair[1])

    def _weight(self, features: Iterable[str]) -> float:
        return sum(self._weights.get(feature, self._unknown) for feature in features)


def _worths(title: str) -> dict[frozenset[str], float]:
    """Return the features of each part of a title, of each case and, last, of the whole, with how
    much they count."""
    parts: list[list[str]] = []
    cases: list[list[str]] = []
    for case in _CASES.split(title):
        pieces = [plain_words(part) for part in case.split(",")]
        parts += pieces
        cases.append([word for piece in pieces for word in piece])
    whole = _features([word for case in cases for word in case])
    worths = {_features(part): _PART_WORTH for part in parts if len(part) > _LEAST_WORDS}
    worths |= {_features(case): 1.0 for case in cases if len(case) > _LEAST_WORDS}
    worths.pop(whole, None)
    return {**worths, whole: 1.0}


def _own_words(message: str) -> list[str]:
    plain = " ".join(word for word in plain_words(message) if word != "?")
    return [word for word in _PADDED.sub(" ", plain).split() if word not in _SMALL]


def _features(words: list[str]) -> frozenset[str]:
    """Words, and pairs of neighbours: Vietnamese words are mostly of two syllables."""
    words = [word for word in words if word != "?"]
    return frozenset((*words, *(f"{a} {b}" for a, b in pairwise(words))))
