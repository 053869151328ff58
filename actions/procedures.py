"""Questions on procedures: from what was understood to the catalogue's answer.

Which procedure and aspects a message means is decided in `understanding`; here it is answered,
asked back, or said not to be in the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from actions import dossiers, fees
from actions.conversation import MOST, not_understood, procedure_buttons, ways
from actions.feedback import keep_unanswered
from actions.models import Why
from actions.people import contacts
from actions.places import province_alone, province_named
from actions.texts import say
from actions.turn import Reply, Rooms, Turn
from actions.understanding import NONE, OFFER_SCORE, Understanding
from language.blocks import Block, Button, Buttons, Text
from procedures.answers import answer as answer_of_catalogue
from procedures.vocabulary import Aspect

_COMMONEST = ("transfer", "first_certificate", "split_parcel")
"""What is offered where a question names no procedure at all."""


def answer(turn: Turn, rooms: Rooms) -> Reply:
    """Answer a question on a procedure, or ask which is meant.

    Token: `ask:<procedure>[:<aspect>[+<aspect>…]]`, also one from before the catalogue changed.
    """
    catalogue = rooms.catalogue()
    meant = turn.meant
    if meant is None:
        procedure, asked, *_ = (*turn.arguments, "", "")
        aspects = [aspect for aspect in asked.split("+") if aspect in set(Aspect)]
        known = procedure in catalogue
        return _tell(turn, rooms, procedure, aspects) if known else _which(turn, rooms, aspects)
    if meant.procedure is not None:
        if meant.procedure in catalogue:
            reply = _tell(turn, rooms, meant.procedure, meant.aspects)
            return _with_others(turn, rooms, reply) if meant.beside else reply
        return _not_in_catalogue(turn, rooms)
    near = _near(meant, rooms)
    if near:
        return _which_of(turn, rooms, near, meant.aspects)
    if any(aspect != Aspect.GENERAL for aspect in meant.aspects):
        return _which(turn, rooms, meant.aspects)
    return fallback(turn, rooms)


def calculate(turn: Turn, rooms: Rooms) -> Reply:
    """Work a sum out, where the calculator knows the procedure; else tell its fees."""
    meant = turn.meant
    if meant is None or meant.procedure is None or meant.procedure in fees.SUMS:
        return fees.calculate(turn, rooms, meant.procedure if meant else None)
    return answer(turn, rooms)


def fallback(turn: Turn, rooms: Rooms) -> Reply:
    """Answer a message that nobody understood; where proof is awaited, it was meant as that."""
    first = turn.state.misses == 0
    if first and (asked_again := dossiers.awaited(turn, rooms)) is not None:
        return asked_again
    keep_unanswered(turn, rooms, Why.NOT_UNDERSTOOD)
    near = _near(turn.meant, rooms) if turn.meant else ()
    return not_understood(turn, rooms, near)


def place_named(turn: Turn, rooms: Rooms) -> Reply | None:
    """Take a province by itself as the answer to "which province?": answer anew by its rules."""
    procedure = turn.context.procedure
    if procedure not in rooms.catalogue() or province_alone(turn.text) is None:
        return None
    assert procedure is not None
    return _tell(turn, rooms, procedure, turn.context.aspects)


# --- answers -------------------------------------------------------------------------------------


def _tell(turn: Turn, rooms: Rooms, procedure: str, aspects: Sequence[str]) -> Reply:
    """Answer by the rules of the province that was named now, earlier, or in the settings."""
    named = "" if turn.payload else province_named(turn.text) or ""
    province = named or turn.state.province or rooms.settings.province
    blocks = answer_of_catalogue(
        rooms.catalogue(),
        procedure,
        aspects,
        as_of=turn.as_of,
        province=province or None,
        language=turn.language,
    )
    if Aspect.FEE in aspects and procedure in fees.SUMS:
        blocks = _with_sum(turn, blocks, procedure)
    context = turn.speaking_of(procedure, aspects)
    return Reply(tuple(blocks), context=context, province=named)


def _with_others(turn: Turn, rooms: Rooms, reply: Reply) -> Reply:
    """Put what else the message asked about on the first buttons: one thing is told at a time."""
    assert turn.meant is not None
    catalogue = rooms.catalogue()
    others = tuple(procedure for procedure in turn.meant.beside if procedure in catalogue)
    if not others:
        return reply
    aspects = "+".join(a for a in turn.meant.aspects if a != Aspect.GENERAL)
    first = procedure_buttons(catalogue, others, turn.language, aspects).buttons
    rest = [b for block in reply.blocks if isinstance(block, Buttons) for b in block.buttons]
    told = tuple(block for block in reply.blocks if not isinstance(block, Buttons))
    also = Text(say("also_asked", turn.language))
    return replace(reply, blocks=(*told, also, Buttons((*first, *rest)[:MOST])))


def _with_sum(turn: Turn, blocks: list[Block], procedure: str) -> list[Block]:
    """Offer to work the sum out, in place of the least asked question."""
    offer = Button(say("button_sum", turn.language), f"calculate:{procedure}")
    return [
        Buttons((offer, *block.buttons[: MOST - 1])) if isinstance(block, Buttons) else block
        for block in blocks
    ]


def _which_of(
    turn: Turn, rooms: Rooms, procedures: tuple[str, ...], aspects: Sequence[str]
) -> Reply:
    """Ask which of a few procedures is meant; pressing one answers the question at once."""
    buttons = procedure_buttons(rooms.catalogue(), procedures, turn.language, "+".join(aspects))
    context = replace(turn.context, aspects=tuple(aspects), offered=procedures)
    lead = Text(say("which_of_these", turn.language), tone="lead")
    return Reply((lead, buttons), context=context)


def _which(turn: Turn, rooms: Rooms, aspects: Sequence[str]) -> Reply:
    """Ask which procedure is meant, where a question named none."""
    common = tuple(p for p in _COMMONEST if p in rooms.catalogue())
    offered = procedure_buttons(rooms.catalogue(), common, turn.language, "+".join(aspects))
    menu = Button(say("button_more", turn.language), "menu:procedures")
    blocks: tuple[Block, ...] = (
        Text(say("which_procedure", turn.language), tone="lead"),
        Buttons((*offered.buttons, menu)),
    )
    return Reply(blocks, context=replace(turn.context, aspects=tuple(aspects), offered=common))


def _not_in_catalogue(turn: Turn, rooms: Rooms) -> Reply:
    """Say that the catalogue has nothing on it, rather than answer by guess."""
    keep_unanswered(turn, rooms, Why.NOT_IN_CATALOGUE)
    return Reply(
        (
            Text(say("not_in_catalogue", turn.language), tone="lead"),
            *contacts(rooms.settings, turn.language),
            ways(turn.language),
        ),
        context=turn.context,
    )


def _near(meant: Understanding, rooms: Rooms) -> tuple[str, ...]:
    """Return the procedures that a message may mean, likeliest first, at most four."""
    catalogue = rooms.catalogue()
    likely = (name for name, score in meant.candidates if score >= OFFER_SCORE and name != NONE)
    return tuple(name for name in likely if name in catalogue)[:MOST]
