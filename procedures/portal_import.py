"""Takes pages of the national portal in as drafts: whose they are, what becomes of each.

An officer's work is never overwritten unasked, a second run over the same pages changes nothing,
and a run that is killed leaves every draft either as it was or as it was to be.
"""

from __future__ import annotations

import csv
import fcntl
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from language.folding import fold
from procedures.drafts import Draft, is_edited, read_draft, render, write_whole
from procedures.portal import LARGEST, NotAPage, Page, read_page
from procedures.provinces import PROVINCES, find_province

LAND_FIELDS = ("Đất đai", "Đăng ký biện pháp bảo đảm")
"""What a land registration office answers for, as the portal calls the field."""
INDEX_NAME = "portal_land_procedures.tsv"
"""Table that tells whose each page is, in the folder of the pages or beside it."""
_WHOLE_COUNTRY = "quoc gia"
"""How the table calls what holds everywhere; folded."""
_BY_MINISTRY = re.compile(r"/QĐ-(?:B[A-ZĐ]{2,}|TTg)\b")
"""Number of a decision of a ministry or of the Prime Minister: the procedure is national."""
_NAMED = re.compile(
    r"\b(?:tinh|thanh pho|tp)[ .]+("
    + "|".join(sorted((re.escape(fold(n)) for n in PROVINCES.values()), key=len, reverse=True))
    + r")\b"
)


class Outcome(StrEnum):
    """What became of a page."""

    NEW = "new"
    """A draft was made of it."""
    UPDATED = "updated"
    """Its draft was written anew: the page, or how it is read, has changed."""
    UNCHANGED = "unchanged"
    """Its draft says all of it already."""
    KEPT = "kept"
    """Its draft was edited by hand and was left alone."""
    UNREAD = "unread"
    """It could not be read."""
    OTHER_PROVINCE = "other_province"
    """It is another province's."""
    OTHER_FIELD = "other_field"
    """It is not about land."""


@dataclass(frozen=True)
class Remark:
    """What is to be said of one page, in Vietnamese."""

    file: str
    field: str
    reason: str


@dataclass
class Report:
    """What became of all pages."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    unread: list[Remark] = field(default_factory=list)
    kept: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    """What is odd about pages that were read."""
    missing: dict[str, list[str]] = field(default_factory=dict)
    """What the portal does not tell → codes of the procedures."""

    @property
    def read(self) -> int:
        """How many pages have a draft now."""
        made = (Outcome.NEW, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.KEPT)
        return sum(self.counts[outcome] for outcome in made)


@dataclass(frozen=True)
class Wanted:
    """Which pages are taken in, and how."""

    province: str | None = None
    """Slug: this province's pages and the whole country's; None: everybody's."""
    fields: tuple[str, ...] = LAND_FIELDS
    """As the portal calls them; none: all."""
    replace: bool = False
    """Whether drafts edited by hand are overwritten too; the old file stays as ``.bak``."""
    dry_run: bool = False
    """Only say what would be done."""


class BadIndex(Exception):
    """The table that tells whose each page is cannot be used; the message is Vietnamese."""


def read_index(path: Path) -> dict[str, str]:
    """Return code → province as the table writes it. Raises `BadIndex`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
            if rows.fieldnames is None or not {"code", "province"} <= set(rows.fieldnames):
                raise BadIndex(f"{path.name}: bảng kê không có cột “code” và “province”.")
            return {row["code"].strip(): (row["province"] or "").strip() for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadIndex(f"{path.name}: không đọc được bảng kê ({error}).") from error


def find_index(folder: Path) -> Path | None:
    """Return the table that lies in the folder of pages or beside it, if there is one."""
    places = (folder / INDEX_NAME, folder.parent / INDEX_NAME)
    return next((path for path in places if path.is_file()), None)


def take_in(
    pages: Sequence[Path],
    folder: Path,
    *,
    wanted: Wanted,
    today: date,
    taken_on: date | None = None,
    index: Mapping[str, str] | None = None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Read `pages` into drafts in `folder`, which is made if need be; return what became of each.

    `index` is what `read_index` gave. `on_progress` is told how many pages are done. Raises
    `OSError` where a draft cannot be written; those written before it are whole.
    """
    run = _Run(folder, wanted, today, taken_on, index or {})
    with _alone(folder, wanted.dry_run):
        for n, path in enumerate(pages, start=1):
            run.take(path)
            on_progress(n)
    return run.report


