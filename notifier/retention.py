"""Keeping no longer than needed: texts and numbers of messages that have come to their end are
blotted out after a while. Their rows stay, for the counts, with keyed fingerprints of both.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from core.privacy import UnreadableSecret, Vault
from notifier.models import Message, PhoneInbox
from notifier.outbox import at
from notifier.states import FINAL

BATCH = 500
"""Messages to a transaction."""
BLOTTED = ""
"""What stands where a text or a number was."""


def redact_old(session: Session, vault: Vault, days: int, now: datetime, limit: int = BATCH) -> int:
    """Blot out text and number of up to `limit` messages made more than `days` ago whose end has
    come; return how many. 0 days: none ever.

    The number's index stays: it finds the messages of whoever names the number, and cannot be
    turned back. Messages still on their way are left alone however old they are.
    """
    if not days:
        return 0
    before = now - timedelta(days=days)
    old = session.execute(
        select(Message.id, Message.body_enc)
        .where(Message.redacted_at.is_(None), Message.created_at < before, at(*sorted(FINAL)))
        .order_by(Message.created_at)
        .limit(limit)
    ).all()
    if old:
        table = Message.__table__
        session.connection().execute(
            update(table)  # type: ignore[arg-type]
            .where(table.c.id == bindparam("of_id"))
            .values(
                body_enc=BLOTTED,
                values_enc=None,
                phone_enc=BLOTTED,
                phone_tail=BLOTTED,
                body_print=bindparam("print"),
                redacted_at=now,
            ),
            [{"of_id": id_, "print": _print(vault, body)} for id_, body in old],
        )
    session.execute(delete(PhoneInbox).where(PhoneInbox.received_at < before))
    return len(old)


def body_print(vault: Vault, body: str) -> str:
    """Return the fingerprint that is left of a text."""
    return vault.index(body, "sms body")


def _print(vault: Vault, body_enc: str) -> str | None:
    try:
        return body_print(vault, vault.decrypt(body_enc))
    except UnreadableSecret:
        return None
