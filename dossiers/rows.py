"""One row of an export judged: a dossier's particulars, or what is wrong with them.

Pure: no database, no clock. What is wrong is told by column and by the shape of the value, never by
the value, which may be personal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from core.clock import VIETNAM, vietnam_date
from core.observability import redact
from dossiers.columns import FieldName, Header
from dossiers.lifecycle import Language, Status
from language.dossier_code import parse_code
from language.folding import fold, normalise


class Defect(StrEnum):
    """What can be wrong with a row. The first group rejects it, the second only warns."""

    NO_CODE = "no dossier code"
    NOT_A_CODE = "dossier code is not a code"
    NO_RECEIVED = "no received date"
    RECEIVED_NO_DATE = "received date is no date"
    NO_STATUS = "no status"
    UNKNOWN_STATUS = "unknown status"
    DUE_BEFORE_RECEIVED = "due before received"
    TOO_MANY_CELLS = "more cells than headings"

    UNKNOWN_PROCEDURE = "unknown procedure code"
    NO_PROCEDURE = "no procedure code"
    DATE_UNREADABLE = "date is no date"
    NO_OFFICE = "no office"
    CLIPPED = "cell too long"
    SPOILT = "unreadable characters"
    SUPERSEDED = "same dossier again, with other values"
    MOVED_BACK = "status moves back"
    STALE = "older than what is known"
    NOT_SAMPLE = "a real dossier in a sample file"


DEFECTS_VI: Mapping[Defect, str] = {
    Defect.NO_CODE: "Không có mã hồ sơ",
    Defect.NOT_A_CODE: "Mã hồ sơ không đúng dạng (ví dụ đúng: H60.12.01-261016-0001)",
    Defect.NO_RECEIVED: "Không có ngày tiếp nhận",
    Defect.RECEIVED_NO_DATE: "Ngày tiếp nhận không phải là một ngày có thật",
    Defect.NO_STATUS: "Không có trạng thái",
    Defect.UNKNOWN_STATUS: "Trạng thái không thuộc mười trạng thái chính thức",
    Defect.DUE_BEFORE_RECEIVED: "Ngày hẹn trả trước ngày tiếp nhận",
    Defect.TOO_MANY_CELLS: "Dòng có nhiều ô hơn số cột; có thể dấu phân cách nằm trong nội dung",
    Defect.UNKNOWN_PROCEDURE: "Mã thủ tục chưa có trong danh mục; hồ sơ vẫn được nhận",
    Defect.NO_PROCEDURE: "Không có mã thủ tục; hồ sơ vẫn được nhận",
    Defect.DATE_UNREADABLE: "Không đọc được ngày này; ô được bỏ qua, hồ sơ vẫn được nhận",
    Defect.NO_OFFICE: "Không có nơi tiếp nhận; hồ sơ vẫn được nhận",
    Defect.CLIPPED: "Nội dung quá dài, đã cắt bớt",
    Defect.SPOILT: "Có ký tự hỏng; hồ sơ vẫn được nhận",
    Defect.SUPERSEDED: "Hồ sơ có hơn một dòng với nội dung khác nhau; dòng này không được dùng",
    Defect.MOVED_BACK: "Trạng thái lùi so với lần trước; đã ghi nhận theo tệp",
    Defect.STALE: "Tệp cũ hơn thông tin đã biết; giữ thông tin đã biết",
    Defect.NOT_SAMPLE: "Tệp là dữ liệu mẫu nhưng hồ sơ này là thật; không thay đổi hồ sơ",
}
"""The same for officers."""


@dataclass(frozen=True)
class Finding:
    """Something found in a row, fit to be stored and shown."""

    row: int
    column: str
    """The heading as the file has it."""
    shape: str
    """What kind of value stands there, e.g. ``chữ, 8 ký tự``."""
    defect: Defect
    reason: str
    """For officers, in Vietnamese."""

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-ready; `why` is the defect in English."""
        return {
            "row": self.row,
            "column": self.column,
            "shape": self.shape,
            "reason": self.reason,
            "why": self.defect.value,
        }


# --- single values -------------------------------------------------------------------------------