def province_of(page: Page, index: Mapping[str, str]) -> str | None:
    """Return the slug of the province whose procedure a page tells; "" for the whole country's,
    None where neither the table nor the page tells.

    Raises `NotAPage` where the table and the page name different provinces.
    """
    listed = index.get(page.values["code"])
    named = {find_province(name) for name in _NAMED.findall(fold(page.text))}
    own = next(iter(named)) if len(named) == 1 else None
    if listed is not None and fold(listed) == _WHOLE_COUNTRY:
        return ""
    if listed is not None:
        slug = find_province(listed)
        if slug and own and slug != own:
            told = f"bảng kê ghi {PROVINCES[slug]}, trang ghi {PROVINCES[own]}"
            raise NotAPage("tỉnh", told)
        return slug
    decision = page.values.get("decision", "")
    return "" if _BY_MINISTRY.search(decision) else own


# --- inside ---------------------------------------------------------------------------------------


@dataclass
class _Run:
    """One run over the pages: what it goes by, and what became of them so far."""

    folder: Path
    wanted: Wanted
    today: date
    taken_on: date | None
    index: Mapping[str, str]
    report: Report = field(default_factory=Report)
    seen: dict[str, str] = field(default_factory=dict)
    """Code → file that told it first."""

    def take(self, path: Path) -> None:
        """Take one page in, and note what became of it."""
        try:
            outcome = self._taken(_read(path), path.name)
        except NotAPage as error:
            outcome = Outcome.UNREAD
            self.report.unread.append(Remark(path.name, error.field, error.reason))
        self.report.counts[outcome] += 1

    def _taken(self, page: Page, name: str) -> Outcome:
        code = page.values["code"]
        if code in self.seen:
            raise NotAPage("Mã thủ tục", f"mã {code} đã có ở tệp {self.seen[code]}")
        subject = fold(page.values.get("field", ""))
        if subject and self.wanted.fields and subject not in map(fold, self.wanted.fields):
            return Outcome.OTHER_FIELD
        province, remarks = self._whose(page)
        if self.wanted.province and province not in ("", self.wanted.province):
            return Outcome.OTHER_PROVINCE
        draft = _draft(page, province, name, self.today, self.taken_on)
        self.seen[code] = name
        self.report.remarks += [Remark(name, *told) for told in (*remarks, *page.remarks)]
        for missing in page.missing:
            self.report.missing.setdefault(missing, []).append(code)
        path = self.folder / f"{code}.yml"
        outcome, text = _compared(draft, path, self.wanted)
        if outcome is Outcome.KEPT:
            told = "bản nháp đã được sửa tay, giữ nguyên (--replace để ghi đè)"
            self.report.kept.append(Remark(name, code, told))
        elif text is not None and not self.wanted.dry_run:
            write_whole(path, text)
        return outcome

    def _whose(self, page: Page) -> tuple[str, list[tuple[str, str]]]:
        """Return the slug of the page's province ("": the whole country), and what is odd in it."""
        province = province_of(page, self.index)
        if province is not None:
            return province, []
        chosen = self.wanted.province
        if chosen is None or page.values["code"] in self.index:
            raise NotAPage("tỉnh", "không rõ thủ tục này của tỉnh nào")
        # The officer says whose pages these are, and nothing says otherwise.
        told = f"trang không ghi tỉnh, lấy theo --province: {PROVINCES[chosen]}"
        return chosen, [("tỉnh", told)]


def _read(path: Path) -> Page:
    try:
        with path.open("rb") as stream:
            return read_page(stream.read(LARGEST + 1))
    except OSError as error:
        raise NotAPage("tệp", f"không mở được ({error.strerror})") from None


def _draft(page: Page, province: str, name: str, today: date, taken_on: date | None) -> Draft:
    values: dict[str, Any] = {**page.values, "province": province or None, "page": name}
    try:
        return Draft(imported_on=today, taken_on=taken_on, **values)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise NotAPage(place, f"không dùng được ({fault['msg']})") from None


def _compared(draft: Draft, path: Path, wanted: Wanted) -> tuple[Outcome, bytes | None]:
    """Say what becomes of a page whose draft may be there, and what to write, if anything."""
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        return Outcome.NEW, render(draft)
    if is_edited(there):
        if not wanted.replace:
            return Outcome.KEPT, None
        if not wanted.dry_run:
            write_whole(path.with_suffix(".bak"), there)
        return Outcome.UPDATED, render(draft)
    try:
        old = read_draft(there)
    except ValueError:
        return Outcome.UPDATED, render(draft)  # sealed, but written by another version of this
    same = {"imported_on": old.imported_on, "page": old.page}
    if draft.taken_on is None:
        same["taken_on"] = old.taken_on
    if render(draft.model_copy(update=same)) == there:
        return Outcome.UNCHANGED, None
    return Outcome.UPDATED, render(draft)


@contextmanager
def _alone(folder: Path, dry_run: bool) -> Iterator[None]:
    """Have the folder to ourselves, and sweep out what a killed run left half-written."""
    if dry_run:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(".*.tmp"):
            left.unlink(missing_ok=True)
        yield
