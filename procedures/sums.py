"""What must be known to work out what a case costs, how it is read from what people write, and the
reckoning of a case that is complete.

The chat asks for it one thing at a time, the site's form for all at once; both mean the same. How
money is reckoned, and by which law, is `money`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from procedures import money
from procedures.amounts import parse_amount, parse_area
from procedures.money import Estimate, Relation
from procedures.vocabulary import Language

SUMS = ("transfer", "gift", "inheritance", "change_use")
"""The procedures whose cost can be worked out."""
LEAST = 1_000_000
"""VND below which a price is a slip: "2" for two billion, "850" for 850 million."""
LEAST_RATE = 1_000
"""VND below which the price of a square metre is a slip."""
MOST = 10**14
"""VND above which a sum is a slip: a hundred thousand billion."""
MOST_AREA = 10**8
"""Square metres above which an area is a slip: ten thousand hectares."""


@dataclass(frozen=True)
class Case:
    """What is known of a case, as plain data that a form or a slot can hold."""

    procedure: str
    price: int | None = None
    """Price of a sale, value of a gift or estate, VND."""
    table_price: int | None = None
    """Value of what is sold by the province's table, VND."""
    relation: str | None = None
    """A `money.Relation`."""
    sole_home: bool = False
    area: str | None = None
    """Square metres."""
    residential: int | None = None
    """Table price of residential land, VND/m²."""
    present: int | None = None
    """Table price of the land as it is, VND/m²."""
    with_home: bool | None = None
    """Whether it is garden, pond or farm land in, or split from, a parcel with a home."""
    quota: str | None = None
    """The province's quota of residential land, m²."""


def missing(case: Case) -> tuple[str, ...]:
    """Return the fields that a case lacks, in the order in which they are asked for."""
    if case.procedure == "change_use":
        names = ["area", "residential", "present", "with_home"]
        names += ["quota"] if case.with_home else []
    elif case.procedure == "transfer":
        names = ["price"]
    else:
        names = ["relation", "price"]
    return tuple(name for name in names if getattr(case, name) is None)


def reckon(case: Case, as_of: date) -> Estimate:
    """Return what a case costs. Raises `ValueError` where something is missing."""
    if lacking := missing(case):
        raise ValueError(f"missing: {', '.join(lacking)}")
    relation = Relation(case.relation) if case.relation else Relation.OTHER
    if case.procedure == "change_use":
        assert case.area is not None
        assert case.residential is not None
        assert case.present is not None
        return money.change_of_use(
            Decimal(case.area),
            case.residential,
            case.present,
            as_of=as_of,
            with_home=bool(case.with_home),
            quota=Decimal(case.quota) if case.quota else None,
        )
    assert case.price is not None
    if case.procedure == "transfer":
        return money.transfer(
            case.price, case.table_price, as_of=as_of, relation=relation, sole_home=case.sole_home
        )
    of_kind = money.gift if case.procedure == "gift" else money.inheritance
    return of_kind(case.price, as_of=as_of, relation=relation)


def in_words(case: Case, language: Language) -> str:
    """Say what a sum was worked out for, so that a number read wrongly is seen."""

    def say(vi: str, en: str) -> str:
        return en if language == "en" else vi

    def show(amount: int) -> str:
        return money.show_vnd(amount, language)

    parts = []
    if case.area is not None:
        parts.append(f"{_shown(case.area, language)} m²")
    if case.price is not None:
        parts.append(show(case.price))
    if case.table_price is not None:
        table = show(case.table_price)
        parts.append(say(f"theo bảng giá {table}", f"by the price table {table}"))
    if case.residential is not None and case.present is not None:
        residential, present = show(case.residential), show(case.present)
        parts.append(
            say(
                f"giá đất ở {residential}/m², giá đất hiện nay {present}/m²",
                f"residential {residential}/m², as it is {present}/m²",
            )
        )
    if case.quota is not None:
        quota = _shown(case.quota, language)
        parts.append(say(f"hạn mức {quota} m²", f"quota {quota} m²"))
    if case.sole_home:
        parts.append(say("nhà đất duy nhất của người bán", "the seller's only home"))
    elif case.relation:
        kin = Relation(case.relation).is_exempt
        parts.append(
            say("giữa người thân", "between close relatives")
            if kin
            else say("không phải người thân", "not close relatives")
        )
    return ", ".join(parts)


# --- reading -------------------------------------------------------------------------------------


def read_price(text: str) -> int | None:
    """Return a price in VND, or None where there is none that can be meant."""
    return _within(parse_amount(text), LEAST)


def read_rate(text: str) -> int | None:
    """Return a price a square metre in VND, or None."""
    return _within(parse_amount(text), LEAST_RATE)


def read_area(text: str) -> str | None:
    """Return an area in square metres, out of a sentence, or None."""
    area = parse_area(text)
    if area is None or area.square_metres is None or area.square_metres > MOST_AREA:
        return None
    return str(area.square_metres)


def read_bare_area(text: str) -> str | None:
    """Return an area where an area was asked for: "120" will do."""
    bare = re.fullmatch(r"\s*(\d{1,6}(?:[.,]\d{1,2})?)\s*", text)
    if bare is None:
        return read_area(text)
    return bare[1].replace(",", ".") if Decimal(bare[1].replace(",", ".")) > 0 else None


def is_bare_number(text: str) -> bool:
    """Tell whether a text is a number without a unit, which may be millions or billions."""
    return re.fullmatch(r"\s*\d{1,6}(?:[.,]\d+)?\s*", text) is not None


def _within(amount: int | None, least: int) -> int | None:
    return amount if amount is not None and least <= amount <= MOST else None


def _shown(area: str, language: Language) -> str:
    shown = f"{Decimal(area):f}"
    return shown if language == "en" else shown.replace(".", ",")
