"""What a message means within its conversation, and whether it is sure enough to answer from.

`understand` is a pure function of what the model said about one message (`Parse`) and of what the
conversation remembers (`Context`). It carries a topic over ("thế còn lệ phí?"), changes it when
another is named, takes corrections, picks from what was enumerated or offered, and keeps a sum or
a dossier going. The words it goes by are declared below, folded, each list with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from language.abbreviations import plain_words
from language.dossier_code import find_code, parse_code
from language.folding import fold

# --- when a procedure is sure enough -------------------------------------------------------------

# Chosen on the curves of docs/understanding.md: lines of authors left out of the training.
ANSWER_SCORE = 0.7
"""A procedure at least this likely may be answered from …"""
ANSWER_MARGIN = 0.15
"""… if it leads the next by this much; else the citizen is asked which of them is meant."""
STRANGER = 0.1
"""Where it is this likely that a message is none of the office's business, nothing is answered
outright: candidates are offered."""
SWITCH_SCORE = 0.7
"""A follow-up leaves the topic it follows for a procedure at least this likely …"""
SWITCH_LEAST = 0.35
"""… or, in a message too long to lean on it, this likely and well ahead of the next."""
NAMED_AT_ALL = 0.05
"""A correction may name a procedure as faintly as this, if no other is named as much."""
OFFER_SCORE = 0.05
"""A procedure less likely than this is not worth offering."""
OFFER_MOST = 4
ASPECT_SCORE = 0.5
"""The likeliest aspect is asked about if it is at least this likely …"""
SECOND_ASPECT_SCORE = 0.8
"""… and any other only if it is this likely: an answer to what nobody asked buries the other."""
CLEAR_ASPECT_SCORE = 0.9
"""A message that may ask nothing new must ask this clearly to change what is asked."""
FIRM_INTENT = 0.6
"""Below this an intent is a guess, and the conversation's own logic goes before it."""

SHORT = 6
"""Words up to which a message is taken to ask one thing in one way."""

NONE = "none"
"""The model's candidate for "no procedure is named"."""
OTHER = "other_land"
"""The model's candidate for a land question outside the catalogue; never offered for choice."""
ON_LAND = ("ask_procedure", "calculate_fee")
"""Intents that are about a procedure."""
ON_DOSSIER = ("check_status", "subscribe_sms", "unsubscribe_sms")
"""Intents that are about one's own dossier."""
OF_DOSSIER = {"time", "where", "result", "general"}
"""Aspects that can be asked of a dossier as well as of a procedure."""

# --- words (folded, abbreviations written out) ---------------------------------------------------

