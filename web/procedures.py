"""The pages of procedures: all of them in groups and by search, each one whole, and its papers to
print as a page or a PDF. Readable without the bot and without a script.

What a page says is the catalogue's (`procedures.guide`); how it looks is the templates'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from core.clock import today
from core.observability import get_logger
from procedures.catalogue import Catalogue, CatalogueError, NoVersion, get_catalogue
from procedures.guide import Guide, guide
from procedures.menu import groups_of
from procedures.pages import CALCULATOR, CHECKLIST, CHECKLIST_PDF, LIST, NATIONAL, page_path
from procedures.provinces import PROVINCES, find_province
from procedures.search import search, suggest
from procedures.sums import SUMS
from procedures.vocabulary import Language
from web.openapi import file, refusals
from web.sheet import as_pdf, qr_svg, sheet_of
from web.state import Site, site_of
from web.structured import structured

router = APIRouter()
_log = get_logger(__name__)

CACHE = "public, max-age=300"
"""The catalogue's pages hold nothing personal; an editor's change shows within five minutes."""
LANGUAGES: tuple[Language, ...] = ("vi", "en")
LONGEST = 200
"""Characters of a search that are read."""
_PRINTING = CapacityLimiter(2)
"""PDFs made at once; further ones wait without holding a thread."""


@dataclass(frozen=True)
class Reader:
    """In which language, and by whose rules, a page is read."""

    language: Language
    province: str
    """Slug; empty for the national rules."""
    chosen: str
    """What `tinh` is in links; empty for the installation's own province."""
    unknown: str
    """A province that was asked for and does not exist."""

    def link(self, procedure: str = "", part: str = "", language: Language | None = None) -> str:
        """Return the path of a page, read in the same way."""
        return page_path(procedure, part, province=self.chosen, language=language or self.language)


def reader(request: Request, tinh: str = "", lang: str = "") -> Reader:
    """Read the language and the province off the address; nonsense is told, never an error."""
    language: Language = "en" if lang.lower().startswith("en") else "vi"
    own = site_of(request).settings.province
    if tinh == NATIONAL:
        return Reader(language, "", NATIONAL if own else "", "")
    slug = find_province(tinh[:LONGEST]) if tinh else None
    if slug is None:
        return Reader(language, own, "", tinh[:LONGEST])
    return Reader(language, slug, slug, "")


Reads = Annotated[Reader, Depends(reader)]
Named = Annotated[str, Path(examples=["transfer", "change_use"])]
"""A procedure's id in an address."""


@dataclass(frozen=True)
class Entry:
    """A procedure in a list."""

    id: str
    name: str
    summary: str


@router.get(LIST, response_class=HTMLResponse)
def all_procedures(request: Request, read: Reads, q: str = "") -> Response:
    """All procedures in their groups, or those that a search finds."""
    site = site_of(request)
    catalogue = get_catalogue()
    query = q[:LONGEST].strip()
    groups = [
        (group.name.say(read.language), found)
        for group in groups_of(catalogue)
        if (found := _entries(catalogue, group.procedures, read))
    ]
    return site.page(
        request,
        "procedures.html",
        cache=CACHE,
        language=read.language,
        read=read,
        query=query,
        found=_entries(catalogue, search(catalogue, query), read) if query else [],
        groups=groups,
        canonical=site.settings.public_base + page_path(language=read.language),
        address=site.settings.public_base + LIST,
    )


@router.get(LIST + "/{procedure}", response_class=HTMLResponse, responses=refusals(404))
def one_procedure(request: Request, procedure: Named, read: Reads) -> Response:
    """One procedure, whole."""
    site = site_of(request)
    told = told_whole(procedure, read)
    if told is None:
        return missing(request, procedure, read)
    catalogue = get_catalogue()
    address = canonical_of(site, told)
    return site.page(
        request,
        "procedure.html",
        cache=CACHE,
        language=read.language,
        read=read,
        guide=told,
        provinces=_provinces(catalogue, procedure),
        related=_entries(catalogue, told.version.file.related, read),
        checklist=read.link(procedure, CHECKLIST),
        calculator=read.link(procedure, CALCULATOR) if procedure in SUMS else "",
        canonical=address,
        alternates={
            language: canonical_of(site, told, language=language) for language in LANGUAGES
        },
        structured=structured(told, address, site.settings.public_base),
    )


