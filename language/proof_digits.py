"""The digits by which a person proves that a dossier is theirs: found in a message, and taken out.

The last four of a telephone or ID number, or the six of a one-time code: alone, beside a dossier
code, or called what they are ("4 số cuối là …"). They are checked by the office and never reach the
conversation. Numbers that are years, dates, areas, amounts, parcels or legal texts are left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from language.dossier_code import code_and_rest, find_code
from language.folding import normalise, strip_marks

TAKEN_OUT = "••••"
"""What stands where such digits were."""
PROOF = "proof"
"""Of a message's metadata: what came of digits that stood beside a dossier code. It chooses words;
what may be seen, the actions read from the database."""
CODE_GIVEN = "code_"
"""Before the outcome of a one-time code, where a conversation is told of it: not of four digits."""

# A message that is digits and nothing else.
_ALONE = re.compile(r"(?:s[ốo] ?)?\W{0,3}\d(?:[\s.\-]?\d){3,11}\W{0,2}", re.IGNORECASE)
_PROCEDURE = re.compile(r"\d\.\d{6}")
_LENGTHS = frozenset({4, 6, 9, 10, 11, 12})
"""Digits of an end, a one-time code, an older ID, a mobile number in two forms, an ID."""
# Four or six digits that stand by themselves; not a year, a date, an amount or an area.
_GROUP = re.compile(
    r"(?<![\w.,/\-])(?<!nam )(?:\d{4}|\d{3}[ .\-]?\d{3})(?![\w/]|[.,\-]\w"
    r"|\s*(?:m2|met|trieu|ty|dong|nghin|ngan|vnd)\b)"
)
_OF_A_NUMBER = re.compile(
    r"\b(?:cuoi|duoi|sdt|dien thoai|dt|so may|can cuoc|cccd|cmnd|cmt|xac minh|xac nhan|last|digits?"
    r"|phone|id|ends?|ending)\b"
)
_OF_A_CODE = re.compile(
    r"\b(?:otp|xac nhan|xac thuc|xac minh|one time|code|ma (?:la|so)|ma:)(?!\w)"
)
_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:luat|nghi dinh|nd|thong tu|tt|quyet dinh|qd|nam|year|thua|to|parcel|duong|so nha)\b"
)
_WORDS_BESIDE = 2
"""Words that may stand beside digits that nothing names."""


@dataclass(frozen=True)
class Given:
    """Digits that a message gives, perhaps as proof."""

    digits: str = field(repr=False)
    """As written; empty where several could be meant. They are out of `rest` all the same."""
    rest: str
    """The message for the conversation: without the digits, but where only the office can tell
    whether they are any (a number of another length alone, two words and a number)."""
    code: str = ""
    """The dossier named in the same message, canonical; empty without."""
    alone: bool = False
    """True where the message holds nothing else."""


def find_digits(text: str) -> Given | None:
    """Return the digits that `text` gives as proof, or may; None where there are none.

    `text` is normalised (`language.folding.normalise`).
    """
    if find_code(text) is None:
        return _alone(text) or _among_words(text)
    return _beside_code(text)


def _alone(text: str) -> Given | None:
    text, _ = _level(text)
    digits = re.sub(r"\D", "", text)
    is_one = _ALONE.fullmatch(text) and not _PROCEDURE.search(text) and len(digits) in _LENGTHS
    if not is_one or (len(digits) > 6 and _round(digits) and not digits.startswith(("0", "84"))):
        return None
    # A code that nobody awaits may be an amount.
    sure = len(digits) == 4 or (len(digits) == 6 and not _round(digits))
    return Given(text, TAKEN_OUT if sure else text, alone=True)


def _among_words(text: str) -> Given | None:
    text, folded = _level(text)
    found = [
        match for match in _GROUP.finditer(folded) if len(match[0]) == 4 or not _round(match[0])
    ]
    if not found:
        return None
    beside = _GROUP.sub(" ", folded)
    named = any(_named(match[0], beside) for match in found)
    short = len(_words(beside)) <= _WORDS_BESIDE and not _OF_SOMETHING_ELSE.search(beside)
    if not (named or short):
        return None
    digits = found[0][0] if len(found) == 1 else ""
    return Given(digits, _without(text, found) if named else text) if digits or named else None


def _beside_code(text: str) -> Given | None:
    code, rest = code_and_rest(text)
    rest, folded = _level(rest)
    found = list(_GROUP.finditer(folded))
    if code is None or not found:
        return None
    beside = _GROUP.sub(" ", folded)
    named = _OF_A_NUMBER.search(beside) or _OF_A_CODE.search(beside)
    meant = len(found) == 1 and (named or len(_words(beside)) <= _WORDS_BESIDE)
    # Beside a code no other number matters: whatever could be the digits goes, meant or not.
    return Given(found[0][0] if meant else "", f"{code} {_without(rest, found)}".strip(), code)


def _level(text: str) -> tuple[str, str]:
    """Return `text` and its folded form, sign for sign; where folding changes the length, the text
    loses its diacritics."""
    folded = strip_marks(text).lower()
    return (text if len(text) == len(folded) else folded), folded


def _named(group: str, beside: str) -> bool:
    """Tell whether the words say that these are the end of a number, or a one-time code."""
    if len(re.sub(r"\D", "", group)) == 4:
        return _OF_A_NUMBER.search(beside) is not None
    return _OF_A_CODE.search(beside) is not None and "ho so" not in beside


def _round(digits: str) -> bool:
    """Tell whether digits look like an amount."""
    return digits.endswith("000")


def _without(text: str, found: list[re.Match[str]]) -> str:
    for match in reversed(found):
        text = text[: match.start()] + TAKEN_OUT + text[match.end() :]
    return normalise(text)


def _words(folded: str) -> list[str]:
    return re.findall(r"[^\W\d]\w*", folded)
