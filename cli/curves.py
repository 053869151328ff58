"""`motcua evaluate-compare --curves`: plots what the thresholds of the conversation are chosen on.

The model is trained on all data but one author's, each author in turn, and reads that author's
lines: what confidences are worth before people whom it has not met. The figures are
`cli.calibration`'s; `tests.comparison.plots` draws them into `docs/images`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from actions.understanding import ANSWER_SCORE, NONE, OFFER_SCORE, ON_LAND, STRANGER
from cli.bootstrap import BOT
from cli.calibration import (
    Case,
    Costs,
    Guess,
    Risk,
    calibration_error,
    cheapest,
    expected_cost,
    reliability,
    risk_coverage,
)
from cli.comparing import NOBODY, Conditions, Read, Workshop, ensure_packages, first_intent
from cli.training import bot_environment
from core.settings import ROOT

ANSWERS = [*(step / 100 for step in range(20, 100, 5)), 0.97, 0.99]
OFFERS = (0.02, 0.05, 0.08, 0.12, 0.2, 0.3)
"""Thresholds that are tried."""
COSTS = Costs()
OTHER_WEIGHTS = (5.0, 20.0)
"""What a wrong answer might cost as well: shows how much hangs on the choice."""


def plot(folds: Sequence[str], conditions: Conditions) -> None:
    """Train and read where that is not done yet, print the figures and draw the curves."""
    ensure_packages()
    every = replace(conditions, tested=0)
    workshop = Workshop.here(conditions)
    reads = [
        read for fold in folds if fold != NOBODY for read in workshop.reads("whole", fold, every)[0]
    ]
    curves = curves_of(reads)
    held = workshop.folder / "curves.json"
    held.write_text(json.dumps(curves), encoding="utf-8")
    command = [str(BOT.python), "-m", "tests.comparison.plots", str(held)]
    subprocess.run(
        [*command, str(ROOT / "docs" / "images")], cwd=ROOT, env=bot_environment(), check=True
    )
    for line in summary(curves, len(reads)):
        print(line)


def curves_of(reads: Sequence[Read]) -> dict[str, Any]:
    """Return all that is drawn, as plain data."""
    intents = [
        Guess(float(r.parse["intent_ranking"][0]["confidence"]), right)
        for r, right in ((r, first_intent(r.parse) == r.line.intent) for r in reads)
    ]
    cases = [case_of(read) for read in reads if first_intent(read.parse) in ON_LAND]
    linked = [_guess(case) for case in cases if case.candidates]
    outright = [_guess(case) for case in cases if case.candidates and not case.stranger]
    bins = {"intent": reliability(intents), "procedure": reliability(linked)}
    least = {costs.wrong: _point(cases, costs) for costs in (COSTS, *_other_costs())}
    points = {"intent": risk_coverage(intents), "procedure": risk_coverage(outright)}
    return {
        "reliability": {
            name: {"bins": [asdict(b) for b in some], "error": calibration_error(some)}
            for name, some in bins.items()
        },
        "risk": {
            name: {
                "points": [asdict(risk) for risk in _thinned(some)],
                "marks": [asdict(_at(some, threshold)) for threshold in (0.5, 0.7, 0.9)],
            }
            for name, some in points.items()
        },
        "cost": {
            "answer": ANSWERS,
            "lines": [
                {"offer": offer, "cost": [expected_cost(cases, a, offer, COSTS) for a in ANSWERS]}
                for offer in OFFERS
            ],
            "marks": {
                "in force": _marked(cases, ANSWER_SCORE, OFFER_SCORE, COSTS),
                "least": least[COSTS.wrong],
            },
        },
        "least": {f"{wrong:g}": point for wrong, point in least.items()},
    }


def case_of(read: Read) -> Case:
    """Return a message as the thresholds see it."""
    chances = {item["name"]: item["confidence"] for item in read.parse["intent_ranking"]}
    named = [
        (item["procedure"], item["score"])
        for item in read.parse["procedure_candidates"]
        if item["procedure"] != NONE
    ]
    return Case(tuple(named), read.line.procedure, chances.get("out_of_scope", 0.0) >= STRANGER)


def summary(curves: dict[str, Any], lines: int) -> list[str]:
    """Return the figures worth knowing, a line each."""
    said = [f"{lines} lines of people left out of the training"]
    for name, held in curves["reliability"].items():
        said.append(f"{name}: confidence is off by {100 * held['error']:.1f} points on average")
    for name, held in curves["risk"].items():
        said += [
            f"{name}: from {mark['threshold']:g} on {100 * mark['coverage']:.0f} % are trusted, "
            f"of which {100 * mark['risk']:.1f} % are wrong"
            for mark in held["marks"]
        ]
    now = curves["cost"]["marks"]["in force"]
    said.append(f"in force: {now['answer']:g} and {now['offer']:g}, cost {now['cost']:.3f}")
    said += [
        f"a wrong answer costing {wrong}: answer from {best['answer']:g}, offer from "
        f"{best['offer']:g}, cost {best['cost']:.3f}"
        for wrong, best in curves["least"].items()
    ]
    return said


def _guess(case: Case) -> Guess:
    first, score = case.candidates[0]
    return Guess(score, first == case.procedure)


def _other_costs() -> list[Costs]:
    return [replace(COSTS, wrong=wrong) for wrong in OTHER_WEIGHTS]


def _point(cases: Sequence[Case], costs: Costs) -> dict[str, float]:
    return _marked(cases, *cheapest(cases, ANSWERS, OFFERS, costs), costs)


def _marked(cases: Sequence[Case], answer: float, offer: float, costs: Costs) -> dict[str, float]:
    found = expected_cost(cases, answer, offer, costs)
    return {"answer": answer, "offer": offer, "cost": found}


def _at(risks: Sequence[Risk], threshold: float) -> Risk:
    """What comes of trusting from `threshold` on."""
    trusted = [risk for risk in risks if risk.threshold >= threshold]
    return replace(trusted[-1], threshold=threshold) if trusted else Risk(threshold, 0.0, 0.0)


def _thinned(risks: Sequence[Risk], most: int = 150) -> list[Risk]:
    """Enough points for a curve. The very first few, where one error is all, are left out."""
    kept = [risk for risk in risks if risk.coverage >= 0.02]
    return kept[:: max(1, len(kept) // most)]
