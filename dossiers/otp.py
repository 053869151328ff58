"""The second step of proof: a code sent to the phone on file, read out by who holds it.

The first step (`proof`) shows how a dossier stands; this one shows everything and lets a person
decide about messages. The code is kept as a salted fingerprint, counts for minutes and three tries,
and goes to the number on file, never to one that was typed. Who asks for codes again and again is
stopped by sender, by phone and by the day: each is an SMS that somebody pays for and somebody else
receives. Sending is the room above's.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session

from core.database import Sessions
from core.privacy import Vault
from dossiers.consent import LINKED, record
from dossiers.inserting import insert_into
from dossiers.models import Dossier, LinkedIdentity, OneTimeCode, Purpose, Verification
from dossiers.proof import Sender

DIGITS = 6


class CodeOutcome(StrEnum):
    """What came of a code that was given back."""

    VERIFIED = "verified"
    """The sender holds the phone."""
    WRONG = "wrong"
    """Not the code, or none is awaited, or it is too old: nobody is told which."""
    TOO_MANY = "too_many"
    """It was tried too often; a new one has to be sent."""


class NoCode(StrEnum):
    """Why no code was made."""

    NO_PHONE = "no_phone"
    """There is no mobile number on file."""
    TOO_SOON = "too_soon"
    """One was sent within the last minute."""
    TOO_MANY = "too_many"
    """This sender, or this phone, has had its codes for today."""


@dataclass(frozen=True)
class Bounds:
    """How codes are limited; durations in seconds."""

    lasts: int = 5 * 60
    tries: int = 3
    apart: int = 60
    """Between two codes for one phone."""
    phone_a_day: int = 5
    sender_a_day: int = 5
    verified_for: int = 15 * 60


@dataclass(frozen=True)
class Made:
    """A code that is to be sent, in the transaction in which it was made."""

    code: str = field(repr=False)
    minutes: int


class Codes:
    """Making codes and checking them."""

    def __init__(self, sessions: Sessions, vault: Vault, bounds: Bounds | None = None) -> None:
        self._sessions = sessions
        self._vault = vault
        self._bounds = bounds or Bounds()

    def make(
        self, session: Session, sender: Sender, dossier_id: int, now: datetime
    ) -> Made | NoCode:
        """Make a code for `sender`, who may see the dossier already, in place of any earlier one
        for this dossier.

        The caller sends it and commits: a code that was not sent does not exist.
        """
        phone = session.scalar(select(Dossier.phone_index).where(Dossier.id == dossier_id))
        if phone is None:
            return NoCode.NO_PHONE
        key = sender.key(self._vault)
        to_phone = OneTimeCode.phone_index == phone
        if self._sent(session, to_phone, now, self._bounds.apart):
            return NoCode.TOO_SOON
        by_sender = (OneTimeCode.channel == sender.channel) & (OneTimeCode.sender == key)
        a_day = 24 * 3600
        if (
            self._sent(session, to_phone, now, a_day) >= self._bounds.phone_a_day
            or self._sent(session, by_sender, now, a_day) >= self._bounds.sender_a_day
        ):
            return NoCode.TOO_MANY
        of_this = by_sender & (OneTimeCode.dossier_id == dossier_id)
        session.execute(update(OneTimeCode).where(of_this).values(closed=True))
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        salt = secrets.token_hex(16)
        session.add(
            OneTimeCode(
                channel=sender.channel,
                sender=key,
                dossier_id=dossier_id,
                phone_index=phone,
                salt=salt,
                fingerprint=self._fingerprint(salt, code),
                sent_at=now,
                until=now + timedelta(seconds=self._bounds.lasts),
            )
        )
        return Made(code, self._bounds.lasts // 60)

    def awaited(self, sender: Sender, now: datetime, dossier_id: int | None = None) -> bool:
        """Tell whether a code is awaited of `sender`, for one dossier or, in a conversation, for
        any."""
        with self._sessions() as session:
            return session.scalar(self._newest(sender, now, dossier_id)) is not None

    def check(
        self, sender: Sender, given: str, now: datetime, dossier_id: int | None = None
    ) -> CodeOutcome:
        """Check what `sender` gave, against the newest code that is awaited: of one dossier, whose
        page it was typed on, or in a conversation of any. A right code opens its dossier in full,
        and ties the sender's account to the phone.

        The try is committed before anything is compared: of many at once no more get through than
        of one after another.
        """
        with self._sessions.begin() as session:
            counted = session.execute(
                update(OneTimeCode)
                .where(
                    OneTimeCode.id == self._newest(sender, now, dossier_id).scalar_subquery(),
                    OneTimeCode.closed.is_(False),
                    OneTimeCode.tries < self._bounds.tries,
                )
                .values(tries=OneTimeCode.tries + 1)
                .returning(
                    OneTimeCode.id,
                    OneTimeCode.salt,
                    OneTimeCode.fingerprint,
                    OneTimeCode.dossier_id,
                    OneTimeCode.phone_index,
                )
                .execution_options(synchronize_session=False)
            ).one_or_none()
        if counted is None:
            # Compared all the same: no answer takes less time than another.
            hmac.compare_digest(self._fingerprint("", given), "0" * 64)
            often = self.awaited(sender, now, dossier_id)
            return CodeOutcome.TOO_MANY if often else CodeOutcome.WRONG
        id_, salt, expected, opened, phone = counted
        digits = re.sub(r"\D", "", given)
        if not hmac.compare_digest(self._fingerprint(salt, digits), expected):
            return CodeOutcome.WRONG
        return self._let_in(sender, id_, opened, phone, now)

    def may_decide(self, session: Session, sender: Sender, dossier_id: int, now: datetime) -> bool:
        """Tell whether `sender` may see all of a dossier and decide about its messages now."""
        return (
            session.scalar(
                select(func.count()).where(
                    Verification.channel == sender.channel,
                    Verification.sender == sender.key(self._vault),
                    Verification.dossier_id == dossier_id,
                    Verification.full_until > now,
                )
            )
            != 0
        )

    def _let_in(
        self, sender: Sender, id_: int, dossier_id: int, phone: str, now: datetime
    ) -> CodeOutcome:
        until = now + timedelta(seconds=self._bounds.verified_for)
        key = sender.key(self._vault)
        with self._sessions.begin() as session:
            used = session.execute(
                update(OneTimeCode)
                .where(OneTimeCode.id == id_, OneTimeCode.closed.is_(False))
                .values(closed=True)
                .returning(OneTimeCode.id)
                .execution_options(synchronize_session=False)
            ).first()
            if used is None:
                return CodeOutcome.WRONG  # used already, by the same words a moment ago
            session.execute(
                insert_into(session, Verification)
                .values(
                    channel=sender.channel,
                    sender=key,
                    dossier_id=dossier_id,
                    until=until,
                    full_until=until,
                )
                .on_conflict_do_update(
                    index_elements=["channel", "sender", "dossier_id"],
                    set_={"until": until, "full_until": until},
                )
            )
            if sender.lasting:
                session.execute(
                    insert_into(session, LinkedIdentity)
                    .values(channel=sender.channel, sender=key, phone_index=phone, linked_at=now)
                    .on_conflict_do_update(
                        index_elements=["channel", "sender"],
                        set_={"phone_index": phone, "linked_at": now},
                    )
                )
                # Digits do not tell in which language the chat is: both wordings are put on record.
                words = f"{LINKED.vi}\n{LINKED.en}"
                record(session, phone, Purpose.LINKED_CHAT, True, sender.channel, words, now)
        return CodeOutcome.VERIFIED

    def _newest(self, sender: Sender, now: datetime, dossier_id: int | None) -> Select[int]:
        """Of the codes awaited, the one that was sent last."""
        query = select(OneTimeCode.id).where(
            OneTimeCode.channel == sender.channel,
            OneTimeCode.sender == sender.key(self._vault),
            OneTimeCode.until > now,
            OneTimeCode.closed.is_(False),
        )
        if dossier_id is not None:
            query = query.where(OneTimeCode.dossier_id == dossier_id)
        return query.order_by(OneTimeCode.sent_at.desc(), OneTimeCode.id.desc()).limit(1)

    def _sent(
        self, session: Session, of_whom: ColumnElement[bool], now: datetime, within: int
    ) -> int:
        since = now - timedelta(seconds=within)
        return (
            session.scalar(
                select(func.count())
                .select_from(OneTimeCode)
                .where(of_whom, OneTimeCode.sent_at > since)
            )
            or 0
        )

    def _fingerprint(self, salt: str, code: str) -> str:
        return self._vault.index(f"{salt}\x1f{code}", "one-time-code")
