"""`./motcua simulate`: a month in minutes, on a database of its own and with no real provider.

The simulation is `notifier.simulation`'s; this makes the database, shows progress, and prints how
it ended. Its status is 1 where more was lost or doubled than was said to be bearable.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy import inspect

from cli.desk import dong
from core.database import Base, make_engine
from core.settings import Settings
from dossiers.offices import OfficeBook
from notifier.lateness import Judge
from notifier.simulation.gateway import ALL_FAULTS, Faults
from notifier.simulation.month import Ending, Month, Options
from notifier.simulation.world import World
from procedures.appointments import Reckoner
from procedures.catalogue import get_catalogue
from procedures.deadlines import get_calendar

Scale = Literal["office", "country"]
_DOSSIERS: dict[Scale, int] = {"office": 2_500, "country": 1_000_000}
"""Dossiers handed in within a month."""
_MONTH = 30


def simulate(
    scale: Annotated[
        Scale, typer.Option(help="office: 2,500 dossiers a month; country: 1,000,000.")
    ] = "office",
    days: Annotated[
        int, typer.Option(min=1, max=366, help="Days of the month that are lived through.")
    ] = _MONTH,
    dossiers: Annotated[
        int | None, typer.Option(min=1, help="Dossiers within these days, in place of --scale.")
    ] = None,
    faults: Annotated[
        str,
        typer.Option(help="What goes wrong: all, or some of crashes lost late repeated throttled."),
    ] = "",
    seed: Annotated[int, typer.Option(help="The same seed makes the same month.")] = 7,
    price: Annotated[int, typer.Option(min=0, help="VND for a segment.")] = 1000,
    budget: Annotated[
        int | None, typer.Option(min=0, help="VND for a day; none if left out.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests open at once.")] = 64,
    database_url: Annotated[
        str, typer.Option(help="An empty database instead of a temporary SQLite file.")
    ] = "",
    max_lost: Annotated[int, typer.Option(min=0, help="Lost messages that are borne.")] = 0,
    max_doubled: Annotated[int, typer.Option(min=0, help="Doubled messages that are borne.")] = 0,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Live through a month of an office in minutes, and say what was lost or doubled."""
    errors = Console(stderr=True)
    options = Options(
        dossiers=dossiers or round(_DOSSIERS[scale] * days / _MONTH),
        days=days,
        seed=seed,
        faults=_faults(faults),
        price=price,
        daily_budget=budget,
        concurrency=concurrency,
    )
    with tempfile.TemporaryDirectory(prefix="motcua-") as folder:
        url = database_url or f"sqlite:///{Path(folder) / 'simulation.db'}"
        ending = _run(url, options, errors)
    bearable = ending.reckoning.lost <= max_lost and ending.reckoning.doubled <= max_doubled
    shown = _as_json(ending, scale, bearable)
    if json_output:
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        _show(shown, ending)
    if not bearable:
        raise typer.Exit(1)


def _run(url: str, options: Options, errors: Console) -> Ending:
    engine = make_engine(url)
    try:
        if inspect(engine).get_table_names():
            errors.print(
                "cơ sở dữ liệu này không trống; mô phỏng chỉ chạy trên cơ sở dữ liệu trống"
            )
            raise typer.Exit(2)
        Base.metadata.create_all(engine)
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=errors,
            transient=True,
            disable=not errors.is_terminal,
        )
        try:
            with bar:
                task = bar.add_task("ngày", total=None)
                month = Month(
                    engine,
                    _settings(),
                    _judge(),
                    options,
                    lambda day, done, total: bar.update(
                        task, description=f"{day:%d/%m/%Y}", completed=done, total=total
                    ),
                )
                return asyncio.run(month.run())
        finally:
            Base.metadata.drop_all(engine)
    finally:
        engine.dispose()


def _settings() -> Settings:
    """Return the project's own settings: an installation's would make months unlike."""
    named = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("MOTCUA_")}
    try:
        return Settings(_env_file=None)  # type: ignore[call-arg]
    finally:
        os.environ.update(named)


def _judge() -> Judge:
    """Return by what appointments are judged: the project's own rules, no province's."""
    calendar = get_calendar()
    return Judge(Reckoner(get_catalogue, calendar).reckon, OfficeBook(), calendar.between)


