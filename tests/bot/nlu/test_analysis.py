"""Different hands, one text: what counts as evidence of a message."""

from __future__ import annotations

import unicodedata

import pytest

from bot.nlu.analysis import (
    AMOUNT,
    CODE,
    Said,
    accented_features,
    evidence_words,
    piece_features,
    word_features,
)
from bot.nlu.parts import parts_of, without_taken_back


@pytest.mark.parametrize(
    "written",
    [
        "mat so do thi lam lai o dau",
        "MẤT SỔ ĐỎ thì làm lại ở đâu",
        unicodedata.normalize("NFD", "Mất sổ đỏ thì làm lại ở đâu"),
        "maats soor ddor thif lafm laij owr ddaau",
        "mat61 so3 do3 thi2 lam2 lai5 o73 dau",
        "mat so do thi lm lai o dau",
    ],
)
def test_every_way_of_writing_gives_the_same_words_and_pieces(written: str) -> None:
    plain = "Mất sổ đỏ thì làm lại ở đâu"
    assert word_features(Said.of(written)) == word_features(Said.of(plain))
    assert piece_features(Said.of(written)) == piece_features(Said.of(plain))


def test_accents_are_evidence_only_where_they_are_typed() -> None:
    assert "thuế" in accented_features(Said.of("đóng thuế"))
    assert "thuê" in accented_features(Said.of("thuê đất"))
    assert accented_features(Said.of("dong thue")) == []


def test_numbers_are_made_equal_and_amounts_and_codes_marked() -> None:
    assert evidence_words("bán 2 tỷ") == evidence_words("bán 3,5 tỷ")
    assert AMOUNT in evidence_words("lô 120m2")
    assert AMOUNT not in evidence_words("hai mươi ngày, 3 lần")
    assert CODE in evidence_words("h46.12-250818-0092 sao rồi")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("tang cho chu khong phai ban", "tang cho"),
        ("khong phai ban ma la tang cho", "tang cho"),
        ("co phai nop thue khong", "co phai nop thue khong"),
        ("chu khong phai ban", "chu khong phai ban"),
    ],
)
def test_what_is_taken_back_is_left_out(said: str, meant: str) -> None:
    assert without_taken_back(said) == meant


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hỏi hai chuyện: một là sổ rách, hai là tách đất", ["sổ rách", "tách đất"]),
        ("1. mất sổ\n2. thêm tên vợ", ["mất sổ", "thêm tên vợ"]),
        ("viec thu nhat la xoa the chap, viec thu hai la ban nha", ["xoa the chap", "ban nha"]),
        ("bán nhà 2.5 tỷ", []),
        ("một là tôi bán", []),
    ],
)
def test_an_enumeration_is_cut_into_its_parts(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts
