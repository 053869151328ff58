"""What a sum needs, and how it is read from what people write."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from procedures import sums
from procedures.sums import Case, in_words, missing, reckon

TODAY = date(2026, 11, 24)
WHOLE = {
    "transfer": Case("transfer", price=2_300_000_000),
    "gift": Case("gift", price=500_000_000, relation="other"),
    "inheritance": Case("inheritance", price=500_000_000, relation="parent_child"),
    "change_use": Case(
        "change_use",
        area="120",
        residential=3_000_000,
        present=200_000,
        with_home=True,
        quota="100",
    ),
}


def test_each_procedure_has_a_case_here() -> None:
    assert set(WHOLE) == set(sums.SUMS)


@pytest.mark.parametrize("procedure", sums.SUMS)
def test_a_whole_case_is_reckoned_and_an_empty_one_refused(procedure: str) -> None:
    assert missing(WHOLE[procedure]) == ()
    assert reckon(WHOLE[procedure], TODAY).lines
    lacking = missing(Case(procedure))
    assert lacking
    with pytest.raises(ValueError, match=lacking[0]):
        reckon(Case(procedure), TODAY)


def test_the_quota_counts_only_beside_a_home() -> None:
    case = replace(WHOLE["change_use"], quota=None)
    assert missing(case) == ("quota",)
    assert missing(replace(case, with_home=False)) == ()


def test_the_dearer_of_contract_and_table_counts() -> None:
    case = replace(WHOLE["transfer"], table_price=3_000_000_000)
    assert reckon(case, TODAY).lines[0].amount == 15_000_000
    assert "bảng giá 3.000.000.000 đồng" in in_words(case, "vi")


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("1 tỷ 2", 1_200_000_000),
        ("500tr", 500_000_000),
        ("2", None),
        ("850", None),
        ("0 đồng", None),
        ("9" * 60 + " tỷ", None),
        ("1.2.3 tỷ", None),
    ],
)
def test_a_price_is_read_or_not_at_all(text: str, price: int | None) -> None:
    assert sums.read_price(text) == price


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("100m2", "100"),
        ("120", "120"),
        ("120,5", "120.5"),
        ("2 sào", None),
        ("0", None),
        ("9" * 30 + " m2", None),
    ],
)
def test_an_area_is_read_or_not_at_all(text: str, area: str | None) -> None:
    assert sums.read_bare_area(text) == area


def test_what_is_worked_out_is_said_in_both_languages() -> None:
    assert in_words(WHOLE["gift"], "vi") == "500.000.000 đồng, không phải người thân"
    assert in_words(WHOLE["gift"], "en") == "500,000,000 dong, not close relatives"
    assert "hạn mức 100 m²" in in_words(WHOLE["change_use"], "vi")