CONTRAST = ("con", "the con", "vay con", "roi con", "con neu", "what about", "how about", "and")
"""Openings that ask the same of something else, or something else of the same."""
FOLLOWING = (
    "the", "vay", "roi", "neu", "nho", "lo", "thi", "ma", "u", "a", "uh", "so", "then", "if",
)  # fmt: skip
"""Openings that go on with what was being spoken of."""
SUPPOSING = (
    "neu", "nho", "lo", "ngo nho", "gia su", "what if", "if", "the neu", "con neu", "vay neu",
    "roi neu", "ma neu",
)  # fmt: skip
"""Openings that ask what holds in another case: the aspect is conditions."""
LACKING = ("khong co", "chua co", "khong", "chua", "thieu", "mat", "khong con", "het")
"""Words of what is missing: with "thì sao" they suppose a case."""
CORRECTION = (
    "a khong", "a nham", "nham", "nham roi", "y toi la", "y em la", "y minh la", "y con la",
    "a quen", "chinh xac la", "dung ra la", "i mean", "no i mean", "noi nham", "viet nham",
    "ghi nham", "go nham", "bam nham", "noi lon", "go lon", "bam lon", "chu khong phai",
    "moi dung",
)  # fmt: skip
"""Words by which somebody puts right what they said."""
RETURN = (
    "quay lai", "tro lai", "luc nay", "hoi nay", "ban nay", "khi nay", "luc dau", "ban dau",
    "nhu tren", "back to", "going back",
)  # fmt: skip
"""Words that lead back to something spoken of before."""
ORDINALS: dict[str, int] = {
    "1": 0, "mot": 0, "nhat": 0, "dau": 0, "dau tien": 0, "first": 0, "one": 0,
    "2": 1, "hai": 1, "second": 1, "two": 1,
    "3": 2, "ba": 2, "third": 2, "three": 2,
    "4": 3, "bon": 3, "tu": 3, "fourth": 3, "four": 3,
    "cuoi": -1, "cuoi cung": -1, "last": -1,
}  # fmt: skip
"""How a place in a list is named."""
_ORDINAL = re.compile(
    r"\b(?:cai|viec|chuyen|muc|y|thu tuc|phuong an|lua chon|so|cau|truong hop|the) "
    r"(?:thu )?(1|2|3|4|nhat|hai|ba|bon|tu|dau tien|dau|cuoi cung|cuoi)\b"
    r"|\bthu (1|2|3|4|nhat|hai|ba|bon|tu)\b"
    r"|\b(dau tien|cuoi cung)\b"
    r"|\bthe (first|second|third|fourth|last)\b"
)
_BARE_NUMBER = re.compile(r"^(?:so |chon |chon so )?([1-4]|mot|hai|ba|bon)(?: nhe| a| nha| di)?$")
_OTHER_ONE = re.compile(r"\b(?:cai|viec|chuyen|phan) (?:con lai|kia|khac)\b|\bthe other\b")
_FILLERS = {"con", "the", "vay", "thi", "sao", "ra", "a", "nhe", "nha", "di", "y", "roi", "nao"}
_FILLERS |= {"cho", "toi", "em", "minh", "and"}
"""Words that ask for nothing beside "cái thứ hai"."""
_WHATEVER = re.compile(r"\b(?:thi sao|thi the nao|the nao|ra sao|sao|what about|how about)\b ?\??")
"""Asks nothing of its own after a contrast."""
_WHAT_THEN = re.compile(r"\b(?:thi (?:tinh )?sao|thi the nao|co sao khong|what then)(?: \w+){0,2}$")
"""Asks what becomes of a supposed case; a courtesy may follow."""
_UNIT = r"(?:ty|trieu|nghin|ngan|met|m2|m|hecta|ha|sao|mau|phan tram|billion|million)\b"
_AMOUNT = re.compile(rf"\d\s?{_UNIT}")
"""A number with its unit: a value of one's own case, whatever was asked before."""
_VALUE = re.compile(rf"\d|\b{_UNIT}")
"""What is a value only where one was asked for."""
_SERIAL = re.compile(r"(?<![\d.,/\-])(\d{1,8})(?![\d.,/\-]|\s*(?:m2|ty|trieu|ngay|thang|nam))")


@dataclass(frozen=True)
class Parse:
    """What the model says of one message by itself."""

    text: str
    intents: tuple[tuple[str, float], ...]
    """Likeliest first."""
    procedures: tuple[tuple[str, float], ...]
    """Candidates, likeliest first; `NONE` is one of them."""
    aspects: tuple[tuple[str, float], ...]
    parts: tuple[tuple[str, float], ...] = ()
    """The likeliest procedure of each thing that the message enumerates."""
    code: str | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Parse:
        """Read Rasa's parse data, or a line of `bot.parsing`."""
        text = str(data.get("text") or "")
        return cls(
            text=text,
            intents=tuple(
                (item["name"], float(item["confidence"]))
                for item in data.get("intent_ranking") or ()
            ),
            procedures=_pairs(data.get("procedure_candidates"), "procedure"),
            aspects=_pairs(data.get("aspects"), "aspect"),
            parts=_pairs(data.get("procedure_parts"), "procedure"),
            code=find_code(text),
        )


