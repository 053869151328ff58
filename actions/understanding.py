"""What a message means within its conversation, and whether it is sure enough to answer from.

`understand` is a pure function of what the model said about one message (`Parse`) and of what the
conversation remembers (`Context`). It carries a topic over ("thế còn lệ phí?"), changes it when
another is named, takes corrections, picks from what was enumerated or offered, and keeps a sum or
a dossier going. The words it goes by are declared below, folded, each list with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from actions import phrases
from actions.naming import OPPOSITES, Named, act_alone, names_in, without_address
from language.abbreviations import plain_words
from language.dossier_code import find_code, parse_code
from language.english import is_english
from language.folding import fold, normalise
from language.syllables import is_syllable, undo_keys
from procedures.sums import SUMS

# --- when a procedure is sure enough -------------------------------------------------------------

# Chosen on the curves of docs/understanding.md: lines of authors left out of the training.
ANSWER_SCORE = 0.7
"""A procedure at least this likely may be answered from …"""
ANSWER_MARGIN = 0.15
"""… if it leads the next by this much; else the citizen is asked which of them is meant."""
STRANGER = 0.04
"""Where it is this likely that a message is none of the office's business, nothing is answered
outright: candidates are offered. Of questions on land ninety-nine in a hundred are below it."""
SWITCH_SCORE = 0.7
"""A follow-up leaves the topic it follows for a procedure at least this likely …"""
SWITCH_LEAST = 0.35
"""… or, in a message too long to lean on it, this likely and well ahead of the next."""
FAINTLY_NAMED = 0.35
"""A procedure at least this likely may be answered from if the very words name it, and no other."""
WORDLESS_SCORE = 0.85
"""What no word of a follow-up names must be this likely to be what it is about."""
CLEARLY_NAMED = 0.95
"""A supposed case is one of another procedure if that is this likely."""
CLEARLY_NONE = 0.7
"""Where it is this likely that no procedure is named, a faint candidate is noise."""
NAMED_AT_ALL = 0.05
"""A correction may name a procedure as faintly as this, if no other is named as much."""
OFFER_SCORE = 0.05
"""A procedure less likely than this is not worth offering."""
OFFER_MOST = 4
ASPECT_SCORE = 0.5
"""The likeliest aspect is asked about if it is at least this likely …"""
SECOND_ASPECT_SCORE = 0.8
"""… and any other only if it is this likely: an answer to what nobody asked buries the other."""
WORDED_ASPECT_SCORE = 0.3
"""… or, in a longer message that has words for it, this likely."""
ASPECT_LEAST = 0.4
"""… or this likely, where the conversation tells that something is asked."""
SHORT_ASPECT_SCORE = 0.95
"""… or, in a few words, this likely."""
CLEAR_ASPECT_SCORE = 0.9
"""A message that may ask nothing new must ask this clearly to change what is asked."""
FIRM_INTENT = 0.6
"""Below this an intent is a guess, and the conversation's own logic goes before it."""

SURE_INTENT = 0.8
"""From here on not even furious words change an intent."""
FAINT = 0.05
"""An intent this likely is not ruled out."""

SHORT = 6
"""Words up to which a message is taken to ask one thing in one way."""
STORY = 40
"""Words from which on a message tells a story."""
LEANING = 14
"""Words up to which a message may lean on what was said before it."""
JOINING = 16
"""Words up to which two acts joined by "và" are both what is asked about."""

