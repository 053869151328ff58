"""The demonstration phone: a provider whose messages are seen on a page and reach nobody.

It keeps the contract of a good provider: a message sent twice is shown once, it can be asked what
it has, and its receipts come the way of every other provider's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.clock import now as clock_now
from core.database import Sessions
from core.privacy import Vault, mask_phone
from dossiers.phones import phone_index
from notifier.models import Message, PhoneInbox
from notifier.outbox import insert_new
from notifier.providers.base import (
    Absent,
    Answer,
    Found,
    Heard,
    Inquiry,
    NoTelling,
    Report,
    Request,
)
from notifier.receipts import store
from notifier.segments import Encoding
from notifier.states import State
from notifier.vocabulary import Outcome, Word

NAME = "phone"


class PhoneProvider:
    """Delivers to the `phone_inbox` table, a group of messages to a commit."""

    name = NAME
    real = False
    rate = 0.0

    def __init__(self, sessions: Sessions, vault: Vault) -> None:
        self._sessions = sessions
        self._vault = vault
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []
        self._delivering = False

    def carries(self, request: Request) -> bool:
        """Any text."""
        return True

    async def send(self, request: Request) -> Answer:
        """Put the message on the phone, together with those that others are sending just now."""
        promise: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, promise))
        if not self._delivering:
            self._delivering = True
            try:
                while self._waiting:
                    await self._deliver()
            finally:
                self._delivering = False
        return await promise

    async def _deliver(self) -> None:
        group, self._waiting = self._waiting, []
        try:
            await asyncio.to_thread(self._write, [request for request, _ in group])
        except SQLAlchemyError as error:
            # The transaction failed as a whole: surely nothing is on the phone.
            answer = Answer(Outcome.NOT_SENT, code=type(error).__name__)
            answers = [answer] * len(group)
        else:
            answers = [Answer(Outcome.ACCEPTED, _ref(request)) for request, _ in group]
        for (_request, promise), answer in zip(group, answers, strict=True):
            if not promise.done():
                promise.set_result(answer)

    def _write(self, requests: Sequence[Request]) -> None:
        now = clock_now()
        rows = [
            {
                "message_ref": request.ref,
                "phone_index": phone_index(self._vault, request.to),
                "phone_enc": self._vault.encrypt(request.to),
                "body_enc": self._vault.encrypt(request.body),
                "received_at": now,
            }
            for request in requests
        ]
        with self._sessions.begin() as session:
            session.execute(insert_new(session, PhoneInbox, rows, "message_ref"))
            for request in requests:
                word = Word.DELIVERED
                heard = Heard(NAME, request.ref, request.attempt, _ref(request), word)
                store(session, heard, now)

    async def look_up(self, inquiry: Inquiry) -> Report:
        """Say whether the message is on the phone."""

        def there() -> bool:
            with self._sessions() as session:
                found = select(PhoneInbox.id).where(PhoneInbox.message_ref == inquiry.request.ref)
                return session.execute(found).first() is not None

        try:
            present = await asyncio.to_thread(there)
        except SQLAlchemyError:
            return NoTelling()
        return Found(_ref(inquiry.request), Word.DELIVERED) if present else Absent()

    async def tend(self) -> None:
        """Nothing runs out."""

    async def close(self) -> None:
        """Nothing to let go of."""


def _ref(request: Request) -> str:
    return f"phone-{request.ref}"


@dataclass(frozen=True)
class ShownMessage:
    """A message as the phone page shows it."""

    id: int
    number: str = field(repr=False)
    """E.164: the demonstration phone belongs to nobody, and its page is the operator's own."""
    masked: str
    body: str = field(repr=False)
    received_at: datetime
    segments: int
    encoding: Encoding
    state: State
    template: str


def inbox(
    session: Session, vault: Vault, *, after: int = 0, number: str | None = None, limit: int = 200
) -> list[ShownMessage]:
    """Return messages on the phone, the newest first: those after row `after`, of one number
    (E.164) if one is named."""
    query = (
        select(PhoneInbox, Message)
        .join(Message, Message.ref == PhoneInbox.message_ref)
        .where(PhoneInbox.id > after)
        .order_by(PhoneInbox.id.desc())
        .limit(limit)
    )
    if number is not None:
        query = query.where(PhoneInbox.phone_index == phone_index(vault, number))
    shown = []
    for item, message in session.execute(query):
        to = vault.decrypt(item.phone_enc)
        shown.append(
            ShownMessage(
                id=item.id,
                number=to,
                masked=mask_phone(to),
                body=vault.decrypt(item.body_enc),
                received_at=item.received_at,
                segments=message.segments,
                encoding=message.encoding,
                state=message.state,
                template=message.template,
            )
        )
    return shown
