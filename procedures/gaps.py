"""The catalogue's own check: what is missing, contradictory, old or unsure.

Gives a list of findings, and a table of what each procedure tells, for people who keep the
catalogue current; the command line prints both. Nothing here changes the catalogue or keeps it
from answering.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations
from typing import assert_never

from procedures.catalogue import Catalogue, CatalogueError, NoVersion, Version
from procedures.drafts import Drafts
from procedures.provinces import PROVINCES
from procedures.schema import Contents, Fact, VersionHead
from procedures.vocabulary import Aspect, Confidence, SpecialCase

STALE_AFTER_DAYS = 180
"""Days after which a fact should be read again."""


class Kind(StrEnum):
    """What is wrong."""

    FAULTY = "faulty"
    """The file or a version of it cannot be used."""
    OVERLAP = "overlap"
    """Two versions of one province hold on the same day."""
    UNCONFIRMED = "unconfirmed"
    """An aspect is told as unconfirmed."""
    STALE = "stale"
    """A source was last read too long ago."""
    NO_BASIS = "no_basis"
    """A sum of money names no law."""
    NO_ENGLISH = "no_english"
    """An aspect's words are Vietnamese alone."""
    DEAD_BASIS = "dead_basis"
    """A fact in force rests on a document that is not in force any more."""
    EARLY_BASIS = "early_basis"
    """A version tells, for its first days, what rests on a document that did not hold yet."""
    UNKNOWN_BASIS = "unknown_basis"
    """A fact rests on a document that ``common/instruments.yml`` does not know."""
    NOT_TOLD = "not_told"
    """Something that people ask of every procedure is not told of this one."""
    NO_PROVINCE = "no_province"
    """The province has no rules of its own here, though it should have made some by 01/07/2026."""
    DRAFT = "draft"
    """A draft from the national portal is answered from, and nobody has reviewed it."""


class Cell(StrEnum):
    """What the table says of one procedure and one question."""

    TOLD = "told"
    """Told as sure, or with the advice to ask."""
    ASK = "ask"
    """Told as unconfirmed: people are sent to the receiving desk."""
    NONE = "none"
    """Does not arise here."""
    MISSING = "missing"
    """Nobody has looked into it."""


