"""`./motcua catalogue`: what the catalogue says, and what in it wants mending."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.portal import import_portal
from core.clock import today
from core.settings import get_settings
from language.blocks import Block, Buttons, Source, as_text, to_dict
from procedures.answers import answer
from procedures.catalogue import (
    Catalogue,
    CatalogueError,
    NoVersion,
    UnknownProcedure,
    get_catalogue,
)
from procedures.draft_answers import answer_draft, short_title
from procedures.drafts import Drafts, get_drafts
from procedures.gaps import (
    STALE_AFTER_DAYS,
    Cell,
    Finding,
    Kind,
    find_draft_gaps,
    find_gaps,
    table,
)
from procedures.provinces import PROVINCES
from procedures.vocabulary import Aspect, Language

app = typer.Typer(help="Look at the catalogue of procedures, and check it.", no_args_is_help=True)

app.command("import-portal")(import_portal)

_Procedure = Annotated[str, typer.Argument(help="Id, e.g. transfer; a draft's code.")]
_Province = Annotated[str, typer.Option(help="Slug, e.g. hai-phong; empty: national.")]
_AsOf = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Default: today.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_MARKS = {Cell.TOLD: "✓", Cell.ASK: "?", Cell.NONE: "·", Cell.MISSING: "✗"}
_SHORT = {
    "conditions": "cond",
    "mistakes": "mist",
    "mountains": "+mtn",
    "not_counted": "!cnt",
    "two_dates": "2day",
    "general": "gen",
    "co_owners": "co-own",
    "mortgaged": "mortg",
}
"""Headings that fit a terminal."""
_WIDE = 190
"""Columns that the table needs; narrower terminals scroll it."""
_FAULTS = frozenset({Kind.FAULTY, Kind.OVERLAP, Kind.EARLY_BASIS})
"""What makes a catalogue unfit for use; the rest is work to be done."""
_MEANINGS = {
    Cell.TOLD: "told",
    Cell.ASK: "told as unconfirmed",
    Cell.NONE: "does not arise",
    Cell.MISSING: "not looked into",
}


@app.command("list")
def list_procedures() -> None:
    """List the procedures: id, name, and the provinces that have rules of their own.

    Drafts from the national portal come last, by code; "draft" says that nobody reviewed them.
    """
    catalogue = _catalogue()
    table = Table("id", "tên", "tỉnh có quy định riêng", "", box=None)
    for procedure_id in catalogue.ids():
        heads = [head for head, _ in catalogue.versions(procedure_id)]
        own = sorted({PROVINCES[head.province] for head in heads if head.province})
        table.add_row(procedure_id, catalogue.name(procedure_id), ", ".join(own), "")
    drafts = _drafts()
    for head in drafts.heads():
        mark = "draft, edited" if drafts.is_edited(head.code) else "draft"
        if covered := catalogue.find_codes(head.code):
            mark += f" (answered by {', '.join(covered)})"
        place = PROVINCES[head.province] if head.province else ""
        table.add_row(head.code, short_title(head.title), place, mark)
    Console().print(table)


@app.command()
def check(
    older_than: Annotated[
        int, typer.Option(help="Days after which a fact is called stale.")
    ] = STALE_AFTER_DAYS,
    json_output: _Json = False,
) -> None:
    """Check every file, version and fact.

    Exit status 1: a file is faulty, versions overlap, or one tells a law before its day.
    """
    findings = _findings(older_than)
    _print(findings, json_output)
    if any(finding.kind in _FAULTS for finding in findings):
        raise typer.Exit(1)


@app.command()
def stale(
    older_than: Annotated[
        int, typer.Option(help="Days after which a fact is called stale.")
    ] = STALE_AFTER_DAYS,
    json_output: _Json = False,
) -> None:
    """List the facts that were last read too long ago."""
    _print([f for f in _findings(older_than) if f.kind is Kind.STALE], json_output)


@app.command()
def gaps(province: _Province = "", as_of: _AsOf = None, json_output: _Json = False) -> None:
    """Show what each procedure tells: procedure by question, and by special case.

    ✓ told, ? told as unconfirmed ("ask the desk"), · does not arise, ✗ not looked into.
    """
    told = table(_catalogue(), as_of=_day(as_of), province=_province(province))
    if json_output:
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    questions = list(next(iter(told.values())))
    shown = Table("thủ tục", *(_SHORT.get(q, q) for q in questions), box=None, padding=(0, 1, 0, 0))
    for procedure_id, row in told.items():
        shown.add_row(procedure_id, *(_MARKS[row[q]] for q in questions))
    Console(width=max(Console().width, _WIDE)).print(shown)
    counts = Counter(cell for row in told.values() for cell in row.values())
    print(", ".join(f"{_MARKS[cell]} {_MEANINGS[cell]}: {counts[cell]}" for cell in Cell))


@app.command()
def show(
    procedure: _Procedure,
    aspect: Annotated[
        list[Aspect] | None, typer.Option(help="Only these; all when left out.")
    ] = None,
    province: _Province = "",
    as_of: _AsOf = None,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
    json_output: _Json = False,
) -> None:
    """Show what a citizen would be answered about a procedure, or about a draft by its code."""
    asked = aspect or list(Aspect)
    language: Language = "en" if english else "vi"
    try:
        blocks = (
            _told_by_draft(procedure, asked)
            if procedure in _drafts()
            else {
                one: answer(
                    _catalogue(),
                    _known(procedure),
                    [one],
                    as_of=_day(as_of),
                    province=_province(province),
                    language=language,
                    filed_on=_day(as_of),
                )
                for one in asked
            }
        )
    except NoVersion as error:
        raise typer.BadParameter(str(error)) from None
    if json_output:
        data = {one.value: [to_dict(b) for b in answered] for one, answered in blocks.items()}
        print(json.dumps(data, ensure_ascii=False, indent=1))
        return
    for one, answered in blocks.items():
        print(f"== {one.value} ==\n{as_text(answered)}\n")


@app.command()
def diff(
    procedure: _Procedure,
    to_province: _Province = "",
    to_as_of: _AsOf = None,
    province: _Province = "",
    as_of: _AsOf = None,
    json_output: _Json = False,
) -> None:
    """Show what differs between two provinces or two dates (--province --as-of, --to-…)."""
    old = _told(procedure, province, _day(as_of))
    new = _told(procedure, to_province, _day(to_as_of))
    names = (
        f"{province or 'national'} {_day(as_of)}",
        f"{to_province or 'national'} {_day(to_as_of)}",
    )
    if json_output:
        gone, come = (
            [line for line in one if line not in other] for one, other in ((old, new), (new, old))
        )
        data = {"from": names[0], "to": names[1], "only_from": gone, "only_to": come}
        print(json.dumps(data, ensure_ascii=False, indent=1))
        return
    lines = [
        line
        for line in difflib.unified_diff(old, new, *names, n=0, lineterm="")
        if not line.startswith("@@")
    ]
    print("\n".join(lines) if lines else "no difference")


def _told_by_draft(code: str, aspects: Sequence[Aspect]) -> dict[Aspect, list[Block]]:
    drafts = _drafts()
    draft = drafts.get(code)
    if draft is None:
        for faulty, problem in drafts.check():
            if faulty == code:
                Console(stderr=True).print(f"{code}: {problem}", markup=False)
        raise typer.Exit(1)
    if covered := _catalogue().find_codes(code):
        note = f"citizens are answered by the catalogue instead: {', '.join(covered)}"
        Console(stderr=True).print(note, markup=False)
    edited = drafts.is_edited(code)
    return {one: answer_draft(draft, [one], edited=edited) for one in aspects}


def _told(procedure: str, province: str, as_of: date) -> list[str]:
    """Every aspect's answer as lines, each once; its sources stand among the legal basis."""
    lines: dict[str, str] = {}
    for aspect in Aspect:
        try:
            blocks = answer(
                _catalogue(), _known(procedure), [aspect], as_of=as_of, province=_province(province)
            )
        except NoVersion as error:
            raise typer.BadParameter(str(error)) from None
        told = [block for block in blocks if not isinstance(block, Source | Buttons)]
        for line in as_text(told).splitlines():
            if line:
                lines.setdefault(line, f"[{aspect.value}] {line}")
    return list(lines.values())


