from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.folding import fold, has_marks, normalise, strip_marks


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Sổ Đỏ", "so do"),
        (unicodedata.normalize("NFD", "Đăng ký biến động"), "dang ky bien dong"),
        ("ĐẤT  Ở\tđô thị\n", "dat o do thi"),
        ("giấy\u00a0“tay”", 'giay "tay"'),
        ("H60–12", "h60-12"),
        ("a\u200bb\x00c", "abc"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_every_vietnamese_letter_folds_into_ascii() -> None:
    bases = "aăâeêioôơuưyđ"
    tones = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
    for base in bases + bases.upper():
        for tone in tones:
            letter = unicodedata.normalize("NFC", base + tone)
            assert fold(letter).isascii(), letter


@given(st.text())
def test_folding_is_idempotent_and_blind_to_composition(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_what_is_shown_keeps_its_marks_and_case() -> None:
    assert normalise("Giấy  chứng nhận") == "Giấy chứng nhận"
    assert strip_marks("Đất Ở") == "Dat O"


@pytest.mark.parametrize(("text", "marked"), [("so do", False), ("sổ", True), ("đi", True)])
def test_has_marks(text: str, marked: bool) -> None:
    assert has_marks(text) is marked
