"""Sums of money and areas as Vietnamese write them: ``1 tỷ 2``, ``500tr``, ``3tr5``, ``120m2``.

Reads one out of a sentence, with or without diacritics. What cannot be told for sure is not
guessed: a bare ``500`` is no sum, and a ``sào`` differs by region and is given back as a choice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from language.folding import fold

_UNITS = {
    "ty": 10**9,
    "ti": 10**9,
    "toi": 10**9,
    "billion": 10**9,
    "bn": 10**9,
    "trieu": 10**6,
    "tr": 10**6,
    "cu": 10**6,
    "million": 10**6,
    "nghin": 10**3,
    "ngan": 10**3,
    "k": 10**3,
    "thousand": 10**3,
}
_WORDS = {
    word: str(n)
    for n, word in enumerate(
        ("mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi"), start=1
    )
}
_NUMBER = r"(?:\d+(?:[.,]\d+)*)"
# Numbers spoken out, up to 999, as they stand folded: "muoi hai" is 12, "hai muoi lam" 25, "mot
# tram linh nam" 105. The packages that read them want the marks, which many leave out.
_DIGITS = {"khong": 0, "tu": 4, "lam": 5, "nham": 5} | {
    word: int(n) for word, n in _WORDS.items() if word != "muoi"
}
_DIGIT = rf"(?:\d|{'|'.join(_DIGITS)})"
# "từ" and "làm" fold to the words for 4 and 5, which never stand first: "từ mười tỷ" is 10.
_FIRST = rf"(?:\d|{'|'.join(word for word in _WORDS if word != 'muoi')})"
_TENS = rf"(?:(?P<tens>{_FIRST})\s+)?(?P<ten>muoi|chuc)(?:\s+(?P<ones>{_DIGIT}))?"
_SPOKEN = re.compile(
    rf"(?<![\w.,])(?:(?P<hundreds>{_FIRST}|khong)\s+tram(?:\s+(?:(?:linh|le)\s+(?P<odd>{_DIGIT})|{_TENS}|"
    rf"(?P<half>ruoi)))?|{_TENS.replace('P<', 'P<bare_')})(?!\w)"
)
_BARE_UNIT = re.compile(r"(?:(?P<before>\S+)\s+)?(?P<unit>ty|ti)\s+ruoi(?!\w)")
_LEADING = rf"(?<![\d.,])(?P<n>{_NUMBER}|(?<![a-z])(?:{'|'.join(_WORDS)}))"
_UNIT_NAMES = "|".join(sorted(_UNITS, key=len, reverse=True))
_PART = re.compile(rf"{_LEADING}\s*(?P<unit>{_UNIT_NAMES})(?![a-z])")
# "1 tỷ 2", "3tr5", "hai tỷ rưỡi": what follows a unit without one of its own is its fraction; not
# where it counts something else ("1 tỷ 2 thửa", "2 tỷ 120m2").
_COUNTED = (
    "nam|thang|ngay|gio|tuan|con|nguoi|anh|chi|thua|so|can|lo|met|m|mv|ha|sao|mau|cong|lan|cai|"
    "phan|tang|phong|mat|years?|months?|plots?|houses?"
)
_DIGIT_WORDS = "|".join(word for word in _WORDS if word != "muoi")
_TAIL = re.compile(
    rf"\s*(?:(?P<half>ruoi)|(?P<digits>\d{{1,3}}|{_DIGIT_WORDS}))"
    rf"(?![\d.,]*\d)(?!\s*(?:{_COUNTED}|{_UNIT_NAMES})(?![a-z]))(?!\s*(?:m2|%|x\s*\d))"
)
_JOINT = re.compile(r"[\s,]*(?:va\s+)?")
# Five digits at least, so that no year is one; no zero in front, so that no phone number is.
_BARE = re.compile(r"(?<![\w.,])([1-9]\d{0,2}(?:[.,]\d{3})+|[1-9]\d{4,})(?!\w)(?!\s*(?:m2|m\b))")


@dataclass(frozen=True)
class Area:
    """An area read from a sentence."""

    square_metres: Decimal | None
    """None where the unit differs by region; `choices` then says what it may be."""
    choices: tuple[tuple[str, Decimal], ...] = ()
    """Region → square metres."""


def parse_amount(text: str) -> int | None:
    """Return the first sum of money in `text`, in VND, or None where none is sure.

    A sum has a unit (tỷ, triệu, nghìn, củ, k…), or five digits, or groups of three.
    """
    folded = _in_digits(fold(text).replace("m²", "m2"))
    part = _PART.search(folded)
    if part is None:
        bare = _BARE.search(folded)
        return int(re.sub(r"[.,]", "", bare[1])) if bare else None
    total = Decimal(0)
    previous: int | None = None
    at = part.start()
    while (part := _PART.match(folded, at)) is not None:
        unit = _UNITS[part["unit"]]
        if previous is not None and unit >= previous:
            break  # "2 tỷ 3 tỷ" are two sums
        total += _number(part["n"]) * unit
        previous = unit
        at = part.end()
        if (tail := _TAIL.match(folded, at)) is not None:
            total += _fraction(tail) * unit
            break
        joint = _JOINT.match(folded, at)
        at = joint.end() if joint else at
    return int(total) if total > 0 else None


_AREA_UNITS = {
    "m2": Decimal(1),
    "m 2": Decimal(1),
    "met vuong": Decimal(1),
    "m vuong": Decimal(1),
    "mv": Decimal(1),
    "square metres": Decimal(1),
    "sqm": Decimal(1),
    "ha": Decimal(10_000),
    "hecta": Decimal(10_000),
    "hec ta": Decimal(10_000),
}
_SAO = (("miền Bắc", Decimal(360)), ("miền Trung", Decimal(500)), ("miền Nam", Decimal(1000)))
"""What one sào is called in everyday use; not a legal unit, so it is asked and never assumed."""
_AREA = re.compile(
    rf"(?<![\d.,])(?P<n>{_NUMBER})\s*(?P<unit>{'|'.join(_AREA_UNITS)}|sao|mau|cong)(?![a-z0-9])"
)
_SIDES = re.compile(rf"(?<![\d.,])(?P<a>{_NUMBER})\s*m?\s*[x*]\s*(?P<b>{_NUMBER})\s*m?(?![a-z0-9])")


def parse_area(text: str) -> Area | None:
    """Return the first area in `text`, or None.

    ``120m2``, ``1,5 ha`` and sides (``5x20``) are read; ``2 sào``, ``1 mẫu`` and ``3 công`` give
    choices, because they differ by region.
    """
    folded = _in_digits(fold(text.replace("²", "2")))
    area, sides = _AREA.search(folded), _SIDES.search(folded)
    if sides is not None and (area is None or sides.start() < area.start()):
        product = _number(sides["a"], measured=True) * _number(sides["b"], measured=True)
        return Area(product) if product > 0 else None
    if area is None:
        return None
    number = _number(area["n"], measured=True)
    if number <= 0:
        return None
    unit = area["unit"]
    if unit in _AREA_UNITS:
        return Area(number * _AREA_UNITS[unit])
    if unit == "cong":
        return Area(None, (("miền Nam", number * 1000),))
    times = 10 if unit == "mau" else 1
    return Area(None, tuple((region, number * size * times) for region, size in _SAO))


def _in_digits(folded: str) -> str:
    """Return a folded text with its spoken numbers as three digits: what follows a unit is then a
    fraction of it as people mean it ("mot ty hai muoi" is 1,02 tỷ, not 1,2)."""

    def composed(match: re.Match[str]) -> str:
        told = match.groupdict()
        if told["hundreds"] is None and told["bare_tens"] is None and told["bare_ones"] is None:
            return match[0]  # "mười" by itself is read as a word
        whole = 100 * _digit(told["hundreds"], 0)
        for tens, ten, ones in (("tens", "ten", "ones"), ("bare_tens", "bare_ten", "bare_ones")):
            if told[ten]:
                whole += 10 * _digit(told[tens], 1) + _digit(told[ones], 0)
        whole += 50 if told["half"] else _digit(told["odd"], 0)
        return f"{whole:03}"

    def with_one(match: re.Match[str]) -> str:
        before = match["before"] or ""
        counted = before[-1:].isdigit() or before in _WORDS
        return match[0] if counted else f"{before} 1 {match['unit']} ruoi".strip()

    halved = re.sub(rf"(?<!\w)nua\s+(?={_UNIT_NAMES})", "0,5 ", folded)
    return _BARE_UNIT.sub(with_one, _SPOKEN.sub(composed, halved))


def _digit(word: str | None, missing: int) -> int:
    if word is None:
        return missing
    return int(word) if word.isdigit() else _DIGITS[word]


def _number(text: str, measured: bool = False) -> Decimal:
    """Read a number: ``1.200`` is grouped, ``2,5`` and ``2.5`` are not."""
    if text in _WORDS:
        return Decimal(_WORDS[text])
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", text):
        return Decimal(text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?", text) or (
        measured and re.fullmatch(r"\d{1,3}(?:,\d{3})+", text)
    ):
        return Decimal(text.replace(",", ""))
    if text.count(",") + text.count(".") > 1:
        return Decimal(0)  # "1.2.3" is a date or a code
    return Decimal(text.replace(",", "."))


def _fraction(tail: re.Match[str]) -> Decimal:
    if tail["half"]:
        return Decimal("0.5")
    digits = _WORDS.get(tail["digits"], tail["digits"])
    return Decimal(f"0.{digits}")
