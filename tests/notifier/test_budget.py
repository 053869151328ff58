"""The day's budget: what exceeds it waits, the urgent goes first, nothing is doubled or lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select, update

from core.database import Sessions
from core.settings import Settings
from dossiers.lifecycle import Status
from notifier import budget, direct, operators, outbox, reconcile
from notifier.budget import Budget, estimate
from notifier.desk import Desk
from notifier.models import Message
from notifier.outbox import Change
from notifier.plan import plan_batch
from notifier.policy import Step
from notifier.providers.base import Answer
from notifier.states import Cause, State
from notifier.vocabulary import Outcome, Why
from tests.notifier.conftest import NOON, RULES, MakeDesk, Registry

PRICE = 800
THREE = Budget(PRICE, {"twilio": PRICE}, 3 * PRICE)
"""A budget of three segments."""


def plan(sessions: Sessions, desk: Desk, now: datetime = NOON) -> None:
    with sessions.begin() as session:
        plan_batch(session, desk, now)


def release(sessions: Sessions, now: datetime) -> int:
    with sessions.begin() as session:
        return budget.release_within(session, THREE, RULES, True, now)


def people(registry: Registry, n: int, status: Status = Status.PROCESSING) -> None:
    for i in range(n):
        registry.dossier(phone=f"+8491234{i:04d}", status=status)


def send(
    sessions: Sessions,
    n: int,
    outcome: Outcome,
    now: datetime = NOON,
    provider: str = "twilio",
) -> None:
    """Let `n` messages leave and end so."""
    with sessions.begin() as session:
        claimed = outbox.claim(session, "worker", n, 60, now)
        assert len(claimed) == n
        changes = [Change(one.id, State.LEASED, one.epoch, Step(Cause.SEND)) for one in claimed]
        outbox.change(session, changes, "worker", now)
        outbox.add_attempts(session, claimed, provider, now)
        done = [(one.id, one.attempts + 1, Answer(outcome), 0.1) for one in claimed]
        outbox.finish_attempts(session, done, now)


def test_without_a_budget_nothing_is_held(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    people(registry, 5)
    plan(sessions, make_desk())
    assert {m.state for m in registry.messages()} == {State.QUEUED}


@pytest.mark.parametrize(
    ("route", "price"),
    [
        ("twilio", 1500),
        ("esms", 800),
        ("esms:70 twilio:30", 1500),
        ("zns, esms", 1500),
        # The price of ZNS is not given: as the dearest that is.
        ("zns", 1500),
        ("phone", 0),
    ],
)
def test_a_route_of_several_is_planned_by_the_dearest(route: str, price: int) -> None:
    settings = Settings(_env_file=None, sms_route=route, sms_prices="twilio=1500, esms=800")  # type: ignore[call-arg, arg-type]
    assert Budget.of(settings).cost(1) == price


def test_zalo_bills_messages_and_the_others_segments(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    """Two long messages and a short one, on Zalo and off it."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        sms_route="zns, esms",
        sms_prices="zns=300, esms=800",  # type: ignore[arg-type]
        sms_daily_budget=10_000,
    )
    known = Budget.of(settings)
    assert (known.price, known.message_price) == (800, 300)
    assert [known.cost(n) for n in (1, 3)] == [800, 2400], "it may not reach Zalo"
    assert [known.cost_through("zns", n) for n in (1, 3)] == [300, 300]
    assert [known.cost_through("esms", n) for n in (1, 3)] == [800, 2400]
    dear = Budget.of(settings.model_copy(update={"sms_prices": {"zns": 1000, "esms": 800}}))
    assert [dear.cost(n) for n in (1, 2)] == [1000, 1600]
    alone = Budget.of(settings.model_copy(update={"sms_route": "zns"}))
    assert [alone.cost(n) for n in (1, 3)] == [300, 300]

    people(registry, 4)
    plan(sessions, make_desk(budget=known))
    with sessions.begin() as session:
        session.execute(update(Message).where(Message.id != 4).values(segments=2))
    with sessions() as session:
        assert budget.figures(session, known, NOON).reserved == 3 * 1600 + 800
        assert budget.figures(session, alone, NOON).reserved == 4 * 300
    send(sessions, 1, Outcome.ACCEPTED, provider="zns")
    send(sessions, 1, Outcome.ACCEPTED, provider="esms")
    with sessions() as session:
        figures = budget.figures(session, known, NOON)
    assert figures.spent == 300 + 1600
    assert dict(figures.billed) == {"zns": 1, "esms": 2}
    assert figures.reserved == 1600 + 800


