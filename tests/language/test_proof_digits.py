"""Digits that prove a dossier: found, taken out, and told from all other numbers."""

from __future__ import annotations

import pytest

from language.proof_digits import TAKEN_OUT, find_digits

CODE = "H60.12.01-261016-0001"


@pytest.mark.parametrize(
    ("written", "digits", "rest"),
    [
        ("5678", "5678", TAKEN_OUT),
        ("số 5678.", "số 5678.", TAKEN_OUT),
        ("482 913", "482 913", TAKEN_OUT),
        ("0912 345 678", "0912 345 678", "0912 345 678"),
        ("123456789", "123456789", "123456789"),
        ("500000", "500000", "500000"),
        ("dạ 5678 ạ", "5678", "dạ 5678 ạ"),
        ("4 số cuối là 5678", "5678", f"4 số cuối là {TAKEN_OUT}"),
        ("đuôi căn cước của tôi: 5678", "5678", f"đuôi căn cước của tôi: {TAKEN_OUT}"),
        ("Mã OTP 482913", "482913", f"Mã OTP {TAKEN_OUT}"),
        ("the last four digits are 5678", "5678", f"the last four digits are {TAKEN_OUT}"),
        ("5678 hoặc 8765 là số cuối", "", f"{TAKEN_OUT} hoặc {TAKEN_OUT} là số cuối"),
    ],
)
def test_without_a_code(written: str, digits: str, rest: str) -> None:
    given = find_digits(written)
    assert given is not None
    assert (given.digits, given.rest, given.code) == (digits, rest, "")


@pytest.mark.parametrize(
    ("written", "digits", "rest"),
    [
        (f"{CODE} 5678", "5678", f"{CODE} {TAKEN_OUT}"),
        ("5678 h60 12 01 261016 0001", "5678", f"{CODE} {TAKEN_OUT}"),
        (f"{CODE} đuôi 0001", "0001", f"{CODE} đuôi {TAKEN_OUT}"),
        (
            "h60 chấm 12 chấm 01 gạch 261016 gạch 0001 số cuối 5678",
            "5678",
            f"{CODE} so cuoi {TAKEN_OUT}",
        ),
        (
            f"{CODE} của nhà tôi tới đâu rồi vậy 5678",
            "",
            f"{CODE} của nhà tôi tới đâu rồi vậy {TAKEN_OUT}",
        ),
        (f"{CODE} mã xác nhận 482913", "482913", f"{CODE} mã xác nhận {TAKEN_OUT}"),
    ],
)
def test_beside_a_code(written: str, digits: str, rest: str) -> None:
    given = find_digits(written)
    assert given is not None
    assert (given.digits, given.rest, given.code) == (digits, rest, CODE)


@pytest.mark.parametrize(
    "written",
    [
        "Luật đất đai 2024",
        "luật 2024",
        "năm 2024",
        "từ năm 2024",
        "tờ 1234",
        "thửa 0123 tờ 45",
        "đất 1200 m2 số cuối đường",
        "1.013831",
        "12/10/2026",
        "bán 2000000000 đồng",
        "2000000000",
        "1.200.000",
        "thửa đất của tôi có 1200 mét vuông thì phí bao nhiêu",
        CODE,
        "G22-261016-0001",
        f"{CODE} nộp từ năm 2025",
        f"{CODE} nộp ngày 12/10/2026",
        f"thửa 1200 m2 mã {CODE}",
        "",
        "2",
    ],
)
def test_other_numbers(written: str) -> None:
    assert find_digits(written) is None


def test_digits_are_in_no_representation() -> None:
    given = find_digits(f"{CODE} 5678")
    assert "5678" not in repr(given)


@pytest.mark.parametrize("odd", ["5\u0323678", "số cuối 5\u0323678", f"{CODE} 5\u0323678"])
def test_marks_on_digits_do_not_hide_them(odd: str) -> None:
    given = find_digits(odd)
    assert given is not None
    assert "678" not in given.rest.replace(CODE, "")
