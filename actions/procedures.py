"""Questions on procedures: from what was understood to the catalogue's answer.

Which procedure and aspects a message means is decided in `understanding`; here it is answered,
asked back, or said not to be in the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from actions import conversation, dossiers, drafts, fees
from actions.conversation import (
    MOST,
    commonest_first,
    not_understood,
    procedure_buttons,
    ways,
)
from actions.feedback import keep_unanswered
from actions.models import Why
from actions.people import contacts
from actions.places import province_alone, province_named
from actions.texts import say
from actions.turn import Reply, Rooms, Turn
from actions.understanding import (
    CLEAR_ASPECT_SCORE,
    NONE,
    OFFER_SCORE,
    ON_LAND,
    Parse,
    Understanding,
    understand,
)
from language.blocks import Block, Button, Buttons, Link, Text
from procedures.answers import answer as answer_of_catalogue
from procedures.drafts import code_of, id_of
from procedures.pages import CHECKLIST, page_path
from procedures.sums import SUMS
from procedures.titles import ANSWER_SCORE
from procedures.titles import OFFER_SCORE as OFFER_TITLE
from procedures.vocabulary import Aspect

_COMMONEST = ("transfer", "first_certificate", "split_parcel")
"""What is offered where a question names no procedure at all."""
_CODE = re.compile(
    r"(?<![\w.,-])(\d\.\d{6})(?:\.\d{3}\.\d{2}\.\d{2})?(?:\.[A-Z]\d{2})?(?![\w-]|[.,]\d)",
    re.IGNORECASE,
)
"""A procedure's code within a message, with or without zero groups and its province's suffix."""


def answer(turn: Turn, rooms: Rooms) -> Reply:
    """Answer a question on a procedure, or ask which is meant.

    Token: `ask:<procedure>[:<aspect>[+<aspect>…]]`, also one from before the catalogue changed.
    """
    catalogue = rooms.catalogue()
    meant = turn.meant
    if meant is None:
        procedure, asked, *_ = (*turn.arguments, "", "")
        aspects = [aspect for aspect in asked.split("+") if aspect in set(Aspect)]
        if procedure in catalogue:
            return _tell(turn, rooms, procedure, aspects)
        return drafts.tell(turn, rooms, procedure, aspects) or _which(turn, rooms, aspects)
    if not meant.carried and (exact := _exact_title(turn, rooms, meant.aspects)) is not None:
        return exact
    if meant.procedure is not None:
        if meant.procedure in catalogue:
            reply = _tell(turn, rooms, meant.procedure, meant.aspects)
            return _with_others(turn, rooms, reply) if meant.beside else reply
        return (
            drafts.tell(turn, rooms, meant.procedure, meant.aspects)
            or _by_title(turn, rooms, meant.aspects)
            or _not_in_catalogue(turn, rooms)
        )
    near = _near(meant, rooms)
    if near:
        titled = _by_title(turn, rooms, meant.aspects, ANSWER_SCORE)
        return titled or _which_of(turn, rooms, near, meant.aspects)
    if (titled := _by_title(turn, rooms, meant.aspects)) is not None:
        return titled
    if any(aspect != Aspect.GENERAL for aspect in meant.aspects):
        return _which(turn, rooms, meant.aspects)
    return fallback(turn, rooms)


def calculate(turn: Turn, rooms: Rooms) -> Reply:
    """Work a sum out, where the calculator knows the procedure; else tell its fees."""
    meant = turn.meant
    if meant is None or meant.procedure is None or meant.procedure in SUMS:
        return fees.calculate(turn, rooms, meant.procedure if meant else None)
    return answer(turn, rooms)


def fallback(turn: Turn, rooms: Rooms) -> Reply:
    """Answer a message that nobody understood; where proof is awaited, it was meant as that."""
    first = turn.state.misses == 0
    if first and (asked_again := dossiers.awaited(turn, rooms)) is not None:
        return asked_again
    aspects = turn.meant.aspects if turn.meant else ()
    if (titled := _by_title(turn, rooms, aspects)) is not None:
        return titled
    keep_unanswered(turn, rooms, Why.NOT_UNDERSTOOD)
    near = _near(turn.meant, rooms) if turn.meant else ()
    return not_understood(turn, rooms, near)


def out_of_scope(turn: Turn, rooms: Rooms) -> Reply:
    """Say what is not answered here, unless the message is clearly a procedure's title: the rarer
    ones look like nobody's business to the model."""
    titled = _by_title(turn, rooms, (), ANSWER_SCORE)
    return titled or conversation.out_of_scope(turn, rooms)


