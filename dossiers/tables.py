"""Files as tables: CSV in whatever encoding and delimiter, XLSX as a stream, row by row.

Finds the heading row, and refuses a file in which there is none. Rows come out as text with their
number, as a spreadsheet counts them; what they mean is left to `rows`.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from dossiers.columns import Columns, Header

HEADER_WITHIN = 30
"""The heading row is looked for in this many rows: titles may stand above it."""
_HEAD_BYTES = 256 * 1024
_DELIMITERS = (";", ",", "\t", "|")
_LINES_OF_A_CELL = 100
"""A quoted cell with more lines than this is taken for a stray quotation mark."""
_REPLACED = "\N{REPLACEMENT CHARACTER}"


class NotAnExport(Exception):
    """The file is not an export of dossiers and nothing of it was read.

    The message is for officers, in Vietnamese, and quotes nothing of the file.
    """


@dataclass(frozen=True)
class Record:
    """A row of a file."""

    number: int
    """As a spreadsheet counts: the first row of the file is 1, blank rows count, a cell with
    several lines is in one row."""
    cells: Sequence[str]


class Table(Protocol):
    """A file that has a heading row. Each call of `records` reads the file anew."""

    header: Header
    remarks: tuple[str, ...]
    """What the reader of the report should know of how the file was read; in Vietnamese."""

    def records(self) -> Iterator[Record]:
        """Yield the rows under the heading, but for blank ones."""
        ...


@contextmanager
def open_table(path: Path, columns: Columns) -> Iterator[Table]:
    """Open an export. Raises `NotAnExport` for anything else, `OSError` for what cannot be read.

    The kind of file is told by its first bytes, never by its name.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
        _refuse_known_kinds(head)
        if head.startswith(b"PK\x03\x04"):
            yield _open_sheet(stream, columns)
        else:
            yield _open_text(stream, head, columns)


def _refuse_known_kinds(head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if not start:
        raise NotAnExport("Tệp trống, không có dữ liệu.")
    if start.startswith(b"%pdf"):
        raise NotAnExport("Đây là tệp PDF. Hãy xuất danh sách hồ sơ ra tệp Excel (.xlsx) hoặc CSV.")
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise NotAnExport(
            "Đây là tệp Excel kiểu cũ (.xls) hoặc tệp có mật khẩu. "
            "Hãy mở bằng Excel, bỏ mật khẩu nếu có, rồi lưu lại dạng .xlsx."
        )
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"<head")):
        raise NotAnExport(
            "Đây là trang web (HTML hoặc XML), không phải bảng tính. "
            "Hãy mở bằng Excel rồi lưu lại dạng .xlsx."
        )
    if re.match(rb'[{\[]\s*[{\["]', start):
        raise NotAnExport("Đây là tệp JSON, không phải danh sách hồ sơ dạng Excel hoặc CSV.")


def _no_header(columns: Columns, best: Header | None) -> NotAnExport:
    if best is None or len(best.places) < 2:
        wanted = ", ".join(f"“{name}”" for name in columns.missing(columns.known(())))
        return NotAnExport(
            "Không tìm thấy dòng tiêu đề của danh sách hồ sơ trong tệp. "
            f"Cần có ít nhất các cột {wanted}. Nếu CSV hiện chữ lỗi, hãy lưu lại dạng “CSV UTF-8”."
        )
    missing = ", ".join(f"“{name}”" for name in columns.missing(best))
    return NotAnExport(
        f"Tệp thiếu cột bắt buộc: {missing}. "
        "Nếu cột đó có tên khác, hãy thêm tên ấy vào data/offices/columns.yml."
    )


def _find_header(
    rows: Iterable[tuple[int, Sequence[str]]], columns: Columns
) -> tuple[int, Header | None, Header | None]:
    """Return (row number, header, best guess): the first row that has all required columns."""
    best: Header | None = None
    for number, cells in rows:
        if number > HEADER_WITHIN:
            break
        header = columns.known(cells)
        if not columns.missing(header):
            return number, header, header
        if best is None or len(header.places) > len(best.places):
            best = header
    return 0, None, best


# --- CSV -----------------------------------------------------------------------------------------


def _open_text(stream: BinaryIO, head: bytes, columns: Columns) -> Table:
    best: Header | None = None
    for encoding in likely_encodings(head):
        text = head.decode(encoding, errors="replace")
        if len(head) == _HEAD_BYTES:  # the last line is cut off
            text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
        found: list[tuple[int, int, str, Header]] = []
        for delimiter in _DELIMITERS:
            lines = io.StringIO(text, newline="")
            number, header, guess = _find_header(split_rows(lines, delimiter), columns)
            if header is not None:
                found.append((len(header.places), number, delimiter, header))
            elif guess is not None and (best is None or len(guess.places) > len(best.places)):
                best = guess
        if found:
            _, number, delimiter, header = max(found, key=lambda candidate: candidate[0])
            return _Text(stream, encoding, delimiter, header, number)
    raise _no_header(columns, best)


def likely_encodings(head: bytes) -> tuple[str, ...]:
    """Return the encodings that a text may be in, likeliest first.

    A byte order mark decides; so do the zero bytes of UTF-16. Otherwise what reads as UTF-8 is
    UTF-8, even with a few broken bytes, and what does not is Vietnamese Windows (code page 1258).
    """
    if head.startswith(codecs.BOM_UTF8):
        return ("utf-8-sig",)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return ("utf-32",)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    if head.count(0) > len(head) // 5:
        # Delimiters, digits and spaces have their zero byte second in little-endian order.
        little = head[1::2].count(0) >= head[0::2].count(0)
        return ("utf-16-le",) if little else ("utf-16-be",)
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        text = head.decode("utf-8", errors="replace")
        broken = text.count(_REPLACED)
        foreign = sum(not c.isascii() for c in text)
        return ("utf-8", "cp1258") if broken * 10 < foreign else ("cp1258", "utf-8")
    return ("utf-8",)


