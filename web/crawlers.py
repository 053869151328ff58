"""What search engines are told: which pages there are, and which are nobody's business."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from core.clock import today
from procedures.catalogue import CatalogueError, get_catalogue
from procedures.pages import page_path
from procedures.vocabulary import Language
from web.openapi import file
from web.procedures import LANGUAGES, canonical
from web.state import site_of

router = APIRouter()

PRIVATE = ("/chat", "/ho-so", "/phone", "/webhooks", "/healthz", "/livez", "/metrics")
"""Beginnings of paths that are no pages for the public: conversations, dossiers, machinery."""
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"


@router.get("/robots.txt", response_class=PlainTextResponse)
def robots(request: Request) -> str:
    """What may be looked at."""
    base = site_of(request).settings.public_base
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE)]
    return "\n".join([*lines, "", f"Sitemap: {base}/sitemap.xml", ""])


@router.get("/sitemap.xml", response_class=Response, responses=file("application/xml"))
def sitemap(request: Request) -> Response:
    """All public pages: the chat, the list, each procedure, and each province's own rules."""
    site = site_of(request)
    base = site.settings.public_base
    ElementTree.register_namespace("", _SITEMAP)
    ElementTree.register_namespace("xhtml", _XHTML)
    root = ElementTree.Element(f"{{{_SITEMAP}}}urlset")
    _page(root, {"vi": f"{base}/"})
    _page(root, {language: base + page_path(language=language) for language in LANGUAGES})
    for procedure, province, checked in _public():
        addresses = {
            language: canonical(site, procedure, province, language) for language in LANGUAGES
        }
        _page(root, addresses, checked)
    text = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(text, media_type="application/xml")


def _public() -> list[tuple[str, str | None, date | None]]:
    """Procedure, province or None, and when its facts were last read; what is in force today."""
    catalogue = get_catalogue()
    pages: list[tuple[str, str | None, date | None]] = []
    for procedure in catalogue.ids():
        try:
            for head, contents in catalogue.versions(procedure):
                ended = head.effective_to is not None and head.effective_to < today()
                if not ended and head.effective_from <= today():
                    pages.append((procedure, head.province, contents.checked_on))
        except CatalogueError:
            continue
    return pages


def _page(
    root: ElementTree.Element, addresses: dict[Language, str], checked: date | None = None
) -> None:
    """Add a page in each of its languages, each naming the others."""
    for address in addresses.values():
        url = ElementTree.SubElement(root, f"{{{_SITEMAP}}}url")
        ElementTree.SubElement(url, f"{{{_SITEMAP}}}loc").text = address
        if checked is not None:
            ElementTree.SubElement(url, f"{{{_SITEMAP}}}lastmod").text = checked.isoformat()
        for language, other in addresses.items() if len(addresses) > 1 else ():
            link = ElementTree.SubElement(url, f"{{{_XHTML}}}link")
            link.attrib = {"rel": "alternate", "hreflang": language, "href": other}
