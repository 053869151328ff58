"""Lines for citizens on their way to a channel: claimed, tried, and marked with what came of it.

A line is in the database before anything is sent, and stays waiting until the channel has it. Who
claims one puts its next try off first: if they die, another tries again, under the same number, by
which the channel knows what it has sent already. Of a case one line goes at a time, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import aliased

from core.database import Sessions
from core.observability import get_logger
from core.privacy import UnreadableSecret, Vault
from core.texts import Language
from helpdesk.models import DeskCase, DeskLine
from helpdesk.vocabulary import Author, Delivery, Kind
from helpdesk.words import say
from language.blocks import Block, Text

_log = get_logger(__name__)

LEASE = timedelta(seconds=60)
"""For which a claimed line is left alone; longer than a channel takes to send it."""
PAUSES = (5, 15, 60, 300, 900)
"""Seconds before a line that was surely not taken is tried again; the last one for the rest."""
GIVEN_UP = timedelta(hours=24)
"""After which a line that no channel took is not tried any more."""
BATCH = 20


class Outcome(StrEnum):
    """What a channel says of a line."""

    SENT = "sent"
    AGAIN = "again"
    """Surely not taken; it may be tried again."""
    FAILED = "failed"
    """Will never be taken, or may have been."""


@dataclass(frozen=True)
class Due:
    """A line to hand to its channel."""

    line_id: int
    key: str
    """The same however often it is tried."""
    channel: str
    address: str
    blocks: tuple[Block, ...]
    at: datetime
    attempts: int


class Outbox:
    """The lines that wait."""

    def __init__(self, sessions: Sessions, vault: Vault) -> None:
        self._sessions = sessions
        self._vault = vault

    def claim(self, now: datetime) -> list[Due]:
        """Return lines that are due and now this caller's for `LEASE`."""
        earlier = aliased(DeskLine)
        first = ~exists().where(
            and_(
                earlier.case_id == DeskLine.case_id,
                earlier.delivery == Delivery.WAITING,
                earlier.id < DeskLine.id,
            )
        )
        query = (
            select(DeskLine, DeskCase)
            .join(DeskCase, DeskCase.id == DeskLine.case_id)
            .where(DeskLine.delivery == Delivery.WAITING, DeskLine.due_at <= now, first)
            .where(DeskCase.address_enc.is_not(None))
            .order_by(DeskLine.id)
            .limit(BATCH)
        )
        claimed = []
        with self._sessions.begin() as session:
            for line, case in session.execute(query).all():
                due = self._due(line, case)
                won = session.execute(
                    update(DeskLine)
                    .where(
                        DeskLine.id == line.id,
                        DeskLine.attempts == line.attempts,
                        DeskLine.delivery == Delivery.WAITING,
                    )
                    .values(attempts=line.attempts + 1, due_at=now + LEASE)
                    .execution_options(synchronize_session=False)
                )
                if due and int(won.rowcount):  # type: ignore[attr-defined]
                    claimed.append(due)
        return claimed

    def settle(self, due: Due, outcome: Outcome, now: datetime) -> None:
        """Write down what came of a claimed line."""
        if outcome is Outcome.AGAIN and now - due.at < GIVEN_UP:
            pause = PAUSES[min(due.attempts, len(PAUSES) - 1)]
            values: dict[str, Any] = {"due_at": now + timedelta(seconds=pause)}
        else:
            sent = outcome is Outcome.SENT
            values = {"delivery": Delivery.SENT if sent else Delivery.FAILED, "due_at": None}
        with self._sessions.begin() as session:
            session.execute(
                update(DeskLine)
                .where(DeskLine.id == due.line_id, DeskLine.delivery == Delivery.WAITING)
                .values(**values)
            )

    def _due(self, line: DeskLine, case: DeskCase) -> Due | None:
        try:
            text = self._vault.decrypt(line.text_enc)
            address = self._vault.decrypt(case.address_enc or "")
        except UnreadableSecret:
            _log.error("desk_line_unreadable", line=line.id)
            return None
        return Due(
            line_id=line.id,
            key=f"desk-{line.id:08d}",
            channel=case.channel,
            address=address,
            blocks=_as_said(line.author, case, text),
            at=line.at,
            attempts=line.attempts,
        )


def _as_said(author: Author, case: DeskCase, text: str) -> tuple[Block, ...]:
    """Return a line as the citizen reads it: an officer's says that it is one's."""
    if author is not Author.OFFICER:
        return (Text(text, tone="lead"),)
    language: Language = "en" if case.language == "en" else "vi"
    if case.kind is Kind.CHAT:
        whose = say("officer_says", language)
    else:
        whose = say("officer_answers_case", language, reference=case.reference)
    return (Text(whose, tone="note"), Text(text))
