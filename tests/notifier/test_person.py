"""One person's messages: handed out, erased in one transaction with the registry, and not sent."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
from sqlalchemy import select

from core.database import Sessions
from core.privacy import Vault
from core.settings import ROOT
from dossiers import consent
from dossiers.lifecycle import Status
from dossiers.models import Consent, Dossier, Erasure, LinkedIdentity, Purpose
from dossiers.person import bar, find, known_by_phone
from dossiers.phones import phone_index
from dossiers.proof import Sender, proof_print
from dossiers.telling import consent_words
from notifier import outbox
from notifier.choices import choose
from notifier.desk import Desk
from notifier.models import PhoneInbox, Suppression
from notifier.operators import hold
from notifier.person import export, forget, forget_late
from notifier.plan import plan_batch
from notifier.providers.phone import PhoneProvider
from notifier.states import State
from notifier.vocabulary import Why
from tests.notifier.conftest import NOON, OTHER_PHONE, PHONE, MakeDesk, Office, Registry, from_noon
from tests.sentinels import everything, traces

NUMBER, ID, NAME = "0912345678", "008123456789", "Nguyễn Thị Mẫu"
NOBODY = Sender("zalo", "nobody")


@pytest.fixture
def office(sessions: Sessions, vault: Vault) -> Office:
    from_noon(sessions)
    return Office(sessions, vault, PhoneProvider(sessions, vault))


def named(registry: Registry, dossier_id: int) -> None:
    """Give a dossier its person's name, ID and proof digits."""
    with registry.sessions.begin() as session:
        dossier = session.get_one(Dossier, dossier_id)
        dossier.applicant_enc = registry.vault.encrypt(NAME)
        dossier.id_index = registry.vault.index(ID, "id")
        dossier.proofs = [proof_print(registry.vault, dossier.code, n[-4:]) for n in (NUMBER, ID)]


def plan(sessions: Sessions, desk: Desk) -> None:
    with sessions.begin() as session:
        plan_batch(session, desk, NOON)


async def delivered_and_waiting(
    registry: Registry, office: Office, make_desk: MakeDesk
) -> tuple[int, int]:
    """Leave a delivered and a held message of the person, and a waiting one of somebody else's;
    return both dossiers."""
    theirs, others = registry.dossier(), registry.dossier(phone=OTHER_PHONE)
    named(registry, theirs)
    plan(registry.sessions, make_desk())
    await office.dispatch_until(lambda: {m.state for m in registry.messages()} == {State.ACCEPTED})
    office.apply_receipts()
    registry.move(theirs, Status.DONE)
    registry.move(others, Status.DONE)
    plan(registry.sessions, make_desk())
    with registry.sessions.begin() as session:
        hold(session, [registry.messages()[2].id], "a person", NOON)
    return theirs, others


def erased(sessions: Sessions, vault: Vault) -> dict[str, int]:
    with sessions.begin() as session:
        return forget(session, vault, known_by_phone(vault, NUMBER), NOON)


async def test_messages_keep_their_fate_and_lose_the_person(
    registry: Registry, office: Office, make_desk: MakeDesk, vault: Vault, sessions: Sessions
) -> None:
    theirs, others = await delivered_and_waiting(registry, office, make_desk)
    before = {one.id: one for one in registry.messages()}
    with sessions() as session:
        other = session.get_one(Dossier, others).code
    untouched = everything(sessions, of=other)
    assert "message.phone_enc" in traces(sessions, vault, NUMBER, ID, NAME, NOBODY)
    counts = erased(sessions, vault)
    assert (counts["messages"], counts["cancelled"], counts["dossiers"]) == (2, 1, 1)
    assert traces(sessions, vault, NUMBER, ID, NAME, NOBODY) == []
    assert everything(sessions, of=other) == untouched
    for one in registry.messages():
        was = before[one.id]
        assert (one.template, one.segments, one.attempts) == (
            was.template,
            was.segments,
            was.attempts,
        )
        if one.dossier_id == theirs:
            assert one.body_enc == one.phone_enc == one.phone_tail == ""
            kept = State.CANCELLED if was.state is State.HELD else State.DELIVERED
            assert one.state is kept
        else:
            assert registry.text(one) == registry.text(was)
    with sessions() as session:
        (left,) = session.scalars(select(PhoneInbox)).all()
        assert vault.decrypt(left.phone_enc) == OTHER_PHONE
        assert session.scalars(select(Suppression.phone_index)).all() == [phone_index(vault, PHONE)]
    # Once more: nothing is left to do.
    done = everything(sessions)
    assert not any(erased(sessions, vault).values())
    assert everything(sessions) == done


