"""Decisions about messages on their way: pure functions, so tables of cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import VIETNAM
from notifier.policy import (
    BACK_OFF,
    JITTER,
    MOST_ATTEMPTS,
    Candidate,
    Pace,
    Rules,
    Step,
    after_answer,
    after_failure,
    after_report,
    back_off,
    chance,
    earliest,
    may_leave,
    pause,
    quiet_until,
)
from notifier.providers.base import Absent, Answer, NoTelling
from notifier.states import Cause
from notifier.templates import MessageClass, Policy
from notifier.vocabulary import FAILING, Outcome, Why, Word

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
NIGHT = (time(21, 0), time(7, 0))
RULES = Rules(NIGHT, 1800.0, 5, timedelta(hours=24))


def at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=VIETNAM)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (at(20, 59), None),
        (at(21), at(7, day=25)),
        (at(23, 59), at(7, day=25)),
        (at(0), at(7)),
        (at(6, 59), at(7)),
        (at(7), None),
        (at(12), None),
    ],
)
def test_quiet_hours_go_over_midnight(moment: datetime, until: datetime | None) -> None:
    assert quiet_until(moment, NIGHT) == until


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    noon = (time(11, 30), time(13, 30))
    assert quiet_until(at(12), noon) == at(13, 30)
    assert quiet_until(at(14), noon) is None
    assert quiet_until(at(23), None) is None


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.text(max_size=20))
def test_nothing_leaves_in_the_night(moment: datetime, key: str) -> None:
    now = moment.replace(tzinfo=UTC)
    leaves = earliest(now, RULES, MessageClass.NOTICE, key)
    assert leaves >= now
    assert quiet_until(leaves, NIGHT) is None
    assert earliest(now, RULES, MessageClass.OTP, key) == now


@given(st.integers(1, 30), st.text(max_size=20))
def test_retries_wait_longer_and_longer_and_not_in_step(attempts: int, key: str) -> None:
    base = BACK_OFF[min(attempts, len(BACK_OFF)) - 1]
    wait = back_off(attempts, key).total_seconds()
    assert base * (1 - JITTER) - 1e-6 <= wait <= base * (1 + JITTER) + 1e-6
    assert 0 <= chance(key) <= 1


@pytest.mark.parametrize(
    ("answer", "attempts", "cause", "why"),
    [
        (Answer(Outcome.ACCEPTED, "SM1"), 1, Cause.ACCEPT, None),
        (Answer(Outcome.REJECTED), 1, Cause.REJECT, Why.PROVIDER_REFUSED),
        (Answer(Outcome.AMBIGUOUS), 1, Cause.DOUBT, Why.ASKING),
        (Answer(Outcome.NOT_SENT), 1, Cause.NOT_SENT, Why.RETRYING),
        (Answer(Outcome.THROTTLED), 1, Cause.NOT_SENT, Why.RETRYING),
        (Answer(Outcome.NOT_SENT), MOST_ATTEMPTS, Cause.REJECT, Why.TRIED_ENOUGH),
    ],
)
def test_what_follows_an_answer(
    answer: Answer, attempts: int, cause: Cause, why: Why | None
) -> None:
    step = after_answer(answer, attempts=attempts, key="k", now=NOW)
    assert (step.cause, step.why) == (cause, why)
    assert (step.not_before is not None) == (cause is Cause.NOT_SENT)


def test_every_outcome_has_a_consequence() -> None:
    for outcome in Outcome:
        assert after_answer(Answer(outcome), attempts=1, key="k", now=NOW)


def test_a_provider_that_names_a_time_is_obeyed() -> None:
    answer = Answer(Outcome.THROTTLED, retry_after=77.0)
    step = after_answer(answer, attempts=1, key="k", now=NOW)
    assert step.not_before == NOW + timedelta(seconds=77)
    at_once = after_answer(replace(answer, retry_after=0.0), attempts=1, key="k", now=NOW)
    assert at_once.not_before == NOW + timedelta(seconds=1)


PACE = Pace(asking=3600.0)


@pytest.mark.parametrize(
    ("report", "policy", "attempts", "age", "cause"),
    [
        (Absent(), Policy.AT_MOST_ONCE, 1, 0.0, Cause.ABSENT),
        (Absent(), Policy.AT_LEAST_ONCE, MOST_ATTEMPTS, 0.0, Cause.GIVE_UP),
        (NoTelling(), Policy.AT_LEAST_ONCE, 1, 3599.0, None),
        (NoTelling(), Policy.AT_LEAST_ONCE, 1, 3601.0, Cause.ABSENT),
        (NoTelling(), Policy.AT_LEAST_ONCE, 2, 3601.0, Cause.GIVE_UP),
        (NoTelling(), Policy.AT_MOST_ONCE, 1, 3601.0, Cause.GIVE_UP),
    ],
)
def test_what_follows_when_nothing_is_found(
    report: Absent | NoTelling, policy: Policy, attempts: int, age: float, cause: Cause | None
) -> None:
    step = after_report(report, policy=policy, attempts=attempts, age=age, pace=PACE, now=NOW)
    assert (step.cause if step else None) == cause


CANDIDATE = Candidate("k", MessageClass.NOTICE, False, NOW + timedelta(hours=1), False, ())
OTP = replace(CANDIDATE, message_class=MessageClass.OTP)
FULL = tuple(NOW - timedelta(minutes=50 - 5 * i) for i in range(6))


@pytest.mark.parametrize(
    ("candidate", "now", "real", "paused", "cause", "why"),
    [
        (CANDIDATE, NOW, True, None, None, None),
        (replace(CANDIDATE, sample=True), NOW, True, None, Cause.SUPPRESS, Why.SAMPLE_DATA),
        (replace(CANDIDATE, sample=True), NOW, False, None, None, None),
        (replace(OTP, sample=True), NOW, True, None, Cause.SUPPRESS, Why.SAMPLE_DATA),
        (replace(CANDIDATE, opted_out=True), NOW, True, None, Cause.SUPPRESS, Why.OPTED_OUT),
        (replace(OTP, opted_out=True), NOW, True, None, None, None),
        (replace(CANDIDATE, expires_at=NOW), NOW, True, None, Cause.EXPIRE, Why.TOO_LATE),
        (replace(OTP, expires_at=NOW), NOW, True, None, Cause.EXPIRE, Why.TOO_LATE),
        (CANDIDATE, NOW, True, 60, Cause.GIVE_BACK, Why.PROVIDER_PAUSED),
        (CANDIDATE, NOW, True, -60, None, None),
        (replace(CANDIDATE, left_within_hour=FULL), NOW, True, None, Cause.GIVE_BACK,
         Why.HOURLY_CAP),
        (replace(CANDIDATE, left_within_hour=FULL[:4]), NOW, True, None, None, None),
        (replace(OTP, left_within_hour=FULL), NOW, True, None, None, None),
        (replace(CANDIDATE, expires_at=at(23)), at(22), True, None, Cause.GIVE_BACK,
         Why.QUIET_HOURS),
        (replace(CANDIDATE, expires_at=at(23)), at(22), False, None, None, None),
        (replace(OTP, expires_at=at(23)), at(22), True, None, None, None),
    ],
)  # fmt: skip
def test_who_may_leave(
    candidate: Candidate,
    now: datetime,
    real: bool,
    paused: int | None,
    cause: Cause | None,
    why: Why | None,
) -> None:
    until = now + timedelta(seconds=paused) if paused is not None else None
    step = may_leave(candidate, rules=RULES, real=real, paused_until=until, now=now)
    assert (step.cause if step else None, step.why if step else None) == (cause, why)
    if step is not None and step.cause is Cause.GIVE_BACK:
        assert step.not_before is not None
        assert step.not_before > now


def test_the_cap_frees_a_place_when_the_oldest_that_fills_it_is_an_hour_old() -> None:
    candidate = replace(CANDIDATE, left_within_hour=FULL)
    step = may_leave(candidate, rules=RULES, real=False, paused_until=None, now=NOW)
    assert step == Step(Cause.GIVE_BACK, Why.HOURLY_CAP, FULL[1] + timedelta(hours=1))


def failed(
    word: Word, attempts: int = 1, hours: float = 24, policy: Policy = Policy.AT_MOST_ONCE
) -> Step:
    expires_at = NOW + timedelta(hours=hours)
    return after_failure(
        word, policy=policy, attempts=attempts, expires_at=expires_at, key="k", now=NOW
    )


@pytest.mark.parametrize("word", [Word.UNREACHABLE, Word.REFUSED])
def test_what_passes_is_tried_again_while_it_is_news(word: Word) -> None:
    first = failed(word)
    assert first.cause is Cause.UNREACHABLE
    assert first.not_before is not None
    assert timedelta(minutes=24) <= first.not_before - NOW <= timedelta(minutes=36)
    assert failed(word, attempts=3).cause is Cause.UNREACHABLE
    assert failed(word, attempts=4).cause is Cause.HEAR_UNDELIVERED
    assert failed(word, hours=1 / 6).cause is Cause.HEAR_UNDELIVERED


def test_what_was_lost_is_tried_once_more_where_twice_beats_never() -> None:
    again = Policy.AT_LEAST_ONCE
    assert failed(Word.LOST, policy=again).cause is Cause.UNREACHABLE
    assert failed(Word.LOST, policy=again, attempts=2).cause is Cause.HEAR_UNDELIVERED
    assert failed(Word.LOST).cause is Cause.HEAR_UNDELIVERED


@pytest.mark.parametrize("word", sorted(FAILING - {Word.UNREACHABLE, Word.REFUSED, Word.LOST}))
def test_what_failed_for_good_is_not_tried_again(word: Word) -> None:
    assert failed(word, policy=Policy.AT_LEAST_ONCE).cause is Cause.HEAR_UNDELIVERED


def test_pauses_grow() -> None:
    assert [pause(n).total_seconds() for n in range(4)] == [30, 120, 600, 600]
