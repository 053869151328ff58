"""Cases: opening one for a citizen, and an officer's taking, answering and closing it.

Each step is one transaction that changes a row only where it still stands as was thought, so that
two officers never have one case and nothing is written into one that is closed. Who may call what
is the callers' affair; officers are known by the names of their accounts.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.database import Sessions
from core.privacy import UnreadableSecret, Vault
from core.texts import Language
from dossiers.phones import national, phone_index
from dossiers.proof import Sender
from helpdesk.models import DeskCase, DeskLine
from helpdesk.vocabulary import Author, CaseState, Delivery, Kind, Topic
from helpdesk.words import say

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of references: read out over the telephone, none is taken for another."""
NUMBERED = frozenset({"sms", "whatsapp"})
"""Channels whose senders are telephone numbers: the conversation knows them by another name, and
the channel says by `Cases.reached` where its answers go."""
CITIZEN = "citizen"
"""Who closed a case, where no officer did."""
LONGEST = 2000
"""Characters of a line that are kept."""


class NotYours(Exception):
    """The case is another officer's, nobody's yet or closed, or there is none of that number."""

    def __init__(self, state: CaseState | None, officer: str | None) -> None:
        super().__init__(state, officer)
        self.state = state
        self.officer = officer


@dataclass(frozen=True)
class Line:
    """A line as it is shown."""

    author: Author
    text: str
    at: datetime
    delivery: Delivery | None


@dataclass(frozen=True)
class Summary:
    """A case in the queue: nothing of what was written, nor of who wrote."""

    reference: str
    kind: Kind
    topic: Topic | None
    state: CaseState
    channel: str
    language: str
    procedure: str | None
    officer: str | None
    opened_at: datetime
    last_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Whole:
    """A case as the officer who sees to it reads it."""

    summary: Summary
    code: str | None
    phone: str
    """As people dial it; empty where none was given."""
    lines: tuple[Line, ...]