NONE = "none"
"""The model's candidate for "no procedure is named"."""
OTHER = "other_land"
"""The model's candidate for a land question outside the catalogue; never offered for choice."""
ON_LAND = ("ask_procedure", "calculate_fee")
"""Intents that are about a procedure."""
ON_DOSSIER = ("check_status", "subscribe_sms", "unsubscribe_sms")
"""Intents that are about one's own dossier."""
BESIDE = ("thank", "affirm", "deny", "greet", "bot_challenge")
"""Intents that may stand beside a question in one message, which then is what matters."""
OF_DOSSIER = {"time", "where", "result", "general"}
"""Aspects that can be asked of a dossier as well as of a procedure."""


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
    beside: tuple[str, ...] = ()
    """Other procedures that the message asks about too; they are still to be answered."""

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
    said: Named = field(default=Named())
    """What it names in so many words."""

    @classmethod
    def of(cls, parse: Parse) -> _Message:
        words = tuple(word for word in plain_words(parse.text) if word != "?")
        text = " ".join(words)
        return cls(parse, words, text, names_in(text))

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
        """Candidates that are procedures, without what the message takes back."""
        denied = self.said.ruled_out if self.said.meant else ()
        return tuple(
            (name, score)
            for name, score in self.parse.procedures
            if name != NONE and name not in denied
        )

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
        if not self.asks() and len(self.words) <= SHORT and self.in_words:
            return self.in_words
        likeliest = [name for name, _ in scores[:1]]
        asked = [name for name, score in scores if score >= SECOND_ASPECT_SCORE]
        if len(self.words) > SHORT and likeliest != ["general"]:
            worded = [n for n, s in scores if s >= WORDED_ASPECT_SCORE and self.asks_as_well(n)]
            asked = [n for n, _ in scores if n in asked or n in worded or n in likeliest]
        specific = [name for name in asked or likeliest if name != "general"]
        if "steps" in specific and (noun := self.noun_asked):
            specific = [name for name in specific if name not in ("steps", noun)] + [noun]
        if len(specific) > 1 and not phrases.ON_NET.search(self.text):
            specific = [name for name in specific if name != "online"]
        if len(specific) > 1 and not phrases.HOW.search(self.text):
            specific = [name for name in specific if name != "steps"]
        if len(specific) > 1 and not self.asks_as_well("legal"):
            # "Điều kiện tách thửa theo quy định mới" asks for no law.
            specific = [name for name in specific if name != "legal"]
        if phrases.MEASURE.search(self.text) and not self.asks_as_well("fee"):
            by_size = {"fee": "conditions", "result": "conditions"}
            specific = list(dict.fromkeys(by_size.get(name, name) for name in specific))
        if specific == ["steps"] and self.has(("thu tuc",)) and not phrases.HOW.search(self.text):
            return ("general",)  # "thủ tục tách thửa" is a bare topic
        if len(specific) > 1 and len(self.words) <= SHORT:
            # "Thuế thế nào" asks for the tax; only in a longer message is "thế nào" the way. And
            # "nộp ở xã được không" asks where; whether it may be is only how it is put.
            chances = dict(scores)
            sure = [n for n in specific if n != "steps" and chances[n] >= SHORT_ASPECT_SCORE]
            specific = sure or [name for name in specific if name != "steps"]
        return tuple(specific) or ("general",)

    def asks_as_well(self, aspect: str) -> bool:
        """Whether it has words that ask for the aspect, be it beside another."""
        words = phrases.ASKED_AS_WELL.get(aspect)
        return words is not None and words.search(self.text) is not None

    @property
    def supposes(self) -> bool:
        """Whether it asks what holds in another case: "nếu …, chưa có … thì sao"."""
        if not phrases.WHAT_THEN.search(self.text):
            return False
        return self.opens_with(phrases.SUPPOSING) or self.has(phrases.LACKING)

    @property
    def asks_of_thing(self) -> bool:
        """Whether it asks about an aspect that "thì sao" or "thế nào" alone cannot mean."""
        return any(
            score >= ASPECT_SCORE and name not in ("general", "steps", "conditions")
            for name, score in self.parse.aspects
        )

    @property
    def bare(self) -> bool:
        """Whether it says nothing of what it is about: "nộp ở đâu vậy em"."""
        if self.said.meant or self.said.ruled_out or not (self.asks() or self.in_words):
            return False
        if phrases.NOT_BARE.search(self.text):
            return False
        words = set(without_address(self.text).split())
        return words <= phrases.BARE or words <= phrases.BARE_ENGLISH

    @property
    def noun_asked(self) -> str | None:
        """The aspect that is asked for by its noun and "how"."""
        if "thuê" in self.written:
            return None  # to rent, not a tax
        return next((name for name, how in phrases.NOUN_HOW if how.search(self.text)), None)

    @property
    def in_words(self) -> tuple[str, ...]:
        """The aspects that its words ask for, whatever the model heard."""
        return tuple(name for name, words in phrases.ASPECT_WORDS if words.search(self.text))

    @property
    def written(self) -> str:
        """The message with its diacritics, in lower case."""
        return normalise(self.parse.text).lower()

    @property
    def firm(self) -> bool:
        """Whether the intent is more than a guess."""
        return self.confidence >= FIRM_INTENT

    def asks(self, clearly: float = ASPECT_SCORE) -> bool:
        """Whether it asks about an aspect in so many words."""
        return any(name != "general" and score >= clearly for name, score in self.parse.aspects)


