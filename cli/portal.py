"""`./motcua catalogue import-portal DIR`: starts an office's catalogue from published pages.

The report goes to standard output, as tables or as JSON; progress goes to standard error. Reading
and writing are `procedures.portal_import`'s.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from core.clock import today
from core.settings import get_settings
from procedures.drafts import FOLDER
from procedures.portal_import import (
    LAND_FIELDS,
    BadIndex,
    Outcome,
    Remark,
    Report,
    Wanted,
    find_index,
    read_index,
    take_in,
)
from procedures.provinces import PROVINCES, find_province

_SHOWN = 20
"""Remarks of a kind shown on the screen; `--json` has them all. Pages not read are all shown."""
_EVERYWHERE = "all"
_OUTCOMES = {
    Outcome.NEW: "Bản nháp mới",
    Outcome.UPDATED: "Bản nháp cập nhật theo trang",
    Outcome.UNCHANGED: "Không thay đổi",
    Outcome.KEPT: "Đã sửa tay, giữ nguyên",
    Outcome.UNREAD: "Không đọc được",
    Outcome.OTHER_PROVINCE: "Của tỉnh khác, bỏ qua",
    Outcome.OTHER_FIELD: "Ngoài lĩnh vực đất đai, bỏ qua",
}


def import_portal(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of pages (*.md) of the national portal.")
    ],
    province: Annotated[
        str,
        typer.Option(
            help="Whose pages: a name or slug, e.g. hai-phong. Those of the whole country are "
            "taken too. Default: MOTCUA_PROVINCE; “all”: every province's."
        ),
    ] = "",
    index: Annotated[
        Path | None,
        typer.Option(
            help="Table (TSV: code, province) that tells whose each page is. Default: "
            "portal_land_procedures.tsv in DIR or beside it."
        ),
    ] = None,
    taken_on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%d/%m/%Y"],
            help="Day on which the pages were taken from the portal; told with every answer.",
        ),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(help=f"Fields as the portal calls them. Default: {', '.join(LAND_FIELDS)}."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite drafts edited by hand (kept as .bak).")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done; write nothing.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Read pages of the national portal into drafts (lấy thủ tục từ Cổng Dịch vụ công quốc gia).

    Drafts lie in the office's own data folder and are answered as unreviewed; the catalogue's own
    procedures go before them. The same pages again change nothing. Exit status 1: nothing could be
    read.
    """
    errors = Console(stderr=True)
    if not folder.is_dir():
        errors.print(f"Không có thư mục {folder}.", markup=False)
        raise typer.Exit(1)
    wanted = Wanted(
        province=_province(province),
        fields=tuple(field or LAND_FIELDS),
        replace=replace,
        dry_run=dry_run,
    )
    pages = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".md")
    try:
        table = index or find_index(folder)
        listed = read_index(table) if table else {}
        report = _take_in(pages, wanted, taken_on, listed, errors)
    except (BadIndex, OSError) as error:
        errors.print(f"Dừng lại: {error}", markup=False)
        raise typer.Exit(1) from None
    if json_output:
        print(json.dumps(as_json(report, wanted), ensure_ascii=False, indent=1))
    else:
        _show(report, wanted, len(pages), Console())
    if not report.read:
        raise typer.Exit(1)


def _take_in(
    pages: Sequence[Path],
    wanted: Wanted,
    taken_on: datetime | None,
    index: dict[str, str],
    errors: Console,
) -> Report:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    with bar:
        task = bar.add_task("Đọc trang", total=len(pages))
        return take_in(
            pages,
            get_settings().state_dir / FOLDER,
            wanted=wanted,
            today=today(),
            taken_on=taken_on.date() if taken_on else None,
            index=index,
            on_progress=lambda done: bar.update(task, completed=done),
        )


def _province(name: str) -> str | None:
    chosen = name or get_settings().province
    if not chosen or chosen == _EVERYWHERE:
        return None
    slug = find_province(chosen)
    if slug is None:
        raise typer.BadParameter(f"no such province: {chosen}; e.g. hai-phong, lao-cai")
    return slug


def as_json(report: Report, wanted: Wanted) -> dict[str, Any]:
    """Return the report as plain data: counts by outcome, then each remark."""
    return {
        "dry_run": wanted.dry_run,
        "province": wanted.province,
        **{outcome.value: report.counts[outcome] for outcome in Outcome},
        "pages_unread": [asdict(remark) for remark in report.unread],
        "drafts_kept": [asdict(remark) for remark in report.kept],
        "remarks": [asdict(remark) for remark in report.remarks],
        "missing": report.missing,
    }


# --- the screen -----------------------------------------------------------------------------------


def _show(report: Report, wanted: Wanted, pages: int, console: Console) -> None:
    whose = PROVINCES[wanted.province] if wanted.province else "mọi tỉnh"
    tried = " (chạy thử, chưa ghi gì)" if wanted.dry_run else ""
    console.print(f"{pages} trang, {whose}{tried}", style="bold", markup=False)
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for outcome, label in _OUTCOMES.items():
        table.add_row(label, str(report.counts[outcome]))
    console.print(table)
    if report.counts[Outcome.UNCHANGED] == report.read and report.read:
        console.print("Không có gì thay đổi.")
    _show_remarks("Trang không đọc được", report.unread, console, len(report.unread))
    _show_remarks("Bản nháp giữ nguyên", report.kept, console)
    _show_remarks("Trang đã đọc, cần xem lại", report.remarks, console)
    if report.missing:
        left_out = Table("Cổng không ghi", "số thủ tục", box=None)
        for name, codes in sorted(report.missing.items(), key=lambda item: -len(item[1])):
            left_out.add_row(name, str(len(codes)))
        console.print(left_out)


def _show_remarks(
    title: str, remarks: Sequence[Remark], console: Console, most: int = _SHOWN
) -> None:
    if not remarks:
        return
    table = Table("Tệp", "Mục", "Lý do", title=title, title_justify="left")
    for remark in remarks[:most]:
        table.add_row(remark.file, remark.field, remark.reason)
    console.print(table)
    if len(remarks) > most:
        console.print(f"… và {len(remarks) - most} dòng nữa; xem tất cả bằng --json.", markup=False)