async def test_what_was_cancelled_does_not_go_out(
    registry: Registry, office: Office, make_desk: MakeDesk, vault: Vault, sessions: Sessions
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    with sessions.begin() as session:  # a worker has it already
        outbox.claim(session, "another worker", 10, 60, NOON)
    erased(sessions, vault)
    (message,) = registry.messages()
    assert (message.state, message.why) == (State.CANCELLED, Why.OPERATOR)
    registry.dossier(phone=OTHER_PHONE)
    plan(sessions, make_desk())
    await office.dispatch_until(lambda: registry.messages()[-1].state is State.ACCEPTED)
    with sessions() as session:
        assert len(session.scalars(select(PhoneInbox)).all()) == 1


def test_what_was_on_its_way_into_the_outbox_goes_with_the_next_tick(
    registry: Registry, make_desk: MakeDesk, vault: Vault, sessions: Sessions
) -> None:
    """As when the planner had read the number before the erasure, and writes after it."""
    dossier = registry.dossier()
    plan(sessions, make_desk())
    assert traces(sessions, vault, NUMBER, ID, NAME, NOBODY)
    with sessions.begin() as session:
        assert forget_late(session, NOON) == 0
        bar(session, known_by_phone(vault, NUMBER), NOON)
        held = session.get_one(Dossier, dossier)
        held.phone_enc = held.phone_index = None
        tied = {"channel": "zalo", "phone_index": phone_index(vault, PHONE), "linked_at": NOON}
        session.add(LinkedIdentity(sender="somebody", **tied))
        assert forget_late(session, NOON) == 1
        assert forget_late(session, NOON) == 0
    assert traces(sessions, vault, NUMBER, ID, NAME, NOBODY) == []
    assert registry.messages()[0].state is State.CANCELLED


async def test_a_process_killed_before_its_commit_erases_nothing(
    database_url: str,
    registry: Registry,
    office: Office,
    make_desk: MakeDesk,
    vault: Vault,
    sessions: Sessions,
) -> None:
    await delivered_and_waiting(registry, office, make_desk)
    before = everything(sessions)
    child = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.notifier.erase_in_child", database_url, NUMBER],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == -9, child.stderr
    assert everything(sessions) == before
    erased(sessions, vault)
    assert traces(sessions, vault, NUMBER, ID, NAME, NOBODY) == []


async def test_an_export_tells_each_message_with_what_became_of_it(
    registry: Registry, office: Office, make_desk: MakeDesk, vault: Vault, sessions: Sessions
) -> None:
    await delivered_and_waiting(registry, office, make_desk)
    with sessions.begin() as session:
        choose(session, phone_index(vault, PHONE), False, consent.COUNTER, "vi", NOON)
    with sessions() as session:
        found = export(session, vault, find(session, vault, known_by_phone(vault, NUMBER)))
    first, second = found["messages"]
    assert [first["state"], second["state"]] == ["delivered", "held"]
    assert first["dossier"] == second["dossier"] != ""
    assert first["dossier"] in first["text"] and first["to"].endswith("678")
    assert [one["outcome"] for one in first["attempts"]] == ["accepted"]
    assert [one["word"] for one in first["receipts"]] == ["delivered"]
    assert len(found["demonstration_phone"]) == 1
    assert [one["source"] for one in found["opted_out"]] == ["counter"]
    assert "321" not in json.dumps(found, default=str).replace("0207 3 822 123", "")


def test_a_word_at_the_counter_is_kept_and_taken_back(
    registry: Registry, make_desk: MakeDesk, vault: Vault, sessions: Sessions
) -> None:
    index = phone_index(vault, PHONE)
    for wanted in (False, True, False):
        with sessions.begin() as session:
            choose(session, index, wanted, consent.COUNTER, "vi", NOON)
        with sessions() as session:
            assert outbox.opted_out(session, [index]) == (set() if wanted else {index})
            last = consent.latest(session, index, Purpose.STATUS_SMS)
            assert last is not None
            assert (last.given, last.channel) == (wanted, "counter")
            assert last.text == consent_words(wanted, "vi")
    with sessions() as session:
        assert len(session.scalars(select(Consent)).all()) == 3


def test_who_wants_messages_after_an_erasure_is_no_longer_barred(
    vault: Vault, sessions: Sessions
) -> None:
    erased(sessions, vault)
    index = phone_index(vault, PHONE)
    with sessions.begin() as session:
        choose(session, index, True, consent.COUNTER, "vi", NOON)
    with sessions() as session:
        assert session.scalars(select(Erasure)).all() == []
        assert outbox.opted_out(session, [index]) == set()
