"""A person's own dossier: ask for its code, then for proof, then say how it stands; and turn its
messages on or off.

Who may see what is decided in `dossiers.proof`, by channel and sender; nothing that a conversation
remembers counts. A wrong code and a wrong proof get the same words. Deciding about messages
takes a second step: a code sent to the phone on file, which the site checks as it checks digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from actions.conversation import start_over as begin_anew
from actions.people import contacts
from actions.telling import tell
from actions.texts import say
from actions.turn import Reply, Rooms, Turn
from dossiers.consent import LINKED
from dossiers.links import link_path
from dossiers.lookup import DossierView, Lookup
from dossiers.models import Dossier
from dossiers.offices import offices_of
from dossiers.otp import CodeOutcome, Codes, Made
from dossiers.proof import Outcome, Proofs, Sender, make_proofs
from dossiers.telling import code_refused, code_sent, consent_words
from helpdesk.ratings import ask as ask_for_stars
from helpdesk.words import say as say_desk
from language.blocks import AskProof, Block, Button, Buttons, Text
from language.dossier_code import find_code
from language.proof_digits import CODE_GIVEN
from notifier.choices import choose, send_second_step
from notifier.desk import Desk
from notifier.templates import get_templates
from procedures.deadlines import get_calendar

EXAMPLE = "H60.12.01-261016-0001"
"""A code as receipts print it."""

MASKED = "•••"
"""What channels put in place of a telephone or ID number (bot/channels/incoming.py)."""
_WORDS_OF_A_NUMBER = 5
_WHOLE_NUMBER = re.compile(rf"(?<!•){MASKED}(?!•)")
"""In a message: a whole number was given, not the four digits (`language.proof_digits`)."""
# So many digits in a message were meant as a code.
_MEANT_AS_CODE = 6


def look_up(turn: Turn, rooms: Rooms) -> Reply:
    """Tell how a dossier stands, asking first for what is missing: its code, then the proof.

    Tokens: `status`, `status:<code>`, and `status:other` for a code not given before. A code typed
    after messages were asked for belongs to that wish.
    """
    if turn.arguments == ("other",):
        return _which(turn, "status", [])
    wanted = turn.state.again if not turn.payload and turn.state.again in _DONE else "status"
    return _with_dossier(turn, rooms, wanted, _DONE[wanted])


def subscribe(turn: Turn, rooms: Rooms) -> Reply:
    """Turn the messages to the number on file on again."""
    return _with_dossier(turn, rooms, "subscribe", _subscribed)


def unsubscribe(turn: Turn, rooms: Rooms) -> Reply:
    """Stop the messages to the number on file."""
    return _with_dossier(turn, rooms, "unsubscribe", _unsubscribed)


def proof_given(turn: Turn, rooms: Rooms) -> Reply:
    """Go on after proof was given: the site has checked it.

    Tokens: `proof_given` (digits that nobody awaits) and `proof_given:<outcome>`, the latter for
    the words alone: whether the dossier may be seen is read from the database.
    """
    proofs, sender = _proofs(rooms), _sender(turn)
    outcome = turn.arguments[0] if turn.arguments else ""
    if outcome.startswith(CODE_GIVEN):
        return _code_given(turn, rooms, outcome.removeprefix(CODE_GIVEN))
    wanted, _, code = turn.state.again.partition(":")
    code = code or proofs.pending(sender, turn.now) or ""
    if not code:
        return look_up(turn.pressed("status"), rooms)
    if outcome == Outcome.TOO_MANY:
        return _paused(turn, rooms, code)
    view = _view(turn, rooms, code)
    if view is not None:
        return _DONE.get(wanted, _told)(turn, rooms, view)
    return _asked(turn, rooms, wanted or "status", code, refused=True)


def start_over(turn: Turn, rooms: Rooms) -> Reply:
    """Forget the conversation and take back the right to see dossiers: the device may be shared."""
    _proofs(rooms).forget(_sender(turn))
    return begin_anew(turn, rooms)


def awaited(turn: Turn, rooms: Rooms) -> Reply | None:
    """Ask for the proof again, if one is awaited; for messages that nobody understood."""
    code = _proofs(rooms).pending(_sender(turn), turn.now)
    if code is None:
        return None
    wanted = turn.state.again.partition(":")[0]
    asked = _asked(turn, rooms, wanted if wanted in _DONE else "status", code)
    return replace(asked, missed=True)


def whole_number_given(turn: Turn, rooms: Rooms) -> Reply | None:
    """Answer who gave a whole telephone or ID number as proof: the channel has masked it."""
    if not _WHOLE_NUMBER.search(turn.text) or len(turn.text.split()) > _WORDS_OF_A_NUMBER:
        return None
    asked = awaited(turn, rooms)
    if asked is None:
        return None
    only_four = Text(say("only_four", turn.language), tone="lead")
    return replace(asked, blocks=(only_four, *asked.blocks), missed=False)


# --- steps ---------------------------------------------------------------------------------------

Told = Callable[[Turn, Rooms, DossierView], Reply]


def _with_dossier(turn: Turn, rooms: Rooms, wanted: str, told: Told) -> Reply:
    """Find out which dossier is meant and whether it may be seen; then let `told` answer."""
    if _looks_like_code(turn):
        return _which(turn, wanted, [])
    code = next(iter(turn.arguments), "") or (turn.meant.code if turn.meant else None)
    if not code:
        seen = _all_seen(turn, rooms)
        return told(turn, rooms, seen[0]) if len(seen) == 1 else _which(turn, wanted, seen)
    view = _view(turn, rooms, code)
    if view is not None:
        return told(turn, rooms, view)
    if turn.proof == Outcome.TOO_MANY:
        return _paused(turn, rooms, code)
    asked = _asked(turn, rooms, wanted, code, refused=bool(turn.proof))
    if _WHOLE_NUMBER.search(turn.text):
        only_four = Text(say("only_four", turn.language), tone="lead")
        return replace(asked, blocks=(only_four, *asked.blocks))
    return asked


def _which(turn: Turn, wanted: str, seen: list[DossierView]) -> Reply:
    """Ask for the code; offer the dossiers that were shown before."""
    language = turn.language
    if _looks_like_code(turn):
        lead = say("code_odd", language)
    elif wanted == "status":
        lead = say("ask_code", language)
    else:
        lead = f"{say('subscribe_why_code', language)} {say('ask_code', language)}"
    blocks: list[Block] = [
        Text(lead, tone="lead"),
        Text(say("code_example", language, example=EXAMPLE), tone="note"),
    ]
    if seen:
        known = tuple(Button(view.code, f"{wanted}:{view.code}") for view in seen[:4])
        blocks.append(Buttons(known))
    return Reply(tuple(blocks), again=wanted)


def _asked(turn: Turn, rooms: Rooms, wanted: str, code: str, refused: bool = False) -> Reply:
    """Ask for proof; `refused` says first that what was given does not fit."""
    language = turn.language
    _proofs(rooms).ask(_sender(turn), code, turn.now)
    blocks: list[Block] = []
    if refused:
        blocks.append(Text(say("refused", language), tone="warning"))
    blocks.append(AskProof(say("ask_proof", language, code=code)))
    if refused:
        blocks.append(_ways_on(turn))
    return Reply(tuple(blocks), again=f"{wanted}:{code}")


def _paused(turn: Turn, rooms: Rooms, code: str) -> Reply:
    minutes = max(1, rooms.settings.proof_window // 60)
    return Reply(
        (
            Text(say("too_many", turn.language, minutes=minutes), tone="warning"),
            *contacts(rooms.settings, turn.language),
        ),
        again=f"status:{code}",
    )


def _told(turn: Turn, rooms: Rooms, view: DossierView) -> Reply:
    catalogue = rooms.catalogue()
    procedure = catalogue.find_code(view.procedure_code, view.procedure_name)
    if procedure and turn.language == "en":
        # The receipt's words stay beside the English ones, to be found again on paper.
        english = catalogue.short(procedure, "en")
        view = replace(view, procedure_name=f"{english} ({view.procedure_name})")
    blocks = tell(view, turn.language, procedure=procedure, page=_page(turn, rooms, view))
    if _asked_for_stars(turn, rooms, view):
        # Before what can be pressed next.
        blocks.insert(-1, Text(say_desk("stars_ask", turn.language)))
    context = replace(turn.context, intent="check_status", code=view.code, offered=())
    if procedure:
        # "And what does it cost?" right after is about the dossier's own procedure.
        context = replace(context, procedure=procedure)
    return Reply((*blocks,), context=context, again=f"status:{view.code}")


def _asked_for_stars(turn: Turn, rooms: Rooms, view: DossierView) -> bool:
    """Await what the person thinks of the service, once a dossier, when its result is handed out;
    tell whether so. The site hears the answer."""
    with rooms.sessions.begin() as session:
        return ask_for_stars(
            session, rooms.vault, _sender(turn), view.id, turn.now, language=turn.language
        )


def _page(turn: Turn, rooms: Rooms, view: DossierView) -> str:
    """Return the whole address of a dossier's page. It asks for proof again where it must."""
    lasts = timedelta(days=rooms.settings.link_days)
    with rooms.sessions.begin() as session:
        path = link_path(session, rooms.vault, view.id, turn.now, lasts)
    return f"{rooms.settings.public_base}{path}{'?lang=en' if turn.language == 'en' else ''}"


