"""Reads a page of the National Public Service Portal, saved as markdown, into what it tells.

The pages are printed by a program from one template: a title, then sections in a fixed set, with
tables whose rows are one line each. They are read by that template and not as markdown in general:
markdown would drop the surplus cells of a row and take hyphens, stars and "1)" in officials' prose
for its own. What does not fit the template is never guessed at: a row that cannot be told into its
columns makes the page unread, and text in no known place is kept apart and remarked on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from procedures.catalogue import bare_code

LARGEST = 2 * 1024 * 1024
"""Bytes of a page; the longest known has 55,000."""

_NOTHING = "không có thông tin"
"""What the portal prints where it has nothing to tell. "Không có" alone is an official's answer:
that there are no conditions …"""
_NO_FILE = "không có"
"""… except in the column of attached files, which the portal fills by itself."""
_HEAD = "Thông tin chung"
_STEPS = "Trình tự thực hiện"
_WAYS = "Cách thức thực hiện"
_PAPERS = "Thành phần hồ sơ"
_LEGAL = "Căn cứ pháp lý"
_RESULTS = "Kết quả xử lý"
_DESCRIPTION = "Mô tả"
_TEXTS = {
    "Thủ tục hành chính liên quan": "related",
    "Cơ quan thực hiện": "executor",
    "Yêu cầu, điều kiện thực hiện": "conditions",
    "Từ khóa": "keywords",
    _DESCRIPTION: "description",
}
"""Sections of plain text → field of a draft."""
_SECTIONS = (_HEAD, _STEPS, _WAYS, _PAPERS, _LEGAL, _RESULTS, *_TEXTS)
_LABELS = {
    "Mã thủ tục": "code",
    "Số quyết định": "decision",
    "Cấp thực hiện": "level",
    "Loại thủ tục": "kind",
    "Lĩnh vực": "field",
    "Đối tượng thực hiện": "applicants",
    "Cơ quan có thẩm quyền": "authority",
    "Địa chỉ tiếp nhận HS": "address",
    "Cơ quan được ủy quyền": "delegated",
    "Cơ quan phối hợp": "partners",
}
"""Labels of the first section → field of a draft."""
_WAY_COLUMNS = ("Hình thức nộp", "Thời gian giải quyết", "Phí, lệ phí", "Mô tả")
_PAPER_COLUMNS = ("Tên giấy tờ", "Bản chính", "Bản sao", "Tệp đính kèm")
_TEXT_COLUMNS = ("Tên văn bản pháp lý", "Mã văn bản")
EXPECTED = {
    "decision": "Số quyết định",
    "level": "Cấp thực hiện",
    "applicants": "Đối tượng thực hiện",
    "address": "Địa chỉ tiếp nhận HS",
    "executor": "Cơ quan thực hiện",
    "steps": _STEPS,
    "ways": _WAYS,
    "papers": _PAPERS,
    "conditions": "Yêu cầu, điều kiện thực hiện",
    "results": _RESULTS,
    "legal": _LEGAL,
}
"""What a citizen asks about: field of a draft → how the portal calls it."""

_LABEL = re.compile(r"\*\s+\*\*(.+?):\*\*\s*(.*)")
_CELL = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\s*:?-{3,}:?\s*")
_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)
_LINK = re.compile(r"\[(.*)\]\(([^\n]*)\)", re.DOTALL)
_NUMBERED = re.compile(r"(\d+)\. ?(.*)")
_BOLD = re.compile(r"\*\*(.+)\*\*")
_STEP = re.compile(r"\s*(?:[-+*•]\s*)?Bước\s*\d+(?:\.\d+)*\s*(?:[:.)–-]|$)", re.IGNORECASE)
"""A line that begins a step: "Bước 2: …", and not "Bước 2 nêu trên"."""
_RESULT = re.compile(r"(.*?)\s*\(Mã:\s*`([^`]*)`\)", re.DOTALL)


class NotAPage(Exception):
    """The page cannot be read: which field, and why, in Vietnamese."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"{field_name}: {reason}")
        self.field = field_name
        self.reason = reason


@dataclass
class Page:
    """What a page tells: the fields of a `drafts.Draft` that a page can fill, as plain data."""

    values: dict[str, Any]
    text: str = field(repr=False)
    """The page itself, normalised."""
    remarks: list[tuple[str, str]] = field(default_factory=list)
    """(field, what is odd about it), in Vietnamese: the page was read all the same."""

    @property
    def missing(self) -> tuple[str, ...]:
        """What a citizen asks about and the page does not tell, as the portal calls it."""
        return tuple(name for key, name in EXPECTED.items() if not self.values.get(key))


