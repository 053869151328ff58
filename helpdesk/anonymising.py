"""Takes whatever tells who somebody is out of what they wrote, before it is kept.

Pure. What stays must still tell what was asked; what goes is replaced by a word in brackets that
says what stood there. Careful rather than sparing: a place or a common noun lost costs nothing.
Where the words do not tell (a name alone, in lower case and without diacritics) nothing can be
promised, which is why questions are encrypted and deleted all the same (`actions.models`).
"""

from __future__ import annotations

import re

from phonenumbers import Leniency, PhoneNumberMatcher

from language.dossier_code import code_and_rest
from language.folding import fold, normalise
from procedures.provinces import find_province

PHONE = "[số điện thoại]"
IDENTITY = "[số giấy tờ]"
CODE = "[mã hồ sơ]"
NAME = "[tên]"
ADDRESS = "[địa chỉ]"
EMAIL = "[email]"
NUMBER = "[số]"
MASKS = (PHONE, IDENTITY, CODE, NAME, ADDRESS, EMAIL, NUMBER)

_EMAIL = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?\w+)+")
_LINK = re.compile(r"(?:https?://|www\.)\S+|(?:zalo|facebook|fb)\.(?:me|com)/\S+", re.IGNORECASE)
# Twelve digits (CCCD) or nine (the old card), however grouped.
_IDENTITY = re.compile(r"(?<![\w.,/\-])\d(?:[ .\-]?\d){8}(?:(?:[ .\-]?\d){3})?(?![\w/\-]|[.,]\d)")
# A mobile or landline number as people group it, which the matcher of the library may refuse.
_PHONE = re.compile(r"(?<![\w.,/\-])(?:\(?\+?84\)?|0)(?:[ .\-]{0,2}\d){9,10}(?![\w/\-]|[.,]\d)")
# Serial of a certificate: "CH 01234", "số BA 123456".
_CERTIFICATE = re.compile(r"\b[A-ZĐ]{2}\s?\d{5,8}\b|\bCH\s?\d{4,6}\b")
# A parcel on its map sheet finds its owner.
_PARCEL = re.compile(
    r"\b((?:thửa|thua|tờ|to)(?: (?:đất|dat|bản đồ|ban do))?(?: (?:số|so))?) \d+\b"
    r"(?!\s*(?:m2|m²|mét|met|ha|sào)\b)",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"(?<![\w\[])\d(?:[ .\-]?\d){5,}(?!\w)")
_MONEY = re.compile(r"^\d{1,3}(?:[.,]\d{3}){1,4}$")
"""A sum of money written out is no number of anybody's."""

