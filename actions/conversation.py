"""The conversation itself: greeting, menu, thanks, and what to do when nothing was understood.

No knowledge of land or dossiers beyond the names in the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable

from actions.people import contacts
from actions.texts import say
from actions.turn import Language, Reply, Rooms, Turn
from actions.understanding import Context
from language.blocks import Button, Buttons, Text
from procedures.catalogue import Catalogue
from procedures.menu import Group, groups_of, menu
from procedures.schema import Text as Name

MOST = 4
"""Buttons of one answer."""


def greet(turn: Turn, _rooms: Rooms) -> Reply:
    """Say who speaks and what can be asked."""
    return Reply(
        (
            Text(say("greet", turn.language), tone="lead"),
            Text(say("examples", turn.language), tone="note"),
            ways(turn.language),
        )
    )


def help_(turn: Turn, rooms: Rooms) -> Reply:
    """Say what can be done; or show a page of the menu of procedures, or one of its groups.

    Tokens: `menu`, `menu:procedures`, `menu:more<page>`, `menu:<group>`.
    """
    (topic, *_) = (*turn.arguments, "")
    if not topic:
        return Reply((Text(say("help", turn.language), tone="lead"), ways(turn.language)))
    catalogue = rooms.catalogue()
    groups = _groups(catalogue)
    chosen = next((group for group in groups if group.id == topic), None)
    if chosen is None:
        page = topic.removeprefix("more")
        buttons = _page(groups, int(page) if page.isdigit() else 0, turn.language)
        return Reply((Text(say("menu", turn.language), tone="lead"), buttons))
    title = say("menu_group", turn.language, group=chosen.name.say(turn.language))
    return Reply(
        (
            Text(title, tone="lead"),
            procedure_buttons(catalogue, chosen.procedures, turn.language),
        )
    )


def thank(turn: Turn, _rooms: Rooms) -> Reply:
    """Answer thanks; what was offered before still stands."""
    return Reply((Text(say("thank", turn.language), tone="lead"),), keep=True)


def goodbye(turn: Turn, _rooms: Rooms) -> Reply:
    """Take leave, and ask whether it helped."""
    return Reply(
        (
            Text(say("goodbye", turn.language), tone="lead"),
            Text(say("rate_ask", turn.language)),
            rating(turn.language),
        )
    )


def bot_challenge(turn: Turn, _rooms: Rooms) -> Reply:
    """Say honestly that nobody is here."""
    human = Button(say("button_human", turn.language), "human")
    return Reply((Text(say("bot_challenge", turn.language), tone="lead"), Buttons((human,))))


def affirm(turn: Turn, _rooms: Rooms) -> Reply:
    """Answer a "yes" to which nothing single was offered."""
    name = "affirm_which" if len(turn.state.choices) > 1 else "affirm"
    return Reply((Text(say(name, turn.language), tone="lead"),), keep=True)


def deny(turn: Turn, _rooms: Rooms) -> Reply:
    """Take back what was understood, and offer other ways."""
    blocks = (Text(say("deny", turn.language), tone="lead"), ways(turn.language))
    return Reply(blocks, context=Context())


def out_of_scope(turn: Turn, _rooms: Rooms) -> Reply:
    """Say what is not answered here, and what is."""
    return Reply(
        (
            Text(say("out_of_scope", turn.language), tone="lead"),
            Text(say("examples", turn.language), tone="note"),
            ways(turn.language),
        )
    )


def no_choice(turn: Turn, _rooms: Rooms) -> Reply:
    """Answer a number that nothing was offered under."""
    return Reply((Text(say("no_choice", turn.language), tone="lead"), ways(turn.language)))


def start_over(turn: Turn, _rooms: Rooms) -> Reply:
    """Say that all is forgotten. The right to see a dossier is taken back by `dossiers.forget`."""
    return Reply(
        (Text(say("start_over", turn.language), tone="lead"), ways(turn.language)), forget=True
    )


def nothing_to_repeat(turn: Turn, _rooms: Rooms) -> Reply:
    """Answer "say it again" where nothing was said."""
    return Reply((Text(say("nothing_to_repeat", turn.language), tone="lead"), ways(turn.language)))


def not_understood(turn: Turn, rooms: Rooms, candidates: tuple[str, ...] = ()) -> Reply:
    """Answer what was not understood, one step further with each turn in a row.

    First the procedures it may have meant, or a plea to say it in fewer words; then what there is
    to choose from; then a person.
    """
    language = turn.language
    if turn.state.misses == 0 and candidates:
        blocks = (
            Text(say("which_of_these", language), tone="lead"),
            procedure_buttons(rooms.catalogue(), candidates, language),
        )
        return Reply(blocks, missed=True)
    if turn.state.misses == 0:
        blocks_first = (
            Text(say("fallback_first", language), tone="lead"),
            Text(say("examples", language), tone="note"),
        )
        return Reply(blocks_first, missed=True)
    if turn.state.misses == 1:
        second = (Text(say("fallback_second", language), tone="lead"), ways(language))
        return Reply(second, missed=True)
    return Reply(
        (
            Text(say("fallback_third", language), tone="lead"),
            *contacts(rooms.settings, language),
            ways(language),
        ),
        missed=True,
    )


# --- buttons -------------------------------------------------------------------------------------


def ways(language: Language) -> Buttons:
    """Return the four ways on that every dead end offers."""
    return Buttons(
        (
            Button(say("button_procedures", language), "menu:procedures"),
            Button(say("button_sum", language), "calculate"),
            Button(say("button_status", language), "status"),
            Button(say("button_human", language), "human"),
        )
    )


def rating(language: Language) -> Buttons:
    """Return the two answers to whether it helped."""
    return Buttons(
        (
            Button(say("button_good", language), "rate:good"),
            Button(say("button_bad", language), "rate:bad"),
        )
    )


def procedure_buttons(
    catalogue: Catalogue, procedures: tuple[str, ...], language: Language, aspects: str = ""
) -> Buttons:
    """Return a button for each of at most four procedures; `aspects` is what is asked of them."""
    suffix = f":{aspects}" if aspects else ""
    return Buttons(
        tuple(
            Button(catalogue.short(procedure, language), f"ask:{procedure}{suffix}")
            for procedure in procedures[:MOST]
        )
    )


def commonest_first(procedures: Iterable[str]) -> tuple[str, ...]:
    """Return procedures in the order of the menu, which is that in which people ask."""
    order = [procedure for group in menu() for procedure in group.procedures]
    known = {procedure: place for place, procedure in reversed(list(enumerate(order)))}
    return tuple(sorted(procedures, key=lambda procedure: known.get(procedure, len(order))))


def _page(groups: list[Group], page: int, language: Language) -> Buttons:
    left = groups[(MOST - 1) * page :]
    shown = left if len(left) <= MOST else left[: MOST - 1]
    buttons = [Button(group.name.say(language), f"menu:{group.id}") for group in shown]
    if len(left) > MOST:
        buttons.append(Button(say("button_more", language), f"menu:more{page + 1}"))
    return Buttons(tuple(buttons))


def _groups(catalogue: Catalogue) -> list[Group]:
    """Return the menu's groups, the last of them in parts that fit on buttons."""
    *groups, last = groups_of(catalogue)
    for page, at in enumerate(range(0, len(last.procedures), MOST), start=1):
        number = f" {page}" if page > 1 else ""
        name = Name(vi=last.name.vi + number, en=last.name.en + number)
        some = last.procedures[at : at + MOST]
        groups.append(Group(id=f"{last.id}{page}", name=name, procedures=some))
    return groups
