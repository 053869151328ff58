"""The ten states, how they follow, and the stations that a dossier's way shows."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossiers.lifecycle import (
    FINAL,
    NEXT,
    PATH,
    PAUSED,
    STATUS_BY_NAME,
    Move,
    Status,
    Visit,
    classify,
    meaning,
    official_name,
    stations,
)
from language.folding import fold, has_marks

OFFICIAL = [
    "Mới đăng ký",
    "Được tiếp nhận",
    "Không được tiếp nhận",
    "Đang xử lý",
    "Yêu cầu bổ sung giấy tờ",
    "Yêu cầu thực hiện nghĩa vụ tài chính",
    "Công dân yêu cầu rút hồ sơ",
    "Dừng xử lý",
    "Đã xử lý xong",
    "Đã trả kết quả",
]


def test_the_ten_official_names() -> None:
    assert [official_name(status) for status in Status] == OFFICIAL
    assert {fold(name) for name in OFFICIAL} == set(STATUS_BY_NAME)


@pytest.mark.parametrize("status", Status)
def test_every_state_says_what_to_do_in_both_languages(status: Status) -> None:
    vietnamese, english = meaning(status), meaning(status, "en")
    assert vietnamese.sentence and vietnamese.what_to_do
    assert english.sentence and english.what_to_do
    assert not has_marks(english.sentence + english.what_to_do)


def test_ends_lead_nowhere_and_everything_else_to_an_end() -> None:
    assert {status for status in Status if not NEXT[status]} == FINAL
    assert not PAUSED & FINAL


@pytest.mark.parametrize(
    ("before", "after", "move"),
    [
        (None, Status.DONE, Move.FIRST),
        (Status.DONE, Status.DONE, Move.SAME),
        (Status.REGISTERED, Status.ACCEPTED, Move.STEP),
        (Status.SUPPLEMENT_NEEDED, Status.PROCESSING, Move.STEP),
        (Status.TAX_DUE, Status.DONE, Move.STEP),
        (Status.REGISTERED, Status.DONE, Move.LEAP),
        (Status.ACCEPTED, Status.TAX_DUE, Move.LEAP),
        (Status.DONE, Status.PROCESSING, Move.BACK),
        (Status.RETURNED, Status.DONE, Move.BACK),
        (Status.STOPPED, Status.PROCESSING, Move.BACK),
    ],
)
def test_moves(before: Status | None, after: Status, move: Move) -> None:
    assert classify(before, after) is move


def _shown(*statuses: Status) -> list[tuple[str, str]]:
    names = {official_name(status): status.value for status in Status}
    stops = stations([Visit(status) for status in statuses])
    return [(names[stop.label], stop.state) for stop in stops]


def test_a_dossier_in_process_shows_what_lies_ahead() -> None:
    assert _shown(Status.REGISTERED, Status.PROCESSING) == [
        ("registered", "done"),
        ("accepted", "done"),
        ("processing", "current"),
        ("done", "ahead"),
        ("returned", "ahead"),
    ]


def test_tax_is_a_station_of_those_who_owe_it() -> None:
    assert _shown(Status.PROCESSING, Status.TAX_DUE)[2:] == [
        ("processing", "done"),
        ("tax_due", "current"),
        ("done", "ahead"),
        ("returned", "ahead"),
    ]
    assert ("tax_due", "done") in _shown(Status.TAX_DUE, Status.DONE)


def test_papers_missing_at_the_desk_do_not_pretend_acceptance() -> None:
    assert _shown(Status.REGISTERED, Status.SUPPLEMENT_NEEDED)[:3] == [
        ("registered", "done"),
        ("supplement_needed", "current"),
        ("accepted", "ahead"),
    ]


def test_back_in_process_after_a_supplement() -> None:
    assert _shown(Status.PROCESSING, Status.SUPPLEMENT_NEEDED, Status.PROCESSING)[2:4] == [
        ("supplement_needed", "done"),
        ("processing", "current"),
    ]


@pytest.mark.parametrize("end", sorted(FINAL - {Status.RETURNED}))
def test_an_early_end_is_broken_and_nothing_follows(end: Status) -> None:
    assert _shown(Status.REGISTERED, Status.ACCEPTED, end) == [
        ("registered", "done"),
        ("accepted", "done"),
        (end.value, "broken"),
    ]


def test_arrived_means_all_done() -> None:
    assert {state for _, state in _shown(Status.RETURNED)} == {"done"}


def test_dates_stand_where_they_are_known() -> None:
    stops = stations([Visit(Status.REGISTERED, date(2026, 11, 2)), Visit(Status.ACCEPTED)])
    assert [stop.on for stop in stops] == ["02/11/2026", "", "", "", ""]


def test_no_history_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        stations([])


@given(st.lists(st.sampled_from(Status), min_size=1))
def test_any_history_has_one_present(history: list[Status]) -> None:
    stops = stations([Visit(status) for status in history])
    now = official_name(history[-1])
    assert [s.label for s in stops].count(now) == 1
    states = [s.state for s in stops]
    order = ["done", "current", "broken", "ahead"]
    assert states == sorted(states, key=order.index)
    assert len({s.label for s in stops}) == len(stops)
    assert states.count("current") + states.count("broken") <= 1
    assert official_name(PATH[0]) in {s.label for s in stops}