_DAY_FIRST = r"(?P<d>\d{1,2})(?P<sep>[/.\-])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{4})"
_YEAR_FIRST = r"(?P<y>\d{4})(?P<sep>[/.\-])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})"
_TIME = r"(?P<H>\d{1,2})[:hg](?P<M>\d{2})(?::(?P<S>\d{2})(?:\.\d+)?)?"
_MOMENTS = tuple(
    re.compile(pattern)
    for day in (_DAY_FIRST, _YEAR_FIRST)
    for pattern in (
        rf"{day}(?:(?:\s+|T|,\s*|\s+-\s+){_TIME})?(?:\+07:?00)?",
        rf"{_TIME}(?:,?\s+|\s+-\s+){day}",
    )
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_SERIAL_START = datetime(1899, 12, 30)
"""Day 0 of Excel's serial dates, for every day after February 1900."""
_YEARS = range(2000, 2100)


@lru_cache(maxsize=8192)
def read_moment(text: str) -> datetime | None:
    """Return the moment that a cell tells, in UTC; None where it tells none.

    Reads 02/11/2026 10:39, 2026-11-02T10:39:00, 10:39 02/11/2026 and Excel's serial numbers, all
    in office time. The day comes before the month. A day without a time is its midnight.
    """
    text = text.strip()
    for pattern in _MOMENTS:
        if match := pattern.fullmatch(text):
            parts = {k: int(v) for k, v in match.groupdict().items() if v and k in "dmyHMS"}
            try:
                moment = datetime(
                    parts["y"],
                    parts["m"],
                    parts["d"],
                    parts.get("H", 0),
                    parts.get("M", 0),
                    parts.get("S", 0),
                )
            except ValueError:
                return None
            break
    else:
        if not _SERIAL.fullmatch(text):
            return None
        moment = _SERIAL_START + timedelta(days=float(text))
    if moment.year not in _YEARS:
        return None
    return moment.replace(tzinfo=VIETNAM).astimezone(UTC)


def shape(value: str) -> str:
    """Describe a value without giving it away, in Vietnamese."""
    value = value.strip()
    if not value:
        return "trống"
    if value.isdigit():
        return f"số, {len(value)} chữ số"
    if not any(c.isalpha() for c in value):
        pattern = re.sub(r"[^\W_]", "9", value)
        return f"số, dạng {pattern}" if len(pattern) <= 20 else f"số và dấu, {len(value)} ký tự"
    kind = "chữ và số" if any(c.isdigit() for c in value) else "chữ"
    return f"{kind}, {len(value)} ký tự"


# --- the row -------------------------------------------------------------------------------------


@dataclass
class _Reading:
    """What the validators of one row are given, and where they leave warnings."""

    status_by_name: Mapping[str, Status]
    warnings: list[tuple[FieldName, Defect]]


def _reading(info: ValidationInfo) -> _Reading:
    assert isinstance(info.context, _Reading)
    return info.context


def _fail(defect: Defect) -> PydanticCustomError:
    return PydanticCustomError(defect.name, "{why}", {"why": defect.value})


def _code(value: str) -> str:
    text = value.replace(" ", "")
    if not text:
        raise _fail(Defect.NO_CODE)
    try:
        return str(parse_code(text))
    except ValueError:
        raise _fail(Defect.NOT_A_CODE) from None


_NUMBERING = re.compile(r"^\(?\d{1,2}[.)\-:]\s*")


def _status(value: str, info: ValidationInfo) -> Status:
    if not value:
        raise _fail(Defect.NO_STATUS)
    names = _reading(info).status_by_name
    folded = _folded(value).rstrip(" .")
    status = names.get(folded) or names.get(_NUMBERING.sub("", folded))
    if status is None:
        raise _fail(Defect.UNKNOWN_STATUS)
    return status


def _received(value: str) -> datetime:
    if not value:
        raise _fail(Defect.NO_RECEIVED)
    moment = read_moment(value)
    if moment is None:
        raise _fail(Defect.RECEIVED_NO_DATE)
    return moment


def _moment_or_none(value: str, info: ValidationInfo) -> datetime | None:
    if not value or value in ("-", "0"):
        return None
    moment = read_moment(value)
    if moment is None:
        _reading(info).warnings.append((_field(info), Defect.DATE_UNREADABLE))
    return moment


def _day_or_none(value: str, info: ValidationInfo) -> date | None:
    moment = _moment_or_none(value, info)
    return vietnam_date(moment) if moment else None


_ENGLISH = frozenset({"en", "eng", "english", "tieng anh", "anh"})


def _language(value: str) -> Language:
    return "en" if _folded(value) in _ENGLISH else "vi"


def _field(info: ValidationInfo) -> FieldName:
    name = info.field_name
    assert name in get_args(FieldName)
    return name  # type: ignore[return-value]


def _at_most(length: int) -> AfterValidator:
    def clip(value: str, info: ValidationInfo) -> str:
        if len(value) <= length:
            return value
        _reading(info).warnings.append((_field(info), Defect.CLIPPED))
        return value[: length - 1] + "…"

    return AfterValidator(clip)


class ExportRow(BaseModel):
    """What a valid row tells. Telephone and ID numbers are as written; `phones` reads them."""

    # Errors must not quote what they found: it may be personal.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    code: Annotated[str, BeforeValidator(_code)]
    received_at: Annotated[datetime, BeforeValidator(_received)]
    status: Annotated[Status, BeforeValidator(_status)]
    due_on: Annotated[date | None, BeforeValidator(_day_or_none)] = None
    done_at: Annotated[datetime | None, BeforeValidator(_moment_or_none)] = None
    new_due_on: Annotated[date | None, BeforeValidator(_day_or_none)] = None
    returned_at: Annotated[datetime | None, BeforeValidator(_moment_or_none)] = None
    language: Annotated[Language, BeforeValidator(_language)] = "vi"
    procedure_code: Annotated[str, _at_most(30)] = ""
    procedure_name: Annotated[str, _at_most(400)] = ""
    office: Annotated[str, _at_most(200)] = ""
    applicant: Annotated[str, _at_most(400)] = ""
    id_number: Annotated[str, _at_most(100)] = ""
    phone: Annotated[str, _at_most(200)] = ""
    submitted_by: Annotated[str, _at_most(60)] = ""
    note: Annotated[str, AfterValidator(redact), _at_most(4000)] = ""
    """Written for officers; numbers of phones and IDs in it are masked."""

    @model_validator(mode="after")
    def _due_after_received(self) -> Self:
        if self.due_on is not None and self.due_on < vietnam_date(self.received_at):
            raise _fail(Defect.DUE_BEFORE_RECEIVED)
        return self


@dataclass(frozen=True)
class Judged:
    """A row read: the dossier's particulars, or None where it was rejected, and the findings."""

    row: ExportRow | None
    content: str
    """The row's values as one text, equal for rows that say the same; personal, never stored."""
    rejection: Finding | None
    warnings: tuple[Finding, ...]


_REJECTED_COLUMN: Mapping[Defect, FieldName] = {Defect.DUE_BEFORE_RECEIVED: "due_on"}
"""The column to point at where a defect is of the row and not of one value."""


# Most values of an export are one of a few: offices, procedures, states, days.
_cached_normalise = lru_cache(maxsize=8192)(normalise)
_folded = lru_cache(maxsize=1024)(fold)


def _normalised(value: str) -> str:
    if value.isascii() and value.isprintable() and " " not in value:
        return value  # codes and numbers, which seldom come twice
    return _cached_normalise(value)


class RowReader:
    """Judges the rows of one file.

    `office_of` names the office of a dossier code whose row names none, or nothing.
    """

    def __init__(
        self,
        header: Header,
        status_by_name: Mapping[str, Status],
        known_procedure: Callable[[str], bool],
        office_of: Callable[[str], str],
    ) -> None:
        self._header = header
        self._status_by_name = status_by_name
        self._known_procedure = lru_cache(maxsize=4096)(known_procedure)
        self._office_of = office_of

    def heading(self, field: FieldName) -> str:
        """Return how the file calls a field."""
        return self._header.heading(field)

    def judge(self, number: int, cells: Sequence[str]) -> Judged:
        """Judge one row; never raises for what a file may hold."""
        values = {f: _normalised(v) for f, v in self._header.pick(cells).items()}
        content = "\x1f".join({**values, "status": _folded(values["status"])}.values())

        def finding(field: FieldName, defect: Defect, reason: str = "") -> Finding:
            return Finding(
                number,
                self._header.heading(field),
                shape(values.get(field, "")),
                defect,
                reason or DEFECTS_VI[defect],
            )

        width = self._header.width
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            last = self._header.last_field or "note"
            return Judged(None, content, finding(last, Defect.TOO_MANY_CELLS), ())
        reading = _Reading(self._status_by_name, [])
        try:
            row = ExportRow.model_validate(values, context=reading)
        except ValidationError as error:
            found = [
                (Defect[problem["type"]], problem["loc"][0] if problem["loc"] else None)
                for problem in error.errors(include_url=False, include_input=False)
            ]
            first, place = found[0]
            field = place or _REJECTED_COLUMN[first]
            reason = "; ".join(DEFECTS_VI[defect] for defect, _ in found)
            return Judged(None, content, finding(field, first, reason), ())  # type: ignore[arg-type]
        warnings = [finding(field, defect) for field, defect in reading.warnings]
        if not row.procedure_code:
            warnings.append(finding("procedure_code", Defect.NO_PROCEDURE))
        elif not self._known_procedure(row.procedure_code):
            warnings.append(finding("procedure_code", Defect.UNKNOWN_PROCEDURE))
        if not row.office:
            row = row.model_copy(update={"office": self._office_of(row.code)})
        if not row.office:
            warnings.append(finding("office", Defect.NO_OFFICE))
        if "\ufffd" in content:
            warnings.extend(finding(f, Defect.SPOILT) for f, v in values.items() if "\ufffd" in v)
        return Judged(row, content, None, tuple(warnings))
