"""Working out what somebody has to pay: asks for what is missing, one thing at a time, and shows
the sum line by line. What a case needs is `procedures.sums`', the reckoning `procedures.money`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from actions.kinship import relation_in
from actions.texts import say
from actions.turn import Reply, Rooms, Turn
from language.blocks import Block, Button, Buttons, Text
from language.folding import fold
from procedures import sums
from procedures.answers import answer as answer_of_catalogue
from procedures.answers import tell_estimate
from procedures.money import Relation
from procedures.sums import (
    SUMS,
    in_words,
    is_bare_number,
    missing,
    read_area,
    read_bare_area,
    read_price,
    read_rate,
    reckon,
)

_WORDS_OF_AN_AMOUNT = 5
"""Words of a message that is nothing but an amount: "khoảng 2 tỷ 3 ạ"."""


@dataclass(frozen=True)
class Case(sums.Case):
    """A case and what is being asked of it. Kept in a slot from question to question."""

    asked: str = ""
    """The field that was asked for last; empty where nothing is missing."""

    def plain(self) -> dict[str, Any]:
        """Return the case as a slot keeps it."""
        return asdict(self)

    @classmethod
    def read(cls, data: Mapping[str, Any] | None) -> Case | None:
        """Return the case that a slot holds, or None."""
        if not data or data.get("procedure") not in SUMS:
            return None
        return cls(**{f.name: data[f.name] for f in fields(cls) if f.name in data})


def calculate(turn: Turn, rooms: Rooms, procedure: str | None = None) -> Reply:
    """Work out a sum, as far as it is known what for and of what.

    Tokens: `calculate`, `calculate:<procedure>`, and `calculate:<procedure>:<answer>` for the
    answer to the question asked last. `procedure` is what a message was understood to be about.
    """
    known = Case.read(turn.state.sum)
    if turn.payload:
        wanted, said, *_ = (*turn.arguments, "", "")
        if wanted not in SUMS:
            return _which(turn, rooms)
        case = known if known and known.procedure == wanted else Case(wanted)
        case = _answered(case, said) if said else case
    else:
        if procedure is None and known:
            procedure = known.procedure
        if procedure not in SUMS:
            return _which(turn, rooms)
        same = known is not None and known.procedure == procedure
        case = _read_all(known if known and same else Case(procedure), turn.text)
    return _next(turn, rooms, case)


def go_on(turn: Turn, rooms: Rooms) -> Reply | None:
    """Take a message as the answer to what was asked for last, if it can be one.

    A bare amount after the fees of a procedure were told is a wish to have them worked out.
    """
    case = Case.read(turn.state.sum)
    if case is None or not case.asked:
        return _priced(turn, rooms)
    if re.search(r"\b(khong|chua|ko|hong) (biet|ro|nho)|don'?t know|not sure", fold(turn.text)):
        return _without_knowing(turn, rooms, case)
    read = _READ[case.asked](turn.text)
    if read is None:
        if case.asked in ("price", "residential", "present") and is_bare_number(turn.text):
            return _ask(turn, case, case.asked, say("sum_unit", turn.language))
        return None
    return _next(turn, rooms, replace(case, **{case.asked: read}))


def _priced(turn: Turn, rooms: Rooms) -> Reply | None:
    spoken_of = turn.context.procedure
    if spoken_of not in SUMS or spoken_of == "change_use" or "fee" not in turn.context.aspects:
        return None
    if len(turn.text.split()) > _WORDS_OF_AN_AMOUNT or read_price(turn.text) is None:
        return None
    return calculate(turn, rooms, spoken_of)


# --- steps ---------------------------------------------------------------------------------------


def _which(turn: Turn, rooms: Rooms) -> Reply:
    catalogue = rooms.catalogue()
    buttons = tuple(
        Button(catalogue.short(procedure, turn.language), f"calculate:{procedure}")
        for procedure in SUMS
        if procedure in catalogue
    )
    return Reply((Text(say("sum_which", turn.language), tone="lead"), Buttons(buttons)))


def _next(turn: Turn, rooms: Rooms, case: Case) -> Reply:
    """Ask for the first thing that is missing, or show the sum."""
    lacking = missing(case)
    if lacking:
        return _ask(turn, case, lacking[0])
    case = replace(case, asked="")
    estimate = reckon(case, turn.as_of)
    name = rooms.catalogue().name(case.procedure, turn.language)
    words = in_words(case, turn.language)
    head = Text(say("sum_for", turn.language, procedure=name, case=words))
    province = turn.state.province or rooms.settings.province or None
    version = rooms.catalogue().get(case.procedure, province, as_of=turn.as_of)
    blocks: list[Block] = [*tell_estimate(estimate, turn.language, version)]
    return Reply(
        (blocks[0], head, *blocks[1:], _other_cases(turn, case)),
        sum=case.plain(),
        context=turn.speaking_of(case.procedure, ("fee",), "calculate_fee"),
    )


def _ask(turn: Turn, case: Case, name: str, before: str = "") -> Reply:
    question = say(f"sum_ask_{_WORDING.get((case.procedure, name), name)}", turn.language)
    blocks: list[Block] = [Text(f"{before} {question}".strip(), tone="lead")]
    answers = _OFFERED.get(name, ())
    if answers:
        blocks.append(
            Buttons(
                tuple(
                    Button(say(title, turn.language), f"calculate:{case.procedure}:{token}")
                    for title, token in answers
                )
            )
        )
    return Reply(tuple(blocks), sum=replace(case, asked=name).plain())


def _without_knowing(turn: Turn, rooms: Rooms, case: Case) -> Reply:
    """Tell the rule where the numbers are not known."""
    blocks = answer_of_catalogue(
        rooms.catalogue(),
        case.procedure,
        ("fee",),
        as_of=turn.as_of,
        province=turn.state.province or rooms.settings.province or None,
        language=turn.language,
    )
    return Reply((Text(say("sum_unknown", turn.language)), *blocks))


def _other_cases(turn: Turn, case: Case) -> Buttons:
    """Offer what may change the sum, and what people ask next."""
    offers: list[tuple[str, str]] = []
    if case.procedure == "transfer" and not case.relation and not case.sole_home:
        offers += [("button_kin", "kin"), ("button_sole_home", "sole_home")]
    buttons = [
        Button(say(title, turn.language), f"calculate:{case.procedure}:{token}")
        for title, token in offers
    ]
    papers = f"ask:{case.procedure}:documents"
    buttons.append(Button(say("button_again", turn.language), "calculate"))
    buttons.append(Button(say("button_documents", turn.language), papers))
    return Buttons(tuple(buttons))


# --- reading -------------------------------------------------------------------------------------

_OFFERED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "relation": (("button_is_kin", "kin"), ("button_not_kin", "other")),
    "with_home": (("button_yes", "with_home"), ("button_no", "without_home")),
}
"""Field → the answers offered as buttons: title and the token's last argument."""
_WORDING = {("gift", "price"): "value", ("inheritance", "price"): "value"}
"""Where a field is asked for in other words."""


