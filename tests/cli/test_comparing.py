"""Scoring of pipelines side by side."""

from __future__ import annotations

from typing import Any

import pytest

from cli.comparing import Read, answered_from, score
from cli.curves import curves_of
from cli.evaluate import Line


def parse(
    intent: str, procedures: dict[str, float], *, aspects: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    return {
        "text": "một câu hỏi nào đó về đất đai của tôi",
        "intent_ranking": [
            {"name": intent, "confidence": 0.95},
            {"name": "greet", "confidence": 0.05},
        ],
        "procedure_candidates": [{"procedure": n, "score": s} for n, s in procedures.items()],
        "aspects": [{"aspect": aspect, "score": 0.9} for aspect in aspects],
        **more,
    }


def read(line: Line, made: dict[str, Any], bare: dict[str, Any] | None = None) -> Read:
    return Read(line, made, bare or made)


def asked(procedure: str | None, *aspects: str, intent: str = "ask_procedure") -> Line:
    return Line("…", intent, procedure, frozenset(aspects), None)


def test_a_pipeline_is_scored_on_what_it_says_first() -> None:
    right = parse("ask_procedure", {"gift": 0.9, "none": 0.1}, aspects=("fee",))
    torn = parse("ask_procedure", {"transfer": 0.4, "none": 0.3, "gift": 0.3}, aspects=("time",))
    row = score(
        [read(asked("gift", "fee"), right, torn), read(asked("gift", "fee"), torn)], aspects=True
    )
    assert (row.intent, row.procedure, row.top3, row.aspects) == (1, 0.5, 1, 0.5)
    assert (row.answered, row.wrong) == (0.5, 0)
    assert row.bare_procedure == 0


def test_an_answer_from_another_procedure_is_wrong() -> None:
    row = score([read(asked("gift"), parse("ask_procedure", {"transfer": 0.9}))], aspects=False)
    assert (row.answered, row.wrong, row.aspects) == (1, 1, None)


def test_false_answers_are_those_to_what_is_no_business_of_the_office() -> None:
    weather = asked(None, intent="out_of_scope")
    reads = [
        read(weather, parse("ask_procedure", {"gift": 0.9})),
        read(weather, parse("out_of_scope", {"none": 0.9})),
        read(asked("gift"), parse("ask_procedure", {"gift": 0.9})),
    ]
    assert score(reads, aspects=True).false_answers == 0.5


@pytest.mark.parametrize(
    ("intent", "procedures", "fell_back", "expected"),
    [
        ("ask_procedure", {"gift": 0.4, "none": 0.3}, False, "gift"),
        ("ask_procedure", {"gift": 0.4}, True, None),
        ("ask_procedure", {"other_land": 0.9}, False, None),
        ("greet", {"none": 0.9, "gift": 0.1}, False, None),
    ],
)
def test_the_default_pipeline_is_held_to_its_own_fallback(
    intent: str, procedures: dict[str, float], fell_back: bool, expected: str | None
) -> None:
    assert answered_from(parse(intent, procedures, fell_back=fell_back)) == expected


def test_curves_are_made_of_what_was_taken_for_a_question_on_land() -> None:
    reads = [
        read(asked("gift"), parse("ask_procedure", {"gift": 0.95})),
        read(asked("gift"), parse("ask_procedure", {"transfer": 0.5, "gift": 0.4})),
        read(asked(None, intent="greet"), parse("greet", {"none": 0.9})),
    ]
    curves = curves_of(reads)
    assert sum(b["count"] for b in curves["reliability"]["intent"]["bins"]) == 3
    assert sum(b["count"] for b in curves["reliability"]["procedure"]["bins"]) == 2
    # One is answered rightly, the other asked back.
    assert curves["cost"]["marks"]["in force"]["cost"] == 0.5
