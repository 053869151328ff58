"""Keeping no longer than needed: text and number go, the row and the fingerprints stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.database import Sessions
from dossiers.phones import phone_index
from notifier import operators
from notifier.desk import Desk
from notifier.direct import NotPossible
from notifier.models import Message, PhoneInbox
from notifier.plan import plan_batch
from notifier.retention import body_print, redact_old
from notifier.states import FINAL, State
from tests.notifier.conftest import NOON, PHONE, MakeDesk, Registry

LATER = NOON + timedelta(days=31)


def make(sessions: Sessions, registry: Registry, desk: Desk, state: State) -> Message:
    registry.dossier()
    with sessions.begin() as session:
        plan_batch(session, desk, NOON)
        session.execute(update(Message).values(state=state))
    return registry.messages()[-1]


def redact(sessions: Sessions, registry: Registry, days: int = 30) -> int:
    with sessions.begin() as session:
        return redact_old(session, registry.vault, days, LATER)


def test_an_old_message_loses_text_and_number_and_keeps_its_fingerprints(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    before = make(sessions, registry, make_desk(), State.DELIVERED)
    text = registry.text(before)
    assert redact(sessions, registry) == 1
    (after,) = registry.messages()
    assert (after.body_enc, after.phone_enc, after.phone_tail) == ("", "", "")
    assert (before.values_enc is None, after.values_enc) == (False, None)
    assert after.body_print == body_print(registry.vault, text)
    assert after.phone_index == phone_index(registry.vault, PHONE)
    assert after.redacted_at == LATER
    assert (after.state, after.epoch, after.segments) == (before.state, before.epoch, 1)
    assert redact(sessions, registry) == 0
    with sessions() as session:
        assert operators.counts(session) == {State.DELIVERED: 1}
        found = operators.history(session, registry.vault, after.id)
        assert (found.text, found.line.recipient) == ("", "•••")
        (listed,) = operators.messages(session, phone_index=phone_index(registry.vault, PHONE))
        assert listed.id == after.id


def test_an_old_message_that_was_blotted_out_is_not_sent_again(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    old = make(sessions, registry, make_desk(), State.FAILED)
    redact(sessions, registry)
    with sessions.begin() as session, pytest.raises(NotPossible, match="đã được xóa nội dung"):
        operators.retry(session, make_desk(), old.id, LATER)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_what_has_come_to_its_end_is_blotted_out(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, state: State
) -> None:
    make(sessions, registry, make_desk(), state)
    assert redact(sessions, registry, days=32) == 0
    assert redact(sessions, registry, days=0) == 0
    assert redact(sessions, registry) == (state in FINAL)


def test_the_demonstration_phone_forgets_too(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    with sessions.begin() as session:
        for n, at in enumerate((NOON, LATER)):
            session.add(
                PhoneInbox(
                    message_ref=f"ref{n}",
                    phone_index="x",
                    phone_enc="x",
                    body_enc="x",
                    received_at=at,
                )
            )
    redact(sessions, registry)
    with sessions() as session:
        assert session.scalars(select(PhoneInbox.message_ref)).all() == ["ref1"]


def test_a_backlog_is_blotted_out_by_batches(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    for _ in range(3):
        make(sessions, registry, make_desk(), State.DELIVERED)
    with sessions.begin() as session:
        done = [redact_old(session, registry.vault, 30, LATER, limit=2) for _ in range(3)]
    assert done == [2, 1, 0]
