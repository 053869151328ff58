"""The office and its people: how to reach an officer, where offices are, when they are open.

A programme cannot hand the conversation over here, and says so.
"""

from __future__ import annotations

import re

from actions.texts import say
from actions.turn import Language, Reply, Rooms, Turn
from core.settings import Settings
from dossiers.offices import OfficeInfo, offices_of
from language.blocks import Block, Button, Buttons, Facts, Table, Text


def contacts(settings: Settings, language: Language) -> tuple[Block, ...]:
    """Return how to reach a person: the hotline, where there is one, and the counter."""
    visit = Text(say("human_visit", language))
    if not settings.hotline:
        return (visit,)
    return (Facts(((say("hotline", language), settings.hotline),)), visit)


def ask_human(turn: Turn, rooms: Rooms) -> Reply:
    """Tell how to reach an officer."""
    office = Button(say("button_office", turn.language), "office")
    return Reply(
        (
            Text(say("human", turn.language), tone="lead"),
            *contacts(rooms.settings, turn.language),
            Buttons((office,)),
        )
    )


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
