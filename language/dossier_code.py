"""The dossier code (mã số hồ sơ) in every form in which citizens write it.

Canonical: ``{agency}-{YYMMDD}-{serial}``, agency like ``H60.12.01``, ``G22.99`` or the older
``000.00.12.H46`` (TT 03/2025/TT-VPCP; centralised services ``M12.34.56`` by TT 4/2025/TT-VPCP).
People leave out the dots, put spaces for hyphens, type in lower case, or let a phone dictate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from language.folding import normalise, strip_marks

_CANONICAL = re.compile(
    r"(?P<agency>(?:\d{3}\.\d{2}\.\d{2}\.[GH]\d{2})|(?:[GHM]\d{2}(?:\.\d{1,3}){0,4}))"
    r"-(?P<day>\d{6})-(?P<serial>\d{1,8})"
)
# Any run of signs that people put between the groups: space, dot, comma, slash, dash, underscore.
_GAP = r"[\s.,/_\-]*"
_SEP = r"[\s.,/_\-]+"
_LOOSE = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?P<prefix>(?:\d{3}" + _GAP + r"\d{2}" + _GAP + r"\d{2}" + _GAP + r")?)"
    r"(?P<letter>[GHMghm])" + _GAP + r"(?P<root>\d{2})"
    r"(?P<units>(?:"
    + _SEP
    + r"\d{1,3}){0,4}|\d{2}(?:\d{2})?)"
    + _GAP
    + r"(?P<day>\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))"
    + _GAP
    + r"(?P<serial>\d{1,8})(?![A-Za-z0-9])"
)
_SPOKEN = (
    (re.compile(r"\b(?:cham|dot|phay)\b", re.IGNORECASE), "."),
    (re.compile(r"\b(?:gach ngang|gach noi|gach|ngang|tru|dash)\b", re.IGNORECASE), "-"),
    (re.compile(r"\b(?:hat|hac|hach)\b(?=\s*\d)", re.IGNORECASE), "H"),
)
_LETTER_O = re.compile(r"(?<=[\dOo.\-])[Oo]|[Oo](?=[\dOo.\-])")


@dataclass(frozen=True, order=True)
class DossierCode:
    """A code taken apart. `str()` gives the canonical form."""

    agency: str
    received: date
    serial: str
    """Digits as written, leading zeros kept: they are part of the code."""

    def __str__(self) -> str:
        return f"{self.agency}-{self.received:%y%m%d}-{self.serial}"


def parse_code(text: str) -> DossierCode:
    """Read a code that stands alone, in its canonical form (case and outer spaces forgiven).

    Raises `ValueError` where `text` is no code or its middle group is no date.
    """
    match = _CANONICAL.fullmatch(text.strip().upper())
    if match is None:
        raise ValueError("not a dossier code: expected e.g. H60.12.01-261016-0001")
    return DossierCode(match["agency"], _day(match["day"]), match["serial"])


def find_code(text: str) -> str | None:
    """Return the canonical form of the first code written anywhere in `text`, or None.

    Takes lower case, missing or doubled separators, spaces for dots and hyphens, separators
    spoken aloud ("chấm", "gạch"), and the letter O typed for zero.
    """
    return code_and_rest(text)[0]


def code_and_rest(text: str) -> tuple[str | None, str]:
    """Return the first code in `text`, as `find_code` does, and what is written beside it (without
    diacritics where the code's signs were spoken); without a code, all of it."""
    written = normalise(text)
    plain = strip_marks(written)
    for candidate in (plain, _spoken_out(plain), _LETTER_O.sub("0", plain)):
        for match in _LOOSE.finditer(candidate):
            try:
                day = _day(match["day"])
            except ValueError:
                continue
            whole = written if len(written) == len(candidate) else candidate
            rest = f"{whole[: match.start()]} {whole[match.end() :]}"
            return str(DossierCode(_agency(match), day, match["serial"])), rest
    return None, written


def _spoken_out(text: str) -> str:
    for pattern, sign in _SPOKEN:
        text = pattern.sub(sign, text)
    return text


def _agency(match: re.Match[str]) -> str:
    prefix = re.sub(r"\D", "", match["prefix"])
    root = f"{match['letter'].upper()}{match['root']}"
    if prefix:
        return f"{prefix[:3]}.{prefix[3:5]}.{prefix[5:7]}.{root}"
    units = match["units"]
    # Written in one run ("h4612"), units are of two digits each.
    groups = re.findall(r"\d\d" if units.isdigit() else r"\d+", units)
    return ".".join([root, *groups])


def _day(digits: str) -> date:
    return date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
