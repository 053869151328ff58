"""`./motcua doctor`: looks over an installation and says what is amiss and what to do about it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

import typer
from rich.console import Console
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from cli.bootstrap import ENVIRONMENTS
from cli.database import revisions
from cli.training import model_path, model_stands
from core.settings import Settings, get_settings
from notifier.providers.registry import missing

State = Literal["ok", "note", "wrong"]
_SIGNS: dict[State, str] = {"ok": "[green]ok[/]", "note": "[yellow]--[/]", "wrong": "[red]!![/]"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `wrong` needs a hand; `note` is worth knowing."""

    about: str
    state: State
    text: str


def doctor(
    json_output: bool = typer.Option(False, "--json", help="Print the findings as JSON."),
) -> None:
    """Check environments, database, model, provider and running parts; say what to do."""
    settings = get_settings()
    findings = [finding for check in _CHECKS for finding in check(settings)]
    if json_output:
        print(json.dumps([asdict(f) for f in findings], ensure_ascii=False))
    else:
        console = Console()
        for finding in findings:
            console.print(f"{_SIGNS[finding.state]}  {finding.about}: {finding.text}")
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


def _environments(_settings: Settings) -> Iterator[Finding]:
    for env in ENVIRONMENTS:
        if env.stands(dev=False):
            yield Finding(f"{env.name} environment", "ok", "as its lock says")
        else:
            yield Finding(f"{env.name} environment", "wrong", "run ./motcua setup")


def _database(settings: Settings) -> Iterator[Finding]:
    kind = make_url(settings.database).get_backend_name()
    try:
        current, head = revisions()
    except SQLAlchemyError as error:
        yield Finding("database", "wrong", f"{kind} cannot be opened ({type(error).__name__})")
        return
    if current == head:
        yield Finding("database", "ok", f"{kind}, schema up to date")
    else:
        yield Finding("database", "wrong", f"{kind}, schema is old: run ./motcua migrate")


def _model(_settings: Settings) -> Iterator[Finding]:
    if model_stands():
        yield Finding("model", "ok", "trained on the present data")
    elif model_path().exists():
        yield Finding("model", "note", "its inputs have changed: ./motcua train, or up does it")
    else:
        yield Finding("model", "note", "not trained yet: ./motcua train, or up does it")


def _provider(settings: Settings) -> Iterator[Finding]:
    if settings.demonstration:
        yield Finding("SMS", "note", "the demonstration phone: nothing is really sent")
        return
    troubles = missing(settings)
    if not settings.public_url:
        troubles.append("MOTCUA_PUBLIC_URL is not set (receipts come there)")
    for trouble in troubles:
        yield Finding("SMS", "wrong", trouble)
    if not troubles:
        yield Finding("SMS", "ok", f"{settings.message_route}: all settings there")


def _office(settings: Settings) -> Iterator[Finding]:
    for name, path in (("offices", settings.offices_file), ("columns", settings.columns_file)):
        if not path.exists():
            yield Finding(name, "wrong", f"{path} is not there")
    if not settings.hotline:
        yield Finding("hotline", "note", "MOTCUA_HOTLINE is not set: no answer names a number")
    if not settings.province:
        yield Finding("province", "note", "MOTCUA_PROVINCE is not set: national rules hold")


def _running(settings: Settings) -> Iterator[Finding]:
    url = f"http://127.0.0.1:{settings.web_port}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            parts = json.load(answer)["parts"]
    except urllib.error.HTTPError as error:
        parts = json.load(error).get("parts", {})
    except (OSError, ValueError):
        yield Finding("running", "note", "nothing is running here: ./motcua up")
        return
    for name, state in parts.items():
        yield Finding(f"running {name}", "ok" if state == "ready" else "wrong", state)


_CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _environments,
    _database,
    _model,
    _provider,
    _office,
    _running,
)
