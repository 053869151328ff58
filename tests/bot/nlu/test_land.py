"""Whether a message speaks of land at all."""

from __future__ import annotations

import pytest

from bot.nlu.analysis import Said, sign_features
from bot.nlu.land import sign_of_land
from language.abbreviations import plain


@pytest.mark.parametrize(
    "text",
    ["mất sổ đỏ", "cho con miếng vườn", "bìa bị rách", "my neighbour took my land", "lên thổ cư"],
)
def test_land_is_heard(text: str) -> None:
    assert sign_of_land(plain(text)) == "land"


@pytest.mark.parametrize(
    "text",
    ["mất bằng lái xe làm lại ở đâu", "đặt lịch khám", "gia hạn hộ chiếu", "write python code"],
)
def test_what_is_asked_of_others_is_not_taken_for_land(text: str) -> None:
    assert sign_of_land(plain(text)) == "no land"


@pytest.mark.parametrize("text", ["thừa kế xe máy", "thế chấp ô tô", "marriage certificate"])
def test_what_is_done_with_other_things_too_is_a_sign_of_its_own(text: str) -> None:
    assert sign_of_land(plain(text)) == "an act"


def test_the_sign_tells_long_from_short() -> None:
    assert sign_features(Said.of("bao lâu")) == ["no land, short"]
    assert sign_features(Said.of("làm hộ chiếu cho con nhỏ thì cần mang theo giấy tờ gì")) == [
        "no land, long"
    ]
    assert sign_features(Said.of("bán đất")) == ["land, short"]