@dataclass(frozen=True)
class Context:
    """What a conversation remembers of what was meant. Serialisable: `plain` and `read`."""

    procedure: str | None = None
    """What is being spoken of."""
    aspects: tuple[str, ...] = ()
    """What was asked about it last."""
    topics: tuple[str, ...] = ()
    """Procedures spoken of, the latest last, each once."""
    listed: tuple[str, ...] = ()
    """Procedures that the citizen enumerated, in their order."""
    offered: tuple[str, ...] = ()
    """Procedures that were near enough to be offered for choice in the last turn."""
    intent: str | None = None
    """What was wanted last, courtesies aside."""
    code: str | None = None
    """The dossier spoken of."""

    def plain(self) -> dict[str, Any]:
        """Return the context as plain data."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    @classmethod
    def read(cls, data: Mapping[str, Any] | None) -> Context:
        """Read plain data back; what is missing or malformed is as if never said."""
        data = data or {}

        def text(key: str) -> str | None:
            value = data.get(key)
            return value if isinstance(value, str) and value else None

        def texts(key: str) -> tuple[str, ...]:
            value = data.get(key)
            return tuple(map(str, value)) if isinstance(value, list | tuple) else ()

        return cls(
            procedure=text("procedure"),
            aspects=texts("aspects"),
            topics=texts("topics"),
            listed=texts("listed"),
            offered=texts("offered"),
            intent=text("intent"),
            code=text("code"),
        )


@dataclass(frozen=True)
class Understanding:
    """What a message means in its conversation."""

    intent: str
    confidence: float
    procedure: str | None = None
    """What to answer about; None where none is meant, or none is sure enough."""
    candidates: tuple[tuple[str, float], ...] = ()
    """Procedures it may be with their scores: the one decided on first, then the likeliest."""
    aspects: tuple[str, ...] = ()
    code: str | None = None
    carried: bool = False
    """True where the procedure comes from the conversation, not from the message."""

    @property
    def offers(self) -> tuple[str, ...]:
        """Procedures worth offering for choice where none is decided on, likeliest first."""
        near = [name for name, score in self.candidates if score >= OFFER_SCORE and name != OTHER]
        return tuple(near[:OFFER_MOST])


@dataclass(frozen=True)
class _Message:
    """A message with what the rules ask of it again and again."""

    parse: Parse
    words: tuple[str, ...] = field(default=())
    text: str = ""
    """The plain words as one string."""

    @classmethod
    def of(cls, parse: Parse) -> _Message:
        words = tuple(word for word in plain_words(parse.text) if word != "?")
        return cls(parse, words, " ".join(words))

    def opens_with(self, phrases: Sequence[str]) -> bool:
        return any(self.text == p or self.text.startswith(p + " ") for p in phrases)

    def has(self, phrases: Sequence[str]) -> bool:
        padded = f" {self.text} "
        return any(f" {p} " in padded for p in phrases)

    @property
    def intent(self) -> str:
        return self.parse.intents[0][0] if self.parse.intents else "out_of_scope"

    @property
    def confidence(self) -> float:
        return self.parse.intents[0][1] if self.parse.intents else 0.0

    def chance(self, intent: str) -> float:
        return dict(self.parse.intents).get(intent, 0.0)

    @property
    def named(self) -> tuple[tuple[str, float], ...]:
        """Candidates that are procedures."""
        return tuple((name, score) for name, score in self.parse.procedures if name != NONE)

    @property
    def none(self) -> float:
        """How likely the message names no procedure."""
        return dict(self.parse.procedures).get(NONE, 0.0)

    @property
    def aspects(self) -> tuple[str, ...]:
        """Aspects asked about; "general" only where there is no other."""
        if self.supposes:
            return ("conditions",)
        scores = self.parse.aspects
        asked = [name for name, score in scores if score >= SECOND_ASPECT_SCORE]
        specific = [name for name in asked or [name for name, _ in scores[:1]] if name != "general"]
        if len(specific) > 1 and len(self.words) <= SHORT:
            # "Thuế thế nào" asks for the tax; only in a longer message is "thế nào" the way.
            specific = [name for name in specific if name != "steps"]
        return tuple(specific) or ("general",)

    @property
    def supposes(self) -> bool:
        """Whether it asks what holds in another case: "nếu …, chưa có … thì sao"."""
        if not _WHAT_THEN.search(self.text):
            return False
        return self.opens_with(SUPPOSING) or self.has(LACKING)

    @property
    def asks_of_thing(self) -> bool:
        """Whether it asks about an aspect that "thì sao" or "thế nào" alone cannot mean."""
        return any(
            score >= ASPECT_SCORE and name not in ("general", "steps", "conditions")
            for name, score in self.parse.aspects
        )

    def asks(self, clearly: float = ASPECT_SCORE) -> bool:
        """Whether it asks about an aspect in so many words."""
        return any(name != "general" and score >= clearly for name, score in self.parse.aspects)


def understand(parse: Parse, context: Context) -> tuple[Understanding, Context]:
    """Return what a message means after what was said before, and what to remember next."""
    message = _Message.of(parse)
    meant = (
        _about_dossier(message, context)
        or _picked(message, context)
        or _enumerated(message)
        or _value_given(message, context)
        or _followed_up(message, context)
        or _by_itself(message, context)
    )
    return meant, _remember(meant, message, context)


def decide(named: Sequence[tuple[str, float]]) -> str | None:
    """Return the procedure sure enough to answer from, or None: a miss or a near tie."""
    if not named or named[0][1] < ANSWER_SCORE:
        return None
    if len(named) > 1 and named[0][1] - named[1][1] < ANSWER_MARGIN:
        return None
    return named[0][0]


# --- the steps, in the order in which they are tried ---------------------------------------------


def _about_dossier(message: _Message, context: Context) -> Understanding | None:
    """A code, a corrected code, or a question that goes on about a dossier."""
    if message.parse.code is not None:
        intent = message.intent if message.intent in ON_DOSSIER else "check_status"
        return _meant(message, intent, code=message.parse.code)
    if context.code is not None and context.intent in ON_DOSSIER:
        corrected = _corrected_code(message, context.code)
        if corrected is not None:
            return _meant(message, "check_status", code=corrected)
        asks_on = message.intent in ON_LAND or message.confidence < FIRM_INTENT
        leans = asks_on and _goes_on(message) and _names_strongly(message) is None
        if leans and set(message.aspects) <= OF_DOSSIER:
            # "Vậy hôm nào lấy": when and where, asked after a dossier, are that dossier's.
            return _meant(message, "check_status", code=context.code)
    if message.intent in ON_DOSSIER:
        return _meant(message, message.intent, code=context.code)
    return None


def _corrected_code(message: _Message, code: str) -> str | None:
    """The code with another serial, where a message gives one: "nhầm, đuôi là 0031"."""
    about_code = message.has((*CORRECTION, "duoi", "so cuoi", "cuoi la", "ma", "ends", "ending"))
    numbers = _SERIAL.findall(fold(message.parse.text))
    if not about_code or len(numbers) != 1 or len(message.words) > 12:
        return None
    old, serial = parse_code(code), numbers[0]
    if len(serial) < len(old.serial):
        # The last digits only, as people read them out.
        serial = old.serial[: -len(serial)] + serial
    return str(replace(old, serial=serial))


def _picked(message: _Message, context: Context) -> Understanding | None:
    """One of what was offered or enumerated, by its place: "2", "cái thứ hai", "cái còn lại"."""
    choices = context.offered or context.listed
    if not choices or _names_strongly(message):
        return None
    bare = _BARE_NUMBER.match(message.text) if context.offered else None
    elsewhere = message.intent not in (*ON_LAND, "affirm", "out_of_scope")
    if elsewhere and message.confidence >= FIRM_INTENT and not bare:
        return None  # "thứ hai có làm việc không" means Monday
    found = bare or _ORDINAL.search(message.text)
    if found is not None:
        place = ORDINALS[next(group for group in found.groups() if group)]
    elif _OTHER_ONE.search(message.text) and len(choices) == 2 and context.procedure in choices:
        place = 1 - choices.index(context.procedure)
    else:
        return None
    if not -len(choices) <= place < len(choices):
        return None
    # "Cái đầu tiên" asks for nothing new, though "tiên" looks like money.
    rest = _OTHER_ONE.sub(" ", _ORDINAL.sub(" ", message.text)).split()
    if bare or len([word for word in rest if word not in _FILLERS]) < 2:
        return _carry(message, choices[place], context.aspects)
    return _carry(message, choices[place], _aspects_or(message, context))


def _enumerated(message: _Message) -> Understanding | None:
    """Several things at once: the first is answered first, the others are remembered."""
    listed = _listed(message)
    if len(listed) < 2 or message.intent not in ON_LAND:
        return None
    return _meant(message, "ask_procedure", procedure=listed[0], aspects=message.aspects)


def _value_given(message: _Message, context: Context) -> Understanding | None:
    """An amount or area for the sum that is being worked out."""
    if context.procedure is None or "fee" not in context.aspects:
        return None
    running = context.intent == "calculate_fee"
    # Once a sum is being worked out, several values may come in one long message.
    if len(message.words) > (20 if running else 10):
        return None
    value = _VALUE if running else _AMOUNT
    asks_else = message.asks(CLEAR_ASPECT_SCORE) or _names_strongly(message)
    if value.search(message.text) and not asks_else:
        return _carry(message, context.procedure, ("fee",), intent="calculate_fee")
    return None


def _followed_up(message: _Message, context: Context) -> Understanding | None:
    """Goes on about the topic, goes back to an earlier one, or puts right which it is."""
    if context.procedure is None:
        return None
    firm = message.confidence >= FIRM_INTENT
    correcting = message.has(CORRECTION) and message.intent in (*ON_LAND, "deny", "out_of_scope")
    if firm and message.intent not in ON_LAND and not correcting:
        return None
    intent = "calculate_fee" if message.intent == "calculate_fee" and firm else "ask_procedure"
    named = _names_strongly(message)
    if message.has(RETURN):
        earlier = _earlier(message, context)
        if earlier is not None:
            return _carry(message, earlier, _aspects_or(message, context), intent=intent)
    if correcting:
        other = _other_than(message, context.procedure)
        if other is not None:
            aspects = message.aspects if message.asks(CLEAR_ASPECT_SCORE) else context.aspects
            return _meant(message, intent, procedure=other, aspects=aspects or message.aspects)
    if message.opens_with(CONTRAST) and message.none < 0.5:
        other = _other_than(message, context.procedure)
        if other is not None:
            aspects = message.aspects if message.asks_of_thing else context.aspects
            return _meant(message, intent, procedure=other, aspects=aspects or message.aspects)
    if named is not None and named != context.procedure:
        return _meant(message, intent, procedure=named, aspects=message.aspects)
    if named is not None or _goes_on(message) or message.none >= 0.5:
        if not firm and (not message.asks() or _is_strange(message)):
            return None
        topic = _better_topic(message, context)
        return _carry(message, topic, _aspects_or(message, context), intent=intent)
    return None


def _by_itself(message: _Message, context: Context) -> Understanding:
    """What the message means with nothing before it."""
    if message.intent not in ON_LAND:
        return _meant(message, message.intent)
    known = bool(message.named) and message.named[0][1] >= ANSWER_SCORE
    if message.confidence < FIRM_INTENT and not known and not context.topics:
        # Neither surely on land nor on anything we know: no business of ours.
        return _meant(message, "out_of_scope")
    stranger = message.chance("out_of_scope") >= STRANGER
    procedure = None if stranger else decide(message.named)
    aspects = ("fee",) if message.intent == "calculate_fee" else message.aspects
    return _meant(message, message.intent, procedure=procedure, aspects=aspects)


# --- what the steps ask --------------------------------------------------------------------------


def _names_strongly(message: _Message) -> str | None:
    """The procedure that a message names, if it names one rather than leaning on the topic."""
    named = message.named
    if not named:
        return None
    first, score = named[0]
    second = named[1][1] if len(named) > 1 else 0.0
    longer = not _goes_on(message) and score >= SWITCH_LEAST and score >= 1.5 * second
    if score >= SWITCH_SCORE or longer:
        return first if score > message.none else None
    return None


def _is_strange(message: _Message) -> bool:
    """Whether a message that names nothing may well be none of the office's business: "thời tiết
    mai thế nào" asks how, but not about the dossier spoken of."""
    return message.none >= 0.9 and message.chance("out_of_scope") >= STRANGER


