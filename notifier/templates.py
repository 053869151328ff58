"""What messages say: the templates an office may edit, read, checked and filled in.

Texts live in `data/templates/sms.yml`, written with diacritics; this module folds, fills and
counts them, and refuses a file whose worst case would cost more than it promises. Which template
an event calls for is `plan`'s to decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.settings import ROOT
from dossiers.lifecycle import Language, Status
from notifier.segments import Encoding, Size, fold_to_gsm, size

LANGUAGES: tuple[Language, ...] = ("vi", "en")

DEFAULT_FILE = ROOT / "data" / "templates" / "sms.yml"


class MessageClass(StrEnum):
    """How a message stands to the clock and to its recipient's patience."""

    NOTICE = "notice"
    """Waits for the morning, expires, counts against the recipient's hourly cap."""
    OTP = "otp"
    """Asked for by its recipient this minute: goes at once, or never."""


class Policy(StrEnum):
    """What to do when nobody can tell whether a message left."""

    AT_LEAST_ONCE = "at_least_once"
    """Send again: hearing twice costs less than a journey not made."""
    AT_MOST_ONCE = "at_most_once"
    """Do not: the message will not be missed, or is wrong by then."""


_EVERY_MESSAGE = frozenset({"sign", "contact"})
_OTHERS: Mapping[str, frozenset[str]] = {
    "late_apology": frozenset({"code", "due", "new_due"}),
    "late_warning": frozenset({"code", "due"}),
    "tax_reminder": frozenset({"code", "days"}),
    "supplement_reminder": frozenset({"code", "days"}),
    "collect_reminder": frozenset({"code", "days"}),
    "tax_digest": frozenset({"count"}),
    "supplement_digest": frozenset({"count"}),
    "collect_digest": frozenset({"count"}),
    "digest": frozenset({"count", "summary"}),
    "otp": frozenset({"otp", "minutes"}),
    "test": frozenset(),
}
MESSAGES: Mapping[str, frozenset[str]] = {
    **{status.value: _EVERY_MESSAGE | {"code", "due"} for status in Status},
    **{key: _EVERY_MESSAGE | values for key, values in _OTHERS.items()},
}
"""Each message that is sent, by the key of its template: the values that there are for it. One
that its template asks for in vain would stop the planning of all that come after it."""

_VALUES = frozenset().union(*MESSAGES.values())

# The longest realistic values: what worst cases are counted with. A code may have 26 signs
# (000.00.12.H46-261016-00001), a registered alphanumeric sender 11 (GSM 03.40).
WORST_VALUES: Mapping[str, str] = {
    "sign": "VPDKDD-TINH",
    "code": "000.00.12.H46-261016-00001",
    "due": "30/11/2026",
    "new_due": "30/11/2026",
    "days": "30",
    "count": "1000",
    "summary": "100 cần bổ sung giấy tờ, 100 chờ nộp thuế phí, 100 có kết quả, 700 tin khác",
    "otp": "123456",
    "minutes": "10",
}
WORST_ENGLISH_SUMMARY = "100 papers needed, 100 tax or fees due, 100 ready, 700 other"
WORST_CONTACT = ("LH Văn phòng Đăng ký đất đai tỉnh, 0207 3 822 123.", "LH 0207 3 822 123.")


class InvalidTemplate(ValueError):
    """A template that must not go to anybody: an unknown value, or longer than it promises."""


