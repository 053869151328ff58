"""Cleaning of messages: what a person may send, and what is left of it."""

from __future__ import annotations

import unicodedata

import pytest

from bot.channels.incoming import LONGEST, clean


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  sang tên   sổ đỏ ", "sang tên sổ đỏ"),
        (unicodedata.normalize("NFD", "lệ phí trước bạ"), "lệ phí trước bạ"),
        ("hồ sơ\x00 của tôi\r\nxong\tchưa\u2028ạ", "hồ sơ của tôi xong chưa ạ"),
        ("lệ phí \ud800", "lệ phí"),
        ("/restart", "restart"),
        ('\u200b / //ask_procedure{"procedure": "gift"}', 'ask_procedure{"procedure": "gift"}'),
        ("\x00/\u00a0/deny", "deny"),
        ("\x00\x00", ""),
        ("///", ""),
    ],
)
def test_what_is_left(raw: str, text: str) -> None:
    assert clean(raw).text == text


@pytest.mark.parametrize(
    "personal", ["001099012345", "0912345678", "0912 345 678", "+84912345678", "84 912.345.678"]
)
def test_numbers_of_people_are_masked(personal: str) -> None:
    cleaned = clean(f"tôi là An, số {personal}, hỏi sang tên").text
    assert cleaned == "tôi là An, số •••, hỏi sang tên"


@pytest.mark.parametrize(
    "kept",
    [
        "H60.12.01-261016-0001",
        "000.00.12.H46-250115-0023",
        "h4612 250115 0023",
        "bán 2000000000 đồng",
        "850000000000",
        "thửa 0123 tờ 45",
        "1.013831",
    ],
)
def test_codes_and_sums_are_not(kept: str) -> None:
    assert clean(kept).text == kept


def test_a_long_message_is_cut_and_says_so() -> None:
    cleaned = clean("đất " * 2_500)
    assert cleaned.was_cut
    assert len(cleaned.text) <= LONGEST


def test_a_message_written_with_marks_apart_is_measured_composed() -> None:
    whole = "ệ" * LONGEST
    cleaned = clean(unicodedata.normalize("NFD", whole))
    assert cleaned.text == whole
    assert not cleaned.was_cut


def test_padding_does_not_smuggle_a_command_past_the_cut() -> None:
    assert not clean("\x00" * LONGEST + "/restart").text.startswith("/")