def _goes_on(message: _Message) -> bool:
    """Whether a message leans on what was said before it: short, or opened by a linking word."""
    if message.opens_with(CONTRAST) or message.opens_with(FOLLOWING):
        return len(message.words) <= 14
    return len(message.words) <= 8


def _aspects_or(message: _Message, context: Context) -> tuple[str, ...]:
    """The aspects that a message asks about, or else those asked about before it."""
    bare = message.opens_with(CONTRAST) and _WHATEVER.search(message.text)
    if bare and context.aspects and not message.asks_of_thing:
        return context.aspects
    return message.aspects if message.asks() else context.aspects or message.aspects


def _earlier(message: _Message, context: Context) -> str | None:
    """The earlier topic that a message leads back to: the one it names best, or the one before."""
    scores = dict(message.named)
    before = [t for t in (*context.listed, *context.topics) if t != context.procedure]
    named = [topic for topic in before if topic in scores]
    if named:
        return max(named, key=lambda topic: scores[topic])
    return before[-1] if before and _names_strongly(message) is None else None


def _other_than(message: _Message, procedure: str) -> str | None:
    """What a correction means instead of `procedure`, where one candidate stands out."""
    others = [(name, score) for name, score in message.named if name != procedure]
    if not others or others[0][1] < NAMED_AT_ALL:
        return None
    next_score = others[1][1] if len(others) > 1 else 0.0
    return others[0][0] if others[0][1] >= 2 * next_score else None