def _subscribed(turn: Turn, rooms: Rooms, view: DossierView) -> Reply:
    return _messages(turn, rooms, view, wanted=True)


def _unsubscribed(turn: Turn, rooms: Rooms, view: DossierView) -> Reply:
    return _messages(turn, rooms, view, wanted=False)


def _messages(turn: Turn, rooms: Rooms, view: DossierView, wanted: bool) -> Reply:
    """Set whether the number on file is texted, once the second step is taken; it is the number's
    choice, for all its dossiers."""
    with rooms.sessions.begin() as session:
        dossier = session.get_one(Dossier, view.id)
        if dossier.phone_enc is None or dossier.phone_index is None:
            name, tail = "subscribe_no_phone", ""
        elif not _codes(rooms).may_decide(session, _sender(turn), view.id, turn.now):
            name = ""
        else:
            tail = rooms.vault.decrypt(dossier.phone_enc)[-3:]
            name = "subscribed" if wanted else "unsubscribed"
            choose(session, dossier.phone_index, wanted, turn.channel, turn.language, turn.now)
    if not name:
        return _second_step(turn, rooms, view, "subscribe" if wanted else "unsubscribe")
    text = say(name, turn.language, code=view.code, tail=tail)
    back = Button(say("button_status", turn.language), f"status:{view.code}")
    return Reply((Text(text, tone="lead"), Buttons((back,))), again=f"status:{view.code}")