class Template(BaseModel):
    """One message of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    key: str = Field(pattern=r"^[a-z_]+$", max_length=40)
    version: int = Field(ge=1)
    message_class: MessageClass = Field(alias="class")
    policy: Policy
    limit: int = Field(ge=1, le=6)
    """Segments that the longest realistic values may take."""
    mode: Encoding = Encoding.GSM
    sms: str
    undated: str = ""
    """Said instead where the dossier has no appointment date."""
    english: str = ""
    """The message to an applicant who wants to be written to in English; empty: as to all others.
    """
    english_undated: str = ""
    invites: tuple[str, ...] = ()
    """Words before the link to the dossier's page, in place of `Xem`: the fullest first, of which
    those are taken that cost no further segment."""
    english_invites: tuple[str, ...] = ()
    """The same in English, one for one."""
    zns: tuple[str, ...] = ()
    """Values that its ZNS template takes, under the same names; none: it has no ZNS form."""

    @model_validator(mode="after")
    def _checked(self) -> Self:
        # What is wrong is told to whoever edits the file: an officer, in Vietnamese.
        for text in (*self.wordings, *self.invites, *self.english_invites):
            unknown = _placeholders(text) - _VALUES
            if unknown:
                raise InvalidTemplate(f"mẫu {self.key}: không có giá trị tên là {{{min(unknown)}}}")
            if self.mode is Encoding.GSM and (signs := lost_signs(text)):
                raise InvalidTemplate(
                    f"mẫu {self.key}: có ký tự mà tin nhắn không dấu không gửi được: {signs}"
                )
        if len(self.invites) != len(self.english_invites) and self.english:
            raise InvalidTemplate(
                f"mẫu {self.key}: invites và english_invites phải có số câu bằng nhau"
            )
        if unknown := set(self.zns) - _VALUES:
            raise InvalidTemplate(f"mẫu {self.key}: ZNS không có giá trị tên là {min(unknown)}")
        for dated, undated in ((self.sms, self.undated), (self.english, self.english_undated)):
            if "due" in _placeholders(dated) and not undated:
                raise InvalidTemplate(
                    f"mẫu {self.key}: có {{due}} nhưng thiếu câu cho hồ sơ không có ngày hẹn"
                )
        if self.message_class is MessageClass.OTP and self.policy is not Policy.AT_MOST_ONCE:
            raise InvalidTemplate(
                f"mẫu {self.key}: tin thuộc loại otp không bao giờ được gửi hai lần (at_most_once)"
            )
        worst = self.worst_case()
        if worst.segments > self.limit:
            raise InvalidTemplate(
                f"mẫu {self.key}: dài nhất là {worst.segments} phần ({worst.units} ký tự) mỗi tin, "
                f"quá giới hạn {self.limit}; hãy viết ngắn lại hoặc nâng limit"
            )
        return self

    @property
    def wordings(self) -> tuple[str, ...]:
        """The texts this template may take."""
        texts = (self.sms, self.undated, self.english, self.english_undated)
        return tuple(text for text in texts if text)

    def wording(self, language: Language, *, dated: bool) -> str:
        """Return the text to be filled in."""
        if language == "en" and self.english:
            return self.english_undated if self.english_undated and not dated else self.english
        return self.undated if self.undated and not dated else self.sms

    def worst_case(self) -> Size:
        """Return what the template costs with the longest realistic values."""
        return max(
            (rendered.size for rendered in self.examples(WORST_VALUES, WORST_CONTACT)),
            key=lambda s: (s.segments, s.units),
        )

    def examples(self, values: Mapping[str, str], contact: Sequence[str]) -> tuple[Rendered, ...]:
        """Return the template filled in, once for each text that it may take."""
        made = []
        for language in LANGUAGES[: 2 if self.english else 1]:
            given = {**values, "summary": WORST_ENGLISH_SUMMARY} if language == "en" else values
            made.append(render(self, given, contact, language))
            if "due" in _placeholders(self.wording(language, dated=True)):
                made.append(render(self, {**given, "due": ""}, contact, language))
        return tuple(made)

    def conforms(self, text: str) -> bool:
        """Tell whether `text` is this template filled in.

        Operators in Vietnam pass only messages that match a template registered with them
        (twilio.com/en/guidelines/vn/sms, read 2026-11-23).
        """
        return any(re.fullmatch(self._pattern(wording), text) for wording in self.wordings)

    def _pattern(self, wording: str) -> str:
        # Placeholders are plain letters in braces, which folding leaves as they are.
        if self.mode is Encoding.GSM:
            wording = fold_to_gsm(wording).text
        parts = []
        for literal, name, _spec, _conversion in Formatter().parse(wording):
            parts.append(re.escape(literal))
            if name is not None:
                parts.append(".*?" if name == "contact" else ".+?")
        # A message without contact ends where its sentence ends.
        return "".join(parts).replace(r"\ .*?", r"(?: .*?)?")


@dataclass(frozen=True)
class Rendered:
    """A message ready to be sent, and what it costs."""

    template: str
    version: int
    text: str
    """As it is sent."""
    screen: str
    """The same with its diacritics, for pages and messengers."""
    size: Size
    lost: int
    """Signs of the values that plain SMS does not have."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What fills its ZNS template; empty where it has no ZNS form, or a value of it is missing."""