def _better_topic(message: _Message, context: Context) -> str | None:
    """The topic spoken of, unless the message fits an earlier one clearly better."""
    scores = dict(message.named)
    best = max(context.topics, key=lambda topic: scores.get(topic, 0.0), default=None)
    if best is not None and scores.get(best, 0.0) > scores.get(context.procedure or "", 0.0) + 0.15:
        return best
    return context.procedure


def _listed(message: _Message) -> tuple[str, ...]:
    """The procedures that a message enumerates, each once, in order."""
    sure = [name for name, score in message.parse.parts if name != NONE and score >= OFFER_SCORE]
    return tuple(dict.fromkeys(sure))


def _meant(
    message: _Message,
    intent: str,
    *,
    procedure: str | None = None,
    aspects: tuple[str, ...] = (),
    code: str | None = None,
) -> Understanding:
    return Understanding(
        intent=intent,
        confidence=message.confidence if intent == message.intent else message.chance(intent),
        procedure=procedure,
        candidates=message.named if intent in ON_LAND else (),
        aspects=aspects if intent in ON_LAND else (),
        code=code,
    )


def _carry(
    message: _Message,
    procedure: str | None,
    aspects: tuple[str, ...],
    *,
    intent: str = "ask_procedure",
) -> Understanding:
    """The meaning that comes from the conversation rather than from the message."""
    scores = dict(message.named)
    others = tuple(pair for pair in message.named if pair[0] != procedure)
    return Understanding(
        intent=intent,
        confidence=max(message.chance(intent), 1.0 - message.confidence),
        procedure=procedure,
        candidates=((procedure, scores.get(procedure, 0.0)), *others) if procedure else others,
        aspects=("fee",) if intent == "calculate_fee" else aspects or ("general",),
        carried=procedure is not None,
    )


def _remember(meant: Understanding, message: _Message, context: Context) -> Context:
    """Return the context after a turn. Courtesies leave it as it was."""
    if meant.intent in ON_LAND:
        topics = context.topics
        if meant.procedure is not None:
            topics = (*(t for t in topics if t != meant.procedure), meant.procedure)
        listed = _listed(message)
        return replace(
            context,
            # A near tie is offered for choice; who asks on without choosing means the likeliest.
            procedure=meant.procedure or next(iter(meant.offers), context.procedure),
            aspects=meant.aspects,
            topics=topics,
            listed=listed if len(listed) > 1 else context.listed,
            offered=() if meant.procedure else meant.offers,
            intent=meant.intent,
        )
    if meant.intent in ON_DOSSIER:
        return replace(context, intent=meant.intent, code=meant.code or context.code, offered=())
    return context


def _pairs(items: Any, key: str) -> tuple[tuple[str, float], ...]:
    return tuple((item[key], float(item["score"])) for item in items or ())
