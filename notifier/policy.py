"""Decisions about messages on their way, as pure functions: when to try again, what an answer or
a silence leads to, whether a message may leave now. The database and the wire are elsewhere.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.clock import VIETNAM
from core.settings import QuietHours, Settings
from notifier.providers.base import Absent, Answer, NoTelling
from notifier.states import Cause
from notifier.templates import MessageClass, Policy
from notifier.vocabulary import Advice, Outcome, Why, Word

BACK_OFF = (30.0, 120.0, 600.0, 3600.0, 4 * 3600.0)
"""Seconds before the second attempt, the third, and so on; the last goes on. Retries end with the
message's expiry, not with a number."""
JITTER = 0.2
"""Share by which a wait may be shorter or longer, so that retries do not march in step."""
MOST_ATTEMPTS = 12
"""A message that failed as often is broken, whatever the answers say."""
UNREACHABLE_BACK_OFF = (1800.0, 7200.0, 28800.0)
"""Seconds before trying a handset that was off again: half an hour, two hours, eight."""
PAUSES = (30.0, 120.0, 600.0)
"""Seconds for which a provider that refuses us is left alone: first, second, and from then on."""


@dataclass(frozen=True)
class Pace:
    """How long things may take, in seconds. From settings; tests make them short."""

    lease: float = 60.0
    """For which a worker has a message to itself; longer than `request` by far."""
    request: float = 10.0
    """Within which a provider must answer."""
    grace: float = 120.0
    """For which a receipt may settle an uncertain message before the provider is asked."""
    asking: float = 3600.0
    """After which a provider that cannot be asked is asked no more, and policy decides."""
    unconfirmed: float = 72 * 3600.0
    """After which silence is taken for silence."""
    idle: float = 1.0
    """Between looks at an empty queue; a wake-up comes sooner."""
    gather: float = 0.02
    """For which outcomes are gathered into one commit."""


@dataclass(frozen=True)
class Rules:
    """What settings say about when messages may leave."""

    quiet_hours: QuietHours
    spread: float
    """Seconds over which the morning's messages are spread."""
    hourly_cap: int
    expiry: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """Return the rules of an installation."""
        return cls(
            settings.quiet_hours,
            settings.quiet_release_spread,
            settings.recipient_hourly_cap,
            timedelta(hours=settings.message_expiry_hours),
        )


@dataclass(frozen=True)
class Step:
    """What is to become of a message."""

    cause: Cause
    why: Why | None = None
    not_before: datetime | None = None
    """For a message that goes back into the queue: not before then."""


def chance(key: str) -> float:
    """Return a number from 0 to 1 that is the same for the same key: chance that can be tested."""
    return zlib.crc32(key.encode()) / 0xFFFFFFFF


def back_off(attempts: int, key: str, table: tuple[float, ...] = BACK_OFF) -> timedelta:
    """Return how long to wait after so many attempts."""
    base = table[min(attempts, len(table)) - 1]
    return timedelta(seconds=base * (1 + JITTER * (2 * chance(f"{key}:{attempts}") - 1)))


def after_answer(
    answer: Answer,
    *,
    attempts: int,
    key: str,
    now: datetime,
    elsewhere: bool = False,
    last: bool = True,
) -> Step:
    """Return what a provider's answer to the `attempts`-th request leads to.

    `elsewhere` and `last`: see `routing.Choice`.
    """
    match answer.outcome:
        case Outcome.ACCEPTED:
            return Step(Cause.ACCEPT)
        case Outcome.REJECTED:
            passes = answer.advice is Advice.OTHER_CHANNEL and not last
            if passes and attempts < MOST_ATTEMPTS:
                return Step(Cause.NOT_SENT, Why.OTHER_CHANNEL, now)
            return Step(Cause.REJECT, Why.PROVIDER_REFUSED)
        case Outcome.AMBIGUOUS:
            return Step(Cause.DOUBT, Why.ASKING)
        case Outcome.NOT_SENT | Outcome.THROTTLED:
            if attempts >= MOST_ATTEMPTS:
                return Step(Cause.REJECT, Why.TRIED_ENOUGH)
            if elsewhere:
                return Step(Cause.NOT_SENT, Why.RETRYING, now)
            wait = back_off(attempts, key)
            if answer.retry_after is not None:
                wait = max(timedelta(seconds=answer.retry_after), timedelta(seconds=1))
            return Step(Cause.NOT_SENT, Why.RETRYING, now + wait)


