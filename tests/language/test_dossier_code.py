from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.dossier_code import DossierCode, find_code, parse_code

H60 = "H60.12.02-261016-0001"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (H60, H60),
        ("hồ sơ h60.12.02-261016-0001 tới đâu rồi?", H60),
        ("h60 12 02 261016 0001", H60),
        ("h60.12.02.261016.0001", H60),
        ("H60.12.02 - 261016 - 0001.", H60),
        ("h60,12,02/261016/0001", H60),
        ("h601202-261016-0001", H60),
        ("h60 chấm 12 chấm 02 gạch 261016 gạch 0001", H60),
        ("H60.12.02–261016–0001", H60),  # a phone's long dashes
        ("H6O.12.O2-261O16-OOO1", H60),  # letters for zeros
        ("mã: H46.12.8-250115-0023", "H46.12.8-250115-0023"),
        ("h46-250925-0040", "H46-250925-0040"),
        ("000.00.12.H46-250925-0040", "000.00.12.H46-250925-0040"),
        ("000 00 12 h46 250925 0040", "000.00.12.H46-250925-0040"),
        ("G22.99-261008-000975", "G22.99-261008-000975"),
        ("hai hồ sơ H46.12-250818-0092 và H46.12-250818-0093", "H46.12-250818-0092"),
    ],
)
def test_found_however_it_is_written(written: str, code: str) -> None:
    assert find_code(written) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "đất 500 m2 giá 2 tỷ 4",
        "0912345678",
        "001085012345",
        "h5n1 2024",
        "H60.12-261399-0001",  # no such month
        "H60.12-260230-0001",  # no such day
        "thửa 261016 tờ 12",
        "1.013831.H46",
    ],
)
def test_nothing_is_found_where_there_is_none(text: str) -> None:
    assert find_code(text) is None


def test_taken_apart() -> None:
    assert parse_code(" h60.12.02-261016-0001 ") == DossierCode(
        "H60.12.02", date(2026, 10, 16), "0001"
    )


@pytest.mark.parametrize("text", ["", "abc", "H60.12.02-261301-0001", "H60-261016", H60 + "x"])
def test_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_code(text)


_codes = st.builds(
    DossierCode,
    st.from_regex(r"[GH]\d{2}(\.\d{2}){0,3}", fullmatch=True).filter(str.isascii),
    st.dates(date(2015, 1, 1), date(2040, 12, 31)),
    st.from_regex(r"[0-9]{4,8}", fullmatch=True),
)


@given(_codes, st.sampled_from([".", " ", "-", "/", ", "]), st.booleans())
def test_separators_and_case_do_not_matter(code: DossierCode, sign: str, lower: bool) -> None:
    written = str(code).replace("-", sign).replace(".", sign)
    assert find_code(f"xin xem {written.lower() if lower else written} giúp") == str(code)