def read_page(data: bytes) -> Page:
    """Read a page. Raises `NotAPage` where it is none, or where a guess would be needed."""
    text = _decoded(data)
    reader = _Reader(text)
    return reader.page()


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST:
        raise NotAPage("tệp", f"lớn hơn {LARGEST // 1024 // 1024} MB, không phải trang thủ tục")
    if not data.strip():
        raise NotAPage("tệp", "tệp trống")
    if b"\0" in data:
        raise NotAPage("tệp", "không phải tệp chữ UTF-8 (tệp nhị phân hoặc bảng mã khác)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotAPage("tệp", f"dòng {line} không phải bảng mã UTF-8") from None
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


@dataclass(frozen=True)
class _Line:
    number: int
    text: str

    @property
    def bare(self) -> str:
        return self.text.strip()


class _Reader:
    """Reads one page, remembering what was odd."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.remarks: list[tuple[str, str]] = []
        self.other: dict[str, list[str]] = {}

    def page(self) -> Page:
        """Return the page, read whole."""
        lines = [_Line(n, line.rstrip()) for n, line in enumerate(self.text.split("\n"), start=1)]
        title, sections = self._cut(lines)
        values: dict[str, Any] = {"title": title, **self._labels(sections.get(_HEAD, []))}
        code = bare_code(values.pop("code", ""))
        if code is None:
            raise NotAPage("Mã thủ tục", "trang không có mã thủ tục (dạng 1.013831)")
        values = {"code": code, **values}
        values["steps"] = self._steps(sections.get(_STEPS, []))
        values["ways"] = self._ways(sections.get(_WAYS, []))
        values["papers"] = self._papers(sections.get(_PAPERS, []))
        values["legal"] = self._legal(sections.get(_LEGAL, []))
        values["results"] = self._results(sections.get(_RESULTS, []))
        for section, name in _TEXTS.items():
            values[name] = _block(sections.get(section, []))
        if values["description"] == values["conditions"]:
            values["description"] = ""
        if not (values["steps"] or values["ways"] or values["papers"]):
            raise NotAPage(_STEPS, "trang không có trình tự, cách nộp hay giấy tờ nào")
        values["other"] = {name: "\n".join(kept) for name, kept in self.other.items()}
        self.remarks += [
            (name, "trang không có mục này") for name in _SECTIONS if name not in sections
        ]
        return Page({k: v for k, v in values.items() if v}, self.text, self.remarks)

    def _cut(self, lines: list[_Line]) -> tuple[str, dict[str, list[_Line]]]:
        """Cut the page into its title and its sections."""
        title: list[str] = []
        sections: dict[str, list[_Line]] = {}
        current: list[_Line] | None = None
        unknown = ""
        for line in lines:
            name = line.text[3:].strip() if line.text.startswith("## ") else ""
            if name in _SECTIONS:
                if name in sections:
                    raise NotAPage(name, f"dòng {line.number}: mục này có hai lần")
                current = sections[name] = []
                unknown = ""
            elif name:
                unknown = name
                self.remarks.append((name, f"dòng {line.number}: mục lạ, giữ lại nhưng không dùng"))
                self.other[name] = []
            elif unknown:
                self.other[unknown] += [line.text] if line.bare else []
            elif current is not None:
                current.append(line)
            elif f"{line.text} ".startswith("# ") and not title:
                title.append(line.text[2:].strip())
            elif line.bare and title:
                title.append(line.bare)
            elif line.bare:
                raise NotAPage("tên thủ tục", "trang không bắt đầu bằng dòng “# tên thủ tục”")
        name = " ".join(" ".join(title).split())
        if not name:
            raise NotAPage("tên thủ tục", "trang không có tên thủ tục")
        return name, sections

    # --- sections --------------------------------------------------------------------------------

    def _labels(self, lines: list[_Line]) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        current: list[str] | None = None
        for line in lines:
            match = _LABEL.fullmatch(line.bare)
            if match is None:
                if line.bare and current is None:
                    self._stray(_HEAD, line)
                elif line.bare and current is not None:
                    current.append(line.bare)
                continue
            label, value = match.groups()
            name = _LABELS.get(label.strip())
            if name is None:
                self._stray(_HEAD, line)
                current = self.other[_HEAD]
            elif name in found:
                raise NotAPage(label, f"dòng {line.number}: mục này có hai lần")
            else:
                current = found[name] = [value.strip()]
        return {name: _said("\n".join(parts)) for name, parts in found.items()}

    def _steps(self, lines: list[_Line]) -> list[dict[str, str]]:
        """Numbered items; an item is a step, or a case with steps of its own inside it."""
        steps: list[dict[str, str]] = []
        for title, body in self._items(lines):
            entries = [{"title": title, "text": ""}] if title else []
            for line in body:
                if not entries or _STEP.match(line):
                    entries.append({"title": "", "text": line.strip()})
                else:
                    entries[-1]["text"] += f"\n{line}" if entries[-1]["text"] else line
            steps += entries
        return [{key: value for key, value in step.items() if value} for step in steps]

    def _items(self, lines: list[_Line]) -> Iterator[tuple[str, list[str]]]:
        """Yield each numbered item: its bold title, if it has one, and its lines, dedented."""
        item: tuple[str, list[str]] | None = None
        count, indent = 0, 0
        for line in lines:
            match = _NUMBERED.fullmatch(line.text)
            if match and int(match[1]) == count + 1:
                if item is not None:
                    yield item
                count += 1
                indent = len(match[1]) + 2
                bold = _BOLD.fullmatch(match[2].strip())
                item = (bold[1].strip(), []) if bold else ("", [match[2].strip()])
            elif item is not None:
                if line.bare:
                    item[1].append(_dedented(line.text, indent))
            elif line.bare and not _is_nothing(line.bare):
                self._stray(_STEPS, line)
        if item is not None:
            yield item

    def _ways(self, lines: list[_Line]) -> list[dict[str, str]]:
        ways = []
        for line, (way, time, fee, note) in self._rows(_WAYS, lines, _WAY_COLUMNS):
            if not way:
                self._give_up(_WAYS, line, "không có hình thức nộp")
            values = {"way": _flat(way), "time": _flat(time), "fee": fee, "note": note}
            ways.append({key: said for key, value in values.items() if (said := _said(value))})
        return ways

    def _papers(self, lines: list[_Line]) -> list[dict[str, Any]]:
        groups: list[dict[str, Any]] = []
        for heading, table in _by_heading(lines):
            for n, part in enumerate(_tables(table)):
                papers = [
                    paper
                    for line, cells in self._rows(_PAPERS, part, _PAPER_COLUMNS)
                    if (paper := self._paper(line, cells)) is not None
                ]
                case = heading if n == 0 else ""
                if papers or case:
                    groups.append({"case": case, "papers": papers})
                if case and not papers:
                    self.remarks.append((_PAPERS, f"nhóm “{case[:80]}” không có giấy tờ nào"))
        return [{k: v for k, v in group.items() if v} for group in groups]

    def _paper(self, line: _Line, cells: Sequence[str]) -> dict[str, Any] | None:
        name, originals, copies, attached = cells
        files = [
            _file(part)
            for part in attached.split("\n")
            if not _is_nothing(part) and part.strip().lower() != _NO_FILE
        ]
        if not name and not files:
            self.remarks.append((_PAPERS, f"dòng {line.number}: giấy tờ không có tên, bỏ qua"))
            return None
        if not name:
            self.remarks.append(
                (_PAPERS, f"dòng {line.number}: giấy tờ không có tên, lấy tên tệp đính kèm")
            )
        paper: dict[str, Any] = {"name": _spaced(name) or files[0]}
        for key, column, cell in (
            ("originals", _PAPER_COLUMNS[1], originals),
            ("copies", _PAPER_COLUMNS[2], copies),
        ):
            if cell.isascii() and cell.isdigit():
                paper[key] = int(cell)
            elif not _is_nothing(cell):
                self._give_up(_PAPERS, line, f"cột “{column}” không phải số: “{cell[:40]}”")
        return {**paper, "files": files} if files else paper

    def _legal(self, lines: list[_Line]) -> list[dict[str, str]]:
        texts = []
        for _, (name, number) in self._rows(_LEGAL, lines, _TEXT_COLUMNS):
            values = {"name": _said(_spaced(name)), "number": _said(_spaced(number))}
            texts.append({key: value for key, value in values.items() if value})
        return [text for text in texts if text]

    def _results(self, lines: list[_Line]) -> list[dict[str, str]]:
        items: list[str] = []
        for line in lines:
            if line.text.startswith("* "):
                items.append(line.text[2:].strip())
            elif line.bare and items:
                items[-1] += f"\n{line.bare}"
            elif line.bare and not _is_nothing(line.bare):
                self._stray(_RESULTS, line)
        results = []
        for item in items:
            match = _RESULT.fullmatch(item)
            name, code = match.groups() if match else (item, "")
            if _is_nothing(name) and not code:
                continue
            results.append({"name": name or code, **({"code": code} if code else {})})
        return results

    # --- tables ----------------------------------------------------------------------------------

    def _rows(
        self, section: str, lines: list[_Line], columns: tuple[str, ...]
    ) -> Iterator[tuple[_Line, tuple[str, ...]]]:
        """Yield the rows of the tables among `lines`, with their cells in the order of `columns`.

        Columns are told by their headings, wherever they stand. A row with more or fewer cells than
        headings is not guessed at.
        """
        order: list[int] | None = None
        for line in lines:
            if not line.bare:
                order = None  # a table ends at a blank line
                continue
            if not line.bare.startswith("|"):
                if order is None and _is_nothing(line.bare):
                    continue
                if order is None:
                    self._stray(section, line)
                    continue
                self._give_up(section, line, "giữa bảng có dòng không thuộc bảng")
            cells = self._cells(section, line)
            if set(cells) == set(columns):
                order = [cells.index(column) for column in columns]
            elif order is None:
                self._give_up(section, line, f"bảng không có các cột {', '.join(columns)}")
            elif all(_RULE.fullmatch(cell) for cell in cells):
                continue
            elif len(cells) != len(columns):
                self._give_up(section, line, f"có {len(cells)} ô, bảng có {len(columns)} cột")
            else:
                yield line, tuple(_BREAK.sub("\n", cells[at]).strip() for at in order)

    def _cells(self, section: str, line: _Line) -> list[str]:
        if not line.bare.endswith("|") or len(line.bare) < 2:
            self._give_up(section, line, "dòng của bảng bị cắt")
        inner = line.bare[1:-1]
        return [cell.strip().replace("\\|", "|") for cell in _CELL.split(inner)]

    # --- what does not fit -----------------------------------------------------------------------

    def _stray(self, section: str, line: _Line) -> None:
        self.other.setdefault(section, []).append(line.bare)
        reason = f"dòng {line.number} không thuộc chỗ nào đã biết, giữ lại nhưng không dùng"
        self.remarks.append((section, reason))

    def _give_up(self, section: str, line: _Line, reason: str) -> NoReturn:
        raise NotAPage(section, f"dòng {line.number}: {reason}")


def _by_heading(lines: list[_Line]) -> Iterator[tuple[str, list[_Line]]]:
    """Yield the lines under each ``###``, with its words; first those before any."""
    heading: str = ""
    under: list[_Line] = []
    for line in lines:
        if line.text.startswith("### "):
            yield heading, under
            heading, under = _spaced(line.text[4:]), []
        else:
            under.append(line)
    yield heading, under


def _tables(lines: list[_Line]) -> Iterator[list[_Line]]:
    """Yield each table by itself, from its headings on; what stands before goes with the first."""
    part: list[_Line] = []
    begun = False
    for line in lines:
        if line.bare.startswith("|") and _PAPER_COLUMNS[0] in line.bare:
            if begun:
                yield part
                part = []
            begun = True
        part.append(line)
    yield part


def _file(cell: str) -> str:
    """Return the name of an attached file; where it lies is told only if it is on the web."""
    match = _LINK.fullmatch(cell.strip())
    if match is None:
        return _spaced(cell)
    name, target = match.groups()
    return f"{name} ({target})" if target.startswith(("http://", "https://")) else _spaced(name)


def _block(lines: list[_Line]) -> str:
    """Return a section of prose: its lines as they stand, without blank ones round it."""
    return _said("\n".join(line.text for line in lines).strip())


def _dedented(text: str, by: int) -> str:
    spaces = len(text) - len(text.lstrip(" "))
    return text[min(spaces, by) :]


def _said(text: str) -> str:
    return "" if _is_nothing(text) else text.strip()


def _is_nothing(text: str) -> bool:
    return text.strip().lower() in ("", _NOTHING)


def _flat(text: str) -> str:
    return _spaced(text.replace("\n", " "))


def _spaced(text: str) -> str:
    return " ".join(text.split())