def lost_signs(text: str) -> str:
    """Return the signs of `text` that plain SMS does not have, each once."""
    return "".join(dict.fromkeys(sign for sign in text if fold_to_gsm(sign).lost))


def render(
    template: Template,
    values: Mapping[str, str],
    contact: Sequence[str] = (),
    language: Language = "vi",
) -> Rendered:
    """Fill a template in, fold it and count it.

    In English where that is asked for and the template has it. `contact` gives ways of saying
    where to look or ask, the fullest first: the first that costs no further segment is taken, and
    the last if each does. A missing or empty `due` takes the undated wording. Raises
    `InvalidTemplate` for a value that the wording needs and did not get.
    """
    wording = template.wording(language, dated=bool(values.get("due")))
    if language == "en" and template.english:
        words = {**_ENGLISH, **dict(zip(template.invites, template.english_invites, strict=True))}
        contact = tuple(_in_english(line, words) for line in contact)
    missing = {name for name in _placeholders(wording) - {"contact"} if not values.get(name)}
    if missing:
        raise InvalidTemplate(f"mẫu {template.key}: thiếu giá trị {{{min(missing)}}}")
    options = (*contact, "") if len(contact) < 2 else tuple(contact)
    filled = [_fill(template, wording, {**values, "contact": option}) for option in options]
    fewest = min(candidate.size.segments for candidate in filled)
    return next(candidate for candidate in filled if candidate.size.segments == fewest)


_ENGLISH = {"LH ": "Tel. ", "Xem ": "See "}


def _in_english(line: str, words: Mapping[str, str]) -> str:
    for vietnamese, english in words.items():
        if line.startswith(vietnamese):
            return english + line.removeprefix(vietnamese)
    return line


def _fill(template: Template, wording: str, values: Mapping[str, str]) -> Rendered:
    structured = {name: values[name] for name in template.zns if values.get(name)}
    if len(structured) < len(template.zns):
        structured = {}
    screen = " ".join(wording.format_map(values).split())
    if template.mode is Encoding.GSM:
        folded = fold_to_gsm(screen)
        text, lost = folded.text, folded.lost
    else:
        text, lost = screen, 0
    return Rendered(template.key, template.version, text, screen, size(text), lost, structured)


def _placeholders(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conv in Formatter().parse(text) if name is not None}


class Templates:
    """The templates of one file, by key."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self._by_key = {template.key: template for template in templates}
        if len(self._by_key) != len(templates):
            raise InvalidTemplate("hai mẫu tin có cùng một key")

    def __getitem__(self, key: str) -> Template:
        return self._by_key[key]

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def all(self) -> tuple[Template, ...]:
        """Return the templates in the file's order."""
        return tuple(self._by_key.values())


def load_templates(path: Path = DEFAULT_FILE) -> Templates:
    """Read and check a file of templates: there is one for each message, and each asks for what its
    message has. Raises `InvalidTemplate` or pydantic's error."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(data, list):
        raise InvalidTemplate(f"{path.name}: không phải là một danh sách mẫu tin")
    templates = Templates([Template.model_validate(entry) for entry in data])
    for template in templates.all():
        if template.key not in MESSAGES:
            raise InvalidTemplate(f"không có tin nào tên là {template.key}")
        asked = set(template.zns).union(*map(_placeholders, template.wordings))
        if missing := asked - MESSAGES[template.key]:
            raise InvalidTemplate(
                f"mẫu {template.key}: tin này không có giá trị {{{min(missing)}}}"
            )
    if absent := [key for key in MESSAGES if key not in templates]:
        raise InvalidTemplate(f"{path.name}: thiếu mẫu {', '.join(absent)}")
    return templates


def complaints(path: Path) -> list[str]:
    """Return what is wrong with a file of templates, in Vietnamese; nothing where it is good."""
    try:
        load_templates(path)
    except (OSError, UnicodeDecodeError) as error:
        return [f"{path.name}: không đọc được tệp ({type(error).__name__})"]
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        return [
            f"{path.name}: không đúng định dạng YAML"
            + (f", dòng {place.line + 1}" if place else "")
        ]
    except ValidationError as error:
        return [
            fault["msg"].removeprefix("Value error, ")
            if fault["type"] == "value_error"
            else f"{error.title} {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        ]
    except InvalidTemplate as error:
        return [str(error)]
    return []


@lru_cache(maxsize=1)
def get_templates() -> Templates:
    """Return the templates of this installation, read once."""
    return load_templates()