def split_rows(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells) of a CSV, however its quotation marks are.

    A quoted cell may have several lines. A mark that opens and is never closed would swallow the
    rows after it, as `csv.reader` has it; here its own row is read literally and the rest is safe.
    """
    number = 0
    waiting: list[str] = []  # lines read ahead, latest first
    while True:
        line = waiting.pop() if waiting else next(lines, None)
        if line is None:
            return
        number += 1
        bare = line.rstrip("\r\n")
        if '"' not in bare:
            yield number, bare.split(delimiter)
            continue
        taken = [line]
        cells: list[str] | None = None
        try:
            cells = _parse(line, delimiter)
            while cells is None and len(taken) < _LINES_OF_A_CELL:
                more = waiting.pop() if waiting else next(lines, None)
                if more is None:
                    break
                taken.append(more)
                if '"' in more:
                    cells = _parse("".join(taken), delimiter)
        except csv.Error:
            pass  # marks that are no quotation, as in: Nguyễn "Ba" Mẫu
        if cells is None:
            waiting.extend(reversed(taken[1:]))
            cells = [_unquoted(cell) for cell in bare.split(delimiter)]
        yield number, cells


def _parse(text: str, delimiter: str) -> list[str] | None:
    """Return the cells of one row, or None where a quotation mark is still open at its end.

    Raises `csv.Error` where the marks make no sense.
    """
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
        raise
    return rows[0] if rows else []


def _unquoted(cell: str) -> str:
    """Return a cell read literally, without the marks that do stand around or before it."""
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell.removeprefix('"')


class _Text:
    """A CSV file: encoding and delimiter known."""

    def __init__(
        self, stream: BinaryIO, encoding: str, delimiter: str, header: Header, header_row: int
    ) -> None:
        self._stream = stream
        self._encoding = encoding
        self._delimiter = delimiter
        self._header_row = header_row
        self.header = header
        self.remarks: tuple[str, ...] = ()
        if encoding == "cp1258":
            self.remarks = (
                "Tệp không phải UTF-8; đã đọc theo bảng mã Windows-1258. "
                "Hãy kiểm tra lại họ tên và ghi chú.",
            )

    def records(self) -> Iterator[Record]:
        self._stream.seek(0)
        # newline="" keeps line ends as they are; broken bytes spoil their own cell only.
        text = io.TextIOWrapper(self._stream, encoding=self._encoding, errors="replace", newline="")
        try:
            for number, cells in split_rows(text, self._delimiter):
                if number > self._header_row and any(cell.strip() for cell in cells):
                    yield Record(number, self._mend(cells))
        finally:
            if not self._stream.closed:
                text.detach()  # it stays open, for another reading

    def _mend(self, cells: list[str]) -> list[str]:
        """Rejoin a remark that was split because it holds the delimiter and no quotation marks."""
        width = self.header.width
        if len(cells) > width and self.header.last_field == "note":
            rest = self._delimiter.join(cells[width - 1 :]).rstrip(self._delimiter)
            return [*cells[: width - 1], rest]
        return cells


# --- XLSX ----------------------------------------------------------------------------------------


_MOST_BYTES = 1024**3
"""A workbook that unpacks to more is not opened: small files can be made to unpack without end."""


@contextmanager
def _broken_is_no_export() -> Iterator[None]:
    """Turn what a damaged workbook makes the libraries raise into `NotAnExport`."""
    try:
        yield
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        zlib.error,
        ParseError,
        EOFError,
        KeyError,
        ValueError,
    ) as error:
        raise NotAnExport(
            "Không đọc được tệp như một bảng tính Excel (.xlsx); tệp có thể bị hỏng."
        ) from error


def _open_sheet(stream: BinaryIO, columns: Columns) -> Table:
    found: list[tuple[Any, int, Header]] = []
    best: Header | None = None
    with _broken_is_no_export():
        stream.seek(0)
        with zipfile.ZipFile(stream) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MOST_BYTES:
                raise NotAnExport("Tệp Excel quá lớn; hãy chia thành nhiều tệp.")
        stream.seek(0)
        sheets: list[Any] = load_workbook(stream, read_only=True, data_only=True).worksheets
    for sheet in sheets:
        # Some exporters write a size of one cell; it is not to be trusted.
        sheet.reset_dimensions()
        number, header, guess = _find_header(_sheet_rows(sheet), columns)
        if header is not None:
            found.append((sheet, number, header))
        elif guess is not None and (best is None or len(guess.places) > len(best.places)):
            best = guess
    if not found:
        raise _no_header(columns, best)
    sheet, number, header = found[0]
    return _Sheet(sheet, header, number, others=len(found) - 1)


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    with _broken_is_no_export():
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, [cell_text(value) for value in values]


def cell_text(value: object) -> str:
    """Return a spreadsheet cell as the text that a CSV would hold.

    Dates become ISO, whole numbers lose their ".0": a phone number in a numeric cell stays one.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


class _Sheet:
    """The sheet of an XLSX file that has the heading row."""

    def __init__(self, sheet: Any, header: Header, header_row: int, others: int) -> None:
        self._sheet = sheet
        self._header_row = header_row
        self.header = header
        self.remarks: tuple[str, ...] = ()
        if others:
            self.remarks = (
                f"Tệp có {others + 1} trang tính là danh sách hồ sơ; chỉ trang đầu được đọc.",
            )

    def records(self) -> Iterator[Record]:
        for number, cells in _sheet_rows(self._sheet):
            if number > self._header_row and any(cell.strip() for cell in cells):
                yield Record(number, cells)
