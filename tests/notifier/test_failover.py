"""From one channel to the next: one delivery of each message, counted at every provider."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core.database import Sessions
from core.privacy import Vault
from dossiers.lifecycle import Status
from notifier import operators
from notifier.models import Attempt, Message
from notifier.providers.base import Heard
from notifier.receipts import store
from notifier.reconcile import settle_doubts
from notifier.states import State
from notifier.vocabulary import Outcome, Why, Word
from tests.fakes.esms_server import FakeEsms
from tests.fakes.twilio_server import FakeTwilio
from tests.fakes.zns_server import FakeZns
from tests.notifier.conftest import (
    SWIFT,
    MakeDesk,
    OnRoute,
    Planned,
    Registry,
    settled,
)


@pytest.fixture
def patience() -> float:
    return 10.0


def attempts(sessions: Sessions) -> list[tuple[str, Outcome | None]]:
    with sessions() as session:
        rows = session.execute(
            select(Attempt.provider, Attempt.outcome).order_by(Attempt.message_id, Attempt.n)
        )
        return [(provider, outcome) for provider, outcome in rows]


async def test_zalo_first_and_sms_for_whom_zalo_does_not_reach(
    planned: Planned,
    on_route: OnRoute,
    registry: Registry,
    zns: FakeZns,
    esms: FakeEsms,
) -> None:
    planned(6)
    zns.moods.extend(["no_account", "well", "inactive", "well", "night", "not_approved"])
    await on_route("zns, esms").dispatch_until(settled(registry, State.ACCEPTED))
    taken = Counter(zns.refs() + esms.refs())
    assert taken == Counter(m.ref for m in registry.messages())
    assert (len(zns.taken), len(esms.taken)) == (2, 4)
    by_sms = [m for m in registry.messages() if m.provider == "esms"]
    assert {m.attempts for m in by_sms} == {2}
    # The same news, in the form of each channel.
    assert zns.taken[0].data["code"].startswith("H60.12.01-")
    assert all("da co ket qua" in one.content for one in esms.taken)


async def test_a_message_without_a_form_on_zalo_goes_by_sms_at_once(
    planned: Planned,
    on_route: OnRoute,
    registry: Registry,
    zns: FakeZns,
    esms: FakeEsms,
) -> None:
    planned(status=Status.TAX_DUE)  # not in zns_templates
    await on_route("zns, esms").dispatch_until(settled(registry, State.ACCEPTED))
    assert (zns.requests, len(esms.taken)) == (0, 1)


async def test_with_no_other_channel_a_refusal_is_the_end(
    planned: Planned,
    on_route: OnRoute,
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    zns: FakeZns,
) -> None:
    planned()
    zns.mood = "no_account"
    await on_route("zns").dispatch_until(settled(registry, State.FAILED))
    (message,) = registry.messages()
    assert (message.why, message.code) == (Why.PROVIDER_REFUSED, "-118")
    # Sent again by a person, it still knows what fills its Zalo template.
    zns.mood = "well"
    with sessions.begin() as session:
        operators.retry(session, make_desk(), message.id, datetime.now(UTC))
    await on_route("zns").dispatch_until(lambda: len(zns.taken) == 1)


async def test_what_no_provider_carries_fails_and_says_so(
    planned: Planned, on_route: OnRoute, registry: Registry
) -> None:
    planned(status=Status.TAX_DUE)
    await on_route("zns").dispatch_until(settled(registry, State.FAILED))
    assert [m.why for m in registry.messages()] == [Why.NO_CHANNEL]


async def test_what_surely_did_not_leave_goes_to_the_other_at_once(
    planned: Planned,
    on_route: OnRoute,
    sessions: Sessions,
    registry: Registry,
    esms: FakeEsms,
    twilio: FakeTwilio,
) -> None:
    planned()
    esms.mood = "too_many"
    await on_route("esms, twilio").dispatch_until(settled(registry, State.ACCEPTED))
    assert attempts(sessions) == [("esms", Outcome.THROTTLED), ("twilio", Outcome.ACCEPTED)]


async def test_what_may_have_arrived_is_asked_after_and_goes_nowhere_else(
    planned: Planned,
    on_route: OnRoute,
    sessions: Sessions,
    registry: Registry,
    vault: Vault,
    esms: FakeEsms,
    twilio: FakeTwilio,
    zns: FakeZns,
) -> None:
    """Of every gateway at once, each with some that arrived and some that did not."""
    planned(18)
    esms.moods.extend(["error_after", "error_before", "broken_json"] * 2)
    twilio.moods.extend(["error_after", "error_before", "cut_after"] * 2)
    zns.moods.extend(["error_after", "error_before", "html"] * 2)
    office = on_route("esms:1 twilio:1 zns:1")
    # One request in doubt is enough to ask everywhere.
    await office.dispatch_until(
        lambda: (
            not {m.state for m in registry.messages()} & {State.QUEUED, State.LEASED}
            and not any(m.state is State.SENDING for m in registry.messages())
        )
    )
    bound = {m.ref: m.provider for m in registry.messages() if m.state is State.UNCERTAIN}
    assert len(bound) > 6
    for fake in (esms, twilio, zns):
        fake.moods.clear()
    again = on_route("esms:1 twilio:1 zns:1")
    await settle_doubts(sessions, again.gateways, vault, again.rules, SWIFT)
    again.apply_receipts()
    await again.dispatch_until(
        lambda: all(
            m.state is State.ACCEPTED or (m.state, m.provider) == (State.UNCERTAIN, "zns")
            for m in registry.messages()
        )
    )
    taken = Counter(esms.refs() + twilio.refs() + zns.refs())
    assert [ref for ref, n in taken.items() if n > 1] == []
    for ref, provider in bound.items():
        with sessions() as session:
            tried = session.scalars(
                select(Attempt.provider)
                .join(Message, Message.id == Attempt.message_id)
                .where(Message.ref == ref)
            ).all()
        assert set(tried) == {provider}


async def test_a_provider_that_left_the_route_is_not_asked_and_gets_nothing(
    planned: Planned,
    on_route: OnRoute,
    sessions: Sessions,
    registry: Registry,
    vault: Vault,
    esms: FakeEsms,
    twilio: FakeTwilio,
) -> None:
    planned()
    esms.mood = "error_after"
    await on_route("esms").dispatch_until(settled(registry, State.UNCERTAIN))
    office = on_route("twilio")
    assert await settle_doubts(sessions, office.gateways, vault, office.rules, SWIFT) == 0
    assert (esms.requests, twilio.requests) == (1, 0)
    assert settled(registry, State.UNCERTAIN)()


async def test_a_second_delivery_has_an_id_of_its_own(
    planned: Planned,
    on_route: OnRoute,
    sessions: Sessions,
    registry: Registry,
    esms: FakeEsms,
) -> None:
    """A gateway that takes an id once would else swallow it as the first."""
    planned()
    await on_route("esms").dispatch_until(settled(registry, State.ACCEPTED))
    (message,) = registry.messages()
    now = datetime.now(UTC)
    heard = Heard("esms", message.ref, 1, message.provider_ref or "", Word.UNREACHABLE)
    with sessions.begin() as session:
        store(session, heard, now)
    office = on_route("esms")
    office.apply_receipts(now)
    (message,) = registry.messages()
    assert (message.state, message.deliveries) == (State.QUEUED, 1)
    with sessions.begin() as session:
        session.get_one(Message, message.id).not_before = now
    await office.dispatch_until(settled(registry, State.ACCEPTED))
    assert [one.request_id for one in esms.taken] == [f"{message.ref}-1", f"{message.ref}-2"]


async def test_word_of_a_delivery_counts_whichever_of_its_requests_it_names(
    planned: Planned,
    on_route: OnRoute,
    sessions: Sessions,
    registry: Registry,
    esms: FakeEsms,
) -> None:
    """eSMS calls back at the address that its first request gave, though a second was made."""
    planned()
    esms.moods.append("unavailable")
    office = on_route("esms")
    await office.dispatch_until(settled(registry, State.QUEUED))
    (message,) = registry.messages()
    with sessions.begin() as session:
        session.get_one(Message, message.id).not_before = datetime.now(UTC)
    await on_route("esms").dispatch_until(settled(registry, State.ACCEPTED))
    (message,) = registry.messages()
    assert message.attempts == 2
    heard = Heard("esms", message.ref, 1, f"{message.ref}-1", Word.UNDELIVERED, "status_5")
    with sessions.begin() as session:
        store(session, heard, datetime.now(UTC))
    office.apply_receipts()
    assert settled(registry, State.UNDELIVERED)()
