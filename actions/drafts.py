"""Procedures that the office has not reviewed: found by title or code, told with their mark.

They are tried before it is said that nothing is known, and never where the catalogue covers the
same procedure: its own files are reviewed, these are the national portal's word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from actions.conversation import MOST
from actions.places import province_named
from actions.texts import say
from actions.turn import Reply, Rooms, Turn
from language.blocks import Button, Buttons, Facts, Text
from language.folding import fold
from procedures.catalogue import Catalogue, CatalogueError
from procedures.draft_answers import answer_draft, short_title
from procedures.drafts import Drafts, Head, code_of
from procedures.provinces import PROVINCES
from procedures.titles import ANSWER_MARGIN, ANSWER_SCORE, OFFER_SCORE, same_title

EXACT_SCORE = 0.9
"""From here on a message says a title, word for word or nearly."""
_NEAR = 0.15
"""Titles this much less like the message than the likeliest are still offered beside it."""


@dataclass(frozen=True)
class Found:
    """A title that a message may mean, with the drafts that bear it."""

    score: float
    heads: tuple[Head, ...]
    """Of the province asked for, or of the whole country, or of several where none is known."""
    covered: tuple[str, ...]
    """Procedures of the catalogue that cover it; they go before the drafts."""

    @property
    def places(self) -> tuple[str, ...]:
        """The provinces whose drafts bear the title, by name."""
        return tuple(dict.fromkeys(PROVINCES[h.province] for h in self.heads if h.province))


def find(turn: Turn, rooms: Rooms, least: float = OFFER_SCORE) -> tuple[Found, ...]:
    """Return what a message means by title: one where it is clear, up to four where it is not.

    None where nothing is at least `least` like it, or so much is that the message is too general.
    """
    drafts = rooms.drafts()
    if not len(drafts):
        return ()
    province = _province(turn, rooms, drafts)
    groups: list[list[tuple[Head, float]]] = []
    for head, score in drafts.titles.find(_without_place(turn.text)):
        if score < OFFER_SCORE:
            break
        group = next((g for g in groups if same_title(g[0][0].title, head.title)), None)
        if group is None:
            groups.append([(head, score)])
        else:
            group.append((head, score))
    catalogue = rooms.catalogue()
    found = []
    for group in groups:
        heads = [head for head, _ in group]
        if held := _held_in(heads, province):
            score = max(score for head, score in group if head in held)
            found.append(Found(score, held, covered_by(catalogue, heads)))
    found.sort(key=lambda one: -one.score)
    if not found or found[0].score < least:
        return ()
    near = [one for one in found if one.score > found[0].score - ANSWER_MARGIN]
    if found[0].score >= ANSWER_SCORE and len(near) == 1:
        return (found[0],)
    near = [one for one in found if one.score >= found[0].score - _NEAR and one.score >= least]
    return tuple(near) if len(near) <= MOST else ()


def covered_by(catalogue: Catalogue, heads: Iterable[Head]) -> tuple[str, ...]:
    """Return the procedures of the catalogue that cover what these drafts tell: by code, or by the
    name that the law gives."""
    covered: dict[str, None] = {}
    for head in heads:
        covered |= dict.fromkeys(catalogue.find_codes(head.code))
        covered |= dict.fromkeys(_named_alike(catalogue, head.title))
    return tuple(covered)


def tell(turn: Turn, rooms: Rooms, draft_id: str, aspects: Sequence[str]) -> Reply | None:
    """Answer from a draft by its id; None where there is none any more, or its file is faulty."""
    drafts = rooms.drafts()
    code = code_of(draft_id)
    draft = drafts.get(code) if code else None
    if code is None or draft is None:
        return None
    blocks = answer_draft(draft, aspects, edited=drafts.is_edited(code), language=turn.language)
    named = "" if turn.payload else province_named(turn.text) or ""
    return Reply(tuple(blocks), context=turn.speaking_of(draft.id, aspects), province=named)


def which_of(
    turn: Turn, rooms: Rooms, found: Sequence[Found], aspects: Sequence[str]
) -> Reply | None:
    """Ask which is meant of a few titles, or of the drafts that share one.

    Titles are too long for buttons and begin alike: they are listed by code, buttons bear the code.
    None where there are more than a choice holds, or none of them can be told.
    """
    if len(found) == 1 and len(found[0].places) > 1:
        return _which_province(turn, found[0], aspects)
    suffix = f":{'+'.join(aspects)}" if aspects else ""
    drafts, catalogue = rooms.drafts(), rooms.catalogue()
    lines: list[tuple[str, str]] = []
    offered: list[str] = []
    for one in found:
        for procedure in one.covered:
            lines.append(
                (
                    catalogue.short(procedure, turn.language),
                    catalogue.name(procedure, turn.language),
                )
            )
            offered.append(procedure)
        for head in () if one.covered else one.heads:
            draft = drafts.get(head.code)
            if draft is not None:
                told = ", ".join(part for part in (draft.level, draft.place) if part)
                lines.append((head.code, f"{short_title(draft.title)} ({told})"))
                offered.append(draft.id)
    pairs = dict(zip(offered, lines, strict=True))
    if not pairs or len(pairs) > MOST:
        return None
    buttons = Buttons(tuple(Button(name, f"ask:{id_}{suffix}") for id_, (name, _) in pairs.items()))
    context = replace(turn.context, aspects=tuple(aspects), offered=tuple(pairs))
    lead = Text(say("which_of_these", turn.language), tone="lead")
    return Reply((lead, Facts(tuple(pairs.values())), buttons), context=context)


def in_province(turn: Turn, rooms: Rooms, draft_id: str, province: str) -> Reply:
    """Tell the draft of another province that bears the same title, or that there is none."""
    code = code_of(draft_id) or ""
    head = rooms.drafts().sibling(code, province)
    reply = tell(turn, rooms, head.id, turn.context.aspects) if head is not None else None
    if reply is not None:
        return reply
    told = say("draft_not_there", turn.language, place=PROVINCES[province])
    return Reply((Text(told, tone="lead"),), context=turn.context, province=province)


# --- inside ---------------------------------------------------------------------------------------


def _without_place(text: str) -> str:
    """Return a message without the province that it names, which no title is to be liked for."""
    slug = province_named(text)
    if slug is None:
        return text
    name = re.escape(slug.replace("-", " "))
    return re.sub(rf"\b(?:(?:o|tai|cua|tinh|thanh pho|tp)[ .]+)*{name}\b", " ", fold(text))


def _province(turn: Turn, rooms: Rooms, drafts: Drafts) -> str | None:
    """Whose procedures are asked for: as named now, before, or in the settings; or those of the one
    province that there are drafts of."""
    province = province_named(turn.text) or turn.state.province or rooms.settings.province
    if province:
        return province
    provinces = drafts.provinces()
    return next(iter(provinces)) if len(provinces) == 1 else None


def _held_in(heads: Sequence[Head], province: str | None) -> tuple[Head, ...]:
    """The drafts that hold in a province: its own, or else the whole country's; all where it is
    not known which province is meant."""
    if province is None:
        return tuple(heads)
    own = tuple(head for head in heads if head.province == province)
    return own or tuple(head for head in heads if head.province is None)


def _named_alike(catalogue: Catalogue, title: str) -> list[str]:
    alike = []
    for procedure in catalogue.ids():
        try:
            file = catalogue.file(procedure)
        except CatalogueError:
            continue  # `catalogue check` tells of it
        if same_title(file.official_name, title) or same_title(file.name.vi, title):
            alike.append(procedure)
    return alike


def _which_province(turn: Turn, found: Found, aspects: Sequence[str]) -> Reply:
    """Ask for the province, where several have the procedure and none was named."""
    title = short_title(found.heads[0].title)
    places = ", ".join(found.places[:MOST])
    told = say("draft_province", turn.language, title=title, places=places)
    context = turn.speaking_of(found.heads[0].id, aspects)
    return Reply((Text(told, tone="lead"),), context=context)
