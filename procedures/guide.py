"""A procedure told whole, for a page to read or a sheet to print: every aspect at once.

The words of each aspect are `answers`'; here is what a page needs beside them: the papers one by
one, what goes wrong, what is not confirmed, and all that it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from language.blocks import Block, Text
from procedures.answers import Teller
from procedures.catalogue import Catalogue, Version
from procedures.schema import Fact, FeeLine, Paper
from procedures.vocabulary import ASPECT_NAMES, Aspect, Confidence, Language


@dataclass(frozen=True)
class PaperLine:
    """A paper to bring."""

    name: str
    vietnamese: str
    """Its Vietnamese name, to ask for it at the counter; empty where `name` is that already."""
    form: str
    """The number of the form, where it is one."""
    copies: str
    """How many, originals or copies."""
    when: str
    """Who needs it; empty where everybody does."""


@dataclass(frozen=True)
class Section:
    """One aspect: the direct answer, then what follows it."""

    lead: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Guide:
    """All that the catalogue knows of a procedure, in one place, on one day."""

    id: str
    language: Language
    version: Version
    name: str
    summary: str
    papers: tuple[PaperLine, ...]
    sections: Mapping[Aspect, Section]
    """Every aspect but the overview."""
    mistakes: tuple[str, ...]
    special: tuple[str, ...]
    """Cases that go another way."""
    whose: str
    """Whose rules these are."""
    unconfirmed: tuple[str, ...]
    basis: tuple[str, ...]
    """Every instrument it rests on."""
    holds: str
    """Since when this version holds, as a sentence."""
    checked_on: str
    """The day on which the source read longest ago was last read."""

    @property
    def always(self) -> tuple[PaperLine, ...]:
        """The papers that everybody needs."""
        return tuple(paper for paper in self.papers if not paper.when)

    @property
    def sometimes(self) -> tuple[PaperLine, ...]:
        """The papers that only some need."""
        return tuple(paper for paper in self.papers if paper.when)


def guide(
    catalogue: Catalogue,
    procedure_id: str,
    *,
    as_of: date,
    province: str | None = None,
    language: Language = "vi",
) -> Guide:
    """Return a procedure told whole, as it stood on `as_of`. Raises what `Catalogue.get` raises."""
    version = catalogue.get(procedure_id, province, as_of=as_of)
    contents = version.contents
    teller = Teller(version, language)
    parts = {aspect: teller.part(aspect) for aspect in Aspect if aspect is not Aspect.GENERAL}
    sections: dict[Aspect, Section] = {
        aspect: Section(
            _sentence(teller.hedged(aspect, part.lead)),
            (*teller.caution(aspect), *_beside_papers(aspect, part.blocks)),
        )
        for aspect, part in parts.items()
    }
    facts: list[Fact] = [contents, *(fact for part in parts.values() for fact in part.facts)]
    return Guide(
        id=procedure_id,
        language=language,
        version=version,
        name=version.file.name.say(language),
        summary=contents.general.summary.say(language),
        papers=tuple(_line(teller, paper) for paper in contents.documents.papers),
        sections=sections,
        mistakes=tuple(text.say(language) for text in contents.documents.mistakes),
        special=tuple(text.say(language) for text in contents.general.special),
        whose=_whose(version, language),
        unconfirmed=tuple(_unconfirmed(version, language, facts)),
        basis=tuple(teller.basis(facts)),
        holds=teller.holds(contents.effective_from),
        checked_on=teller.checked_on(facts),
    )


def _line(teller: Teller, paper: Paper) -> PaperLine:
    name = paper.paper.say(teller.language)
    form = teller.contents.forms.get(paper.form)
    return PaperLine(
        name=name,
        vietnamese=paper.paper.vi if paper.paper.vi != name else "",
        form=_sentence(teller.form_number(form)) if form else "",
        copies=teller.copies(paper),
        when=paper.when.say(teller.language) if paper.when else "",
    )


def _beside_papers(aspect: Aspect, blocks: list[Block]) -> list[Block]:
    """The blocks of an aspect; of the documents without the lists and mistakes told apart."""
    if aspect is not Aspect.DOCUMENTS:
        return blocks
    return [block for block in blocks if isinstance(block, Text) and block.tone == "note"]


def _whose(version: Version, language: Language) -> str:
    """Say whose rules these are, and whether they may differ."""
    place = version.province_name

    def say(vi: str, en: str) -> str:
        return en if language == "en" else vi

    if version.is_provincial:
        return say(f"Theo quy định của {place}.", f"By the rules of {place}.")
    if not version.stands_in:
        return say("Quy định chung cả nước.", "National rules.")
    if place:
        return say(
            f"Danh mục chưa có quy định riêng của {place}. Đây là quy định chung cả nước; cần hỏi "
            "lại nơi tiếp nhận.",
            f"The catalogue does not have the rules of {place}. These are the national ones; "
            "please ask the receiving desk.",
        )
    return say(
        "Đây là quy định chung cả nước. Từ 01/07/2026 mỗi tỉnh có thể quy định khác.",
        "These are the national rules. Since 01/07/2026 each province may differ.",
    )


def _unconfirmed(version: Version, language: Language, facts: list[Fact]) -> list[str]:
    """Name what is not sure, each with what to do about it."""

    def say(vi: str, en: str) -> str:
        return en if language == "en" else vi

    said = []
    for aspect in Aspect:
        if aspect in (Aspect.GENERAL, Aspect.FORM):
            continue
        name = ASPECT_NAMES[aspect][language]
        match version.confidence(aspect):
            case Confidence.LOW:
                said.append(
                    say(
                        f"{name}: chưa xác nhận, cần hỏi lại nơi tiếp nhận.",
                        f"{name}: unconfirmed, please ask the receiving desk.",
                    )
                )
            case Confidence.MEDIUM:
                said.append(
                    say(
                        f"{name}: mỗi nơi có thể khác đôi chút, nên hỏi lại nơi tiếp nhận.",
                        f"{name}: may differ a little from place to place; it is best to ask.",
                    )
                )
    for form in version.contents.forms.values():
        if form.confidence is Confidence.LOW:
            name = form.name.say(language)
            said.append(
                say(
                    f"{name}: chưa chắc số mẫu {form.number}, cần hỏi lại.",
                    f"{name}: its number, {form.number}, is not sure; please ask.",
                )
            )
    for fact in facts:
        if isinstance(fact, FeeLine) and fact.confidence is Confidence.LOW:
            name = fact.label.say(language)
            said.append(say(f"{name}: cần hỏi lại số tiền.", f"{name}: please ask for the amount."))
    return list(dict.fromkeys(said))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
