"""`motcua evaluate`: how well the bot understands people whom it was not trained on.

Messages come from the measuring set beside the project where there is one, else from
`data/evaluation`. Scoring is pure functions over pairs of what was meant and what was understood;
everything is scored twice, as written and with all diacritics stripped. `--held-out` measures on
the training data itself instead, each author's lines (or themes) left out of the learning in turn.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from actions.understanding import Context, Parse, Understanding, understand
from cli.understand import held_out, parser
from core.settings import ROOT
from language.folding import strip_marks

SETS = (ROOT.parent / "shared" / "eval", ROOT / "data" / "evaluation")
"""Where measuring sets may lie; the first that exists is used."""
ON_LAND = ("ask_procedure", "calculate_fee")
OTHER = "other_land"
"""Label of a land question outside the catalogue."""


@dataclass(frozen=True)
class Line:
    """A labelled message. In a dialogue the labels are those understood in context."""

    text: str
    intent: str
    procedure: str | None
    aspects: frozenset[str]
    code: str | None
    style: str = ""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Line:
        """Read one object of a measuring set. Raises `KeyError` where a label is missing."""
        return cls(
            text=data["text"],
            intent=data["intent"],
            procedure=data["procedure"],
            aspects=frozenset(data["aspects"]),
            code=data["code"],
            style=data.get("style", ""),
        )


Pair = tuple[Line, Understanding]


@dataclass(frozen=True)
class Scores:
    """Shares between 0 and 1; None where no line asks for it."""

    lines: int
    intent: float | None
    procedure: float | None
    """The right one is answered from; a question outside the catalogue is not answered from it."""
    top3: float | None
    """The right one is among the first three candidates."""
    aspects: float | None
    """F1 over all aspects of all lines on land."""
    false_answers: float | None
    """Lines that are none of the office's business and get a procedure's answer: less is better."""
    codes: float | None


@dataclass(frozen=True)
class DialogueScores:
    """Shares between 0 and 1."""

    dialogues: int
    turns: int
    turns_right: float
    whole: float
    """Dialogues of which every turn is right."""


def score(pairs: Sequence[Pair]) -> Scores:
    """Score single messages."""
    on_land = [pair for pair in pairs if pair[0].intent in ON_LAND and pair[0].procedure]
    listed = [pair for pair in on_land if pair[0].procedure != OTHER]
    outside = [pair for pair in pairs if pair[0].intent == "out_of_scope"]
    return Scores(
        lines=len(pairs),
        intent=_share(line.intent == meant.intent for line, meant in pairs),
        procedure=_share(procedure_right(line, meant) for line, meant in on_land),
        top3=_share(line.procedure in first_candidates(meant, 3) for line, meant in listed),
        aspects=f1((line.aspects, frozenset(meant.aspects)) for line, meant in on_land),
        false_answers=_share(answers(meant) for _, meant in outside),
        codes=_share(line.code == meant.code for line, meant in pairs),
    )


def score_dialogues(dialogues: Sequence[Sequence[Pair]]) -> DialogueScores:
    """Score conversations: a turn is right when intent, procedure and aspects are."""
    turns = [[turn_right(line, meant) for line, meant in dialogue] for dialogue in dialogues]
    flat = [right for dialogue in turns for right in dialogue]
    return DialogueScores(
        dialogues=len(turns),
        turns=len(flat),
        turns_right=_share(flat) or 0.0,
        whole=_share(all(dialogue) for dialogue in turns) or 0.0,
    )


def procedure_right(line: Line, meant: Understanding) -> bool:
    """Whether the right procedure is answered from, or rightly none."""
    if line.procedure == OTHER:
        return not answers(meant)
    return (meant.procedure or _first(first_candidates(meant, 1))) == line.procedure


def answers(meant: Understanding) -> bool:
    """Whether the bot would answer from a procedure of the catalogue."""
    return meant.procedure not in (None, OTHER)


def first_candidates(meant: Understanding, most: int) -> tuple[str, ...]:
    """The likeliest procedures, the one decided on first."""
    names = [name for name, _ in meant.candidates]
    if meant.procedure is not None:
        names = [meant.procedure, *(name for name in names if name != meant.procedure)]
    return tuple(names[:most])


def turn_right(line: Line, meant: Understanding) -> bool:
    """Whether a turn of a dialogue is understood in its context."""
    right = not answers(meant) if line.procedure == OTHER else meant.procedure == line.procedure
    return right and line.intent == meant.intent and line.aspects == frozenset(meant.aspects)


def f1(pairs: Iterable[tuple[frozenset[str], frozenset[str]]]) -> float | None:
    """Micro-averaged F1 of sets understood against sets meant; None where there is none."""
    both = meant = understood = 0
    for wanted, found in pairs:
        both += len(wanted & found)
        meant += len(wanted)
        understood += len(found)
    return 2 * both / (meant + understood) if meant + understood else None


def _share(rights: Iterable[bool]) -> float | None:
    found = list(rights)
    return sum(found) / len(found) if found else None


def _first(names: Sequence[str]) -> str | None:
    return names[0] if names else None


# --- reading, asking, printing -------------------------------------------------------------------


@dataclass(frozen=True)
class MeasuringSet:
    """Labelled messages and conversations."""

    name: str
    lines: tuple[Line, ...]
    dialogues: tuple[tuple[Line, ...], ...]
    parts: tuple[str, ...] = ()
    """For each dialogue the part of the set that it belongs to: "tune" where the rules of
    conversation were worked out with it in view, "test" where they were not; empty if not said."""

    @classmethod
    def read(cls, folder: Path) -> MeasuringSet:
        """Read `utterances.jsonl` and `dialogues.jsonl` of a folder."""
        dialogues = _objects(folder / "dialogues.jsonl")
        return cls(
            name=f"{folder.parent.name}/{folder.name}",
            lines=tuple(map(Line.read, _objects(folder / "utterances.jsonl"))),
            dialogues=tuple(tuple(map(Line.read, dialogue["turns"])) for dialogue in dialogues),
            parts=tuple(dialogue.get("part", "") for dialogue in dialogues),
        )


def run(*, json_output: bool = False, own: bool = False, folder: Path | None = None) -> None:
    """Score the trained model and print the figures; `own` takes the project's own set though
    another lies beside it, `folder` any other. Raises `ParserFailed`."""
    folder = folder or next(path for path in SETS[own:] if path.is_dir())
    measured = MeasuringSet.read(folder)
    with parser() as running:
        report = {
            "as written": _report(measured, running.parse, lambda text: text),
            "diacritics stripped": _report(measured, running.parse, strip_marks),
        }
    if json_output:
        print(json.dumps({"set": measured.name, **report}, ensure_ascii=False, indent=2))
    else:
        _print(measured.name, report)


def run_held_out(by: str, *, share: float = 1.0, json_output: bool = False) -> None:
    """Learn without each author (or themes) in turn, and print how their lines are understood.

    `by` is `author` or `theme`; `share` of the other lines is learned from. The model in use is
    neither asked nor changed. Raises `CalledProcessError` where learning fails.
    """
    folds: dict[str, list[Pair]] = {}
    for reading in held_out(by, share):
        meant, _ = understand(Parse.read(reading["parse"]), Context())
        folds.setdefault(reading["fold"], []).append((Line.read(reading), meant))
    pairs = [pair for fold in folds.values() for pair in fold]
    figures = {
        "all": asdict(score(pairs)),
        "by style": {name: asdict(score(fold)) for name, fold in folds.items()},
    }
    if json_output:
        print(json.dumps({"held out": by, "share": share, **figures}, ensure_ascii=False, indent=2))
    else:
        _print_table(f"left out: each {by}, learned from {share:.0%} of the rest", figures)


def _report(
    measured: MeasuringSet, parse: Callable[[str], Parse], written: Callable[[str], str]
) -> dict[str, Any]:
    pairs = [(line, understand(parse(written(line.text)), Context())[0]) for line in measured.lines]
    dialogues = [_talk(dialogue, parse, written) for dialogue in measured.dialogues]
    styles = sorted({line.style for line in measured.lines if line.style})
    talks = list(zip(measured.parts, dialogues, strict=True))
    parts = sorted({part for part in measured.parts if part})
    return {
        "all": asdict(score(pairs)),
        "by style": {s: asdict(score([p for p in pairs if p[0].style == s])) for s in styles},
        "dialogues": asdict(score_dialogues(dialogues)),
        "dialogues by part": {
            part: asdict(score_dialogues([talk for name, talk in talks if name == part]))
            for part in parts
        },
    }


def _talk(
    turns: Sequence[Line], parse: Callable[[str], Parse], written: Callable[[str], str]
) -> list[Pair]:
    context, pairs = Context(), []
    for line in turns:
        meant, context = understand(parse(written(line.text)), context)
        pairs.append((line, meant))
    return pairs


def _objects(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _print(name: str, report: Mapping[str, Any]) -> None:
    for written, figures in report.items():
        _print_table(f"{name}, {written}", figures)
        for part, talks in {"": figures["dialogues"], **figures["dialogues by part"]}.items():
            Console().print(
                f"dialogues{part and f' ({part})'}: {_shown(talks['whole'])} of"
                f" {talks['dialogues']} wholly right,"
                f" {_shown(talks['turns_right'])} of {talks['turns']} turns"
            )
        Console().print()


def _print_table(title: str, figures: Mapping[str, Any]) -> None:
    columns = {
        "lines": "lines",
        "intent": "intent",
        "procedure": "procedure",
        "top3": "top 3",
        "aspects": "aspects F1",
        "false_answers": "false answers",
        "codes": "codes",
    }
    table = Table(title=title)
    table.add_column("style")
    for heading in columns.values():
        table.add_column(heading, justify="right")
    for style, scores in {"all": figures["all"], **figures["by style"]}.items():
        table.add_row(style, *(_shown(scores[key]) for key in columns))
    Console().print(table)


def _shown(value: float | int | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{100 * value:.1f} %"
