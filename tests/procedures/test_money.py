"""The calculator against cases worked by hand, and what must hold for any sum."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures import money
from procedures.money import Relation
from procedures.vocabulary import Confidence

OLD = date(2026, 6, 30)
NEW = date(2026, 7, 1)
BILLION = 10**9
MILLION = 10**6

sums = st.integers(0, 90 * BILLION)
on = st.dates(date(2024, 8, 1), date(2027, 12, 31))
relations = st.sampled_from(Relation)


def _lines(estimate: money.Estimate) -> tuple[int, ...]:
    return tuple(line.amount for line in estimate.lines)


# Each worked by hand: registration fee, income tax, notary.
@pytest.mark.parametrize(
    ("price", "table", "relation", "sole", "as_of", "expected"),
    [
        # 1,2 tỷ: 0,5% = 6tr; 2% = 24tr; notary 1tr + 0,06% x 200tr = 1,12tr.
        (1_200 * MILLION, None, "other", False, NEW, (6_000_000, 24_000_000, 1_120_000)),
        (1_200 * MILLION, None, "other", False, OLD, (6_000_000, 24_000_000, 1_120_000)),
        # The table is higher: taxes follow it, the notary the contract (0,1% x 500tr).
        (500 * MILLION, BILLION, "other", False, NEW, (5_000_000, 20_000_000, 500_000)),
        # The contract is higher.
        (2 * BILLION, BILLION, "other", False, NEW, (10_000_000, 40_000_000, 1_600_000)),
        # Parents sell to a child: no income tax, the registration fee stays.
        (3 * BILLION, None, "parent_child", False, NEW, (15_000_000, 0, 2_200_000)),
        # Step-parents are not among the exempt.
        (3 * BILLION, None, "step", False, NEW, (15_000_000, 60_000_000, 2_200_000)),
        # The only home.
        (4 * BILLION, None, "other", True, NEW, (20_000_000, 0, 2_700_000)),
        # 7 tỷ: notary 3,2tr + 0,04% x 2 tỷ = 4tr.
        (7 * BILLION, None, "other", False, NEW, (35_000_000, 140_000_000, 4_000_000)),
        # 40tr: notary 50 nghìn. 80tr: 100 nghìn.
        (40 * MILLION, None, "other", False, NEW, (200_000, 800_000, 50_000)),
        (80 * MILLION, None, "other", False, NEW, (400_000, 1_600_000, 100_000)),
        # Half a dong rounds up: 0,5% of 333 is 1,665.
        (333, None, "other", False, NEW, (2, 7, 50_000)),
        (0, None, "other", False, NEW, (0, 0, 50_000)),
    ],
)
def test_transfers(
    price: int,
    table: int | None,
    relation: str,
    sole: bool,
    as_of: date,
    expected: tuple[int, int, int],
) -> None:
    estimate = money.transfer(
        price, table, as_of=as_of, relation=Relation(relation), sole_home=sole
    )
    assert _lines(estimate) == expected
    assert estimate.total == sum(expected)


@pytest.mark.parametrize(
    ("value", "relation", "as_of", "expected"),
    [
        # 1 tỷ to a stranger: 0,5% = 5tr; 10% x (1 tỷ - 20tr) = 98tr; before 07/2026 99tr.
        (BILLION, "other", NEW, (5_000_000, 98_000_000)),
        (BILLION, "other", OLD, (5_000_000, 99_000_000)),
        (BILLION, "parent_child", NEW, (0, 0)),
        (BILLION, "spouse", OLD, (0, 0)),
        (BILLION, "parent_in_law", NEW, (0, 0)),
        (BILLION, "grandparent", NEW, (0, 0)),
        (BILLION, "sibling", NEW, (0, 0)),
        (BILLION, "step", NEW, (5_000_000, 98_000_000)),
        # At the allowance nothing is left to tax.
        (20 * MILLION, "other", NEW, (100_000, 0)),
        (20 * MILLION, "other", OLD, (100_000, 1_000_000)),
    ],
)
def test_gifts_and_inheritances(
    value: int, relation: str, as_of: date, expected: tuple[int, int]
) -> None:
    kin = Relation(relation)
    assert _lines(money.inheritance(value, as_of=as_of, relation=kin)) == expected
    given_away = money.gift(value, as_of=as_of, relation=kin)
    assert _lines(given_away)[:2] == expected
    assert given_away.lines[2].label.vi == "Phí công chứng", "a deed of gift is notarised"


# Garden price 1tr/m², residential 5tr/m²: difference 4tr/m².
@pytest.mark.parametrize(
    ("area", "quota", "with_home", "as_of", "expected"),
    [
        # No home on the parcel: 100 m² x 4tr.
        (100, None, False, NEW, 400_000_000),
        # Within the quota of 200 m²: 30%.
        (100, 200, True, NEW, 120_000_000),
        # 300 m²: 200 at 30% + 100 at 50% = 240tr + 200tr.
        (300, 200, True, NEW, 440_000_000),
        # 500 m²: 200 at 30% + 200 at 50% + 100 at 100% = 240 + 400 + 400.
        (500, 200, True, NEW, 1_040_000_000),
        # Fractions of a metre.
        (120.5, 200, True, NEW, 144_600_000),
        # The reduction began with 2026.
        (100, 200, True, date(2025, 12, 31), 400_000_000),
        (100, 200, True, date(2026, 1, 1), 120_000_000),
        (0, 200, True, NEW, 0),
    ],
)
def test_change_of_use(
    area: float, quota: float | None, with_home: bool, as_of: date, expected: int
) -> None:
    estimate = money.change_of_use(
        area, 5 * MILLION, MILLION, as_of=as_of, with_home=with_home, quota=quota
    )
    assert estimate.total == expected


def test_land_that_is_worth_less_as_residential_pays_nothing() -> None:
    assert money.change_of_use(100, MILLION, 2 * MILLION, as_of=NEW).total == 0


def test_the_reduced_levy_needs_the_quota() -> None:
    with pytest.raises(ValueError, match="quota"):
        money.change_of_use(100, 5 * MILLION, MILLION, as_of=NEW, with_home=True)


def test_the_rule_before_2026_is_told_as_unconfirmed() -> None:
    (line,) = money.change_of_use(
        100, 5 * MILLION, MILLION, as_of=date(2025, 6, 1), with_home=True
    ).lines
    assert line.confidence is Confidence.LOW


@pytest.mark.parametrize(
    ("price", "fee"),
    [
        (49_999_999, 50_000),
        (50 * MILLION, 100_000),
        (100 * MILLION, 100_000),
        (BILLION, 1_000_000),
        (3 * BILLION, 2_200_000),
        (5 * BILLION, 3_200_000),
        (10 * BILLION, 5_200_000),
        (100 * BILLION, 32_200_000),
        (100 * BILLION + 1, None),
    ],
)
def test_notary_fees_at_their_edges(price: int, fee: int | None) -> None:
    assert money.notary_fee(price) == fee


def test_every_line_names_its_law_and_how_sure_it_is() -> None:
    estimates = (
        money.transfer(BILLION, as_of=NEW),
        money.gift(BILLION, as_of=OLD),
        money.inheritance(BILLION, as_of=NEW, relation=Relation.SIBLING),
        money.change_of_use(100, 5 * MILLION, MILLION, as_of=NEW),
    )
    for estimate in estimates:
        assert estimate.unknown, "what the province sets is always on top"
        for line in estimate.lines:
            assert line.legal_basis and line.how.vi and line.how.en
    tax = {line.label.vi: line for line in estimates[0].lines}["Thuế thu nhập cá nhân"]
    assert "109/2025" in tax.legal_basis and tax.confidence is Confidence.MEDIUM


def test_the_base_before_the_decree_of_2025_is_told_as_less_sure() -> None:
    """Nghị định 175/2025: from 1 July 2025 a higher contract price counts in every case."""
    for as_of, sure, law in (
        (date(2025, 6, 30), Confidence.MEDIUM, "Nghị định 10/2022/NĐ-CP"),
        (date(2025, 7, 1), Confidence.HIGH, "175/2025"),
    ):
        fee = money.transfer(2 * BILLION, BILLION, as_of=as_of).lines[0]
        assert (fee.amount, fee.confidence) == (10_000_000, sure)
        assert law in fee.legal_basis
    # Who is exempt was so all along.
    exempt = money.gift(BILLION, as_of=date(2025, 6, 30), relation=Relation.SPOUSE).lines[0]
    assert (exempt.amount, exempt.confidence) == (0, Confidence.HIGH)


# The worked example of Nghị định 50/2026, Điều 6, in its own form, against the calculator's.
@given(
    st.decimals(0, 5000, places=1),
    st.decimals(1, 1000, places=0),
    st.integers(0, 10**8),
    st.integers(0, 10**8),
)
def test_the_reduced_levy_is_the_formula_of_the_decree(
    area: Decimal, quota: Decimal, residential: int, present: int
) -> None:
    d = Decimal(max(residential - present, 0))
    nil = Decimal(0)
    formula = (
        Decimal("0.3") * d * min(area, quota)
        + Decimal("0.5") * d * min(max(area - quota, nil), quota)
        + d * max(area - 2 * quota, nil)
    )
    levy = money.change_of_use(
        area, residential, present, as_of=NEW, with_home=True, quota=quota
    ).total
    assert abs(Decimal(levy) - formula) <= Decimal("0.5")


@given(st.integers(0, 100 * BILLION), st.integers(0, 100 * BILLION))
def test_the_notary_never_takes_less_for_more(one: int, other: int) -> None:
    low, high = sorted((one, other))
    cheaper, dearer = money.notary_fee(low), money.notary_fee(high)
    assert cheaper is not None and dearer is not None and cheaper <= dearer


@given(sums, on, relations)
def test_relatives_never_pay_more_than_strangers(
    value: int, as_of: date, relation: Relation
) -> None:
    for reckon in (money.gift, money.inheritance, money.transfer):
        near = reckon(value, as_of=as_of, relation=relation)
        far = reckon(value, as_of=as_of, relation=Relation.OTHER)
        assert near.total <= far.total


@pytest.mark.parametrize("wrong", [-1, -BILLION])
def test_sums_below_zero_are_refused(wrong: int) -> None:
    with pytest.raises(ValueError, match="below zero"):
        money.transfer(wrong, as_of=NEW)
    with pytest.raises(ValueError, match="below zero"):
        money.transfer(1, wrong, as_of=NEW)
    with pytest.raises(ValueError, match="below zero"):
        money.gift(wrong, as_of=NEW)
    with pytest.raises(ValueError, match="below zero"):
        money.change_of_use(1, wrong, 0, as_of=NEW)
    with pytest.raises(ValueError, match="below zero"):
        money.change_of_use(wrong, 1, 0, as_of=NEW)


@given(sums, st.none() | sums, on, relations, st.booleans())
def test_a_transfer_never_costs_more_than_its_rates(
    price: int, table: int | None, as_of: date, relation: Relation, sole: bool
) -> None:
    estimate = money.transfer(price, table, as_of=as_of, relation=relation, sole_home=sole)
    base = max(price, table or 0)
    registration, tax, notary = _lines(estimate)
    assert abs(registration * 200 - base) <= 100  # 0,5%, rounded to a dong
    assert tax in (0, (base * 2 + 50) // 100)
    assert 0 <= notary <= 32_200_000


@given(sums, sums, on)
def test_a_higher_price_never_costs_less(one: int, other: int, as_of: date) -> None:
    low, high = sorted((one, other))
    cheaper = _lines(money.transfer(low, as_of=as_of))
    dearer = _lines(money.transfer(high, as_of=as_of))
    assert cheaper[:2] <= dearer[:2]


@given(sums, relations)
def test_the_new_allowance_never_makes_a_gift_dearer(value: int, relation: Relation) -> None:
    old = money.gift(value, as_of=OLD, relation=relation)
    new = money.gift(value, as_of=NEW, relation=relation)
    assert new.total <= old.total
    assert old.total - new.total <= 1_000_000


@given(
    st.decimals(0, 5000, places=1),
    st.decimals(1, 1000, places=0),
    st.integers(0, 10**8),
    st.integers(0, 10**8),
)
def test_the_reduced_levy_lies_between_thirty_and_hundred_per_cent(
    area: Decimal, quota: Decimal, residential: int, present: int
) -> None:
    full = money.change_of_use(area, residential, present, as_of=NEW).total
    reduced = money.change_of_use(
        area, residential, present, as_of=NEW, with_home=True, quota=quota
    ).total
    assert full * 3 // 10 - 1 <= reduced <= full


def test_sums_are_shown_as_people_read_them() -> None:
    assert money.show_vnd(1_200_000_000, "vi") == "1.200.000.000 đồng"
    assert money.show_vnd(1_200_000_000, "en") == "1,200,000,000 dong"
