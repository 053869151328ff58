"""`./motcua import FILE…`: takes in the exports of an office and says what became of each row.

The report goes to standard output, as a table or as JSON; progress goes to standard error. Reading
and writing are `dossiers.importing`'s.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from cli.database import migrate
from cli.desk import dong, installed_desk
from core.clock import VIETNAM, now, show_date, vietnam_date
from core.database import get_sessions
from core.privacy import get_vault
from core.settings import get_settings
from dossiers.columns import BadColumnsFile
from dossiers.importing import Declined, FileChanged, Forecast, Importer, make_importer
from dossiers.phones import REASONS_VI
from dossiers.reports import ImportSummary
from dossiers.rows import Finding
from dossiers.tables import NotAnExport
from notifier.budget import Estimate, estimate
from notifier.desk import Desk
from procedures.catalogue import get_catalogue

NOT_AGREED = (
    "Lần nhập đầu tiên này sẽ nhắn tin cho nhiều người. Nếu đồng ý, chạy lại với --yes; "
    "nếu chỉ nhận dữ liệu mà không nhắn, đặt MOTCUA_FIRST_IMPORT=silent."
)
REFUSED = 2
"""Exit status where a file was not taken in."""
_SHOWN = 20
"""Findings of a kind shown on the screen; `--json` has them all."""
_COUNTS = ("rows", "dossiers", "new", "changed", "unchanged", "updated", "duplicates")


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken in, and why, in Vietnamese."""

    file: str
    reason: str


def import_exports(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Exports, CSV or XLSX, oldest first.")
    ],
    json_output: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    sample: Annotated[
        bool, typer.Option("--sample", help="The dossiers are invented; mark them so.")
    ] = False,
    office: Annotated[str, typer.Option(help="Office of the rows that name none.")] = "",
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%d/%m/%Y"],
            help="Day of the export, where its newest date is not it.",
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Text everybody whom an office's first import calls for."),
    ] = False,
) -> None:
    """Import exports of dossiers (nhập danh sách hồ sơ). The same file again changes nothing."""
    errors = Console(stderr=True)
    try:
        importer = make_importer(
            get_settings(),
            get_sessions(),
            get_vault(),
            lambda code: bool(get_catalogue().find_codes(code)),
        )
    except (BadColumnsFile, ValueError, OSError) as error:
        errors.print(f"Tệp cấu hình trong data/offices/ không dùng được: {error}", markup=False)
        raise typer.Exit(1) from None
    migrate()
    moment = as_of.replace(tzinfo=VIETNAM) if as_of else None
    results: list[ImportSummary | Refusal] = []
    for path in files:
        consent = Consent(path.name, errors, yes=yes, ask=not json_output and sys.stdin.isatty())
        result = _import(importer, path, sample, office, moment, errors, consent)
        results.append(result)
        if not json_output:
            _show(result, Console())
    if json_output:
        print(json.dumps(as_json(results), ensure_ascii=False, indent=1))
    if any(isinstance(result, Refusal) for result in results):
        raise typer.Exit(REFUSED)


def _import(
    importer: Importer,
    path: Path,
    sample: bool,
    office: str,
    as_of: datetime | None,
    errors: Console,
    consent: Consent,
) -> ImportSummary | Refusal:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    with bar:
        task = bar.add_task(path.name, total=None)
        try:
            return importer.run(
                path,
                now=now(),
                sample=sample,
                office=office,
                as_of=as_of,
                agree=lambda forecast: _agree(bar, consent, forecast),
                on_progress=lambda done, total: bar.update(
                    task, completed=done, total=total or None
                ),
            )
        except NotAnExport as refused:
            return Refusal(path.name, str(refused))
        except Declined:
            return Refusal(path.name, NOT_AGREED)
        except FileChanged:
            return Refusal(path.name, "Tệp bị sửa trong lúc đang đọc. Hãy nhập lại tệp này.")
        except FileNotFoundError:
            return Refusal(path.name, "Không tìm thấy tệp.")
        except OSError as error:
            return Refusal(path.name, f"Không đọc được tệp ({error.strerror}).")


