"""One person's messages: handing them out and erasing them.

Beside `dossiers.person`, which finds the person and does the same for the registry. `forget` does
both in the caller's transaction: all of it happens or none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, delete, literal, or_, select, update
from sqlalchemy.orm import Session

from core.privacy import UnreadableSecret, Vault, mask_phone
from dossiers import person as registry
from dossiers.models import Dossier
from dossiers.person import Known, Person
from notifier.models import Attempt, Message, PhoneInbox, Receipt, Suppression
from notifier.outbox import Change, at, change, opt_out
from notifier.policy import Step
from notifier.retention import BLOTTED
from notifier.states import UNSENT, Cause
from notifier.vocabulary import Why

_BY = "erasure"
_TRIES = 5


def export(session: Session, vault: Vault, person: Person) -> dict[str, Any]:
    """Return all that the notifier's tables hold about a person, by kind; moments are UTC."""
    messages = session.scalars(select(Message).where(_theirs(person)).order_by(Message.id)).all()
    about = select(Dossier.id, Dossier.code).where(
        Dossier.id.in_({one.dossier_id for one in messages})
    )
    code_of = {id_: code for id_, code in session.execute(about)}  # noqa: C416 (rows, no pairs)
    opted_out = session.scalars(
        select(Suppression).where(Suppression.phone_index.in_(person.numbers))
    )
    return {
        "messages": [
            _message(session, vault, one, code_of.get(one.dossier_id or 0, "")) for one in messages
        ],
        "demonstration_phone": [
            {"text": _readable(vault, one.body_enc), "received_at": one.received_at}
            for one in session.scalars(
                select(PhoneInbox).where(_shown(person)).order_by(PhoneInbox.id)
            )
        ],
        "opted_out": [{"source": one.source, "at": one.at} for one in opted_out],
    }


def _message(session: Session, vault: Vault, message: Message, code: str) -> dict[str, Any]:
    attempts = session.scalars(
        select(Attempt).where(Attempt.message_id == message.id).order_by(Attempt.n)
    )
    receipts = session.scalars(
        select(Receipt).where(Receipt.message_ref == message.ref).order_by(Receipt.id)
    )
    return {
        "template": message.template,
        "dossier": code,
        "to": mask_phone(f"0000{message.phone_tail}") if message.phone_tail else "",
        "text": _readable(vault, message.body_enc),
        "state": message.state.value,
        "why": message.why.value if message.why else None,
        "created_at": message.created_at,
        "state_at": message.state_at,
        "attempts": [
            {
                "provider": one.provider,
                "started_at": one.started_at,
                "outcome": one.outcome.value if one.outcome else None,
            }
            for one in attempts
        ],
        "receipts": [
            {"provider": one.provider, "word": one.word.value, "received_at": one.received_at}
            for one in receipts
        ],
    }


def forget(session: Session, vault: Vault, known: Known, now: datetime) -> dict[str, int]:
    """Erase all that is a person's in the registry and the outbox; return how many rows of which
    kind it touched.

    Messages keep template, state and counts; those that have not left are cancelled. The number
    wants no messages from now on, and no export brings the person back. Doing it twice does no
    more than once.
    """
    registry.bar(session, known, now)  # first: importers wait for the end of this transaction
    person = registry.find(session, vault, known)
    counts = _erase(session, _theirs(person), _shown(person), now)
    for number in person.numbers:
        opt_out(session, number, _BY, now)
    return counts | registry.erase(session, person, now)


def forget_late(session: Session, now: datetime) -> int:
    """Erase what was on its way when its person was erased: a message being planned, one that
    the demonstration phone was just given, an account being tied. Return how many messages."""
    numbers = registry.barred(session)
    if not numbers:
        return 0
    registry.erase_late(session, numbers)
    theirs = Message.phone_index.in_(numbers)
    return _erase(session, theirs, PhoneInbox.phone_index.in_(numbers), now)["messages"]


def _theirs(person: Person) -> ColumnElement[bool]:
    return or_(Message.phone_index.in_(person.numbers), Message.dossier_id.in_(person.dossiers))


def _shown(person: Person) -> ColumnElement[bool]:
    refs = select(Message.ref).where(_theirs(person))
    return or_(PhoneInbox.phone_index.in_(person.numbers), PhoneInbox.message_ref.in_(refs))


def _erase(
    session: Session, theirs: ColumnElement[bool], shown: ColumnElement[bool], now: datetime
) -> dict[str, int]:
    cancelled = 0
    for _ in range(_TRIES):  # a worker may take one, or put it back, between reading and writing
        unsent = session.execute(
            select(Message.id, Message.state, Message.epoch).where(theirs, at(*sorted(UNSENT)))
        ).all()
        if not unsent:
            break
        step = Step(Cause.CANCEL, Why.OPERATOR)
        changes = [Change(id_, state, epoch, step) for id_, state, epoch in unsent]
        cancelled += len(change(session, changes, _BY, now))
    session.execute(delete(PhoneInbox).where(shown))
    blotted = session.execute(
        update(Message)
        .where(theirs, Message.phone_index != BLOTTED)
        .values(
            phone_enc=BLOTTED,
            phone_index=BLOTTED,
            phone_tail=BLOTTED,
            body_enc=BLOTTED,
            values_enc=None,
            body_print=None,
            redacted_at=now,
            # It names the recipient by the beginning of the index.
            dedupe_key=literal("erased:") + cast(Message.id, String),
        )
        .execution_options(synchronize_session=False)
    )
    return {"messages": int(blotted.rowcount), "cancelled": cancelled}  # type: ignore[attr-defined]


def _readable(vault: Vault, encrypted: str) -> str:
    try:
        return vault.decrypt(encrypted)
    except UnreadableSecret:
        return ""