_STREET = (
    r"(?:ngõ|ngo|ngách|ngach|hẻm|hem|kiệt|kiet|đường|duong|phố|pho|tổ|to|ấp|ap|thôn|thon|xóm|xom"
    r"|khu phố|khu pho|khóm|khom|bản|buôn|buon|làng|số nhà|so nha|nhà số|nha so|căn hộ|can ho"
    r"|quốc lộ|quoc lo|tỉnh lộ|tinh lo|đội|doi|lô|kp)"
)
_LETTERS = [chr(n) for n in range(0xC0, 0x1EFA) if chr(n).isalpha()]
_UPPER = "A-Z" + "".join(letter for letter in _LETTERS if letter.isupper())
_LOWER = "a-z" + "".join(letter for letter in _LETTERS if letter.islower())
"""Vietnamese letters by case: the ranges of Unicode mix them."""
# The second word of a street's name in lower case: not one that goes on with the sentence.
_SECOND = (
    r"(?!(?:can|cần|muon|muốn|hoi|hỏi|o|ở|thi|thì|bi|bị|da|đã|dang|đang|co|có|cua|của|nay|này|la|là"
    r"|phuong|phường|xa|xã|quan|quận|huyen|huyện|thuoc|thuộc)\b)"
    rf"[{_LOWER}]+"
)
_PROPER = rf"[{_UPPER}]\w*(?: (?:[{_UPPER}]\w*|\d+[\w/]*))*"
"""A name goes on over capitalised words and numbers; in lower case it has two words at most."""
_CALLED = rf"(?:\d+[\w/]*|{_PROPER}|[{_LOWER}]+(?: {_SECOND})?)"
_HOUSE = r"\d+[a-zA-Z]?(?:/\d+[a-zA-Z]?)*"
_AT = r"(?i:số nhà|so nha|nhà số|nha so|số|so|nhà|nha)"
_FURTHER = rf"(?:,? (?i:{_STREET}) {_CALLED})*"
_ADDRESS = re.compile(
    rf"\b(?:{_AT} )?{_HOUSE},? (?i:{_STREET}) {_CALLED}{_FURTHER}"
    rf"|\b(?i:{_STREET}) \d+[\w/]*{_FURTHER}"
    rf"|\b(?i:đường|phố|ấp|thôn|xóm|khu phố|khóm|làng|buôn) {_PROPER}"
    rf"|\b\d+[a-zA-Z]?(?:/\d+[a-zA-Z]?)+ {_PROPER}"
    rf"|\b{_AT} {_HOUSE} {_PROPER}"
)


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SURNAMES = _word_set(
    """
    nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh doan lam mai
    trinh dao cao ha luong luu trieu ta to thai tong phung quach chau la nghiem ninh vuong
    """
)
# What comes between a surname and a given name is a middle name; these are nothing else.
_MIDDLE = frozenset({"van", "thi"})
_TELLS = re.compile(
    r"\b(?:(?:tên|ten)(?: (?:tôi|toi|tui|em|mình|minh|con|cháu|chau|anh|chị|chi|bác|bac|ông|ong"
    r"|bà|ba|chồng|chong|vợ|vo|chủ hộ|chu ho|đầy đủ|day du|khai sinh|khai sinh của tôi))*"
    r"(?: (?:là|la))|(?:tôi|toi|tui|em|mình|minh|con|cháu|chau) (?:tên|ten)(?: (?:là|la))?"
    r"|(?:đứng tên|dung ten|họ và tên|ho va ten|họ tên|ho ten|chủ đất|chu dat|chủ hộ|chu ho)"
    r"(?: (?:là|la|của|cua))?(?: (?:ông|ong|bà|ba|anh|chị|chi))?"
    r"|my name is|name is|i am called)[ :]+",
    re.IGNORECASE,
)
"""Words after which a name comes, in whatever case."""
_NO_NAME = _word_set(
    """
    muon hoi can o sinh co dang thi xin da va vay cho bi lam la nay kia do cua tu ngay nam
    voi de con chau em vo chong toi minh tui gi ai nao sai moi khac rieng chung tren trong
    hai ca nhu duoc khong chua bo me cha ma anh chi ong ba nha dat so roi and i from want
    need lives the
    """
)
"""Words that end a name, or show that none came. Only where it is not capitalised."""
_TITLES = re.compile(
    r"\b(?:ông|bà|anh|chị|cô|chú|bác|cậu|em|cháu|thầy|mr|mrs|ms)\.? ", re.IGNORECASE
)
_CAPITAL = re.compile(rf"[{_UPPER}]")
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_NAME = 5
_TITLE_WORDS = frozenset({"ong", "ba", "anh", "chi", "co", "chu", "bac", "em", "chau"})


def anonymise(text: str) -> str:
    """Return `text` without what looks like a number of somebody's, a name, an address, an e-mail
    address or a dossier code."""
    cleaned = _LINK.sub(" ", normalise(text))
    cleaned = _EMAIL.sub(EMAIL, cleaned)
    cleaned = _without_codes(cleaned)
    cleaned = _without_phones(cleaned)
    cleaned = _IDENTITY.sub(IDENTITY, cleaned)
    cleaned = _CERTIFICATE.sub(IDENTITY, cleaned)
    cleaned = _PARCEL.sub(rf"\1 {NUMBER}", cleaned)
    cleaned = _ADDRESS.sub(ADDRESS, cleaned)
    cleaned = _without_names(cleaned)
    cleaned = _LONG_NUMBER.sub(
        lambda found: found[0] if _MONEY.match(found[0]) else NUMBER, cleaned
    )
    return " ".join(cleaned.split())


