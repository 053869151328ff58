"""Morning reminders: who has not collected is reminded, at each threshold once."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from core.database import Sessions
from core.settings import Settings
from dossiers.lifecycle import Status
from dossiers.phones import phone_index
from notifier import outbox
from notifier.desk import Desk
from notifier.plan import plan_batch
from notifier.reminders import remind, threshold, thresholds_of
from notifier.states import State
from notifier.vocabulary import Why
from tests.notifier.conftest import NOON, OTHER_PHONE, PHONE, MakeDesk, Registry

THRESHOLDS = (3, 10, 30)


def weekdays(start: date, end: date) -> int:
    """Working days where there are no holidays."""
    days = range(1, (end - start).days + 1)
    return sum((start + timedelta(days=n)).weekday() < 5 for n in days)


def run(sessions: Sessions, desk: Desk, now: datetime = NOON) -> int:
    with sessions.begin() as session:
        return remind(session, desk, {Status.DONE: THRESHOLDS}, weekdays, now)


def ready(registry: Registry, working_days_ago: int, **options: object) -> int:
    at = NOON
    while weekdays(at.date(), NOON.date()) < working_days_ago:
        at -= timedelta(days=1)
    return registry.dossier(status=Status.DONE, at=at, backlog=True, **options)  # type: ignore[arg-type]


def test_what_is_reminded_of_unless_the_office_says_otherwise() -> None:
    usual = Settings(_env_file=None)  # type: ignore[call-arg]
    thresholds = thresholds_of(usual)
    assert thresholds[Status.DONE] == (3, 10, 30)
    assert thresholds[Status.TAX_DUE] and thresholds[Status.SUPPLEMENT_NEEDED]
    assert usual.quiet_hours == (time(21), time(7))
    assert usual.quiet_release_spread > 0 and usual.recipient_hourly_cap > 0


@pytest.mark.parametrize(
    ("waited", "due"),
    [
        (0, None), (2, None), (3, 3), (4, 3), (5, 3), (6, None), (9, None), (10, 10), (12, 10),
        (13, None), (30, 30), (32, 30), (33, None), (200, None),
    ],
)  # fmt: skip
def test_thresholds(waited: int, due: int | None) -> None:
    assert threshold(waited, THRESHOLDS) == due
    assert threshold(waited, ()) is None


@pytest.mark.parametrize(
    ("waited", "thresholds", "given", "due"),
    [
        (5, (5, 10, 30), (3,), None),  # 3 was moved to 5
        (10, (5, 10, 30), (3,), 10),
        (5, (3, 5, 10), (3,), 5),  # one was added
        (11, (3, 11, 30), (10,), None),  # 10 was moved to 11
        (3, (3, 10), (5,), None),
        (12, (3, 5, 10, 30), (3, 10), None),
        (10, (10,), (3,), None),  # the one that is left stands for the earlier one
        (5, (3, 7), (5,), None),
        (7, (3, 7), (5,), None),
        (10, (3, 10), (3,), 10),
    ],
)
def test_thresholds_that_change_do_not_remind_twice(
    waited: int, thresholds: tuple[int, ...], given: tuple[int, ...], due: int | None
) -> None:
    assert threshold(waited, thresholds, given) == due


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.TAX_DUE, "van cho nop thue, phi. Xin Ong/Ba xem han nop trong thong bao"),
        (Status.SUPPLEMENT_NEEDED, "van cho bo sung giay to. Xin Ong/Ba xem han trong phieu"),
    ],
)
def test_what_is_to_be_paid_or_handed_in_is_reminded_of(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, status: Status, words: str
) -> None:
    at = NOON - timedelta(days=7)  # five working days
    registry.dossier(status=status, at=at, backlog=True)
    for _ in range(3):
        registry.dossier(status=status, at=at, backlog=True, phone=OTHER_PHONE)
    for expected in (2, 0):
        with sessions.begin() as session:
            assert remind(session, make_desk(), {status: (5, 15)}, weekdays, NOON) == expected
    single, digest = registry.messages()
    assert words in registry.text(single)
    assert "Ong/Ba co 3 ho so van cho" in registry.text(digest)
    assert (single.segments, digest.segments) == (1, 1)


def test_a_threshold_moved_between_two_mornings_doubles_nothing(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    ready(registry, 3)
    assert run(sessions, make_desk()) == 1
    with sessions.begin() as session:
        moved = {Status.DONE: (4, 10, 30)}
        tomorrow = NOON + timedelta(days=1)
        assert remind(session, make_desk(), moved, weekdays, tomorrow) == 0


def test_a_result_not_collected_is_reminded_of(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    ready(registry, 3)
    assert run(sessions, make_desk()) == 1
    (message,) = registry.messages()
    assert registry.text(message).startswith(
        "VPDKDD: Ho so H60.12.01-261102-0001 da co ket qua 3 ngay lam viec ma chua nhan."
    )
    assert (message.template, message.segments) == ("collect_reminder", 1)


def test_a_threshold_is_reminded_of_once_however_often_it_runs(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    ready(registry, 3)
    assert [run(sessions, make_desk(), NOON + timedelta(days=n)) for n in range(3)] == [1, 0, 0]
    assert run(sessions, make_desk(), NOON + timedelta(days=9)) == 1  # ten working days
    assert len(registry.messages()) == 2


def test_one_reminded_with_others_is_not_reminded_again_alone(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossiers = [ready(registry, 3) for _ in range(3)]
    assert run(sessions, make_desk()) == 1
    assert "Ong/Ba co 3 ho so da co ket qua" in registry.text(registry.messages()[0])
    registry.move(dossiers[0], Status.RETURNED)
    assert run(sessions, make_desk(), NOON + timedelta(days=1)) == 0


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.DONE])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_results_that_wait_are_reminded_of(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, status: Status
) -> None:
    registry.dossier(status=status, at=NOON - timedelta(days=5))
    assert run(sessions, make_desk()) == 0


def test_an_old_backlog_is_left_alone(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    for days in (8, 20, 50, 200):
        ready(registry, days)
    ready(registry, 3, phone=None)
    assert run(sessions, make_desk()) == 0


def test_who_wants_none_and_sample_data_are_left_alone(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    ready(registry, 3)
    ready(registry, 3, phone=OTHER_PHONE, sample=True)
    with sessions.begin() as session:
        outbox.opt_out(session, phone_index(registry.vault, PHONE), "counter", NOON)
    run(sessions, make_desk(real=True))
    assert {(m.state, m.why) for m in registry.messages()} == {
        (State.SUPPRESSED, Why.OPTED_OUT),
        (State.SUPPRESSED, Why.SAMPLE_DATA),
    }


def test_a_reminder_is_cancelled_when_the_result_is_collected(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = ready(registry, 3)
    run(sessions, make_desk())
    registry.move(dossier, Status.RETURNED)
    with sessions.begin() as session:
        plan_batch(session, make_desk(), NOON)
    reminder, news = registry.messages()
    assert (reminder.state, reminder.why) == (State.CANCELLED, Why.SUPERSEDED)
    assert news.template == "returned"
