"""The catalogue's own check: what is missing, contradictory, old or unsure.

Gives a list of findings for people who keep the catalogue current; the command line prints it.
Nothing here changes the catalogue or keeps it from answering.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations

from procedures.catalogue import Catalogue, CatalogueError
from procedures.drafts import Drafts
from procedures.provinces import PROVINCES
from procedures.schema import Contents, Fact, VersionHead
from procedures.vocabulary import Aspect, Confidence

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
    NO_PROVINCE = "no_province"
    """The province has no rules of its own here, though it should have made some by 01/07/2026."""
    DRAFT = "draft"
    """A draft from the national portal is answered from, and nobody has reviewed it."""


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
            if head.effective_to is not None and head.effective_to < as_of:
                continue  # what held once is not looked after any more
            found += _in_version(procedure_id, head, contents, as_of, stale_after)
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