@router.get(LIST + "/{procedure}" + CHECKLIST, response_class=HTMLResponse, responses=refusals(404))
def checklist(request: Request, procedure: Named, read: Reads) -> Response:
    """The papers of a procedure, to tick off and to print."""
    site = site_of(request)
    told = told_whole(procedure, read)
    if told is None:
        return missing(request, procedure, read)
    address = site.settings.public_base + read.link(procedure, CHECKLIST)
    return site.page(
        request,
        "checklist.html",
        cache=CACHE,
        language=read.language,
        read=read,
        id=procedure,
        sheet=sheet_of(told, site.settings, today(), address),
        qr=qr_svg(address),
        pdf=read.link(procedure, CHECKLIST_PDF),
        back=read.link(procedure),
        canonical=canonical_of(site, told, CHECKLIST),
    )


@router.get(
    LIST + "/{procedure}" + CHECKLIST_PDF,
    response_class=Response,
    responses={**file("application/pdf"), **refusals(404)},
)
async def checklist_pdf(request: Request, procedure: Named, read: Reads) -> Response:
    """The same as a PDF."""
    site = site_of(request)
    address = site.settings.public_base + read.link(procedure, CHECKLIST)

    def make() -> bytes | None:
        told = told_whole(procedure, read)
        return as_pdf(sheet_of(told, site.settings, today(), address)) if told else None

    made = await to_thread.run_sync(make, limiter=_PRINTING)
    if made is None:
        return await to_thread.run_sync(missing, request, procedure, read)
    name = f"giay-to-{procedure.replace('_', '-')}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": CACHE}
    return Response(made, media_type="application/pdf", headers=headers)


def read_all(province: str) -> None:
    """Read the procedures ahead, so that no visitor has to wait for it. A fault is logged, not
    raised: the chat works without these pages.
    """
    try:
        catalogue = get_catalogue()
    except CatalogueError as error:
        _log.error("catalogue_unusable", problems=error.problems)
        return
    catalogue.warm(province, as_of=today())


def told_whole(procedure: str, read: Reader) -> Guide | None:
    """Return a procedure as it stands today; None where the catalogue has none of this id."""
    catalogue = get_catalogue()
    if procedure not in catalogue:
        return None
    try:
        return guide(
            catalogue,
            procedure,
            as_of=today(),
            province=read.province or None,
            language=read.language,
        )
    except NoVersion:
        return None


def missing(request: Request, procedure: str, read: Reader) -> Response:
    """Say that there is no such procedure, and what may have been meant."""
    catalogue = get_catalogue()
    return site_of(request).page(
        request,
        "procedure_missing.html",
        status=404,
        language=read.language,
        read=read,
        near=_entries(catalogue, suggest(catalogue, procedure[:LONGEST]), read),
    )


def canonical(
    site: Site, procedure: str, province: str | None, language: Language, part: str = ""
) -> str:
    """Return the one address of a page that several addresses show alike.

    `province` is the one whose own rules it tells, None where it tells the nation's. A province is
    in the address only where it must be, because the installation's own is taken without.
    """
    own = site.settings.province
    chosen = province or ""
    if province == own:
        chosen = ""
    elif not province and own and get_catalogue().get(procedure, own, as_of=today()).is_provincial:
        chosen = NATIONAL
    path = page_path(procedure, part, province=chosen, language=language)
    return site.settings.public_base + path


def canonical_of(site: Site, told: Guide, part: str = "", language: Language | None = None) -> str:
    """Return the one address of a page of `told`, or of its other language."""
    province = told.version.province if told.version.is_provincial else None
    return canonical(site, told.id, province, language or told.language, part)


def _entries(catalogue: Catalogue, procedures: tuple[str, ...], read: Reader) -> list[Entry]:
    """The procedures as a list shows them. A faulty file costs its line, not the list."""
    entries = []
    for procedure in procedures:
        try:
            version = catalogue.get(procedure, as_of=today())
        except (CatalogueError, NoVersion):
            continue
        summary = version.contents.general.summary.say(read.language)
        entries.append(Entry(procedure, version.file.name.say(read.language), summary))
    return entries


def _provinces(catalogue: Catalogue, procedure: str) -> list[tuple[str, str, bool]]:
    """Slug, name, and whether the catalogue has rules of that province in force today."""
    own = {
        head.province
        for head, _ in catalogue.versions(procedure)
        if head.effective_from <= today()
        and (head.effective_to is None or today() <= head.effective_to)
    }
    return [(slug, name, slug in own) for slug, name in PROVINCES.items()]
