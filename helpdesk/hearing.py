"""What is heard of a message before the bot is: whether it belongs to an officer, or answers what
was asked for beside the conversation.

Who is handed over talks to the officer, and the bot is silent until that ends. Digits that prove a
dossier are taken out of a message first: no case holds them. A message taken here never reaches
Rasa. It is written down before its channel acknowledges it, under a fingerprint of
its number, so that one which is repeated after a crash is one line and gets one reply.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import phonenumbers
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from core.texts import Language
from dossiers.phones import phone_index, read_phones
from dossiers.proof import Sender
from helpdesk import questions
from helpdesk.cases import LONGEST, NUMBERED, Cases, end_talk, talking_key
from helpdesk.hours import Calendar, as_words, is_open
from helpdesk.models import DeskCase, DeskLine, DeskQuestion
from helpdesk.ratings import rate, read_stars
from helpdesk.vocabulary import CANCEL, END, Author, Awaited, CaseState, Kind, Topic
from helpdesk.words import say
from language.blocks import Block, Text
from language.dossier_code import find_code
from language.folding import fold, normalise
from language.proof_digits import TAKEN_OUT, find_digits

MEANT_AS_NUMBER = 8
"""Digits from which a message was meant as a telephone number."""
SHORTEST = 15
"""Characters of a complaint that says anything."""
AwaitsProof = Callable[[Sender, datetime], bool]
"""Tells whether digits that prove a dossier are awaited of a sender."""

# What turns a digit into a picture of it: U+FE0F, U+20E3.
_KEYCAP = str.maketrans("", "", "\ufe0f\u20e3")


@dataclass(frozen=True)
class Message:
    """A message as its channel delivers it."""

    sender: Sender
    id: str
    """Unique within the channel and sender: a repeated message has the same."""
    text: str
    pressed: bool = False
    """True for a button of ours, whose text nobody wrote."""


@dataclass(frozen=True)
class Heard:
    """A message that was taken here. No blocks: nothing is said to it."""

    blocks: tuple[Block, ...] = ()
    said: str = ""
    """What to show in place of what was written, where that is not to be kept."""
    talking: bool = False
    """True while the sender is handed over."""


class _AnsweredMeanwhile(Exception):
    """Two messages at once: the other has answered the question. Nothing of this one is kept."""


class Ear:
    """Hears messages for an installation."""

    def __init__(
        self,
        sessions: Sessions,
        vault: Vault,
        settings: Settings,
        calendar: Calendar,
        awaits_proof: AwaitsProof,
    ) -> None:
        self._sessions = sessions
        self._vault = vault
        self._settings = settings
        self._calendar = calendar
        self._awaits_proof = awaits_proof
        self._cases = Cases(sessions, vault)

    def hear(self, message: Message, now: datetime) -> Heard | None:
        """Take a message, or return None where it is for the bot."""
        text = _readable(message.text)
        if not text:
            return None
        sender = message.sender
        kept = text if message.pressed else self._without_proof(text, sender, now)
        key = self._vault.index(f"{sender.channel}\x1f{sender.id}\x1f{message.id}", "desk-message")
        try:
            with self._sessions.begin() as session:
                return self._hear(session, message, text, kept, key, now)
        except IntegrityError:
            # The same message came twice at once; the other has written it down.
            return Heard(talking=True)
        except _AnsweredMeanwhile:
            return None

    def _without_proof(self, text: str, sender: Sender, now: datetime) -> str:
        """Return what may be kept of a message: digits that prove a dossier, or may, are out of it.
        Such a message loses its lines."""
        flat = normalise(text)
        given = find_digits(flat)
        if given is None:
            return text
        kept = given.rest
        if given.digits and given.digits in kept and self._awaits_proof(sender, now):
            kept = kept.replace(given.digits, TAKEN_OUT)
        return text if kept == flat else kept

    def _hear(
        self,
        session: Session,
        message: Message,
        text: str,
        kept: str,
        key: str,
        now: datetime,
    ) -> Heard | None:
        """Take `text`, of which `kept` may be written down."""
        question = questions.asked(session, self._vault, message.sender)
        if question is not None and question.answered_by == key:
            return Heard(questions.reply_to(self._vault, question))
        if session.scalar(select(DeskLine.id).where(DeskLine.key == key)) is not None:
            return Heard(talking=True)
        talk = session.scalar(
            select(DeskCase).where(DeskCase.talking == talking_key(self._vault, message.sender))
        )
        if talk is not None:
            taken = self._in_talk(session, talk, message, kept, key, now)
            return replace(taken, said=kept) if taken and kept != text else taken
        if question is None or question.answered_by or question.until <= now or message.pressed:
            return None
        if kept == TAKEN_OUT and question.awaited is not Awaited.PHONE:
            return None  # a proof, whatever else was asked for
        return self._answer_to(session, question, message.sender, text, kept, key, now)

    # --- with an officer --------------------------------------------------------------------------

    def _in_talk(
        self,
        session: Session,
        talk: DeskCase,
        message: Message,
        text: str,
        key: str,
        now: datetime,
    ) -> Heard | None:
        language: Language = "en" if talk.language == "en" else "vi"
        if message.pressed:
            return Heard((Text(say("talk_no_button", language), tone="note"),), talking=True)
        late = talk.state is CaseState.OPEN and not is_open(
            now, self._settings.desk_hours, self._calendar
        )
        ending = _is(text, END)
        held = session.execute(
            update(DeskCase)
            .where(DeskCase.id == talk.id, DeskCase.state != CaseState.CLOSED)
            .values(last_at=now)
        )
        if not _rows(held):
            return None  # closed this very moment: the bot speaks again
        session.add(self._cases.new_line(talk.id, Author.CITIZEN, text, now, key))
        if ending:
            end_talk(session, talking_key(self._vault, message.sender), now)
            return Heard((Text(say("talk_ended", language), tone="lead"),))
        if late and self._to_callback(session, talk.id):
            return self._too_late(session, talk, message.sender, language, now)
        return Heard(talking=True)

    def _to_callback(self, session: Session, case_id: int) -> bool:
        """Make a talk that nobody took within working hours a request for a call."""
        done = session.execute(
            update(DeskCase)
            .where(DeskCase.id == case_id, DeskCase.state == CaseState.OPEN)
            .values(kind=Kind.CALLBACK, talking=None)
        )
        return _rows(done) > 0

    def _too_late(
        self, session: Session, talk: DeskCase, sender: Sender, language: Language, now: datetime
    ) -> Heard:
        hours = as_words(self._settings.desk_hours)
        reference = talk.reference
        told = say("talk_too_late", language, hours=hours, reference=reference)
        if sender.channel in NUMBERED:
            known = say("phone_known", language, hours=hours, reference=reference)
            return Heard((Text(told, tone="lead"), Text(known)))
        questions.ask(
            session,
            self._vault,
            sender,
            Awaited.PHONE,
            now,
            language=language,
            subject=reference,
        )
        return Heard((Text(told, tone="lead"), Text(say("phone_ask", language))))

    # --- answers to what was asked ----------------------------------------------------------------

    def _answer_to(
        self,
        session: Session,
        question: DeskQuestion,
        sender: Sender,
        text: str,
        kept: str,
        key: str,
        now: datetime,
    ) -> Heard | None:
        language: Language = "en" if question.language == "en" else "vi"
        if question.awaited is not Awaited.STARS and _is(text, CANCEL):
            reply: tuple[Block, ...] = (Text(say("cancelled", language), tone="lead"),)
            questions.answered(session, self._vault, question, key, reply)
            return Heard(reply)
        match question.awaited:
            case Awaited.PHONE:
                return self._phone(session, question, sender, text, key, language, now)
            case Awaited.COMPLAINT:
                return self._complaint(session, question, sender, text, kept, key, language, now)
            case Awaited.STARS:
                return self._stars(session, question, kept, key, language, now)

    def _phone(
        self,
        session: Session,
        question: DeskQuestion,
        sender: Sender,
        text: str,
        key: str,
        language: Language,
        now: datetime,
    ) -> Heard | None:
        number = find_number(text)
        if number is None:
            if sum(c.isdigit() for c in text) < MEANT_AS_NUMBER:
                return None
            unreadable = Text(say("phone_unreadable", language), tone="warning")
            return Heard((unreadable,), said=say("phone_said", language))
        case = self._case_to_ring(session, question, sender, language, now)
        case.phone_enc = self._vault.encrypt(number)
        case.phone_index = phone_index(self._vault, number)
        hours = as_words(self._settings.desk_hours)
        told = say("phone_taken", language, reference=case.reference, hours=hours, tail=number[-3:])
        return self._done(session, question, key, (Text(told, tone="lead"),), language)

    def _case_to_ring(
        self,
        session: Session,
        question: DeskQuestion,
        sender: Sender,
        language: Language,
        now: datetime,
    ) -> DeskCase:
        """Return the talk that was asked to be rung up instead, or else a new request."""
        known = session.scalar(
            select(DeskCase).where(
                DeskCase.reference == question.subject, DeskCase.state != CaseState.CLOSED
            )
        )
        if known is not None:
            return known
        made = self._cases.new_case(session, Kind.CALLBACK, sender, now, language)
        made.procedure = question.subject or None
        session.flush()
        return made

    def _complaint(
        self,
        session: Session,
        question: DeskQuestion,
        sender: Sender,
        text: str,
        kept: str,
        key: str,
        language: Language,
        now: datetime,
    ) -> Heard:
        if len(kept) < SHORTEST:
            return Heard((Text(say("complain_short", language), tone="lead"),))
        case = self._cases.new_case(session, Kind.COMPLAINT, sender, now, language)
        case.topic = Topic(question.subject or Topic.OTHER)
        case.code = find_code(text)
        if (number := find_number(text)) is not None:
            case.phone_enc = self._vault.encrypt(number)
            case.phone_index = phone_index(self._vault, number)
        session.flush()
        session.add(self._cases.new_line(case.id, Author.CITIZEN, kept, now, key))
        told = Text(say("complain_taken", language, reference=case.reference), tone="lead")
        hotline = self._settings.hotline
        ask_by = (
            say("complain_ask_by", language, hotline=hotline)
            if hotline
            else say("complain_keep", language)
        )
        return self._done(session, question, key, (told, Text(ask_by)))

    def _stars(
        self,
        session: Session,
        question: DeskQuestion,
        text: str,
        key: str,
        language: Language,
        now: datetime,
    ) -> Heard | None:
        given = read_stars(text)
        if given is None:
            return None
        stars, words = given
        dossier = int(question.subject)
        new = rate(session, self._vault, dossier, stars, words, question.channel, now)
        told = Text(say("stars_thanks" if new else "stars_known", language), tone="lead")
        return self._done(session, question, key, (told,))

    def _done(
        self,
        session: Session,
        question: DeskQuestion,
        key: str,
        reply: tuple[Block, ...],
        hidden: Language | None = None,
    ) -> Heard:
        """Note the answer. `hidden`: what was written is a number, not to be shown again."""
        if not questions.answered(session, self._vault, question, key, reply):
            raise _AnsweredMeanwhile
        return Heard(reply, said=say("phone_said", hidden) if hidden else "")


def find_number(text: str) -> str | None:
    """Return the first telephone number of Vietnam's in a message, in E.164, or None."""
    if (mobile := read_phones(text).mobile) is not None:
        return mobile
    found: Any = phonenumbers.PhoneNumberMatcher(text, "VN")
    # Written as numbers are: the library also takes what lost its first zero, such as a code's end.
    written = (match.number for match in found if match.raw_string.lstrip("( ")[:1] in ("0", "+"))
    number = next((number for number in written if number.country_code == 84), None)
    if number is None:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _readable(text: str) -> str:
    """Return a message in NFC, digits as 0 to 9, without what no eye reads; lines stay lines."""
    kept = (
        str(unicodedata.decimal(c, c))
        if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp")
        else " "
        for c in text[: 4 * LONGEST].translate(_KEYCAP)
    )
    lines = (normalise(line) for line in "".join(kept).split("\n"))
    return "\n".join(lines).strip()[:LONGEST]


def _is(text: str, phrases: frozenset[str]) -> bool:
    return fold(text).strip(" .!?“”\"'") in phrases


def _rows(result: Any) -> int:
    return int(result.rowcount)