def _faults(names: str) -> Faults:
    if names.strip() == "all":
        return ALL_FAULTS
    fields = {
        "crashes": "crashes",
        "lost": "lost_answers",
        "late": "late_receipts",
        "repeated": "repeated_receipts",
        "throttled": "throttling",
    }
    wanted = names.replace(",", " ").split()
    unknown = [name for name in wanted if name not in fields]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]}: no such fault; there are {' '.join(fields)}, all")
    return Faults(**{fields[name]: getattr(ALL_FAULTS, fields[name]) for name in wanted})


def _month_events(scale: Scale, options: Options) -> int:
    """Return how many events a whole month of `scale` has: a small one's, counted, multiplied."""
    small = _DOSSIERS["office"]
    world = World(options.seed, small, options.start, _MONTH)
    days = (options.start + timedelta(days=n) for n in range(_MONTH))
    return sum(1 for day in days for _ in world.moves_of(day)) * _DOSSIERS[scale] // small


def _as_json(ending: Ending, scale: Scale, bearable: bool) -> dict[str, Any]:
    found, options = ending.reckoning, ending.options
    real = sum(ending.seconds.values())
    sent = sum(n for state, n in found.messages.items() if state in _LEFT)
    shown: dict[str, Any] = {
        "options": {**asdict(options), "start": options.start.isoformat()},
        "bearable": bearable,
        **{name: getattr(found, name) for name in ("events", "decisions", "messages")},
        "segments": found.segments,
        "cost_vnd": found.segments * options.price,
        "lost": found.lost,
        "lost_of": {name: getattr(found, name) for name in ("undecided", "untaken", "stuck")},
        "doubled": found.doubled,
        "misdirected": found.misdirected,
        "uncertain_final": found.unknown,
        "dispatcher_crashes": ending.crashes,
        "simulated_seconds_to_acceptance": {
            "recorded_by_day": asdict(found.by_day),
            "recorded_at_night_from_seven": asdict(found.by_morning),
        },
        "real_seconds": {name: round(s, 1) for name, s in ending.seconds.items()},
        "real_seconds_in_all": round(real, 1),
        "messages_left_per_real_second": round(sent / real, 1) if real else 0.0,
    }
    events = _month_events(scale, options)
    if found.events < 0.9 * events:
        # By events: the dossiers of a slice have made few of their moves yet.
        shown["whole_month_extrapolated"] = {
            "note": "not measured: this run's real time, multiplied by the events of a month",
            "events": events,
            "real_seconds": round(real * events / found.events) if found.events else None,
        }
    return shown


_LEFT = {"accepted", "sent", "delivered", "undelivered", "unconfirmed"}


def _show(shown: dict[str, Any], ending: Ending) -> None:
    console = Console()
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")

    def line(name: str, value: object) -> None:
        table.add_row(
            name, f"{value:,}".replace(",", ".") if isinstance(value, int) else str(value)
        )

    line("dossiers", ending.options.dossiers)
    line("events", shown["events"])
    for why, number in sorted(shown["decisions"].items()):
        line(f"  {why}", number)
    line("messages", sum(shown["messages"].values()))
    for state, number in sorted(shown["messages"].items()):
        line(f"  {state}", number)
    line("segments that left", shown["segments"])
    line("cost", dong(shown["cost_vnd"]))
    line("dispatchers that died", shown["dispatcher_crashes"])
    line("lost", shown["lost"])
    line("doubled", shown["doubled"])
    line("sent to an old number", shown["misdirected"])
    for name, waits in shown["simulated_seconds_to_acceptance"].items():
        line(
            f"{name.replace('_', ' ')}: p50 / p95, simulated", f"{waits['p50']} / {waits['p95']} s"
        )
    for name, seconds in shown["real_seconds"].items():
        line(f"real time, {name}", f"{seconds} s")
    line("real time in all", f"{shown['real_seconds_in_all']} s")
    if guess := shown.get("whole_month_extrapolated"):
        line("a whole month, EXTRAPOLATED, not measured", f"{guess['real_seconds']} s")
    console.print(table)