def _answered(case: Case, said: str) -> Case:
    """Return the case with a button's answer in it; an unknown answer changes nothing."""
    match said:
        case "kin":
            # Which of the exempt relations it is makes no difference to the sum.
            return replace(case, relation=Relation.PARENT_CHILD.value, sole_home=False)
        case "other":
            return replace(case, relation=Relation.OTHER.value)
        case "sole_home":
            return replace(case, sole_home=True)
        case "with_home" | "without_home":
            return replace(case, with_home=said == "with_home")
    return case


def _relation_in(text: str) -> str | None:
    relation = relation_in(text)
    return relation.value if relation else None


def _yes_in(text: str) -> bool | None:
    plain = fold(text).strip(" .!,")
    if re.match(r"(khong|ko|hong|chua|no\b)", plain):
        return False
    return True if re.match(r"(co|dung|phai|vang|da|u|yes|ok)\b", plain) else None


def _asked_relation_in(text: str) -> str | None:
    """Return the relation where it was asked whether they are related: "không" is an answer."""
    named = _relation_in(text)
    if named is not None:
        return named
    yes = _yes_in(text)
    if yes is None:
        return None
    return (Relation.PARENT_CHILD if yes else Relation.OTHER).value


_READ: Mapping[str, Callable[[str], Any]] = {
    "price": read_price,
    "relation": _asked_relation_in,
    "area": read_bare_area,
    "residential": read_rate,
    "present": read_rate,
    "with_home": _yes_in,
    "quota": read_bare_area,
}
"""Field → how the answer to its question is read; None where the message is no answer to it."""


def _read_all(case: Case, text: str) -> Case:
    """Return the case with what a first message already says."""
    if case.procedure == "change_use":
        # Prices stand in one sentence without order; they are asked for rather than confused.
        return replace(case, area=read_area(text) or case.area)
    price = read_price(text) or case.price
    if case.procedure == "transfer":
        # "My parents' house" says nothing of the buyer: what frees of tax is pressed, not guessed.
        return replace(case, price=price)
    return replace(case, price=price, relation=_relation_in(text) or case.relation)
