"""`./motcua desk …`: the officers' queue without the page, and the accounts of the page.

Decisions are `helpdesk.cases`'s; this prints. What is shown by `desk show` is a citizen's own.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from cli.database import migrate
from cli.terminal import printable
from core.clock import VIETNAM
from core.clock import now as clock_now
from core.database import get_sessions
from core.privacy import get_vault
from core.settings import OFFICER_NAME, get_settings
from helpdesk.cases import LONGEST, Cases, NotYours, Summary, read_reference
from helpdesk.officers import make_hash
from helpdesk.vocabulary import Kind

app = typer.Typer(
    help="Talks, call-backs and complaints that wait for an officer.", no_args_is_help=True
)
console = Console()

Reference = Annotated[str, typer.Argument(metavar="NUMBER", help="The case's number: K7M4-Q2XP.")]
Officer = Annotated[
    str, typer.Option("--officer", help="In whose name; the name of the system's user if left out.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def prepare(context: typer.Context) -> None:
    """Have the tables there before any command reads them."""
    if context.invoked_subcommand != "password":
        migrate()


@app.command("list")
def list_cases(
    kind: Annotated[list[Kind] | None, typer.Option(help="Only these.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Those that are closed.")] = False,
    json_output: Json = False,
) -> None:
    """List who waits: nothing of what they wrote."""
    found = _cases().queue(kind or list(Kind), closed=closed)
    if json_output:
        typer.echo(json.dumps([asdict(one) for one in found], default=_plain, indent=2))
        return
    if not get_settings().desk_on:
        console.print("Trang cán bộ đang tắt: đặt MOTCUA_DESK_OFFICERS để nhận việc mới.")
    table = Table("số", "loại", "về việc", "tình trạng", "cán bộ", "kênh", "từ", box=None)
    for one in found:
        table.add_row(*_row(one))
    console.print(table if found else "Không có việc nào.")


@app.command()
def show(number: Reference, json_output: Json = False) -> None:
    """Show a case: what was written, and the telephone number if one was given."""
    whole = _cases().show(number)
    if whole is None:
        _fail(_unknown(read_reference(number)))
    if json_output:
        typer.echo(json.dumps(asdict(whole), default=_plain, indent=2, ensure_ascii=False))
        return
    lines = [" · ".join(part for part in _row(whole.summary) if part)]
    if whole.phone:
        lines.append(f"Số điện thoại: {whole.phone}")
    if whole.code:
        lines.append(f"Mã hồ sơ: {whole.code}")
    for line in whole.lines:
        told = f" ({line.delivery.value})" if line.delivery else ""
        lines += ["", f"{_moment(line.at)} {line.author.value}{told}:", printable(line.text)]
    typer.echo("\n".join(lines))


@app.command()
def take(number: Reference, officer: Officer = "", json_output: Json = False) -> None:
    """Take a case: nobody else can answer it then."""
    name = officer or getpass.getuser()
    _change(number, json_output, lambda: _cases().take(number, name, clock_now()))


@app.command()
def answer(
    number: Reference,
    text: Annotated[str, typer.Argument(help="Read from standard input if left out.")] = "",
    officer: Officer = "",
    json_output: Json = False,
) -> None:
    """Answer a case, taking it first if nobody has; the answer goes out while the site runs."""
    said = (text or sys.stdin.read()).strip()
    if not said or len(said) > LONGEST:
        _fail(f"an answer has 1 to {LONGEST} characters")
    name = officer or getpass.getuser()

    def write() -> None:
        _cases().take(number, name, clock_now())
        _cases().answer(number, name, said, clock_now())

    _change(number, json_output, write)


@app.command()
def release(number: Reference, officer: Officer = "", json_output: Json = False) -> None:
    """Put a case back into the queue, e.g. one whose officer has gone home."""
    name = officer or getpass.getuser()
    _change(number, json_output, lambda: _cases().release(number, name))


@app.command()
def close(number: Reference, officer: Officer = "", json_output: Json = False) -> None:
    """Close a case; after a talk the bot speaks again."""
    name = officer or getpass.getuser()
    _change(number, json_output, lambda: _cases().close(number, name, clock_now()))


@app.command()
def password(name: Annotated[str, typer.Argument(help="The account: a-z 0-9 . _ -")]) -> None:
    """Ask for a password, and print the account's entry for MOTCUA_DESK_OFFICERS."""
    if not OFFICER_NAME.fullmatch(name):
        _fail("a name has 2 to 40 of: a-z 0-9 . _ -")
    given = getpass.getpass("Mật khẩu: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    try:
        typer.echo(f"{name}={make_hash(given)}")
    except ValueError as problem:
        _fail(problem)


def _cases() -> Cases:
    return Cases(get_sessions(), get_vault())


def _change(number: str, json_output: bool, do: Callable[[], None]) -> None:
    reference = read_reference(number)
    try:
        do()
    except NotYours as other:
        whose = f"it is {other.officer}'s" if other.officer else "nobody has taken it"
        state = other.state.value if other.state else ""
        _fail(f"{reference}: {state}; {whose}" if state else _unknown(reference))
    whole = _cases().show(number)
    if whole is None:
        _fail(_unknown(reference))
    if json_output:
        typer.echo(json.dumps(asdict(whole.summary), default=_plain, indent=2))
    else:
        typer.echo(" · ".join(part for part in _row(whole.summary) if part))


def _unknown(reference: str) -> str:
    return f"{reference}: there is no such case; ./motcua desk list shows who waits"


def _row(one: Summary) -> tuple[str, ...]:
    return (
        one.reference,
        one.kind.value,
        one.topic.value if one.topic else "",
        one.state.value,
        one.officer or "",
        one.channel,
        _moment(one.opened_at),
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%d/%m/%Y %H:%M}"


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _fail(reason: object) -> NoReturn:
    Console(stderr=True).print(str(reason), markup=False)
    raise typer.Exit(1)