@dataclass(frozen=True)
class Consent:
    """How it is found out whether a file's news may be told."""

    file: str
    errors: Console
    yes: bool
    """Agreed to beforehand."""
    ask: bool
    """There is somebody to ask."""

    def given(self, forecast: Forecast) -> bool:
        """Say what telling the news would cost, and tell whether it may be told.

        Asked is only for an office's first import that would text more people than
        `Settings.sms_large_batch`; without anybody to ask, that is no.
        """
        desk, limit = installed_desk(), get_settings().sms_large_batch
        found = _estimate(desk, forecast)
        if found.people <= limit:
            return True
        cost = dong(found.cost) if desk.budget.cost(1) else "chưa biết giá (MOTCUA_SMS_PRICES)"
        told = f"{found.people:,} người, {found.messages:,} tin, {found.segments:,} phần tin"
        self.errors.print(
            f"{self.file}: sẽ nhắn nhiều nhất {told.replace(',', '.').replace('. ', ', ')}; "
            f"chi phí: {cost}.",
            markup=False,
            highlight=False,
        )
        asks = forecast.first_import and desk.real and not forecast.sample
        if not asks or self.yes:
            return True
        return self.ask and typer.confirm("Đồng ý nhắn tin cho những người này?", err=True)


def _estimate(desk: Desk, forecast: Forecast) -> Estimate:
    def segments(template: str) -> int:
        return desk.templates[template].worst_case().segments

    costs = {status: segments(status.value) for status in {one.status for one in forecast.news}}
    return estimate(
        ((one.person, costs[one.status]) for one in forecast.news),
        digest_from=desk.digest_from,
        digest_segments=segments("digest"),
        budget=desk.budget,
    )


def _agree(bar: Progress, consent: Consent, forecast: Forecast) -> bool:
    bar.stop()  # it would draw over the question
    agreed = consent.given(forecast)
    if agreed:
        bar.start()
    return agreed


def as_json(results: list[ImportSummary | Refusal]) -> dict[str, Any]:
    """Return the report of one file; of several, their sums with the reports under `files`.

    A file that was refused has the reason under `refused`, and counts of 0.
    """
    reports = [_report(result) for result in results]
    if len(reports) == 1:
        return reports[0]
    together: dict[str, Any] = {name: sum(report[name] for report in reports) for name in _COUNTS}
    for name in ("rejected", "warnings", "accepted_with_warning"):
        together[name] = [
            {"file": report["file"], **finding} for report in reports for finding in report[name]
        ]
    return {**together, "files": reports}


def _report(result: ImportSummary | Refusal) -> dict[str, Any]:
    if isinstance(result, Refusal):
        return {**ImportSummary(result.file).as_dict(), "refused": result.reason}
    return result.as_dict()


# --- the screen ----------------------------------------------------------------------------------


def _show(result: ImportSummary | Refusal, console: Console) -> None:
    if isinstance(result, Refusal):
        console.print(f"{result.file}: không nhập. {result.reason}", style="bold", markup=False)
        return
    console.print(_title(result), style="bold", markup=False)
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for label, count in (
        ("Số dòng đã đọc", result.rows),
        ("Hồ sơ mới", result.new),
        ("Hồ sơ đổi trạng thái", result.changed),
        ("Hồ sơ không đổi trạng thái", result.unchanged),
        ("  trong đó cập nhật thông tin khác", result.updated),
        ("Dòng trùng", result.duplicates),
        ("Dòng bị từ chối", len(result.rejected)),
        ("Hồ sơ không nhắn tin được", len(result.no_sms)),
        ("Số điện thoại 11 số đã đổi sang 10 số", result.old_numbers),
        ("Hồ sơ không giữ thông tin người nộp, theo yêu cầu xóa", result.erased),
    ):
        table.add_row(label, f"{count:,}".replace(",", "."))
    console.print(table)
    for remark in result.remarks:
        console.print(remark, markup=False)
    _show_findings("Dòng bị từ chối", result.rejected, console)
    _show_findings("Dòng cần xem lại", result.warnings, console)
    if result.no_sms:
        reasons = Counter(result.no_sms.values()).most_common()
        told = "; ".join(f"{REASONS_VI[why]}: {count}" for why, count in reasons)
        console.print(f"Cần báo cho người nộp bằng cách khác: {told}.", markup=False)


def _title(result: ImportSummary) -> str:
    day = f", dữ liệu đến ngày {show_date(vietnam_date(result.as_of))}" if result.as_of else ""
    mark = " (dữ liệu mẫu)" if result.sample else ""
    return f"{result.file}{mark}{day}"


def _show_findings(title: str, findings: list[Finding], console: Console) -> None:
    if not findings:
        return
    table = Table("Dòng", "Cột", "Giá trị", "Lý do", title=title, title_justify="left")
    ordered = sorted(findings, key=lambda finding: finding.row)
    for finding in ordered[:_SHOWN]:
        table.add_row(str(finding.row), finding.column, finding.shape, finding.reason)
    console.print(table)
    if len(ordered) > _SHOWN:
        console.print(
            f"… và {len(ordered) - _SHOWN} dòng nữa; xem tất cả bằng --json.", markup=False
        )