class Question(StrEnum):
    """What is asked of every procedure, in the order of a dossier's way; the special cases follow
    in the table by their own names."""

    WHO = "who"
    """Who may ask for it."""
    CONDITIONS = "conditions"
    PAPERS = "papers"
    """Which, and whether originals or copies."""
    FORMS = "forms"
    """By number."""
    MISTAKES = "mistakes"
    """What people often get wrong."""
    WHERE = "where"
    ONLINE = "online"
    STEPS = "steps"
    TIME = "time"
    MOUNTAINS = "mountains"
    """The longer limit of mountainous communes."""
    NOT_COUNTED = "not_counted"
    """What the limit leaves out."""
    TWO_DATES = "two_dates"
    """Both appointments, where tax is due."""
    FEE = "fee"
    RESULT = "result"
    LEGAL = "legal"
    GENERAL = "general"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to mend, and where."""

    procedure: str
    kind: Kind
    where: str
    """Version and aspect or field."""
    what: str


def find_gaps(
    catalogue: Catalogue,
    *,
    as_of: date,
    stale_after: int = STALE_AFTER_DAYS,
    provinces: tuple[str, ...] = (),
) -> list[Finding]:
    """Return what to mend, sorted by procedure.

    `stale_after` is in days. `provinces` are slugs whose missing rules should be reported; none by
    default, since most provinces' rules are not known anywhere yet.
    """
    found: list[Finding] = []
    for procedure_id in catalogue.ids():
        try:
            versions = list(catalogue.versions(procedure_id))
        except CatalogueError as error:
            found += [Finding(procedure_id, Kind.FAULTY, "", text) for text in error.problems]
            continue
        found += _overlaps(procedure_id, [head for head, _ in versions])
        for head, contents in versions:
            found += _early(catalogue, procedure_id, head, contents)
            if head.effective_to is not None and head.effective_to < as_of:
                continue  # what held once is not looked after any more
            found += _in_version(procedure_id, head, contents, as_of, stale_after)
            found += _bases(catalogue, procedure_id, head, contents, as_of)
        found += [
            Finding(procedure_id, Kind.NOT_TOLD, "national", question)
            for question, cell in table(catalogue, as_of=as_of)[procedure_id].items()
            if cell is Cell.MISSING
        ]
        found += _missing_provinces(catalogue, procedure_id, provinces, as_of)
    return sorted(set(found))


def find_draft_gaps(drafts: Drafts) -> list[Finding]:
    """Return what to mend in the drafts: each that is faulty, and each that nobody has reviewed."""
    faults = [
        Finding(code, Kind.FAULTY, f"{drafts.folder.name}/{code}.yml", problem)
        for code, problem in drafts.check()
    ]
    waiting = []
    for head in drafts.heads():
        draft = drafts.get(head.code)
        if draft is not None and draft.reviewed_on is None:
            where = f"{draft.place or 'national'}, {draft.decision or 'no decision'}"
            waiting.append(Finding(head.code, Kind.DRAFT, where, "review it"))
    return sorted(set(faults + waiting))


def table(
    catalogue: Catalogue, *, as_of: date, province: str | None = None
) -> dict[str, dict[str, Cell]]:
    """Return what is told of each procedure: question, or special case, → how.

    Keys are the values of `Question` and of `SpecialCase`. Raises what `Catalogue.get` raises.
    """
    told: dict[str, dict[str, Cell]] = {}
    for procedure_id in catalogue.ids():
        try:
            version = catalogue.get(procedure_id, province, as_of=as_of)
        except NoVersion:
            continue
        row: dict[str, Cell] = {q.value: _cell(version, q) for q in Question}
        cases = version.contents.conditions.cases
        for case in SpecialCase:
            name = cases.get(case)
            if case not in cases:
                row[case.value] = Cell.MISSING
            elif name is None:
                row[case.value] = Cell.NONE
            else:
                unsure = version.rules[name].confidence is Confidence.LOW
                row[case.value] = Cell.ASK if unsure else Cell.TOLD
        told[procedure_id] = row
    return told


def _cell(version: Version, question: Question) -> Cell:
    contents = version.contents
    limits = contents.time.limits.values()
    match question:
        case Question.WHO:
            return _sure(version, Aspect.CONDITIONS)
        case Question.CONDITIONS:
            points = contents.conditions.points or contents.conditions.rules
            return _sure(version, Aspect.CONDITIONS) if points else Cell.MISSING
        case Question.PAPERS:
            return _sure(version, Aspect.DOCUMENTS)
        case Question.FORMS:
            return _sure(version, Aspect.FORM) if contents.forms else Cell.NONE
        case Question.MISTAKES:
            return Cell.TOLD if contents.documents.mistakes else Cell.MISSING
        case Question.MOUNTAINS:
            if all(limit.cutoff is not None and limit.days == 1 for limit in limits):
                return Cell.NONE  # done the same day everywhere
            longer = any(limit.mountainous is not None for limit in limits)
            return _sure(version, Aspect.TIME) if longer else Cell.MISSING
        case Question.NOT_COUNTED:
            return Cell.TOLD if contents.time.rules or contents.time.notes else Cell.MISSING
        case Question.TWO_DATES:
            if not _taxed(contents, version.as_of):
                return Cell.NONE
            both = any(limit.second is not None for limit in limits)
            return Cell.TOLD if both or "two_dates" in contents.time.rules else Cell.MISSING
        case (
            Question.WHERE
            | Question.ONLINE
            | Question.STEPS
            | Question.TIME
            | Question.FEE
            | Question.RESULT
            | Question.LEGAL
            | Question.GENERAL
        ):
            return _sure(version, Aspect(question.value))
    assert_never(question)


def _sure(version: Version, aspect: Aspect) -> Cell:
    return Cell.ASK if version.confidence(aspect) is Confidence.LOW else Cell.TOLD


def _taxed(contents: Contents, as_of: date) -> bool:
    """Tell whether money goes to the tax office, so that the dossier waits for its payment."""
    return any(
        line.holds(as_of) and any(word in line.label.vi.lower() for word in _TO_THE_TAX_OFFICE)
        for line in contents.fee.lines
    )


_TO_THE_TAX_OFFICE = ("thuế", "trước bạ", "tiền sử dụng đất", "tiền thuê đất")


@dataclass(frozen=True)
class _Cited:
    """One document that a version's fact rests on."""

    where: str
    basis: str
    first: date
    """The first day on which the version tells the fact."""
    last: date | None
    """The last one; None while it does."""


def _cited(catalogue: Catalogue, head: VersionHead, contents: Contents) -> Iterator[_Cited]:
    """Yield what each of a version's facts rests on, with the days on which it tells them."""
    start, end = head.effective_from, head.effective_to
    named = [("legal_basis", contents.legal_basis), ("decision", (contents.decision,))]
    named += [(section, fact.legal_basis) for section, fact in _facts(contents)]
    for where, bases in named:
        yield from (_Cited(where, basis, start, end) for basis in bases)
    for line in contents.fee.lines:
        first = max(start, line.effective_from or start)
        last = min((day for day in (end, line.effective_to) if day is not None), default=None)
        if last is None or first <= last:
            yield from (_Cited("fee", basis, first, last) for basis in line.legal_basis)
    used = [
        *contents.time.rules,
        *contents.documents.rules,
        *contents.fee.rules,
        *contents.where.rules,
        *contents.conditions.rules,
        *contents.online.rules,
        *(name for name in contents.conditions.cases.values() if name is not None),
    ]
    for name in dict.fromkeys(used):
        yield from _cited_by_rule(catalogue, name, start, end)


