"""One turn of a conversation as plain data: what came, what is remembered, what is answered.

Actions are functions from a `Turn` and the `Rooms` they may ask to a `Reply`; only this module
knows how Rasa writes a conversation down. Nothing remembered here authorises anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Literal

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet

from actions.places import province_alone
from actions.understanding import ON_LAND, Context, Understanding
from core.clock import vietnam_date
from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.appointments import Reckon
from language.blocks import Block, Buttons, to_dict
from language.english import is_english, is_vietnamese_alone
from language.folding import fold, has_marks
from language.proof_digits import PROOF
from procedures.catalogue import Catalogue
from procedures.drafts import Drafts

Language = Literal["vi", "en"]
_WORD = re.compile(r"[a-z]+")
PAYLOAD = "payload"
"""The entity in which a channel hands on a token of ours, whole."""


@dataclass(frozen=True)
class State:
    """What is remembered from turn to turn; each field is a slot of the same name."""

    context: Mapping[str, Any] | None = None
    """What the understanding carries over."""
    choices: tuple[str, ...] = ()
    """Tokens of the buttons offered last, in order: what "2" means."""
    said: tuple[dict[str, Any], ...] = ()
    """Blocks said last, in their dictionary form; empty where `again` stands for them."""
    again: str = ""
    """Token that gives the last answer anew, where it was about a dossier: no copy is kept."""
    province: str = ""
    """Slug of the province whose rules were asked for; empty means that of the installation."""
    sum: Mapping[str, Any] | None = None
    """What is known of a sum to be worked out, while it lacks something."""
    misses: int = 0
    """Turns in a row that were not understood."""
    language: Language = "vi"
    """As the person wrote last."""


@dataclass(frozen=True)
class Turn:
    """What one message brings, and what was before it."""

    channel: str
    sender: str
    """Who speaks, within the channel."""
    text: str
    """As written, cleaned by the channel."""
    payload: str
    """The token that was pressed, or empty where the person wrote."""
    parse: Mapping[str, Any]
    """What the understanding found (Rasa's parse data)."""
    state: State
    now: datetime
    meant: Understanding | None = None
    """What a written message means in its conversation; None for a button."""
    proof: str = ""
    """What came of digits beside a dossier code; chooses words and opens nothing."""
    before: str = ""
    """The last question on land before this message, as written; empty where there was none."""
    page: Language | None = None
    """The language of what was pressed, or that of a page whose reader chose one."""

    @property
    def context(self) -> Context:
        """What the conversation remembers of what was meant."""
        return Context.read(self.state.context)

    def speaking_of(
        self, procedure: str, aspects: Iterable[str], intent: str = "ask_procedure"
    ) -> Context:
        """Return what to remember once a procedure's aspects were answered."""
        before = self.context
        topics = (*(topic for topic in before.topics if topic != procedure), procedure)
        return replace(
            before,
            procedure=procedure,
            aspects=tuple(aspects),
            topics=topics,
            offered=(),
            intent=intent,
        )

    @property
    def language(self) -> Language:
        """The language to answer in: that of the message, or where it does not tell, as before; of
        a button, that of the answer or the page it stood in."""
        if self.payload:
            return self.page or self.state.language
        if province_alone(self.text):
            return self.state.language
        if is_english(self.text):
            return "en"
        if has_marks(self.text):
            return "vi"
        # "My son" and "120 m2" are answers within an English talk, though "my" and "son" are
        # Vietnamese syllables too.
        words = _WORD.findall(fold(self.text))
        vietnamese = sum(map(is_vietnamese_alone, words))
        return "vi" if vietnamese >= max(2, len(words) / 2) else self.state.language

    @property
    def as_of(self) -> date:
        """The day in Vietnam whose rules are asked for."""
        return vietnam_date(self.now)

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows the verb of the token that was pressed."""
        return tuple(self.payload.split(":")[1:])

    def pressed(self, payload: str) -> Turn:
        """Return this turn as if `payload` had been pressed."""
        return replace(self, payload=payload, parse={}, meant=None)


@dataclass(frozen=True)
class Rooms:
    """Whom actions may ask."""

    catalogue: Callable[[], Catalogue]
    drafts: Callable[[], Drafts]
    """Procedures as the national portal published them, which the office has not reviewed."""
    sessions: Sessions
    settings: Settings
    vault: Vault
    reckon: Reckon
    """How a dossier stands to its appointment: limits, working days, what does not count."""


@dataclass(frozen=True)
class Reply:
    """An answer, and what to remember. Choices and what was said are read off the blocks."""

    blocks: tuple[Block, ...]
    context: Context | None = None
    """What to remember of what was meant; None leaves it as it was."""
    sum: Mapping[str, Any] | None = None
    """What is known of a sum that still lacks something; None: nobody is working one out."""
    missed: bool = False
    """True where the message was not understood."""
    again: str = ""
    """Token that gives this answer anew. Where it is set, the answer is about somebody's dossier
    and its blocks are not kept."""
    province: str = ""
    """Slug of the province that was named; empty leaves it as it was."""
    keep: bool = False
    """Says nothing new (thanks, a repetition): choices and what was said stay as they were."""
    forget: bool = False
    """Begins anew: nothing is remembered but the language."""


Handler = Callable[[Turn, Rooms], Reply]


def read(tracker: Tracker, now: datetime) -> Turn:
    """Return the turn that Rasa's tracker holds."""
    channel, _, sender = tracker.sender_id.partition(":")
    message = tracker.latest_message or {}
    payload = next(
        (e["value"] for e in message.get("entities") or () if e.get("entity") == PAYLOAD), ""
    )
    beside = _mapping(message.get("metadata")) or {}
    page = _language(beside.get("language"))
    return Turn(
        channel=channel,
        sender=sender,
        text=message.get("text") or "",
        payload=payload,
        parse=message,
        state=_state(tracker.current_slot_values(), page),
        now=now,
        proof=str(beside.get(PROOF) or ""),
        before=_last_question(tracker.events),
        page=page,
    )


def _last_question(events: Iterable[Mapping[str, Any]]) -> str:
    """Return what was asked on land before the latest message. Rasa hands on the whole talk."""
    said = [event for event in events if event.get("event") == "user"][:-1]
    for event in reversed(said):
        parse = event.get("parse_data") or {}
        pressed = any(e.get("entity") == PAYLOAD for e in parse.get("entities") or ())
        if (parse.get("intent") or {}).get("name") in ON_LAND and not pressed:
            return str(event.get("text") or "")
    return ""


def _language(value: Any) -> Language | None:
    return "en" if value == "en" else "vi" if value == "vi" else None


def _state(slots: Mapping[str, Any], page: Language | None) -> State:
    """Read the slots; whatever is missing or malformed is as if never said. A conversation begins
    in the language of its page."""
    return State(
        context=_mapping(slots.get("context")),
        choices=tuple(str(choice) for choice in _list(slots.get("choices"))),
        said=tuple(block for block in _list(slots.get("said")) if isinstance(block, dict)),
        again=str(slots.get("again") or ""),
        province=str(slots.get("province") or ""),
        sum=_mapping(slots.get("sum")),
        misses=int(slots.get("misses") or 0),
        language=_language(slots.get("language")) or page or "vi",
    )


def _mapping(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, dict) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def after(turn: Turn, reply: Reply) -> State:
    """Return what is remembered once `reply` is given."""
    state = turn.state
    if reply.forget:
        return State(choices=_choices(reply.blocks), language=turn.language)
    remembered = replace(
        state,
        language=turn.language,
        context=state.context if reply.context is None else reply.context.plain(),
        sum=reply.sum,
        province=reply.province or state.province,
        misses=state.misses + 1 if reply.missed else 0,
    )
    if reply.keep:
        return replace(remembered, sum=state.sum)
    return replace(
        remembered,
        choices=_choices(reply.blocks),
        said=() if reply.again else tuple(to_dict(block) for block in reply.blocks),
        again=reply.again,
    )


def _choices(blocks: Iterable[Block]) -> tuple[str, ...]:
    return tuple(b.payload for block in blocks if isinstance(block, Buttons) for b in block.buttons)


def changes(before: State, now: State) -> list[EventType]:
    """Return the events that bring the slots from `before` to `now`."""
    return [
        SlotSet(f.name, _plain(getattr(now, f.name)))
        for f in fields(State)
        if getattr(now, f.name) != getattr(before, f.name)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value
