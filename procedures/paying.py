"""How what the tax office asks for is paid: for who has its notice in hand.

By the law of the day on which one pays, not of that on which the dossier was received. A notice
gives the particulars, and that is said in any case; the ways that the law knows are told while it
is in force.
"""

from __future__ import annotations

from datetime import date

from core.clock import show_date
from language.blocks import Block, Checklist, Item, Source, Text
from procedures.catalogue import Catalogue
from procedures.citations import in_english
from procedures.vocabulary import Language

RULE = "paying_taxes"
"""Its name in ``common/rules.yml``."""


def how_to_pay(catalogue: Catalogue, day: date, language: Language) -> list[Block]:
    """Return how taxes and charges are paid on `day`, and what that rests on."""

    def say(vi: str, en: str) -> str:
        return en if language == "en" else vi

    notice = Text(
        say(
            "Cách nộp cụ thể ghi trên thông báo của cơ quan thuế. Chưa nhận được thông báo hoặc "
            "chưa rõ, Ông/Bà hỏi cơ quan thuế hoặc nơi đã nộp hồ sơ.",
            "How to pay is set out on the tax office's notice. If it has not come or is not clear, "
            "please ask the tax office, or the office where the dossier was handed in.",
        ),
        tone="note",
    )
    rule = catalogue.rules_on(day).get(RULE)
    if rule is None or not _in_force(catalogue, rule.legal_basis, day):
        return [notice]
    cited = "; ".join(rule.legal_basis)
    return [
        Text(rule.summary.say(language)),
        Checklist(tuple(Item(point.say(language)) for point in rule.points)),
        notice,
        Source(
            text=say(f"Nguồn: {cited}.", f"Source: {in_english(cited)}."),
            checked_on=show_date(rule.checked_on) if rule.checked_on else "",
        ),
    ]


def _in_force(catalogue: Catalogue, bases: tuple[str, ...], day: date) -> bool:
    """Tell whether every document is known and holds on `day`."""
    found = [catalogue.instruments.find(basis) for basis in bases]
    return bool(found) and all(
        known is not None
        and (known[1].since is None or known[1].since <= day)
        and (known[1].until is None or day <= known[1].until)
        for known in found
    )