def _cited_by_rule(
    catalogue: Catalogue, name: str, start: date, end: date | None
) -> Iterator[_Cited]:
    """Yield what a shared rule rests on between two days, and those that stood in its place."""
    rule, last = catalogue.rules[name], end
    while True:
        began = rule.effective_from
        first = max(start, began or start)
        if last is None or first <= last:
            yield from (_Cited(f"rule {name}", basis, first, last) for basis in rule.legal_basis)
        if began is None or began <= start:
            return
        before = began - timedelta(days=1)
        last = before if last is None else min(last, before)
        name, rule = rule.before, catalogue.rules[rule.before]


def _bases(
    catalogue: Catalogue, procedure_id: str, head: VersionHead, contents: Contents, as_of: date
) -> Iterator[Finding]:
    """Yield the facts told on `as_of` or later whose documents ended, or which
    `common/instruments.yml` does not know."""
    for cited in _cited(catalogue, head, contents):
        day = max(as_of, cited.first)
        if cited.last is not None and cited.last < day:
            continue
        place = f"{_name(head)}: {cited.where}"
        found = catalogue.instruments.find(cited.basis)
        if found is None:
            yield Finding(procedure_id, Kind.UNKNOWN_BASIS, place, cited.basis)
            continue
        name, document = found
        if document.until is not None and document.until < day:
            what = f"{name} held until {document.until.isoformat()}; now {document.by}"
            yield Finding(procedure_id, Kind.DEAD_BASIS, place, what)


def _early(
    catalogue: Catalogue, procedure_id: str, head: VersionHead, contents: Contents
) -> Iterator[Finding]:
    """Yield the facts whose documents did not hold yet on the first day on which they are told,
    in versions that ended too: a question may ask about any day."""
    for cited in _cited(catalogue, head, contents):
        found = catalogue.instruments.find(cited.basis)
        named = catalogue.instruments.amending(cited.basis)
        for name, document in named if found is None else [found, *named]:
            began = document.earliest(name)
            if began is None or began <= cited.first:
                continue
            held = "holds from" if document.since is not None else "cannot hold before"
            what = f"{name} {held} {began.isoformat()}; told from {cited.first.isoformat()}"
            yield Finding(procedure_id, Kind.EARLY_BASIS, f"{_name(head)}: {cited.where}", what)


def _overlaps(procedure_id: str, heads: list[VersionHead]) -> Iterator[Finding]:
    for one, other in combinations(heads, 2):
        if one.province != other.province:
            continue
        first, second = sorted((one, other), key=lambda head: head.effective_from)
        if first.effective_to is None or first.effective_to >= second.effective_from:
            until = first.effective_to.isoformat() if first.effective_to else "open"
            yield Finding(
                procedure_id,
                Kind.OVERLAP,
                _name(second),
                f"the version from {first.effective_from} (to {until}) still holds",
            )


def _in_version(
    procedure_id: str, head: VersionHead, contents: Contents, as_of: date, stale_after: int
) -> Iterator[Finding]:
    place = _name(head)
    oldest = as_of - timedelta(days=stale_after)
    for section, fact in _facts(contents):
        confidence = fact.confidence or contents.confidence
        if confidence is Confidence.LOW:
            yield Finding(procedure_id, Kind.UNCONFIRMED, f"{place}: {section}", "ask the office")
        checked = fact.checked_on or contents.checked_on
        if checked is not None and checked < oldest:
            yield Finding(
                procedure_id, Kind.STALE, f"{place}: {section}", f"last read {checked.isoformat()}"
            )
    for n, line in enumerate(contents.fee.lines):
        if not (line.legal_basis or contents.fee.legal_basis):
            where = f"{place}: fee.lines[{n}]"
            yield Finding(procedure_id, Kind.NO_BASIS, where, line.label.vi)
    if head.province is None:
        for section, text in _summaries(contents):
            if text is not None and not text:
                yield Finding(procedure_id, Kind.NO_ENGLISH, f"{place}: {section}", "no English")


def _facts(contents: Contents) -> Iterator[tuple[str, Fact]]:
    for aspect in Aspect:
        section = getattr(contents, aspect.value, None)
        if isinstance(section, Fact):
            yield aspect.value, section
    for key, form in contents.forms.items():
        yield f"forms.{key}", form


def _summaries(contents: Contents) -> Iterator[tuple[str, str | None]]:
    """The English of each aspect's direct answer; None where shared rules say it."""
    yield "fee", contents.fee.summary.en
    yield "where", contents.where.summary.en if contents.where.summary else None
    yield "online", contents.online.summary.en if contents.online.summary else None
    yield "conditions", contents.conditions.who.en
    yield "result", contents.result.summary.en
    yield "general", contents.general.summary.en


def _missing_provinces(
    catalogue: Catalogue, procedure_id: str, provinces: tuple[str, ...], as_of: date
) -> Iterator[Finding]:
    for province in provinces:
        version = catalogue.get(procedure_id, province, as_of=as_of)
        if version.stands_in:
            yield Finding(procedure_id, Kind.NO_PROVINCE, province, PROVINCES[province])


def _name(head: VersionHead) -> str:
    return f"{head.province or 'national'} from {head.effective_from.isoformat()}"
