"""What hurried thumbs write, brought to one form; and English told from Vietnamese."""

from __future__ import annotations

import pytest

from language.abbreviations import ABBREVIATIONS, plain, plain_words
from language.english import is_english
from language.folding import fold
from language.syllables import is_syllable, undo_keys


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("soor", "so"),
        ("ddaast", "dat"),
        ("dat61", "dat"),
        ("nhuwngx", "nhung"),
        ("thuowngf", "thuong"),
        ("giaays", "giay"),
        ("dat", "dat"),  # a syllable already
        ("120m2", "120m2"),  # a number with its unit
        ("h46", "h46"),  # no syllable either way
    ],
)
def test_keys_left_standing_are_undone(written: str, meant: str) -> None:
    assert undo_keys(written) == meant


@pytest.mark.parametrize("word", ["nghieng", "khuyu", "quyen", "giay", "uong", "y", "oanh"])
def test_syllables_are_known(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["book", "strong", "gcn", "ddat", "school", ""])
def test_what_is_no_syllable_is_known(word: str) -> None:
    assert not is_syllable(word)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("GCN ko có thì lm j z", "giay chung nhan khong co thi lam gi vay"),
        ("hs nộp ở UBND hay VPĐK", "ho so nop o uy ban nhan dan hay van phong dang ky"),
        ("120m2 giá 2,4 tỷ", "120 m2 gia 2,4 ty"),
        ("lâuuuuu quá", "lau qua"),
        ("xong chưa?!", "xong chua ?"),
        ("", ""),
    ],
)
def test_hands_are_brought_to_one_form(written: str, meant: str) -> None:
    assert plain(written) == meant


def test_plain_text_stays_as_it_is() -> None:
    for meaning in ABBREVIATIONS.values():
        assert plain(meaning) == meaning, meaning


def test_the_table_is_folded() -> None:
    for abbreviation, meaning in ABBREVIATIONS.items():
        assert fold(abbreviation) == abbreviation and fold(meaning) == meaning
        assert " " not in abbreviation


def test_english_is_not_taken_for_slips() -> None:
    assert plain_words("How much does the new book cost?")[-2:] == ["cost", "?"]


@pytest.mark.parametrize(
    "text",
    [
        "Where do I submit my application",
        "what papers does the buyer bring",
        "my late father's house in Quảng Nam, which form do I need",
        "Thank you",
    ],
)
def test_english_is_known(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "ok", "", "123", "thủ tục sang tên", "lam the nao de tach thua",
        "ho so can gi the", "cho em hoi file mau don o dau", "ddaats troongf rwngf heet han",
    ],
)  # fmt: skip
def test_vietnamese_is_not_taken_for_english(text: str) -> None:
    assert not is_english(text)