def test_what_exceeds_the_budget_is_held_and_the_urgent_goes_first(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    people(registry, 4)
    registry.dossier(phone="+84987000001", status=Status.DONE)
    plan(sessions, make_desk(budget=THREE))
    held = [m for m in registry.messages() if m.state is State.HELD]
    assert [m.why for m in held] == [Why.BUDGET] * 2
    queued = [m for m in registry.messages() if m.state is State.QUEUED]
    assert {m.template for m in queued} == {"done", "processing"}
    assert [d.why for d in registry.decisions()] == [Why.TOLD] * 5
    with sessions() as session:
        figures = budget.figures(session, THREE, NOON)
    assert (figures.spent, figures.reserved, figures.held, figures.held_messages) == (
        0, 3 * PRICE, 2 * PRICE, 2,
    )  # fmt: skip
    assert figures.released_at.isoformat() == "2026-11-25T00:00:00+07:00"


def test_what_left_is_spent_and_what_was_refused_is_not(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    people(registry, 3)
    plan(sessions, make_desk(budget=THREE))
    send(sessions, 1, Outcome.ACCEPTED)
    send(sessions, 1, Outcome.AMBIGUOUS)
    send(sessions, 1, Outcome.REJECTED)
    with sessions() as session:
        figures = budget.figures(session, THREE, NOON)
        yesterday = budget.figures(session, THREE, NOON - timedelta(days=1))
    assert (figures.spent, figures.reserved, dict(figures.billed)) == (
        2 * PRICE, 0, {"twilio": 2},
    )  # fmt: skip
    assert yesterday.spent == 0


def test_a_code_asked_for_is_never_held_and_counts(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    people(registry, 3)
    desk = make_desk(budget=THREE)
    plan(sessions, desk)
    with sessions.begin() as session:
        direct.send_code(session, desk, 1, "424242", 5, NOON)
    assert {m.state for m in registry.messages()} == {State.QUEUED}
    with sessions() as session:
        assert budget.figures(session, THREE, NOON).reserved == 4 * PRICE


def test_the_next_day_lets_go_what_it_can_and_no_more(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    people(registry, 8)
    plan(sessions, make_desk(budget=THREE, real=True))
    send(sessions, 3, Outcome.ACCEPTED)
    assert release(sessions, NOON + timedelta(hours=2)) == 0

    midnight = datetime.fromisoformat("2026-11-25T00:01:00+07:00")
    assert [release(sessions, midnight) for _ in range(2)] == [3, 0]
    released = [m for m in registry.messages() if m.state is State.QUEUED]
    assert {m.not_before.hour for m in released} == {0}  # seven in the morning there
    assert sum(m.state is State.HELD for m in registry.messages()) == 2

    # What has outlived its use by the time that there is money for it expires.
    after = NOON + timedelta(hours=25)
    assert release(sessions, after + timedelta(days=1)) == 0
    with sessions.begin() as session:
        reconcile.expire(session, after)
    held = [m for m in registry.messages() if m.why is Why.TOO_LATE]
    assert {m.state for m in held} == {State.EXPIRED}
    assert len(held) == 5


def test_a_message_for_the_morning_is_paid_from_the_mornings_budget(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    people(registry, 3)
    plan(sessions, make_desk(budget=THREE, real=True))
    night = datetime.fromisoformat("2026-11-24T22:00:00+07:00")
    for i in range(4):
        registry.dossier(phone=f"+8498765{i:04d}")
    plan(sessions, make_desk(budget=THREE, real=True), night)
    assert [m.state for m in registry.messages()] == [State.QUEUED] * 6 + [State.HELD]


def test_a_person_may_let_go_everything(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    people(registry, 5)
    plan(sessions, make_desk(budget=THREE))
    with sessions.begin() as session:
        operators.hold(session, [registry.messages()[0].id], "operator", NOON)
        assert budget.release_all(session, "operator", NOON) == 2
    states = [m.state for m in registry.messages()]
    assert (states.count(State.QUEUED), states.count(State.HELD)) == (4, 1)  # not the person's own


def test_two_that_plan_at_once_spend_one_budget(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    people(registry, 40)
    ten = Budget(PRICE, {}, 10 * PRICE)

    def batch(_: int) -> None:
        with sessions.begin() as session:
            plan_batch(session, make_desk(budget=ten), NOON, 5)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(batch, range(8)))
    with sessions() as session:
        states = dict(
            session.execute(select(Message.state, func.count()).group_by(Message.state)).all()
        )
    assert states == {State.QUEUED: 10, State.HELD: 30}


def test_prices() -> None:
    known = Budget(0, {"twilio": 1500, "esms": 800})
    assert [known.price_of(name) for name in ("esms", "unheard of", "phone", None)] == [
        800, 1500, 0, 1500,
    ]  # fmt: skip


def test_an_estimate_counts_digests_once() -> None:
    news = [("a", 1)] * 5 + [("b", 1)] * 2 + [("c", 2)]
    found = estimate(news, digest_from=3, digest_segments=2, budget=Budget(PRICE))
    assert (found.people, found.messages, found.segments, found.cost) == (3, 4, 6, 6 * PRICE)
    by_message = estimate(news, digest_from=3, digest_segments=2, budget=Budget(message_price=300))
    assert by_message.cost == 4 * 300


def test_a_budget_without_prices_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_SMS_DAILY_BUDGET", "500000")
    with pytest.raises(ValidationError, match="MOTCUA_SMS_PRICES"):
        Settings(_env_file=None)  # type: ignore[call-arg]
    monkeypatch.setenv("MOTCUA_SMS_PRICES", "twilio=1500, phone=0")
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    assert settings.sms_prices == {"twilio": 1500, "phone": 0}
    monkeypatch.setenv("MOTCUA_SMS_DAILY_BUDGET", "")
    assert Settings(_env_file=None).sms_daily_budget is None  # type: ignore[call-arg]