def _without_codes(text: str) -> str:
    """`text` without its dossier codes, in whatever form; what else is written keeps its marks."""
    code, _ = code_and_rest(text)
    while code is not None:
        text = _cut(text)
        code, _ = code_and_rest(text)
    return text


def _cut(text: str) -> str:
    """Replace the shortest run of words that still holds the first code."""
    words = text.split(" ")
    end = next(n for n in range(1, len(words) + 1) if code_and_rest(" ".join(words[:n]))[0])
    whole = code_and_rest(text)[0]
    # A serial may go on after a space: take what the code of the whole text takes.
    while end < len(words) and code_and_rest(" ".join(words[:end]))[0] != whole:
        end += 1
    start = max(n for n in range(end) if code_and_rest(" ".join(words[n:end]))[0] == whole)
    return " ".join([*words[:start], CODE, *words[end:]])


def _without_phones(text: str) -> str:
    matches = list(PhoneNumberMatcher(text, "VN", leniency=Leniency.POSSIBLE))
    for match in reversed(matches):
        digits = re.sub(r"\D", "", match.raw_string)
        national_id = len(digits) == 12 and digits.startswith("0")
        dialled = digits.startswith(("0", "84")) or match.raw_string.startswith("+")
        if len(digits) >= 9 and dialled and not national_id:
            text = text[: match.start] + PHONE + text[match.end :]
    return _PHONE.sub(lambda found: _masked_phone(found[0]), text)


def _masked_phone(found: str) -> str:
    return found if len(re.sub(r"\D", "", found)) == 12 else PHONE


def _without_names(text: str) -> str:
    """`text` without names: after words that announce one, after a title, and after a surname."""
    spans: list[tuple[int, int]] = []
    for announced in _TELLS.finditer(text):
        spans += _name_at(text, announced.end(), announced=True)
    for title in _TITLES.finditer(text):
        spans += _name_at(text, title.end(), announced=False)
    for word in _WORD.finditer(text):
        if fold(word[0]) in _SURNAMES:
            spans += _full_name_at(text, word)
    for start, end in reversed(_joined(spans)):
        if find_province(text[start:end]) is None:  # "Hà Nội": whose rules are asked for
            text = text[:start] + NAME + text[end:]
    return text


def _name_at(text: str, start: int, *, announced: bool) -> list[tuple[int, int]]:
    """The name that begins at `start`, if one does: capitalised words, or after an announcement
    up to five words that can be a name."""
    end = start
    count = 0
    for word in _WORD.finditer(text, start):
        if text[end : word.start()].strip() or count == _LONGEST_NAME:
            break  # punctuation ends it
        capital = _CAPITAL.match(word[0]) is not None
        plain = fold(word[0])
        if count == 0 and capital and plain in _TITLE_WORDS:
            break  # "Ông Bà"
        if not capital and (not announced or plain in _NO_NAME):
            break
        end = word.end()
        count += 1
    return [(start, end)] if count else []


def _full_name_at(text: str, surname: re.Match[str]) -> list[tuple[int, int]]:
    """A surname with what follows it: two capitalised words or more, or "văn", "thị" and a word."""
    words: list[re.Match[str]] = []
    end = surname.end()
    for word in _WORD.finditer(text, surname.end()):
        if text[end : word.start()].strip() or len(words) == _LONGEST_NAME - 1:
            break
        words.append(word)
        end = word.end()
    if _CAPITAL.match(surname[0]):
        named = 0
        while named < len(words) and _CAPITAL.match(words[named][0]):
            named += 1
        if named >= 1:
            return [(surname.start(), words[named - 1].end())]
    if len(words) >= 2 and fold(words[0][0]) in _MIDDLE and fold(words[1][0]) not in _NO_NAME:
        last = words[1]
        if len(words) > 2 and fold(words[2][0]) not in _NO_NAME:
            last = words[2]
        return [(surname.start(), last.end())]
    return []


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, overlapping ones as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
