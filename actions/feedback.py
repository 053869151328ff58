"""What citizens say of the service, and keeping what the office can learn from it."""

from __future__ import annotations

import re
import secrets

from sqlalchemy import delete, update

from actions.conversation import rating
from actions.models import UNANSWERED_KEPT, Unanswered, Why
from actions.people import contacts
from actions.texts import say
from actions.turn import Reply, Rooms, Turn
from dossiers.proof import Sender
from helpdesk import questions
from helpdesk.anonymising import anonymise
from helpdesk.models import Rating
from helpdesk.opinions import GOOD
from helpdesk.vocabulary import Awaited, Reason, Topic
from helpdesk.words import say as say_desk
from language.blocks import Button, Buttons, Text
from language.folding import fold

_OF = re.compile(r"\b(\d{1,2})\s*(?:/|tren|out of)\s*(5|10)\b")
_STARS = re.compile(r"\b([1-5]|mot|hai|ba|bon|nam|one|two|three|four|five)\s*(?:sao|stars?)\b")
_POINTS = re.compile(r"\b(10|\d|muoi)\s*(?:diem|points?)\b|\bdiem\s*(10|\d|muoi)\b")
_NUMBERS = {
    **{"mot": 1, "hai": 2, "ba": 3, "bon": 4, "nam": 5, "muoi": 10},
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5},
}
# In this order: "không hài lòng" holds "hài lòng".
_WORDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (20, ("khong hai long", "khong tot", "chua tot", "khong giup", "te", "kem", "chan")),
    (20, ("bad", "poor", "useless", "not helpful", "not good")),
    (60, ("binh thuong", "tam duoc", "cung tam", "tam hai long", "okay", "average")),
    (100, ("hai long", "tot", "tuyet", "xuat sac", "huu ich", "rat hay", "good", "great")),
    (100, ("excellent", "helpful", "satisfied")),
)


def score(text: str) -> int | None:
    """Return the score, 0 to 100, that `text` gives in stars, points or words; None if it gives
    none."""
    if stars := text.count("⭐"):
        return 20 * min(stars, 5)
    plain = fold(text)
    if match := _OF.search(plain):
        return min(100, round(100 * int(match[1]) / int(match[2])))
    if match := _STARS.search(plain):
        return 20 * _number(match[1])
    if match := _POINTS.search(plain):
        return 10 * _number(match[1] or match[2])
    for value, words in _WORDS:
        if any(re.search(rf"\b{word}\b", plain) for word in words):
            return value
    return None


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _NUMBERS[text]


def rate(turn: Turn, rooms: Rooms) -> Reply:
    """Take a rating, or ask for one.

    Tokens: `rate:good`, `rate:bad`, and `rate:why:<reason>:<ref>` for why one was bad.
    """
    if turn.arguments[:1] == ("why",):
        return _explained(turn, rooms, *turn.arguments[1:])
    if turn.arguments:
        given: int | None = 100 if turn.arguments[0] == "good" else 0
    else:
        given = score(turn.text)
    if given is None:
        ask = Text(say("rate_ask", turn.language), tone="lead")
        return Reply((ask, rating(turn.language)))
    procedure = turn.context.procedure
    ref = None if given >= GOOD else secrets.token_hex(8)
    with rooms.sessions.begin() as session:
        session.add(
            Rating(at=turn.now, channel=turn.channel, score=given, procedure=procedure, ref=ref)
        )
    if given >= GOOD:
        return Reply((Text(say("rate_good", turn.language), tone="lead"),))
    if turn.before:
        _keep(turn, rooms, Why.UNHELPFUL, turn.before, procedure, turn.context.aspects)
    reasons = tuple(
        Button(say(f"button_{reason.value}", turn.language), f"rate:why:{reason.value}:{ref}")
        for reason in Reason
    )
    return Reply(
        (
            Text(say("rate_bad", turn.language), tone="lead"),
            *contacts(rooms.settings, turn.language),
            Text(say("rate_why", turn.language)),
            Buttons(reasons),
        )
    )


def _explained(turn: Turn, rooms: Rooms, reason: str, ref: str) -> Reply:
    """Note why an answer was no help; of a rating that has its reason already, nothing."""
    if reason in set(Reason):
        with rooms.sessions.begin() as session:
            session.execute(
                update(Rating).where(Rating.ref == ref).values(reason=Reason(reason), ref=None)
            )
    human = Button(say("button_human", turn.language), "human")
    return Reply((Text(say("rate_noted", turn.language), tone="lead"), Buttons((human,))))


def complain(turn: Turn, rooms: Rooms) -> Reply:
    """Offer to pass a complaint on to the hotline's queue; where nobody reads one, say honestly
    that a programme takes no complaints, and who does.

    Tokens: `complain:<topic>` to write it down. Its words are heard by the site alone.
    """
    if rooms.settings.desk_on:
        return _ask_for_words(turn, rooms) if turn.arguments else _offer_to_write(turn, rooms)
    buttons = Buttons(
        (
            Button(say("button_status", turn.language), "status"),
            Button(say("button_human", turn.language), "human"),
        )
    )
    return Reply(
        (
            Text(say("complain", turn.language), tone="lead"),
            Text(say("complain_how", turn.language)),
            *contacts(rooms.settings, turn.language),
            buttons,
        )
    )


def _offer_to_write(turn: Turn, rooms: Rooms) -> Reply:
    language = turn.language
    topics = tuple(
        Button(say_desk(f"button_{topic.value}", language), f"complain:{topic.value}")
        for topic in Topic
    )
    human = Button(say("button_human", language), "human")
    return Reply(
        (
            Text(say_desk("complain", language), tone="lead"),
            *contacts(rooms.settings, language),
            Text(say_desk("complain_offer", language)),
            Buttons((*topics, human)),
        )
    )


def _ask_for_words(turn: Turn, rooms: Rooms) -> Reply:
    with rooms.sessions.begin() as session:
        questions.ask(
            session,
            rooms.vault,
            Sender(turn.channel, turn.sender),
            Awaited.COMPLAINT,
            turn.now,
            language=turn.language,
            subject=turn.arguments[0],
        )
    return Reply((Text(say_desk("complain_write", turn.language), tone="lead"),))


def keep_unanswered(turn: Turn, rooms: Rooms, why: Why) -> None:
    """Keep a question that went unanswered, with what it was nearest to."""
    meant = turn.meant
    near = meant.procedure or next(iter(meant.offers), None) if meant else None
    _keep(turn, rooms, why, turn.text, near, meant.aspects if meant else ())


def _keep(
    turn: Turn, rooms: Rooms, why: Why, words: str, procedure: str | None, aspects: tuple[str, ...]
) -> None:
    """Keep a question's words, anonymised, and drop those kept long enough."""
    with rooms.sessions.begin() as session:
        old = Unanswered.at < turn.now - UNANSWERED_KEPT
        session.execute(delete(Unanswered).where(old))
        session.add(
            Unanswered(
                at=turn.now,
                channel=turn.channel,
                why=why,
                words_enc=rooms.vault.encrypt(anonymise(words)),
                procedure=procedure,
                aspects="+".join(aspects),
            )
        )
