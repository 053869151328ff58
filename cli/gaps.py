"""`./motcua gaps`: what citizens asked and did not get, and taking it into the next training."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from actions.adopting import Kind, NothingLeft, adopt
from actions.gaps import Group, groups_since, settle
from cli.bootstrap import say
from core.database import get_sessions
from core.privacy import get_vault
from procedures.catalogue import get_catalogue
from procedures.vocabulary import Aspect

app = typer.Typer(
    help="What citizens asked and did not get, grouped; and teaching it to the bot.",
    invoke_without_command=True,
)

_Days = Annotated[int, typer.Option(min=1, help="How far back to look.")]


@app.callback()
def list_groups(
    context: typer.Context,
    days: _Days = 30,
    examples: Annotated[int, typer.Option(min=1, help="Wordings shown of each group.")] = 2,
    most: Annotated[int, typer.Option(min=1, help="Groups shown, the largest first.")] = 20,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the largest groups of questions that went unanswered or were answered unhelpfully."""
    if context.invoked_subcommand is not None:
        return
    found = _groups(days)
    shown = found[:most]
    if json_output:
        total = sum(len(group.questions) for group in found)
        lines = [_as_line(group, examples) for group in shown]
        report = {"days": days, "questions": total, "groups": lines}
        print(json.dumps(report, ensure_ascii=False, indent=2))
        return
    table = Table("nhóm", "số câu", "vì sao", "gần với", "ví dụ", box=None)
    for group in shown:
        why = ", ".join(f"{reason.value}: {number}" for reason, number in group.reasons.items())
        near = "/".join(part for part in group.about if part) or "–"
        words = "\n".join(group.examples(examples))
        table.add_row(group.name, str(len(group.questions)), why, near, escape(words))
    Console().print(table if shown else f"Trong {days} ngày qua không có câu hỏi nào bị bỏ lỡ.")


@app.command("adopt")
def adopt_group(
    group: Annotated[str, typer.Argument(help="Name of the group, as `gaps` lists it.")],
    kind: Annotated[Kind, typer.Option("--as", help="What its questions are taken for.")],
    procedure: Annotated[str, typer.Option(help="Id of the procedure they ask about.")] = "",
    aspects: Annotated[
        str, typer.Option(help="What they ask, joined by +, e.g. fee+time; default: as understood.")
    ] = "",
    days: _Days = 90,
) -> None:
    """Take a group's questions into the training data. `./motcua train` then learns from them."""
    chosen = [found for found in _groups(days) if found.name == group]
    if not chosen:
        _refuse(f"no group is called {group}; `./motcua gaps --days {days}` lists them")
    (one,) = chosen
    if kind is not Kind.OUT_OF_SCOPE and procedure not in get_catalogue().ids():
        _refuse(f"--procedure must be an id of the catalogue (`catalogue list`), not {procedure!r}")
    asked = [aspect for aspect in (aspects or one.about[1]).split("+") if aspect]
    if unknown := set(asked) - set(Aspect):
        _refuse(f"no such aspect: {', '.join(sorted(unknown))}; there are {', '.join(Aspect)}")
    try:
        lines = [question.words for question in one.questions]
        path, fresh = adopt(lines, kind, procedure=procedure, aspects=asked)
    except NothingLeft as nothing:
        _refuse(str(nothing))
    with get_sessions().begin() as session:
        settle(session, one.questions, datetime.now(UTC))
    say(f"{len(fresh)} lines written to {path.name}; `./motcua train` learns from them")


def _groups(days: int) -> list[Group]:
    with get_sessions()() as session:
        return groups_since(session, get_vault(), datetime.now(UTC), days)


def _as_line(group: Group, examples: int) -> dict[str, object]:
    procedure, aspects = group.about
    return {
        "group": group.name,
        "count": len(group.questions),
        "why": {reason.value: number for reason, number in group.reasons.items()},
        "procedure": procedure,
        "aspects": aspects,
        "examples": group.examples(examples),
    }


def _refuse(reason: str) -> None:
    say(reason)
    raise typer.Exit(2)
