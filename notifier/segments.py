"""SMS text: folding into the alphabet of plain SMS, and counting the segments that are paid for.

Plain SMS knows the 128 signs of GSM 03.38 and a few more that count double: 160 to a single
message, 153 to each part of a longer one. One sign outside turns the whole text into UCS-2, with
70 and 67. `smsutil` counts; what each Vietnamese letter becomes is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import smsutil
from smsutil.codecs import GSM_CHARSET

from language.folding import plain_sms


class Encoding(StrEnum):
    """How an SMS is coded."""

    GSM = "gsm"
    """The plain alphabet: 160 signs in one segment, 153 in each of several."""
    UNICODE = "unicode"
    """UCS-2, for text with diacritics: 70 in one segment, 67 in each of several."""


# ESC opens the extension table and form feed prints nothing: neither is text.
_GSM = frozenset(GSM_CHARSET) - {"\x1b", "\f", "\r"}

LOST = "?"
"""What stands for a sign that plain SMS does not have."""


@dataclass(frozen=True)
class Folded:
    """Text in the plain alphabet."""

    text: str
    lost: int
    """How many signs had no likeness and became `LOST`."""


@dataclass(frozen=True)
class Size:
    """What a text costs to send."""

    encoding: Encoding
    units: int
    """Septets, or UCS-2 code units: what fills a segment."""
    segments: int
    """What the provider bills."""


def fold_to_gsm(text: str) -> Folded:
    """Return `text` without diacritics, in signs that plain SMS has.

    The few accented letters that GSM 03.38 does have (à è é ì ò ù) lose their marks as well: a
    text accented here and there is harder to read than one without.
    """
    plain = " ".join(plain_sms(text).split())
    lost = sum(sign not in _GSM for sign in plain)
    return Folded("".join(sign if sign in _GSM else LOST for sign in plain), lost)


def encoding_of(text: str) -> Encoding:
    """Return how `text` is coded exactly as it would be sent."""
    return Encoding.GSM if _GSM.issuperset(text) else Encoding.UNICODE


def size(text: str) -> Size:
    """Return the encoding, length and segments of `text` exactly as it would be sent."""
    if not text:
        return Size(Encoding.GSM, 0, 0)
    if encoding_of(text) is Encoding.GSM:
        split = smsutil.gsm_split(text)
        return Size(Encoding.GSM, split.total_bytes, len(split.parts))
    split = smsutil.unicode_split(text)
    return Size(Encoding.UNICODE, split.total_bytes // 2, len(split.parts))