def make_reference() -> str:
    """Return a fresh number: forty bits of chance, in two groups."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{drawn[:4]}-{drawn[4:]}"


def read_reference(written: str) -> str:
    """Return a number as it is stored, however it was typed."""
    bare = "".join(c for c in written.upper() if c.isalnum())
    return f"{bare[:4]}-{bare[4:8]}"


def talking_key(vault: Vault, sender: Sender) -> str:
    """Return what marks the one talk that a sender may have."""
    return f"{sender.channel}:{sender.key(vault)}"


class Cases:
    """The cases of an installation. Every method takes the moment it happens."""

    def __init__(self, sessions: Sessions, vault: Vault) -> None:
        self._sessions = sessions
        self._vault = vault

    # --- for the citizen --------------------------------------------------------------------------

    def begin_talk(
        self,
        sender: Sender,
        now: datetime,
        *,
        language: Language,
        procedure: str | None = None,
        question: str = "",
    ) -> str:
        """Open a talk and return its number; of a sender who has one already, that one's.

        `question`: what was asked last, for the officer to read.
        """
        key = talking_key(self._vault, sender)
        try:
            with self._sessions.begin() as session:
                made = self.new_case(session, Kind.CHAT, sender, now, language)
                made.talking, made.procedure = key, procedure
                session.flush()
                if question:
                    session.add(self.new_line(made.id, Author.CITIZEN, question, now))
                return made.reference
        except IntegrityError:
            with self._sessions() as session:
                return session.execute(
                    select(DeskCase.reference).where(DeskCase.talking == key)
                ).scalar_one()

    def begin_callback(
        self, sender: Sender, now: datetime, *, language: Language, procedure: str | None = None
    ) -> str:
        """Ask for a call to the number that a sender writes from, which its channel will tell
        (`reached`); return the request's number. One that nobody has seen to yet is enough."""
        mine = DeskCase.channel == sender.channel, DeskCase.sender == sender.key(self._vault)
        with self._sessions.begin() as session:
            known = session.scalar(
                select(DeskCase.reference)
                .where(*mine, DeskCase.kind == Kind.CALLBACK, DeskCase.state != CaseState.CLOSED)
                .limit(1)
            )
            if known is not None:
                return known
            made = self.new_case(session, Kind.CALLBACK, sender, now, language)
            made.procedure = procedure
            return made.reference

    def reached(self, sender: Sender, address: str) -> None:
        """Note where a channel reaches a sender whose cases do not have it yet: `address` is the
        person's number and ours, with a space between."""
        number = address.split()[0].removeprefix("whatsapp:")
        sealed = {"address_enc": self._vault.encrypt(address)}
        mine = (
            DeskCase.channel == sender.channel,
            DeskCase.sender == sender.key(self._vault),
            DeskCase.state != CaseState.CLOSED,
        )
        with self._sessions.begin() as session:
            session.execute(
                update(DeskCase).where(*mine, DeskCase.address_enc.is_(None)).values(**sealed)
            )
            session.execute(
                update(DeskCase)
                .where(*mine, DeskCase.phone_enc.is_(None))
                .values(
                    phone_enc=self._vault.encrypt(number),
                    phone_index=phone_index(self._vault, number),
                )
            )

    def end_by_citizen(self, sender: Sender, now: datetime) -> bool:
        """Close a sender's talk, if there is one; tell whether there was."""
        with self._sessions.begin() as session:
            return end_talk(session, talking_key(self._vault, sender), now)

    def talks(self, sender: Sender) -> bool:
        """Tell whether a sender is handed over to an officer."""
        with self._sessions() as session:
            key = talking_key(self._vault, sender)
            return session.scalar(select(DeskCase.id).where(DeskCase.talking == key)) is not None

    # --- for the officer --------------------------------------------------------------------------

    def queue(
        self, kinds: Iterable[Kind] = tuple(Kind), *, closed: bool = False, most: int = 200
    ) -> list[Summary]:
        """Return what is to be seen to, what nobody has taken first and the longest waiting first
        of these; with `closed`, what has been, the latest first."""
        query = select(DeskCase).where(DeskCase.kind.in_(tuple(kinds))).limit(most)
        if closed:
            query = query.where(DeskCase.state == CaseState.CLOSED)
            query = query.order_by(DeskCase.closed_at.desc(), DeskCase.id.desc())
        else:
            query = query.where(DeskCase.state != CaseState.CLOSED).order_by(
                sql_case((DeskCase.state == CaseState.OPEN, 0), else_=1), DeskCase.id
            )
        with self._sessions() as session:
            return [_summary(one) for one in session.scalars(query)]

    def show(self, reference: str) -> Whole | None:
        """Return a case and what was written in it; None where there is none of that number."""
        with self._sessions() as session:
            found = session.scalar(
                select(DeskCase).where(DeskCase.reference == read_reference(reference))
            )
            if found is None:
                return None
            lines = session.scalars(
                select(DeskLine).where(DeskLine.case_id == found.id).order_by(DeskLine.id)
            )
            phone = self.readable(found.phone_enc)
            return Whole(
                summary=_summary(found),
                code=found.code,
                phone=national(phone) if phone.startswith("+84") else phone,
                lines=tuple(
                    Line(one.author, self.readable(one.text_enc), one.at, one.delivery)
                    for one in lines
                ),
            )

    def take(self, reference: str, officer: str, now: datetime) -> None:
        """Give a case that nobody has to `officer`. Raises `NotYours`; twice is once."""
        with self._sessions.begin() as session:
            done = session.execute(
                update(DeskCase)
                .where(_called(reference), DeskCase.state == CaseState.OPEN)
                .values(state=CaseState.TAKEN, officer=officer, taken_at=now)
            )
            if not _rows(done):
                self._must_be(session, reference, officer)

    def release(self, reference: str, officer: str) -> None:
        """Put an officer's case back for the others. Raises `NotYours`."""
        with self._sessions.begin() as session:
            done = session.execute(
                update(DeskCase)
                .where(_mine(reference, officer))
                .values(state=CaseState.OPEN, officer=None, taken_at=None)
            )
            if not _rows(done):
                raise self._whose(session, reference)

    def answer(self, reference: str, officer: str, text: str, now: datetime) -> None:
        """Write a line to the citizen, which then goes out by their channel. Raises `NotYours`."""
        with self._sessions.begin() as session:
            # The update holds the row: nobody closes the case before the line is in it.
            done = session.execute(
                update(DeskCase).where(_mine(reference, officer)).values(state=CaseState.TAKEN)
            )
            if not _rows(done):
                raise self._whose(session, reference)
            found = session.execute(select(DeskCase).where(_called(reference))).scalar_one()
            session.add(self.new_line(found.id, Author.OFFICER, text, now))

    def close(self, reference: str, officer: str, now: datetime) -> None:
        """Close an officer's case, or one that nobody has taken; after a talk the citizen is told
        that the bot speaks again. Raises `NotYours`; twice is once."""
        with self._sessions.begin() as session:
            done = session.execute(
                update(DeskCase)
                .where(
                    _called(reference),
                    DeskCase.state != CaseState.CLOSED,
                    or_(DeskCase.officer.is_(None), DeskCase.officer == officer),
                )
                .values(state=CaseState.CLOSED, closed_at=now, closed_by=officer, talking=None)
            )
            if not _rows(done):
                whose = self._whose(session, reference)
                if whose.state is not CaseState.CLOSED:
                    raise whose
                return
            found = session.execute(select(DeskCase).where(_called(reference))).scalar_one()
            if found.kind is Kind.CHAT:
                language: Language = "en" if found.language == "en" else "vi"
                told = say("talk_closed", language, reference=found.reference)
                session.add(self.new_line(found.id, Author.SYSTEM, told, now))

    # --- within the room --------------------------------------------------------------------------

    def new_case(
        self, session: Session, kind: Kind, sender: Sender, now: datetime, language: Language
    ) -> DeskCase:
        """Add a case to a transaction and return it."""
        made = DeskCase(
            reference=make_reference(),
            kind=kind,
            state=CaseState.OPEN,
            channel=sender.channel,
            sender=sender.key(self._vault),
            address_enc=None if sender.channel in NUMBERED else self._vault.encrypt(sender.id),
            language=language,
            opened_at=now,
            last_at=now,
        )
        session.add(made)
        return made

    def new_line(
        self, case_id: int, author: Author, text: str, now: datetime, key: str | None = None
    ) -> DeskLine:
        """Return a line for a transaction; one for the citizen is to be delivered at once."""
        outward = author is not Author.CITIZEN
        return DeskLine(
            case_id=case_id,
            author=author,
            text_enc=self._vault.encrypt(text[:LONGEST]),
            at=now,
            key=key,
            delivery=Delivery.WAITING if outward else None,
            due_at=now if outward else None,
        )

    def readable(self, encrypted: str | None) -> str:
        """Return what was encrypted; empty where there is nothing, or another key's."""
        try:
            return self._vault.decrypt(encrypted) if encrypted else ""
        except UnreadableSecret:
            return ""

    def _must_be(self, session: Session, reference: str, officer: str) -> None:
        whose = self._whose(session, reference)
        if (whose.state, whose.officer) != (CaseState.TAKEN, officer):
            raise whose

    def _whose(self, session: Session, reference: str) -> NotYours:
        row = session.execute(
            select(DeskCase.state, DeskCase.officer).where(_called(reference))
        ).one_or_none()
        return NotYours(*row) if row else NotYours(None, None)


def end_talk(session: Session, key: str, now: datetime) -> bool:
    """Close the talk marked `key` as its citizen wished; tell whether there was one."""
    done = session.execute(
        update(DeskCase)
        .where(DeskCase.talking == key)
        .values(state=CaseState.CLOSED, closed_at=now, closed_by=CITIZEN, talking=None)
    )
    return _rows(done) > 0


def _called(reference: str) -> Any:
    return DeskCase.reference == read_reference(reference)


def _mine(reference: str, officer: str) -> Any:
    return _called(reference) & (DeskCase.state == CaseState.TAKEN) & (DeskCase.officer == officer)


def _rows(result: Any) -> int:
    return int(result.rowcount)


def _summary(case: DeskCase) -> Summary:
    return Summary(
        reference=case.reference,
        kind=case.kind,
        topic=case.topic,
        state=case.state,
        channel=case.channel,
        language=case.language,
        procedure=case.procedure,
        officer=case.officer,
        opened_at=case.opened_at,
        last_at=case.last_at,
        closed_at=case.closed_at,
    )