def _second_step(turn: Turn, rooms: Rooms, view: DossierView, wanted: str) -> Reply:
    """Send a code to the phone on file and ask for it; say so where none can be sent."""
    sender, codes = _sender(turn), _codes(rooms)
    made = send_second_step(rooms.sessions, codes, _desk(rooms), sender, view.id, turn.now)
    sent = isinstance(made, Made)
    blocks: list[Block] = [Text(code_sent(made, turn.language), tone="lead" if sent else "warning")]
    if sent and sender.lasting:
        blocks.append(Text(LINKED.say(turn.language), tone="note"))
    blocks += _code_asked(turn, rooms, wanted)
    if not sent:
        blocks.append(_ways_on(turn))
    return Reply(tuple(blocks), again=f"{wanted}:{view.code}")


def _code_asked(turn: Turn, rooms: Rooms, wanted: str) -> list[Block]:
    """Ask for the code, where one is awaited, with the words that it agrees to."""
    if not _codes(rooms).awaited(_sender(turn), turn.now):
        return []
    consent = consent_words(wanted == "subscribe", turn.language)
    return [AskProof(say("ask_one_time_code", turn.language, consent=consent))]


def _code_given(turn: Turn, rooms: Rooms, outcome: str) -> Reply:
    """Go on after a one-time code was given; the site has checked it."""
    wanted, _, code = turn.state.again.partition(":")
    view = _view(turn, rooms, code) if code else None
    if view is None:
        return look_up(turn.pressed("status"), rooms)
    if outcome == CodeOutcome.VERIFIED or wanted not in _DECISIONS:
        return _DONE.get(wanted, _told)(turn, rooms, view)
    blocks: list[Block] = [Text(code_refused(outcome, turn.language), tone="warning")]
    if outcome == CodeOutcome.WRONG:
        blocks += _code_asked(turn, rooms, wanted)
    another = Button(say("button_another_code", turn.language), f"{wanted}:{view.code}")
    blocks.append(Buttons((another, *_ways_on(turn).buttons)))
    return Reply(tuple(blocks), again=turn.state.again)


_DECISIONS = ("subscribe", "unsubscribe")
"""Wishes that take the second step of proof."""
_DONE: dict[str, Told] = {
    "status": _told,
    "subscribe": _subscribed,
    "unsubscribe": _unsubscribed,
}
"""What was wanted of the dossier → how it is answered once it may be seen."""


# --- who, and what they may see ------------------------------------------------------------------


def _sender(turn: Turn) -> Sender:
    return Sender(turn.channel, turn.sender)


def _proofs(rooms: Rooms) -> Proofs:
    return make_proofs(rooms.settings, rooms.sessions, rooms.vault)


def _codes(rooms: Rooms) -> Codes:
    return Codes(rooms.sessions, rooms.vault)


def _desk(rooms: Rooms) -> Desk:
    settings = rooms.settings
    offices = offices_of(settings.offices_file)
    real = settings.sms_provider != "phone"
    return Desk.of(settings, offices, get_templates(), rooms.vault, real)


def _lookup(rooms: Rooms) -> Lookup:
    offices = offices_of(rooms.settings.offices_file)
    return Lookup(_proofs(rooms), offices, rooms.reckon, get_calendar().between)


def _view(turn: Turn, rooms: Rooms, code: str) -> DossierView | None:
    """Return the dossier, if the sender may see it now."""
    with rooms.sessions() as session:
        found = _lookup(rooms).look_up(session, _sender(turn), code, turn.now, turn.language)
    return found if isinstance(found, DossierView) else None


def _all_seen(turn: Turn, rooms: Rooms) -> list[DossierView]:
    with rooms.sessions() as session:
        return _lookup(rooms).all_seen(session, _sender(turn), turn.now, turn.language)


def _looks_like_code(turn: Turn) -> bool:
    """Tell whether the message holds something that was meant as a code and is none."""
    many = sum(c.isdigit() for c in turn.text) >= _MEANT_AS_CODE
    return not turn.payload and many and find_code(turn.text) is None


def _ways_on(turn: Turn) -> Buttons:
    return Buttons(
        (
            Button(say("button_other_dossier", turn.language), "status:other"),
            Button(say("button_human", turn.language), "human"),
        )
    )
