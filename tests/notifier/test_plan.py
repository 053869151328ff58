"""Planning: each event once, to the right person, at the right time, or with the reason why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from core.clock import VIETNAM
from core.database import Sessions
from dossiers.lifecycle import Status
from dossiers.models import Dossier, PendingEvent
from dossiers.phones import phone_index
from notifier import outbox
from notifier.desk import Desk
from notifier.plan import IN_DIGEST, plan_batch, summary
from notifier.states import State
from notifier.vocabulary import Why
from tests.notifier.conftest import NOON, OTHER_PHONE, PHONE, MakeDesk, Registry


def plan(sessions: Sessions, desk: Desk, now=NOON, limit: int = 500):  # type: ignore[no-untyped-def]
    with sessions.begin() as session:
        return plan_batch(session, desk, now, limit)


def test_an_event_becomes_one_message(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier(status=Status.ACCEPTED)

    planned = plan(sessions, make_desk())

    assert (planned.events, planned.messages) == (1, 1)
    (message,) = registry.messages()
    assert registry.text(message) == (
        "VPDKDD: Ho so H60.12.01-261102-0001 da duoc tiep nhan. Hen tra ket qua 14/12/2026. "
        "Ong/Ba giu giay hen, xong se bao. LH Chi nhanh 1, 0207 3 822 123."
    )
    assert (message.state, message.segments, message.not_before) == (State.QUEUED, 1, NOON)
    assert (message.status_version, message.phone_tail) == (1, "678")
    (decision,) = registry.decisions()
    assert (decision.why, decision.message_id) == (Why.TOLD, message.id)
    with sessions() as session:
        assert session.scalars(select(PendingEvent)).all() == []


def test_planning_again_makes_no_second_message(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    event_id = registry.decisions()[0].event_id
    with sessions.begin() as session:  # as if the deletion had been lost
        session.add(PendingEvent(event_id=event_id))

    plan(sessions, make_desk())

    assert len(registry.messages()) == 1
    assert len(registry.decisions()) == 1


def test_two_planners_at_once_make_one_message_of_each_event(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    for i in range(40):
        registry.dossier(phone=f"+8491234{i:04d}")

    with ThreadPoolExecutor(4) as pool:
        planned = list(pool.map(lambda _: plan(sessions, make_desk(), limit=10), range(8)))

    assert sum(one.events for one in planned) == 40
    assert len(registry.messages()) == 40
    assert {d.message_id for d in registry.decisions()} == {m.id for m in registry.messages()}


def test_a_failed_transaction_leaves_the_event_pending(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier()
    with pytest.raises(RuntimeError), sessions.begin() as session:
        plan_batch(session, make_desk(), NOON)
        raise RuntimeError("the process dies here")
    assert registry.messages() == []

    plan(sessions, make_desk())
    assert len(registry.messages()) == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [({"backlog": True}, Why.BACKLOG), ({"phone": None}, Why.NO_MOBILE)],
)
def test_who_is_not_told_is_recorded(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    given: dict[str, bool | None],
    why: Why,
) -> None:
    registry.dossier(**given)  # type: ignore[arg-type]
    plan(sessions, make_desk())
    assert registry.messages() == []
    assert [d.why for d in registry.decisions()] == [why]


def test_news_that_cannot_be_put_into_words_does_not_stop_the_others(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    ids = [registry.dossier(phone=f"+8491234{i:04d}", status=Status.DONE) for i in range(3)]
    with sessions.begin() as session:
        session.get_one(Dossier, ids[0]).code = ""  # its template asks for it
        session.get_one(Dossier, ids[1]).phone_enc = "written with another key"
    assert plan(sessions, make_desk()).messages == 1
    assert [d.why for d in registry.decisions()] == [Why.UNREADABLE, Why.UNREADABLE, Why.TOLD]


def test_of_two_pending_events_of_a_dossier_the_newer_is_told(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(status=Status.PROCESSING)
    registry.move(dossier, Status.DONE)
    plan(sessions, make_desk())
    assert [m.template for m in registry.messages()] == ["done"]
    assert [d.why for d in registry.decisions()] == [Why.SUPERSEDED, Why.TOLD]


def test_unsent_news_is_cancelled_when_the_dossier_moves_on(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(status=Status.PROCESSING)
    plan(sessions, make_desk())
    registry.move(dossier, Status.TAX_DUE)
    plan(sessions, make_desk())
    old, new = registry.messages()
    assert (old.state, old.why) == (State.CANCELLED, Why.SUPERSEDED)
    assert (new.state, new.template) == (State.QUEUED, "tax_due")


def test_a_leased_message_of_older_news_is_cancelled_before_it_leaves(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    dossier = registry.dossier(status=Status.PROCESSING)
    plan(sessions, make_desk())
    with sessions.begin() as session:
        (leased,) = outbox.claim(session, "worker", 10, 60, NOON)
    registry.move(dossier, Status.DONE)
    plan(sessions, make_desk())
    with sessions.begin() as session:
        assert outbox.standing(session, [leased.id]) == {leased.id: (State.CANCELLED, 2)}


def test_sample_data_never_leaves_through_a_real_provider(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier(sample=True)
    plan(sessions, make_desk(real=True))
    (message,) = registry.messages()
    assert (message.state, message.why) == (State.SUPPRESSED, Why.SAMPLE_DATA)
    assert [d.why for d in registry.decisions()] == [Why.SAMPLE_DATA]


def test_sample_data_is_shown_on_the_demonstration_phone(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier(sample=True)
    plan(sessions, make_desk(real=False))
    assert [m.state for m in registry.messages()] == [State.QUEUED]


def test_who_wants_no_messages_gets_none(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    with sessions.begin() as session:
        outbox.opt_out(session, phone_index(registry.vault, PHONE), "counter", NOON)
        outbox.opt_out(session, phone_index(registry.vault, PHONE), "again", NOON)
    registry.dossier()
    plan(sessions, make_desk())
    assert [(m.state, m.why) for m in registry.messages()] == [(State.SUPPRESSED, Why.OPTED_OUT)]


def test_at_night_messages_wait_for_the_morning_and_are_spread(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    night = NOON.replace(hour=15)  # 22:00 in Vietnam
    for i in range(20):
        registry.dossier(phone=f"+8491234{i:04d}", at=night)
    plan(sessions, make_desk(real=True), night)
    leave = sorted(m.not_before.astimezone(VIETNAM) for m in registry.messages())
    assert {(m.day, m.hour) for m in leave} == {(25, 7)}
    assert leave[-1] - leave[0] > timedelta(minutes=10)
    assert all(m.expires_at - m.not_before == timedelta(hours=24) for m in registry.messages())


def test_the_demonstration_phone_is_not_quiet(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    night = NOON.replace(hour=15)
    registry.dossier(at=night)
    plan(sessions, make_desk(real=False), night)
    assert registry.messages()[0].not_before == night


def test_an_agent_gets_one_message_of_many_dossiers(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    for status in (*[Status.DONE] * 3, *[Status.TAX_DUE] * 2, Status.PROCESSING):
        registry.dossier(status=status)
    other = registry.dossier(phone=OTHER_PHONE)

    # A batch smaller than the agent's share is completed with the rest of it.
    plan(sessions, make_desk(), limit=2)
    plan(sessions, make_desk())

    digest, single = registry.messages()
    assert registry.text(digest) == (
        "VPDKDD: 6 ho so cua Ong/Ba co tin moi: 2 cho nop thue phi, 3 co ket qua, 1 dang giai "
        "quyet. Xin xem tung ho so theo ma. LH Chi nhanh 1, 0207 3 822 123."
    )
    assert digest.segments == 1
    assert single.dossier_id == other
    whys = [d.why for d in registry.decisions()]
    assert whys == [Why.IN_DIGEST] * 6 + [Why.TOLD]


def test_more_news_joins_a_digest_that_still_waits(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    first = [registry.dossier(status=Status.PROCESSING) for _ in range(3)]
    plan(sessions, make_desk())
    registry.move(first[0], Status.DONE)
    registry.dossier(status=Status.SUPPLEMENT_NEEDED)
    plan(sessions, make_desk())

    old, new = registry.messages()
    assert (old.state, old.why) == (State.CANCELLED, Why.IN_DIGEST)
    assert "4 ho so" in registry.text(new)
    assert "1 can bo sung giay to, 1 co ket qua, 2 dang giai quyet" in registry.text(new)
    decisions = registry.decisions()
    assert [d.why for d in decisions] == [Why.SUPERSEDED, *[Why.IN_DIGEST] * 4]
    assert {d.message_id for d in decisions[1:]} == {new.id}


def test_news_that_waits_alone_joins_a_digest_rather_than_getting_lost(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    # Somebody with many dossiers, of which one after the other moves.
    for _ in range(3):
        registry.dossier(backlog=True)
    registry.dossier(status=Status.DONE)
    plan(sessions, make_desk())
    registry.dossier(status=Status.TAX_DUE)
    plan(sessions, make_desk())

    single, digest = registry.messages()
    assert (single.template, single.state) == ("done", State.CANCELLED)
    assert (digest.template, digest.state) == ("digest", State.QUEUED)
    assert "2 ho so cua Ong/Ba co tin moi: 1 cho nop thue phi, 1 co ket qua" in registry.text(
        digest
    )
    assert [d.message_id for d in registry.decisions()][-2:] == [digest.id] * 2


def test_a_digest_on_its_way_is_left_alone(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    first = [registry.dossier(status=Status.PROCESSING) for _ in range(3)]
    plan(sessions, make_desk())
    with sessions.begin() as session:
        outbox.claim(session, "worker", 10, 60, NOON + timedelta(minutes=1))
    registry.move(first[0], Status.DONE)
    plan(sessions, make_desk())
    old, new = registry.messages()
    assert (old.state, new.template) == (State.LEASED, "done")


def test_the_most_urgent_are_claimed_first_and_then_the_oldest(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    for i, status in enumerate((Status.PROCESSING, Status.DONE, Status.ACCEPTED, Status.TAX_DUE)):
        registry.dossier(phone=f"+8491234{i:04d}", status=status)
        plan(sessions, make_desk(), NOON + timedelta(seconds=i))
    with sessions.begin() as session:
        claimed = outbox.claim(session, "worker", 10, 60, NOON + timedelta(minutes=1))
    assert [one.template for one in claimed] == ["done", "tax_due", "processing", "accepted"]


def test_a_summary_names_the_most_pressing_and_sums_up_the_rest() -> None:
    assert summary([Status.DONE, Status.DONE]) == "2 có kết quả"
    assert summary(list(Status)).endswith("7 tin khác")
    order = list(IN_DIGEST)
    assert all(summary([a, b]) == f"1 {IN_DIGEST[a]}, 1 {IN_DIGEST[b]}" for a, b in pairwise(order))
    assert set(order) == set(Status)