def after_report(
    report: Absent | NoTelling,
    *,
    policy: Policy,
    attempts: int,
    age: float,
    pace: Pace,
    now: datetime,
) -> Step | None:
    """Return what asking in vain after an uncertain message leads to, or None: ask again later.

    `age` is how long it has been uncertain, in seconds. What is found is a receipt like another.
    """
    if isinstance(report, Absent):
        if attempts >= MOST_ATTEMPTS:
            return Step(Cause.GIVE_UP, Why.TRIED_ENOUGH)
        return Step(Cause.ABSENT, Why.RETRYING, now)
    if age < pace.asking:
        return None
    if policy is Policy.AT_LEAST_ONCE and attempts < 2:
        # Once: a second uncertain end is left to a person.
        return Step(Cause.ABSENT, Why.RETRYING, now)
    return Step(Cause.GIVE_UP, Why.NO_WORD)


def quiet_until(now: datetime, quiet: QuietHours) -> datetime | None:
    """Return when the quiet hours end in which `now` falls, or None outside of them."""
    if quiet is None:
        return None
    start, end = quiet
    local = now.astimezone(VIETNAM)
    clock = local.time()
    over_midnight = start > end
    inside = (clock >= start or clock < end) if over_midnight else start <= clock < end
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if over_midnight and clock >= start else 0)
    return datetime.combine(day, time(end.hour, end.minute), tzinfo=VIETNAM)


def earliest(now: datetime, rules: Rules, message_class: MessageClass, key: str) -> datetime:
    """Return when a message planned now may leave, on a provider that reaches people.

    The night's messages do not all leave at the stroke of seven: each has its place within the
    spread.
    """
    if message_class is MessageClass.OTP:
        return now
    until = quiet_until(now, rules.quiet_hours)
    return now if until is None else until + timedelta(seconds=rules.spread * chance(key))


@dataclass(frozen=True)
class Candidate:
    """A leased message and what has to be known before it may leave."""

    key: str
    message_class: MessageClass
    sample: bool
    expires_at: datetime
    opted_out: bool
    left_within_hour: tuple[datetime, ...]
    """When messages left for this recipient within the last hour, the oldest first."""


def may_leave(
    candidate: Candidate,
    *,
    rules: Rules,
    real: bool,
    paused_until: datetime | None,
    now: datetime,
) -> Step | None:
    """Return None if a leased message may leave now, or what is to become of it instead.

    Asked between lease and request: what held when the message was planned may hold no more.
    """
    if candidate.sample and real:
        return Step(Cause.SUPPRESS, Why.SAMPLE_DATA)
    urgent = candidate.message_class is MessageClass.OTP
    if candidate.opted_out and not urgent:
        return Step(Cause.SUPPRESS, Why.OPTED_OUT)
    if candidate.expires_at <= now:
        return Step(Cause.EXPIRE, Why.TOO_LATE)
    if paused_until is not None and paused_until > now:
        return Step(Cause.GIVE_BACK, Why.PROVIDER_PAUSED, paused_until)
    if urgent:
        return None
    if real and quiet_until(now, rules.quiet_hours) is not None:
        return Step(
            Cause.GIVE_BACK,
            Why.QUIET_HOURS,
            earliest(now, rules, candidate.message_class, candidate.key),
        )
    if len(candidate.left_within_hour) >= rules.hourly_cap:
        room = candidate.left_within_hour[-rules.hourly_cap] + timedelta(hours=1)
        return Step(Cause.GIVE_BACK, Why.HOURLY_CAP, room)
    return None


HEARD: Mapping[Word, Cause] = {
    Word.ACCEPTED: Cause.ACCEPT,
    Word.SENT: Cause.HEAR_SENT,
    Word.DELIVERED: Cause.HEAR_DELIVERED,
    Word.UNDELIVERED: Cause.HEAR_UNDELIVERED,
    Word.OPTED_OUT: Cause.HEAR_UNDELIVERED,
    Word.UNREACHABLE: Cause.UNREACHABLE,
    Word.REFUSED: Cause.UNREACHABLE,
    Word.LOST: Cause.UNREACHABLE,
}
"""What each word of a receipt does to a message, where `after_failure` sees no reason against it.
"""


def after_failure(
    word: Word, *, policy: Policy, attempts: int, expires_at: datetime, key: str, now: datetime
) -> Step:
    """Return what word leads to that a request reached nobody: another try, while the message is
    news and there is a reason to hope, or the end.

    What was lost without a reason is tried once more, and only where twice beats never: a network
    that lost it may be wrong.
    """
    if HEARD[word] is not Cause.UNREACHABLE:
        return Step(HEARD[word])
    most = len(UNREACHABLE_BACK_OFF)
    if word is Word.LOST:
        most = 1 if policy is Policy.AT_LEAST_ONCE else 0
    if attempts <= most:
        again = now + back_off(attempts, key, UNREACHABLE_BACK_OFF)
        if again < expires_at:
            return Step(Cause.UNREACHABLE, Why.RETRYING, again)
    return Step(Cause.HEAR_UNDELIVERED, Why.TRIED_ENOUGH)


def pause(pauses: int) -> timedelta:
    """Return how long a provider that has been paused so often already is left alone."""
    return timedelta(seconds=PAUSES[min(pauses, len(PAUSES) - 1)])
