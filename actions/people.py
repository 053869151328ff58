"""The office and its people: how to reach an officer, where offices are, when they are open.

Where officers have accounts (`Settings.desk_on`) a conversation is handed over to them within their
hours, and a call asked for at any time; elsewhere only ways to reach the office are told.
"""

from __future__ import annotations

import re

from actions.texts import say
from actions.turn import Language, Reply, Rooms, Turn
from core.settings import Settings
from dossiers.offices import OfficeInfo, offices_of
from dossiers.proof import Sender
from helpdesk import questions
from helpdesk.cases import NUMBERED, Cases
from helpdesk.hours import as_words, is_open
from helpdesk.vocabulary import Awaited
from helpdesk.words import say as say_desk
from language.blocks import Block, Button, Buttons, Facts, Table, Text
from procedures.deadlines import get_calendar


def contacts(settings: Settings, language: Language) -> tuple[Block, ...]:
    """Return how to reach a person: the hotline, where there is one, and the counter."""
    visit = Text(say("human_visit", language))
    if not settings.hotline:
        return (visit,)
    return (Facts(((say("hotline", language), settings.hotline),)), visit)


def ask_human(turn: Turn, rooms: Rooms) -> Reply:
    """Tell how to reach an officer; hand over to one where they are there for it.

    Tokens: `human`, `human:talk` to be handed over, `human:call` to be rung up. The first offers
    the other two: what was only taken for a wish must not silence the bot.
    """
    if rooms.settings.desk_on:
        wish = next(iter(turn.arguments), "")
        if wish == "talk" and _may_talk(turn, rooms) and _is_open(turn, rooms):
            return _handed_over(turn, rooms)
        return _call(turn, rooms) if wish == "call" else _offer(turn, rooms)
    office = Button(say("button_office", turn.language), "office")
    return Reply(
        (
            Text(say("human", turn.language), tone="lead"),
            *contacts(rooms.settings, turn.language),
            Buttons((office,)),
        )
    )


def _is_open(turn: Turn, rooms: Rooms) -> bool:
    return is_open(turn.now, rooms.settings.desk_hours, get_calendar())


def _may_talk(turn: Turn, rooms: Rooms) -> bool:
    """Tell whether an officer's answer can reach this channel by itself."""
    return turn.channel not in NUMBERED or bool(rooms.settings.twilio_account_sid)


def _offer(turn: Turn, rooms: Rooms) -> Reply:
    language, hours = turn.language, as_words(rooms.settings.desk_hours)
    buttons = [
        Button(say_desk("button_call", language), "human:call"),
        Button(say("button_office", language), "office"),
    ]
    if not _is_open(turn, rooms):
        told = "offer_closed"
    elif _may_talk(turn, rooms):
        told = "offer_open"
        buttons.insert(0, Button(say_desk("button_talk", language), "human:talk"))
    else:
        told = "offer_call_only"
    return Reply(
        (
            Text(say_desk(told, language, hours=hours), tone="lead"),
            *contacts(rooms.settings, language),
            Buttons(tuple(buttons)),
        )
    )


def _handed_over(turn: Turn, rooms: Rooms) -> Reply:
    language = turn.language
    reference = Cases(rooms.sessions, rooms.vault).begin_talk(
        Sender(turn.channel, turn.sender),
        turn.now,
        language=language,
        procedure=turn.context.procedure,
        question=turn.before,
    )
    return Reply(
        (
            Text(say_desk("talk_begun", language, reference=reference), tone="lead"),
            Text(say_desk("talk_how", language)),
            Text(say_desk("no_numbers", language), tone="note"),
        )
    )


def _call(turn: Turn, rooms: Rooms) -> Reply:
    """Ask for the number, which the site hears and no conversation; or take the one that is
    written from."""
    language, sender = turn.language, Sender(turn.channel, turn.sender)
    procedure = turn.context.procedure
    if turn.channel in NUMBERED:
        reference = Cases(rooms.sessions, rooms.vault).begin_callback(
            sender, turn.now, language=language, procedure=procedure
        )
        hours = as_words(rooms.settings.desk_hours)
        told = say_desk("phone_known", language, reference=reference, hours=hours)
        return Reply((Text(told, tone="lead"),))
    with rooms.sessions.begin() as session:
        questions.ask(
            session,
            rooms.vault,
            sender,
            Awaited.PHONE,
            turn.now,
            language=language,
            subject=procedure or "",
        )
    return Reply((Text(say_desk("phone_ask", language), tone="lead"),))


def office_info(turn: Turn, rooms: Rooms) -> Reply:
    """Tell addresses, hours and telephones, as the offices file has them."""
    language = turn.language
    offices = offices_of(rooms.settings.offices_file).offices
    if not offices:
        return Reply(
            (
                Text(say("offices_unknown", language), tone="lead"),
                *contacts(rooms.settings, language),
            )
        )
    blocks: list[Block] = [Text(say("offices", language), tone="lead")]
    if any(office.sample for office in offices):
        blocks.append(Text(say("offices_sample", language), tone="warning"))
    blocks.append(_table(offices, language))
    if rooms.settings.hotline:
        blocks.append(Facts(((say("hotline", language), rooms.settings.hotline),)))
    return Reply(tuple(blocks))


def _table(offices: tuple[OfficeInfo, ...], language: Language) -> Table:
    columns = ("office", "address", "hours", "phone")
    return Table(
        columns=tuple(say(name, language) for name in columns),
        rows=tuple(
            (o.name, o.address or "–", _hours(o.hours, language) or "–", o.hotline or "–")
            for o in offices
        ),
    )


_ENGLISH_HOURS = (
    ("chỉ nhận hồ sơ", "only to hand dossiers in"),
    (r"sáng (Thứ \w+|Chủ Nhật)", r"\1 morning"),
    (r"chiều (Thứ \w+|Chủ Nhật)", r"\1 afternoon"),
    ("Thứ Hai", "Monday"),
    ("Thứ Ba", "Tuesday"),
    ("Thứ Tư", "Wednesday"),
    ("Thứ Năm", "Thursday"),
    ("Thứ Sáu", "Friday"),
    ("Thứ Bảy", "Saturday"),
    ("Chủ Nhật", "Sunday"),
    ("sáng", "morning"),
    ("chiều", "afternoon"),
    ("đến", "to"),
    ("và", "and"),
    ("trừ ngày lễ", "except on public holidays"),
)
"""The words in which offices write their hours, longer ones first."""


def _hours(hours: str, language: Language) -> str:
    """Return hours in `language`; words that are not known stay as the office wrote them."""
    if language == "en":
        for vietnamese, english in _ENGLISH_HOURS:
            hours = re.sub(rf"\b{vietnamese}\b", english, hours, flags=re.IGNORECASE)
    return hours
