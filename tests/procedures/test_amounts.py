"""Sums and areas as people write them, and what must not be taken for one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.folding import strip_marks
from procedures.amounts import parse_amount, parse_area
from procedures.money import show_vnd

BILLION = 10**9
MILLION = 10**6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 tỷ 2", 1_200 * MILLION),
        ("1ty2", 1_200 * MILLION),
        ("1 tỉ 200", 1_200 * MILLION),
        ("1 tỷ 05", 1_050 * MILLION),
        ("1 tỷ 250 triệu", 1_250 * MILLION),
        ("1 tỷ và 250 triệu", 1_250 * MILLION),
        ("1 tỷ 2 triệu", 1_002 * MILLION),
        ("1 tỷ 250 triệu 500 nghìn", 1_250_500_000),
        ("2,5 tỷ", 2_500 * MILLION),
        ("2.5 ty", 2_500 * MILLION),
        ("2 tỷ rưỡi", 2_500 * MILLION),
        ("hai tỷ rưỡi", 2_500 * MILLION),
        ("một tỷ hai", 1_200 * MILLION),
        ("500tr", 500 * MILLION),
        ("500 triệu đồng", 500 * MILLION),
        ("1.500 triệu", 1_500 * MILLION),
        ("3tr5", 3_500_000),
        ("800 củ", 800 * MILLION),
        ("55 nghìn", 55_000),
        ("55 ngàn", 55_000),
        ("800k", 800_000),
        ("1.200.000.000 đồng", 1_200 * MILLION),
        ("1,200,000,000", 1_200 * MILLION),
        ("500,000", 500_000),
        ("1200000000", 1_200 * MILLION),
        ("2.5 billion dong", 2_500 * MILLION),
        ("300 million", 300 * MILLION),
        ("20 triệu/m2", 20 * MILLION),
        # As people speak, or a telephone writes down what they say.
        ("mười tỷ", 10 * BILLION),
        ("mười hai tỷ", 12 * BILLION),
        ("hai mươi lăm tỷ", 25 * BILLION),
        ("năm trăm triệu", 500 * MILLION),
        ("tám trăm rưỡi triệu", 850 * MILLION),
        ("một trăm linh năm triệu", 105 * MILLION),
        ("một tỷ hai trăm", 1_200 * MILLION),
        ("một tỷ hai trăm năm mươi triệu", 1_250 * MILLION),
        ("một tỷ hai mươi", 1_020 * MILLION),
        ("một tỷ hai mươi triệu", 1_020 * MILLION),
        ("một tỷ không trăm năm mươi", 1_050 * MILLION),
        ("2 trăm triệu", 200 * MILLION),
        ("chín mươi lăm nghìn", 95_000),
        ("từ mười tỷ", 10 * BILLION),
        ("nửa tỷ", 500 * MILLION),
        ("bán giá tỷ rưỡi", 1_500 * MILLION),
        ("ba tỷ rưỡi", 3_500 * MILLION),
        ("bán 2 tỷ 3 cho con", 2_300 * MILLION),
        ("đất 120m2 giá 3 tỷ rưỡi", 3_500 * MILLION),
        ("2 tỷ 120m2", 2 * BILLION),
        ("2 tỷ 5x20", 2 * BILLION),
        ("1 tỷ 2 thửa", BILLION),
        ("1 tỷ 3 năm trước", BILLION),
        ("1 tỷ, thuế 2%", BILLION),
        ("2 tỷ hay 3 tỷ", 2 * BILLION),
        # Not sums.
        ("500", None),
        ("năm 2026", None),
        ("ngày 24.11.2026", None),
        ("thửa số 12, tờ 5", None),
        ("đất 1200m2", None),
        ("0912345678", None),
        ("mã 1.013831", None),
        ("trà sữa", None),
        ("năm trăm mét", None),
        ("hai mươi năm trước", None),
        ("", None),
        ("0 đồng", None),
    ],
)
def test_sums(text: str, expected: int | None) -> None:
    assert parse_amount(text) == expected
    assert parse_amount(strip_marks(text)) == expected, "without diacritics"
    assert parse_amount(text.upper()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120m2", "120"),
        ("120 m²", "120"),
        ("120 mét vuông", "120"),
        ("100,5 m2", "100.5"),
        ("1.200 m2", "1200"),
        ("1,5 ha", "15000"),
        ("5x20", "100"),
        ("đất 5m x 20m", "100"),
        ("4,5 x 20 m", "90"),
        ("chuyển 100m2 lên thổ cư, giá 3tr5", "100"),
        ("hai trăm mét vuông", "200"),
        ("một trăm hai mươi m2", "120"),
        ("ba mươi lăm m2", "35"),
    ],
)
def test_areas(text: str, expected: str) -> None:
    area = parse_area(text)
    assert area is not None and area.square_metres == Decimal(expected)
    assert area.choices == ()


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("2 sào", {"miền Bắc": 720, "miền Trung": 1000, "miền Nam": 2000}),
        ("nửa mẫu, à 1 mẫu", {"miền Bắc": 3600, "miền Trung": 5000, "miền Nam": 10000}),
        ("3 công đất", {"miền Nam": 3000}),
    ],
)
def test_areas_that_differ_by_region_are_asked(text: str, choices: dict[str, int]) -> None:
    area = parse_area(text)
    assert area is not None and area.square_metres is None
    assert dict(area.choices) == choices


@pytest.mark.parametrize("text", ["", "100", "2 tỷ", "5 người", "0m2", "mã 1.013831", "100m"])
def test_what_is_no_area(text: str) -> None:
    assert parse_area(text) is None


@given(st.integers(10_000, 10**12))
def test_a_sum_as_shown_is_read_back(amount: int) -> None:
    assert parse_amount(show_vnd(amount, "vi")) == amount
    assert parse_amount(show_vnd(amount, "en")) == amount


@given(st.integers(1, 999), st.integers(1, 999))
def test_billions_and_millions_add_up(billions: int, millions: int) -> None:
    text = f"{billions} tỷ {millions} triệu"
    assert parse_amount(text) == billions * BILLION + millions * MILLION


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text: str) -> None:
    amount, area = parse_amount(text), parse_area(text)
    assert amount is None or amount > 0
    assert area is None or area.choices or (area.square_metres or 0) > 0
