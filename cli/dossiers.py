"""`./motcua dossiers …`: what officers must see to. Decisions are `notifier.lateness`'s."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from cli.database import migrate
from cli.desk import installed_judge
from cli.message_words import STATES
from core.clock import now as clock_now
from core.clock import show_date
from core.database import get_sessions
from dossiers.lifecycle import official_name
from notifier.lateness import LateLine, Standing, late_list

app = typer.Typer(help="Dossiers: those about to be late.", no_args_is_help=True)

_SAYS = {
    Standing.OVERDUE: "quá hẹn, chưa hẹn lại",
    Standing.LAST_DAY: "hôm nay là hạn cuối để hẹn lại",
    Standing.SOON: "sắp đến hẹn",
    Standing.PUT_OFF: "đã hẹn lại",
}


@app.callback()
def prepare() -> None:
    """Have the tables there before any command reads them."""
    migrate()


@app.command()
def late(
    within: Annotated[int, typer.Option(min=0, help="Working days ahead that are looked at.")] = 3,
    without_new_date: Annotated[
        bool, typer.Option("--open", help="Only those that have no new date yet.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List dossiers that are or will soon be late (hồ sơ sắp trễ hẹn), the most pressing first.

    What does not count is taken out: a dossier that waited for its applicant is due later than its
    receipt says, and one that still waits is not late. An apology is to reach the applicant a day
    before the appointment at the latest.

    A new date comes from the export (cột "Ngày hẹn lại") or by: ./motcua sms apologise MÃ --until
    """
    with get_sessions()() as session:
        lines = late_list(session, installed_judge(), within, clock_now())
    if without_new_date:
        lines = [line for line in lines if line.standing is not Standing.PUT_OFF]
    if json_output:
        print(
            json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=1, default=str)
        )
        return
    console = Console()
    if not lines:
        console.print("Không có hồ sơ nào trễ hẹn hoặc sắp trễ hẹn.")
        return
    code = Column("Mã hồ sơ", no_wrap=True)
    table = Table(code, "Nơi tiếp nhận", "Trạng thái", "Hẹn trên giấy", "Hẹn đúng", "Còn")
    for name in ("Ngày chờ", "Hẹn lại", "", "Tin"):
        table.add_column(name)
    for line in lines:
        table.add_row(*_cells(line))
    console.print(table)


def _cells(line: LateLine) -> list[str]:
    return [
        line.code,
        line.office,
        official_name(line.status),
        show_date(line.given) if line.given else "",
        show_date(line.due) if line.due else "",
        f"{line.days_left} ngày" if line.due else "",
        str(line.not_counted or ""),
        show_date(line.new_due_on) if line.new_due_on else "",
        _SAYS[line.standing],
        STATES[line.told] if line.told else "chưa báo",
    ]
