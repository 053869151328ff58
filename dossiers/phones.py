"""Telephone numbers as offices have them on file, and what is left to text to.

Reads one cell of an export: old eleven-digit numbers, lost zeros, letters for digits, two numbers
in one cell. What is no Vietnamese mobile number gets a reason in place of a number, so that the
office can ring or write. Numbers never leave here but as values: nothing is logged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from core.privacy import Vault
from language.folding import fold, normalise


class NoSms(StrEnum):
    """Why an applicant cannot be texted."""

    NONE = "none"
    """No number on file."""
    SHORT = "short"
    """Digits are missing."""
    LONG = "long"
    """Too many digits to be one number, or two."""
    LANDLINE = "landline"
    """A fixed line."""
    SERVICE = "service"
    """A hotline or short code, not a person's number."""
    FOREIGN = "foreign"
    """A number of another country."""
    INVALID = "invalid"
    """As long as a mobile number, but no network has such a prefix."""
    UNREADABLE = "unreadable"
    """Something is written that is no number, or a spreadsheet has rounded it."""
    ERASED = "erased"
    """Erased at the person's wish, whatever exports hold: see `dossiers.person`."""


REASONS_VI: dict[NoSms, str] = {
    NoSms.NONE: "không có số điện thoại",
    NoSms.SHORT: "số điện thoại thiếu chữ số",
    NoSms.LONG: "số điện thoại thừa chữ số",
    NoSms.LANDLINE: "số điện thoại cố định",
    NoSms.SERVICE: "số tổng đài, không phải số cá nhân",
    NoSms.FOREIGN: "số điện thoại nước ngoài",
    NoSms.INVALID: "đầu số không đúng",
    NoSms.UNREADABLE: "không đọc được số điện thoại",
    NoSms.ERASED: "đã xóa theo yêu cầu của người nộp",
}
"""The reasons as officers read them."""

OLD_PREFIXES = {
    # Viettel
    "0162": "032",
    "0163": "033",
    "0164": "034",
    "0165": "035",
    "0166": "036",
    "0167": "037",
    "0168": "038",
    "0169": "039",
    # MobiFone
    "0120": "070",
    "0121": "079",
    "0122": "077",
    "0126": "076",
    "0128": "078",
    # VinaPhone
    "0123": "083",
    "0124": "084",
    "0125": "085",
    "0127": "081",
    "0129": "082",
    # Vietnamobile
    "0186": "056",
    "0188": "058",
    # Gmobile
    "0199": "059",
}
"""Eleven-digit prefixes until 2018 → what they became (Ministry of Information and Communications'
conversion plan, 15 September 2018 to 30 June 2019); the seven digits after them stayed."""

COUNTRY_CODE = "84"

_MOBILE_TYPES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)

# Letters typed for digits: only beside a digit, and never within a word.
_LETTERS = re.compile(
    r"(?<![^\W\d_])[OoIl]+(?=[.\-]?\d)"
    r"|(?<=\d)[OoIl]+(?![^\W\d_])"
)
_AS_DIGITS = str.maketrans("OoIl", "0011")
# What stands between two numbers in one cell; words are separators too ("hoặc", a name).
_BETWEEN = re.compile(r"[/;|&\n]|\s[-–]\s|[^\W\d_]+")
_GROUP = re.compile(r"\+?\s*\d+")
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_FLOAT = re.compile(r"(\d+)\.0+")
_PLACEHOLDERS = re.compile(r"[\s0.\-_/*]*")
_SAID_NONE = frozenset({"khong", "khong co", "ko", "ko co", "k co", "chua co", "n/a", "na", "x"})

MIN_PROOF_DIGITS = 7
"""A number with fewer digits is no proof of anything."""


@dataclass(frozen=True)
class Phones:
    """What a cell of telephone numbers holds."""

    mobile: str | None
    """The first mobile number, in E.164."""
    no_sms: NoSms | None
    """Why there is none; None where there is one."""
    last_fours: tuple[str, ...] = ()
    """Last four digits of each number in the cell, landlines too, each once."""
    migrated: bool = False
    """The mobile number was written in its old, eleven-digit form."""


@dataclass(frozen=True)
class _Number:
    """A run of digits judged: a mobile number in E.164, or why it is none."""

    digits: str
    mobile: str | None = None
    why: NoSms | None = None
    migrated: bool = False


def read_phones(cell: str) -> Phones:
    """Read the telephone numbers of one cell; never raises.

    The first mobile number wins. Other numbers still serve to prove who is asking.
    """
    text = normalise(cell).strip("'\"=` ")
    if _PLACEHOLDERS.fullmatch(text) or fold(text) in _SAID_NONE:
        return Phones(None, NoSms.NONE)
    if _ROUNDED.fullmatch(text):
        return Phones(None, NoSms.UNREADABLE)
    if whole := _FLOAT.fullmatch(text):
        text = whole[1]
    text = _LETTERS.sub(lambda match: match[0].translate(_AS_DIGITS), text)
    numbers = [
        number
        for part in _BETWEEN.split(text)
        for number in _assemble([re.sub(r"\s", "", g) for g in _GROUP.findall(part)])
    ]
    last_fours = tuple(
        dict.fromkeys(n.digits[-4:] for n in numbers if len(n.digits) >= MIN_PROOF_DIGITS)
    )
    for number in numbers:
        if number.mobile:
            return Phones(number.mobile, None, last_fours, number.migrated)
    why = next((n.why for n in numbers if n.why), NoSms.UNREADABLE)
    return Phones(None, why, last_fours)