def _catalogue() -> Catalogue:
    try:
        return get_catalogue()
    except CatalogueError as error:
        for problem in error.problems:
            Console(stderr=True).print(f"[red]!![/] {problem}")
        raise typer.Exit(1) from None


def _drafts() -> Drafts:
    return get_drafts(get_settings().state_dir)


def _known(procedure: str) -> str:
    catalogue = _catalogue()
    try:
        catalogue.file(procedure)
    except UnknownProcedure:
        raise typer.BadParameter(
            f"no such procedure; there are {', '.join(catalogue.ids())}"
        ) from None
    return procedure


def _province(slug: str) -> str | None:
    chosen = slug or get_settings().province
    if chosen and chosen not in PROVINCES:
        raise typer.BadParameter(f"no such province: {chosen}; e.g. hai-phong, lao-cai")
    return chosen or None


def _day(as_of: datetime | None) -> date:
    return as_of.date() if as_of else today()


def _findings(older_than: int) -> list[Finding]:
    catalogue = _catalogue()
    return [
        *find_gaps(catalogue, as_of=today(), stale_after=older_than),
        *find_draft_gaps(_drafts()),
    ]


def _print(findings: list[Finding], json_output: bool) -> None:
    if json_output:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
        return
    if not findings:
        print("nothing to mend")
        return
    shown = Table("thủ tục", "loại", "chỗ", "việc", box=None)
    for finding in _grouped(findings):
        shown.add_row(finding.procedure, finding.kind.value, finding.where, finding.what)
    Console().print(shown)
    counts = Counter(finding.kind for finding in findings)
    print(", ".join(f"{kind.value}: {counts[kind]}" for kind in Kind if kind in counts))


def _grouped(findings: list[Finding]) -> list[Finding]:
    """Return findings for people: what is the same of several fields and versions on one line."""
    fields: dict[tuple[str, Kind, str, str], list[str]] = {}
    for one in findings:
        version, _, field = one.where.partition(": ")
        fields.setdefault((one.procedure, one.kind, one.what, version), []).append(field)
    versions: dict[tuple[str, Kind, str, str], list[str]] = {}
    for (procedure, kind, what, version), named in fields.items():
        told = ", ".join(field for field in named if field)
        versions.setdefault((procedure, kind, what, told), []).append(version)
    return [
        Finding(procedure, kind, f"{told}: {', '.join(where)}" if told else ", ".join(where), what)
        for (procedure, kind, what, told), where in versions.items()
    ]
