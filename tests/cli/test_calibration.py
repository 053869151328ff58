"""What confidences are worth, and what thresholds cost: small cases worked out by hand."""

from __future__ import annotations

import pytest

from cli.calibration import (
    Case,
    Costs,
    Guess,
    calibration_error,
    cheapest,
    cost,
    expected_cost,
    reliability,
    risk_coverage,
)

COSTS = Costs(wrong=10, asked=1, missed=3)


def guesses(*pairs: tuple[float, bool]) -> list[Guess]:
    return [Guess(confidence, right) for confidence, right in pairs]


def test_bins_hold_mean_confidence_and_the_share_right() -> None:
    bins = reliability(guesses((0.91, True), (0.99, False), (1.0, True), (0.05, False)))
    assert [(b.count, round(b.confidence, 3), round(b.right, 3)) for b in bins] == [
        (1, 0.05, 0.0),
        (3, 0.967, 0.667),
    ]
    assert calibration_error(bins) == pytest.approx((0.05 + 3 * 0.3) / 4)


def test_honest_confidences_are_off_by_nothing() -> None:
    bins = reliability(guesses(*[(0.75, n % 4 != 0) for n in range(8)]))
    assert calibration_error(bins) == 0


def test_risk_grows_with_what_is_trusted() -> None:
    risks = risk_coverage(guesses((0.9, True), (0.5, False), (0.7, True), (0.3, False)))
    assert [(r.threshold, r.coverage, r.risk) for r in risks] == [
        (0.9, 0.25, 0.0),
        (0.7, 0.5, 0.0),
        (0.5, 0.75, pytest.approx(1 / 3)),
        (0.3, 1.0, 0.5),
    ]


def test_guesses_of_one_confidence_are_trusted_together() -> None:
    risks = risk_coverage(guesses((0.9, True), (0.9, False), (0.2, True)))
    assert [(r.threshold, r.risk) for r in risks] == [(0.9, 0.5), (0.2, pytest.approx(1 / 3))]


@pytest.mark.parametrize(
    ("candidates", "procedure", "expected"),
    [
        ((("gift", 0.9),), "gift", 0),  # answered, rightly
        ((("gift", 0.9),), "transfer", 10),  # answered, wrongly
        ((("gift", 0.9),), None, 10),  # answered though it was no question on land
        ((("gift", 0.5), ("transfer", 0.3)), "transfer", 1),  # asked back, and it was there
        ((("gift", 0.65), ("transfer", 0.55)), "gift", 1),  # a near tie is asked back
        ((("gift", 0.5), ("transfer", 0.01)), "transfer", 4),  # asked back in vain
        ((("gift", 0.5),), None, 1),  # asked back where nothing was wanted
        ((("gift", 0.05),), "gift", 3),  # passed over
        ((("gift", 0.05),), None, 0),  # rightly passed over
        ((("other_land", 0.5),), "other_land", 0),  # never offered; rightly passed over
        ((("other_land", 0.9),), "other_land", 0),  # "not in the catalogue" is the answer
        ((), "gift", 3),
    ],
)
def test_costs_of_outcomes(
    candidates: tuple[tuple[str, float], ...], procedure: str | None, expected: float
) -> None:
    assert cost(Case(candidates, procedure), 0.6, 0.12, COSTS) == expected


def test_what_may_be_none_of_our_business_is_never_answered_outright() -> None:
    assert cost(Case((("gift", 0.99),), None, stranger=True), 0.6, 0.12, COSTS) == 1


def test_the_cheapest_thresholds_are_found() -> None:
    cases = [
        *[Case((("gift", 0.9),), "gift")] * 8,
        *[Case((("gift", 0.7),), "transfer")] * 2,
        *[Case((("gift", 0.1),), None)] * 3,
    ]
    answer, offer = cheapest(cases, [0.5, 0.8, 0.95], [0.05, 0.2], COSTS)
    assert (answer, offer) == (0.8, 0.2)
    costs = {a: expected_cost(cases, a, 0.2, COSTS) for a in (0.5, 0.8, 0.95)}
    assert costs == {0.5: 20 / 13, 0.8: 8 / 13, 0.95: 16 / 13}


def test_where_wrong_answers_cost_little_more_is_answered() -> None:
    cases = [Case((("gift", 0.7),), "gift"), Case((("gift", 0.7),), "transfer")]
    eager = cheapest(cases, [0.5, 0.8], [0.1], Costs(wrong=1, asked=1, missed=3))
    careful = cheapest(cases, [0.5, 0.8], [0.1], Costs(wrong=20, asked=1, missed=3))
    assert (eager[0], careful[0]) == (0.5, 0.8)