def code_named(turn: Turn, rooms: Rooms) -> Reply | None:
    """Answer on the procedure whose code a message names: by the catalogue where it covers the
    code, by a draft where it does not."""
    match = _CODE.search(turn.text)
    if match is None:
        return None
    parse = Parse.read(turn.parse)
    meant, _ = understand(parse, turn.context)
    if meant.code is not None:
        return None  # digits within a dossier's code
    aspects = meant.aspects
    if meant.intent not in ON_LAND:
        # The model cannot know what a code is; what is asked of it, it sees all the same.
        aspects = tuple(name for name, score in parse.aspects[:1] if score >= CLEAR_ASPECT_SCORE)
    covered = rooms.catalogue().find_codes(match[1])
    if len(covered) == 1:
        return _tell(turn, rooms, covered[0], aspects)
    if covered:
        return _which_of(turn, rooms, commonest_first(covered), aspects)
    return drafts.tell(turn, rooms, id_of(match[1]), aspects)


def place_named(turn: Turn, rooms: Rooms) -> Reply | None:
    """Take a province by itself as the answer to "which province?": answer anew by its rules."""
    procedure, province = turn.context.procedure, province_alone(turn.text)
    if procedure is None or province is None:
        return None
    if code_of(procedure) is not None:
        return drafts.in_province(turn, rooms, procedure, province)
    if procedure not in rooms.catalogue():
        return None
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
        filed_on=turn.as_of,
    )
    if Aspect.FEE in aspects and procedure in SUMS:
        blocks = _with_sum(turn, blocks, procedure)
    if Aspect.DOCUMENTS in aspects:
        path = page_path(procedure, CHECKLIST, province=province, language=turn.language)
        blocks = _with_sheet(turn, blocks, rooms.settings.public_base + path)
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


def _with_sheet(turn: Turn, blocks: list[Block], address: str) -> list[Block]:
    """Offer the papers as a page to print, in place of the least asked question."""
    sheet = Link(say("button_print", turn.language), address)
    told: list[Block] = []
    for block in blocks:
        if isinstance(block, Buttons):
            told += [sheet, Buttons(block.buttons[: MOST - 1])]
        else:
            told.append(block)
    return told


def _by_title(
    turn: Turn, rooms: Rooms, aspects: Sequence[str], least: float = OFFER_TITLE
) -> Reply | None:
    """Answer on what a message means by title, or ask which of a few; None where it means none."""
    found = drafts.find(turn, rooms, least)
    if len(found) == 1:
        (one,) = found
        if len(one.covered) == 1:
            return _tell(turn, rooms, one.covered[0], aspects)
        if one.covered:
            return _which_of(turn, rooms, commonest_first(one.covered), aspects)
        if len(one.heads) == 1 and one.score >= ANSWER_SCORE:
            return drafts.tell(turn, rooms, one.heads[0].id, aspects)
    return drafts.which_of(turn, rooms, found, aspects) if found else None


def _exact_title(turn: Turn, rooms: Rooms, aspects: Sequence[str]) -> Reply | None:
    """Answer who writes the very title of a procedure that the catalogue does not cover: the model
    knows the catalogue's alone, and takes it for the likest of them, surely."""
    found = drafts.find(turn, rooms, drafts.EXACT_SCORE)
    if not found or any(one.covered for one in found):
        return None
    return _by_title(turn, rooms, aspects, drafts.EXACT_SCORE)


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