def understand(parse: Parse, context: Context) -> tuple[Understanding, Context]:
    """Return what a message means after what was said before, and what to remember next."""
    message = _Message.of(parse)
    meant = (
        _commanded(message)
        or _asked_again(message, context)
        or _picked(message, context)
        or _about_dossier(message, context)
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


def _commanded(message: _Message) -> Understanding | None:
    """Commands to the programme itself: no business of the office."""
    if phrases.COMMANDING.search(message.text) and not message.parse.code:
        return _ruled(message, "out_of_scope")
    return None


def _about_dossier(message: _Message, context: Context) -> Understanding | None:
    """A code, a corrected code, or a question that goes on about a dossier."""
    if message.parse.code is not None:
        intent = message.intent if message.intent in ON_DOSSIER else "check_status"
        return _meant(message, intent, code=message.parse.code)
    if context.intent in ON_DOSSIER:
        corrected = _corrected_code(message, context.code) if context.code else None
        if corrected is not None:
            return _meant(message, "check_status", code=corrected)
        if context.code and _asks_on_of_dossier(message):
            return _meant(message, "check_status", code=context.code)
        if context.code is None and not message.firm and message.has(phrases.OF_CODE):
            return _meant(message, "check_status")  # "I don't remember the code"
    if message.intent in ON_DOSSIER and not _only_seems_of_dossier(message, context):
        return _meant(message, message.intent, code=context.code)
    return None


def _only_seems_of_dossier(message: _Message, context: Context) -> bool:
    """Whether it is about a dossier by a guess alone: anger, the wish for an officer, or "hồ sơ
    nộp mấy bản" in the middle of a procedure."""
    if _is_angry(message) or _wants_person(message):
        return True
    if context.procedure is None or context.intent not in ON_LAND:
        return False
    if not message.firm and context.procedure in message.said.ruled_out:
        return True
    if not message.firm and message.said.meant and _corrects(message):
        return True
    asked = set(message.aspects) if message.asks(CLEAR_ASPECT_SCORE) else set()
    elsewhere = bool(asked - OF_DOSSIER) and not phrases.OWN.search(message.text)
    return elsewhere or (message.bare and not message.firm)


def _asks_on_of_dossier(message: _Message) -> bool:
    """Whether it asks of the dossier spoken of: "vậy hôm nào lấy", "phải nộp thêm gì không"."""
    if _is_angry(message) or _wants_person(message):
        return False
    if message.intent not in (*ON_LAND, "out_of_scope") and message.firm:
        return False
    if message.intent == "out_of_scope" and message.firm and not message.bare:
        return False
    if not _goes_on(message) or (_names_strongly(message) is not None and not message.bare):
        return False
    asked = set(message.aspects)
    if message.has(phrases.FURTHER):
        # What is still missing is asked of the dossier, not of the procedure.
        asked -= {"documents", "fee", "steps"}
    return asked <= OF_DOSSIER


def _corrected_code(message: _Message, code: str) -> str | None:
    """The code with another serial, where a message gives one: "nhầm, đuôi là 0031"."""
    about = (*phrases.CORRECTION, "duoi", "so cuoi", "cuoi la", "ma", "ends", "ending")
    numbers = phrases.SERIAL.findall(fold(message.parse.text))
    if not message.has(about) or len(numbers) != 1 or len(message.words) > 12:
        return None
    old, serial = parse_code(code), numbers[0]
    if len(serial) < len(old.serial):
        # The last digits only, as people read them out.
        serial = old.serial[: -len(serial)] + serial
    return str(replace(old, serial=serial))


def _picked(message: _Message, context: Context) -> Understanding | None:
    """One of what was offered or enumerated, by its place or its name: "2", "cái thứ hai", "cái
    còn lại", "cái tặng cho"."""
    choices = context.offered or context.listed
    if not choices:
        return None
    number = phrases.BARE_NUMBER.match(message.text) if context.offered else None
    if message.parse.code:
        return None
    ordinal = phrases.ORDINAL.search(message.text)
    elsewhere = message.intent not in (*ON_LAND, "affirm", "deny", "out_of_scope")
    if elsewhere and message.firm and not number and not (ordinal and ordinal[1]):
        return None  # "thứ hai có làm việc không" means Monday
    by_name = [choice for choice in choices if choice in message.said.meant]
    if len(by_name) == 1 and len(message.said.meant) == 1:
        points = context.offered or message.has(phrases.POINTING)
        if points and len(message.words) <= LEANING:
            return _carry(message, by_name[0], _aspects_or(message, context))
    if message.said.meant:
        return None
    found = number or ordinal
    if found is not None:
        place = phrases.ORDINALS[next(group for group in found.groups() if group)]
    elif (
        phrases.OTHER_ONE.search(message.text)
        and len(choices) == 2
        and context.procedure in choices
    ):
        place = 1 - choices.index(context.procedure)
    else:
        return None
    if not -len(choices) <= place < len(choices):
        return None
    # "Cái đầu tiên" asks for nothing new, though "tiên" looks like money.
    rest = phrases.OTHER_ONE.sub(" ", phrases.ORDINAL.sub(" ", message.text)).split()
    if number or len([word for word in rest if word not in phrases.FILLERS]) < 2:
        return _carry(message, choices[place], context.aspects)
    return _carry(message, choices[place], _aspects_or(message, context))


def _enumerated(message: _Message) -> Understanding | None:
    """Several things at once: the first is answered first, the others are remembered."""
    listed = _listed(message)
    if len(listed) < 2 or message.intent not in ON_LAND:
        return None
    aspects = message.aspects if message.asks() else ("general",)
    first, *others = listed
    meant = _meant(message, "ask_procedure", procedure=first, aspects=aspects)
    return replace(meant, beside=tuple(others))


def _value_given(message: _Message, context: Context) -> Understanding | None:
    """An amount or area for the sum that is being worked out."""
    if context.procedure is None or "fee" not in context.aspects:
        return None
    running = context.intent == "calculate_fee"
    # Once a sum is being worked out, several values may come in one long message.
    if len(message.words) > (20 if running else 10):
        return None
    value = phrases.VALUE if running else phrases.AMOUNT
    asks = {name for name, score in message.parse.aspects if score >= CLEAR_ASPECT_SCORE}
    asks_else = asks - {"fee", "general"} or _names_strongly(message)
    if value.search(message.text) and not asks_else:
        return _carry(message, context.procedure, ("fee",), intent="calculate_fee")
    return None


def _asked_again(message: _Message, context: Context) -> Understanding | None:
    """The same question once more, by somebody who did not understand its answer."""
    if not message.has(phrases.AGAIN) or message.said.meant or message.parse.code:
        return None
    if len(message.words) > LEANING or _names_strongly(message):
        return None
    may_be = (*ON_LAND, *ON_DOSSIER, *BESIDE, "out_of_scope", "help")
    if message.firm and message.intent not in may_be:
        return None
    if context.code is not None and context.intent in ON_DOSSIER:
        return _meant(message, "check_status", code=context.code)
    if context.procedure is None:
        return None
    aspects = message.aspects if message.asks_of_thing else context.aspects or message.aspects
    return _carry(message, context.procedure, aspects)


def _followed_up(message: _Message, context: Context) -> Understanding | None:
    """Goes on about the topic, goes back to an earlier one, or puts right which it is."""
    topic = context.procedure
    if topic is None or not _may_follow(message):
        return None
    intent = "calculate_fee" if _wants_sum(message) else "ask_procedure"
    # A supposed case is one of the topic, unless another is named in so many words.
    leans = message.bare or (_leaves_unsaid(message) and not message.said.meant)
    named = None if leans else _names_strongly(message)
    if message.has(phrases.RETURN):
        earlier = _earlier(message, context)
        if earlier is not None:
            return _carry(message, earlier, _aspects_or(message, context), intent=intent)
    if _corrects(message):
        other = _put_right(message, topic)
        if other is not None:
            asks = message.asks(CLEAR_ASPECT_SCORE) and phrases.NEW_QUESTION.search(message.text)
            aspects = message.aspects if asks else context.aspects
            return _meant(message, intent, procedure=other, aspects=aspects or message.aspects)
        if message.intent == "deny" and message.firm and not message.said.meant:
            return None
        if message.said.ruled_out == (topic,) and not message.in_words:
            return _ruled(message, "deny")  # "không mất nữa, tìm thấy rồi"
    if (other := _contrasted(message, topic)) is not None:
        aspects = message.aspects if _asks_anew(message) else context.aspects
        return _meant(message, intent, procedure=other, aspects=aspects or message.aspects)
    if named is not None and named != topic:
        return _meant(message, intent, procedure=named, aspects=message.aspects)
    leans_on = named is not None or _goes_on(message) or topic in message.said.meant
    leans_on = leans_on or (leans and len(message.words) <= LEANING)
    if leans_on or message.none >= 0.5 or _names_nothing(message):
        if not message.firm and not message.bare and (not message.asks() or _is_strange(message)):
            return None
        topic = topic if leans else _better_topic(message, context)
        return _carry(message, topic, _aspects_or(message, context), intent=intent)
    return None


def _by_itself(message: _Message, context: Context) -> Understanding:
    """What the message means with nothing before it."""
    if _is_angry(message):
        return _ruled(message, "complain")
    if _wants_person(message):
        return _ruled(message, "ask_human")
    under_way = context.topics or context.code
    if message.intent == "greet" and under_way and phrases.LEAVE.match(message.text):
        return _ruled(message, "goodbye")
    if _is_gibberish(message):
        return replace(_meant(message, "out_of_scope"), confidence=0.0)
    # An act alone: the model has met the same words said of cars and licences.
    acts = act_alone(message.text) if message.intent in (*ON_LAND, "out_of_scope") else ()
    if acts or _names_surely(message):
        wanted = "calculate_fee" if _wants_sum(message) else "ask_procedure"
        asked = ("fee",) if wanted == "calculate_fee" else message.aspects
        meant = replace(_ruled(message, wanted), aspects=asked)
        likely = decide(message.named)
        if len(acts) > 1 and likely not in acts:  # whatever the model guesses, it is one of these
            return replace(meant, candidates=tuple((name, 1 / len(acts)) for name in acts))
        return replace(meant, procedure=acts[0] if len(acts) == 1 else likely)
    ours = message.intent in (*ON_LAND, "out_of_scope") or not message.firm
    if message.bare and message.none >= 0.5 and ours:
        # "nộp hồ sơ ở đâu", said first of all: of which procedure is yet to be asked.
        return replace(_ruled(message, "ask_procedure"), aspects=message.aspects)
    if message.intent not in ON_LAND:
        return _meant(message, message.intent)
    known = bool(message.named) and message.named[0][1] >= ANSWER_SCORE
    if message.confidence < FIRM_INTENT and not known and not context.topics:
        # Neither surely on land nor on anything we know: no business of ours.
        return _meant(message, "out_of_scope")
    stranger = message.chance("out_of_scope") >= STRANGER
    procedure = None if stranger else decide(message.named)
    if procedure is None and not stranger:
        procedure = _confirmed(message)
    intent = "calculate_fee" if _wants_sum(message) else "ask_procedure"
    aspects = ("fee",) if intent == "calculate_fee" else message.aspects
    return _meant(message, intent, procedure=procedure, aspects=aspects)


# --- what the steps ask --------------------------------------------------------------------------


def _names_strongly(message: _Message) -> str | None:
    """The procedure that a message names, if it names one rather than leaning on the topic."""
    named = message.named
    if not named:
        return None
    first, score = named[0]
    second = named[1][1] if len(named) > 1 else 0.0
    if first not in message.said.meant and _goes_on(message):
        # No word names it: only what the model is quite sure of is more than an echo.
        return first if score >= WORDLESS_SCORE and score > message.none else None
    longer = not _goes_on(message) and score >= SWITCH_LEAST and score >= 1.5 * second
    if score >= SWITCH_SCORE or longer:
        return first if score > message.none else None
    return None


def _names_surely(message: _Message) -> bool:
    """Whether a message that seems none of the office's business, though not surely, names a
    procedure more surely than that: of two guesses the better one counts."""
    if message.intent != "out_of_scope" or message.confidence >= SURE_INTENT:
        return False
    return decide(message.named) not in (None, OTHER) and message.named[0][1] >= SURE_INTENT


def _confirmed(message: _Message) -> str | None:
    """The likeliest procedure where it is not sure by itself, but is what the words name.

    English only: few training lines are, so their scores are low. In Vietnamese the same words
    ("chuyển nhượng cổ phần") are said of what is no land.
    """
    if len(message.said.meant) != 1 or not message.named or not is_english(message.parse.text):
        return None
    (name, score), *_ = message.named
    if score < FAINTLY_NAMED:
        return message.said.meant[0]  # the model hears nothing; the words do
    return name if name == message.said.meant[0] else None


def _may_follow(message: _Message) -> bool:
    """Whether a message can be about the topic at all, whatever its intent seems."""
    if message.intent in ON_DOSSIER:
        return message.parse.code is None and not (_is_angry(message) or _wants_person(message))
    if message.intent in ON_LAND or not message.firm:
        return not (_is_angry(message) or _wants_person(message))
    if message.intent in (*BESIDE, "out_of_scope") and _corrects(message):
        return True
    if message.intent in ("out_of_scope", "rate", "help"):
        return message.bare
    # "Cảm ơn, thế mất bao nhiêu ngày": courtesy beside a question.
    return message.intent in BESIDE and message.asks(CLEAR_ASPECT_SCORE) and _asks_beside(message)


def _asks_beside(message: _Message) -> bool:
    """Whether a question stands beside a courtesy: its words are those of questions."""
    if message.intent == "bot_challenge" and not message.bare:
        return False
    if message.intent in ("deny", "affirm") and phrases.DONE.search(message.text):
        return False
    if not message.asks_of_thing:
        return "steps" in message.in_words
    return bool(message.in_words) or phrases.QUESTION.search(message.text) is not None


def _names_nothing(message: _Message) -> bool:
    """Whether a longer question is near to no procedure: then it goes on with the topic."""
    if message.said.meant or not message.asks() or message.chance("out_of_scope") >= STRANGER:
        return False
    return not message.named or message.named[0][1] < SWITCH_LEAST


def _leaves_unsaid(message: _Message) -> bool:
    """Whether what it asks is only understood from what was said before it."""
    if message.supposes:
        return True
    return len(message.words) <= LEANING and phrases.THEN_MAY.search(message.text) is not None


def _corrects(message: _Message) -> bool:
    """Whether it puts right what was said: in such words, or by naming what is not meant."""
    if message.firm and message.intent not in (*ON_LAND, *BESIDE, "out_of_scope"):
        return False
    if message.bare:
        return False
    puts_right = message.has(phrases.CORRECTION) or phrases.NOT_BUT.search(message.text)
    return bool(puts_right or message.said.ruled_out)


def _put_right(message: _Message, procedure: str) -> str | None:
    """What a correction means instead of `procedure`: what its words name, or one candidate that
    stands out."""
    strong = _names_strongly(message)
    if strong not in (None, procedure) and not message.said.ruled_out:
        return strong
    others = [name for name in message.said.meant if name != procedure]
    if len(others) == 1:
        return others[0]
    if procedure in message.said.meant or message.none >= CLEARLY_NONE:
        return None
    return _other_than(message, procedure)


def _contrasted(message: _Message, topic: str) -> str | None:
    """What the same is asked of: "còn tặng cho thì sao", "ngược lại thì sao"."""
    if message.bare:
        return None
    others = [name for name in message.said.meant if name != topic]
    opposite = OPPOSITES.get(topic)
    if message.has(phrases.REVERSED) and opposite and set(others) <= {opposite}:
        return opposite
    opens = message.opens_with(phrases.CONTRAST)
    asks_same = message.opens_with(phrases.FOLLOWING) and (
        phrases.SAME_OF_IT.search(message.text) or not message.asks()
    )
    if not opens and not asks_same and not message.opens_with(phrases.SUPPOSING):
        return None
    if message.named and message.named[0][1] >= SWITCH_SCORE and message.named[0][0] != topic:
        # Where something is said to be missing, that is a case of the topic all the same.
        surely = message.named[0][1] >= CLEARLY_NAMED and not message.has(phrases.LACKING)
        return message.named[0][0] if others or surely or not message.supposes else None
    if len(others) == 1 and len(message.words) <= LEANING:
        return others[0]
    return _other_than(message, topic) if opens and message.none < 0.5 else None


def _asks_anew(message: _Message) -> bool:
    """Whether a contrast has a question of its own: "còn bán thì sao" has none."""
    rest = phrases.SAME_OF_IT.sub("", message.text)
    if rest != message.text and not phrases.NEW_QUESTION.search(rest):
        return False
    return message.asks_of_thing


def _is_angry(message: _Message) -> bool:
    """Whether a message of unsure intent is a complaint rather than a question."""
    if not message.firm and phrases.INSULT.search(message.text):
        return True
    if message.chance("complain") < FAINT:
        return False
    unsure = message.intent in (*ON_DOSSIER, "out_of_scope") and message.confidence < SURE_INTENT
    if unsure and phrases.FURY.search(message.text):
        return True
    return not message.firm and phrases.ANGER.search(message.text) is not None


def _is_gibberish(message: _Message) -> bool:
    """Whether it holds no word at all, of which any intent is a guess."""
    sure = message.confidence >= SURE_INTENT and message.intent != "out_of_scope"
    if sure or is_english(message.parse.text):
        return False
    return not any(is_syllable(undo_keys(word)) or word.isdigit() for word in message.words)


def _wants_person(message: _Message) -> bool:
    """Whether a message of unsure intent asks for an officer."""
    return not message.firm and phrases.PERSON.search(message.text) is not None


def _wants_sum(message: _Message) -> bool:
    """Whether a sum is to be worked out, rather than told about."""
    fee = dict(message.parse.aspects).get("fee", 0.0)
    wished = phrases.SUM_WISH.search(message.text) is not None
    if message.intent != "calculate_fee":
        return wished and fee >= CLEAR_ASPECT_SCORE
    # A number alone is no wish: "lấn ranh 2 mét" asks for no fee, and a dispute has no sum.
    best = message.named[0][0] if message.named else NONE
    return wished or (message.firm and (best in SUMS or fee >= ASPECT_LEAST))


def _is_strange(message: _Message) -> bool:
    """Whether a message that names nothing may well be none of the office's business: "thời tiết
    mai thế nào" asks how, but not about the dossier spoken of."""
    if message.supposes or set(message.in_words) - {"steps"}:
        return message.chance("out_of_scope") >= FIRM_INTENT
    return message.none >= 0.9 and message.chance("out_of_scope") >= STRANGER


def _goes_on(message: _Message) -> bool:
    """Whether a message leans on what was said before it: short, or opened by a linking word."""
    if message.opens_with(phrases.CONTRAST) or message.opens_with(phrases.FOLLOWING):
        return len(message.words) <= LEANING
    return len(message.words) <= 8


def _aspects_or(message: _Message, context: Context) -> tuple[str, ...]:
    """The aspects that a message asks about, or else those asked about before it."""
    if phrases.NO_PAPERS.search(message.text) and not phrases.QUESTION.search(message.text):
        return ("conditions",)
    bare = message.opens_with(phrases.CONTRAST) and phrases.WHATEVER.search(message.text)
    if bare and context.aspects and not message.asks_of_thing:
        return context.aspects
    asks = message.asks(ASPECT_LEAST) or (message.bare and message.in_words)
    return message.aspects if asks else context.aspects or message.aspects


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
    if len(message.words) > STORY and message.named and message.named[0][1] >= CLEARLY_NAMED:
        return ()  # a story of one thing enumerates plots, years and kin
    parts = [name if score >= OFFER_SCORE else NONE for name, score in message.parse.parts]
    if len(message.said.meant) == len(parts):
        # A part of one word is named by it where the model hears none.
        parts = [n if n != NONE else w for n, w in zip(parts, message.said.meant, strict=True)]
    sure = [name for name in parts if name != NONE]
    both = message.said.meant if _speaks_of_two(message) else ()
    if not sure and len(both) == 2 and message.named and message.named[0][0] in both:
        sure = list(both)
    return tuple(dict.fromkeys(sure))


def _speaks_of_two(message: _Message) -> bool:
    """Whether the two acts that it names are wanted both, rather than told of one's story."""
    if phrases.ADDING.search(message.text):
        return True
    return len(message.words) <= JOINING and phrases.JOINED.search(message.text) is not None


def _ruled(message: _Message, intent: str) -> Understanding:
    """The meaning that a rule is sure of, however unlikely the model finds the intent."""
    meant = _meant(message, intent)
    return replace(meant, confidence=max(meant.confidence, FIRM_INTENT))


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