def national(e164: str) -> str:
    """Return a Vietnamese E.164 number as people at home write it: 0912345678."""
    return "0" + e164.removeprefix("+" + COUNTRY_CODE)


def phone_index(vault: Vault, e164: str) -> str:
    """Return the fingerprint under which a number's dossiers and opt-outs are found."""
    return vault.index(e164, "phone")


def _assemble(groups: list[str]) -> list[_Number]:
    """Join groups of digits into numbers: the longest run of groups that makes one wins."""
    numbers: list[_Number] = []
    unclaimed: list[str] = []

    def give_up() -> None:
        if unclaimed:
            numbers.append(_judge("".join(unclaimed)))
            unclaimed.clear()

    start = 0
    while start < len(groups):
        for end in range(len(groups), start, -1):
            judged = _judge("".join(groups[start:end]))
            if judged.mobile or judged.why in (NoSms.LANDLINE, NoSms.FOREIGN):
                give_up()
                numbers.append(judged)
                start = end
                break
        else:
            halves = _halves(groups[start])
            if halves:
                give_up()
                numbers.extend(halves)
            else:
                unclaimed.append(groups[start])
            start += 1
    give_up()
    return numbers


def _halves(digits: str) -> list[_Number]:
    """Return the two mobile numbers that were written without anything between them, if any."""
    for cut in range(9, len(digits) - 8):
        pair = [_judge(digits[:cut]), _judge(digits[cut:])]
        if all(number.mobile for number in pair):
            return pair
    return []


def _judge(written: str) -> _Number:
    """Judge one run of digits, perhaps with a plus before it."""
    abroad = written.startswith(("+", "00")) and written.strip("+0") != ""
    digits = written.replace("+", "")
    plain = digits.removeprefix("00") if abroad else digits
    if abroad and not plain.lstrip("0").startswith(COUNTRY_CODE):
        return _Number(digits, why=_why_abroad(plain))
    if plain.startswith("084") and len(plain) in (12, 13):
        plain = plain[1:]  # "0+84 912…", a zero before the country code
    if plain.startswith(COUNTRY_CODE) and 11 <= len(plain) <= 13:
        significant = plain[2:].removeprefix("0")
    else:
        significant = plain.removeprefix("0")  # or the spreadsheet has dropped it already
    old = OLD_PREFIXES.get("0" + significant[:3]) if len(significant) == 10 else None
    if old:
        significant = old[1:] + significant[3:]
    if _is_mobile(significant):
        return _Number(digits, mobile=f"+{COUNTRY_CODE}{significant}", migrated=bool(old))
    return _Number(digits, why=_why_not(plain, significant))


@lru_cache(maxsize=1)
def mobile_prefixes() -> frozenset[str]:
    """Return the two digits, after the zero, with which Vietnamese mobile numbers begin.

    Asked of libphonenumber, prefix by prefix. It lists the blocks of a prefix as networks open
    them, and lags: of 089 it knows 0896 to 0899 only. So a number counts as mobile when any block
    of its prefix does; a text to a closed block comes back as undelivered, while a dossier wrongly
    held to have no mobile number is never told of.
    """

    def is_mobile(significant: str) -> bool:
        number = phonenumbers.PhoneNumber(int(COUNTRY_CODE), int(significant))
        return phonenumbers.number_type(number) in _MOBILE_TYPES

    return frozenset(
        f"{prefix}"
        for prefix in range(30, 100)
        if any(is_mobile(f"{prefix}{block}000000") for block in range(10))
    )


def _is_mobile(significant: str) -> bool:
    return len(significant) == 9 and significant[:2] in mobile_prefixes()


def _why_abroad(digits: str) -> NoSms:
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return NoSms.INVALID
    return NoSms.FOREIGN if phonenumbers.is_valid_number(number) else NoSms.INVALID


def _why_not(plain: str, significant: str) -> NoSms:
    length = len(significant)
    # Area codes begin with 02 since 2017; an exchange's own digits are not judged.
    if significant.startswith("2") and length in (9, 10):
        return NoSms.LANDLINE
    if plain.startswith(("1800", "1900")) and length <= 10:
        return NoSms.SERVICE
    if length <= 4 and plain.startswith("1"):
        return NoSms.SERVICE  # 113, 1022
    if length < 9:
        return NoSms.SHORT
    if length == 9 or (length == 10 and significant.startswith("1")):
        return NoSms.INVALID
    return NoSms.LONG
