"""What confidences are worth, and at which it pays to answer, to ask back, or to pass.

Pure functions over guesses that were put to the test on lines of people whom the bot had not met.
`cli.comparing` feeds them and has them plotted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean

from actions.understanding import ANSWER_MARGIN, OFFER_MOST, OTHER


@dataclass(frozen=True)
class Guess:
    """A confidence between 0 and 1, and whether what it was said of was right."""

    confidence: float
    right: bool


@dataclass(frozen=True)
class Bin:
    """Guesses of about one confidence."""

    count: int
    confidence: float
    """Their mean confidence."""
    right: float
    """The share of them that was right: the same, where confidences are honest."""


def reliability(guesses: Iterable[Guess], bins: int = 10) -> list[Bin]:
    """Sort guesses into bins of equal width; empty ones are left out."""
    held: list[list[Guess]] = [[] for _ in range(bins)]
    for guess in guesses:
        held[min(int(guess.confidence * bins), bins - 1)].append(guess)
    return [
        Bin(len(some), fmean(g.confidence for g in some), fmean(g.right for g in some))
        for some in held
        if some
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance between confidence and truth (the expected calibration error)."""
    total = sum(some.count for some in bins)
    return sum(some.count * abs(some.confidence - some.right) for some in bins) / total


@dataclass(frozen=True)
class Risk:
    """What comes of trusting guesses from a confidence on."""

    threshold: float
    coverage: float
    """Share of guesses that are trusted."""
    risk: float
    """Share of these that are wrong."""


def risk_coverage(guesses: Sequence[Guess]) -> list[Risk]:
    """Return the risk at every confidence that occurs, the surest first."""
    ordered = sorted(guesses, key=lambda guess: -guess.confidence)
    found, wrong = [], 0
    for trusted, guess in enumerate(ordered, start=1):
        wrong += not guess.right
        last = trusted == len(ordered) or ordered[trusted].confidence < guess.confidence
        if last:
            found.append(Risk(guess.confidence, trusted / len(ordered), wrong / trusted))
    return found


@dataclass(frozen=True)
class Costs:
    """What an outcome costs the citizen, in askings back.

    A wrong answer may send somebody to the counter with the wrong papers: a day lost. A message
    passed over must be put in other words. What is rightly answered or rightly passed is free.
    """

    wrong: float = 10.0
    asked: float = 1.0
    missed: float = 3.0


@dataclass(frozen=True)
class Case:
    """A message taken for a question on land."""

    candidates: tuple[tuple[str, float], ...]
    """Procedures with their scores, likeliest first."""
    procedure: str | None
    """The right one; None where the message is no question on land at all."""
    stranger: bool = False
    """Whether nothing is answered outright, since it may well be none of the office's business."""


def cost(case: Case, answer: float, offer: float, costs: Costs) -> float:
    """Return what `case` costs when procedures from `answer` on are answered from and those from
    `offer` on are offered for choice."""
    first, score = case.candidates[0] if case.candidates else ("", 0.0)
    next_score = case.candidates[1][1] if len(case.candidates) > 1 else 0.0
    if not case.stranger and score >= answer and score - next_score >= ANSWER_MARGIN:
        return 0.0 if first == case.procedure else costs.wrong
    offers = [name for name, s in case.candidates if s >= offer and name != OTHER][:OFFER_MOST]
    needless = case.procedure is None
    if offers:
        return costs.asked if needless or case.procedure in offers else costs.asked + costs.missed
    return 0.0 if needless or case.procedure == OTHER else costs.missed


def expected_cost(cases: Sequence[Case], answer: float, offer: float, costs: Costs) -> float:
    """Return the mean cost of a message."""
    return fmean(cost(case, answer, offer, costs) for case in cases)


def cheapest(
    cases: Sequence[Case], answers: Sequence[float], offers: Sequence[float], costs: Costs
) -> tuple[float, float]:
    """Return the thresholds of least cost; of equals, the more cautious in answering."""
    pairs = [(answer, offer) for answer, offer in product(answers, offers) if offer <= answer]
    return min(
        pairs, key=lambda pair: (expected_cost(cases, pair[0], pair[1], costs), -pair[0], -pair[1])
    )
