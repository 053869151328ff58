"""How a reader wants the pages: language, size of the letters, contrast. Kept in a cookie that
holds nothing else, chosen without a script; nonsense in it is as if never said.

The language in an address (`?lang=en`) goes before the one kept. Pages of the catalogue are found
by search engines under an address for each language, so they look at the address alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from core.texts import Language
from web.openapi import LEADS_ON
from web.session import EMBED_PATH, within_a_frame
from web.words import own_path

router = APIRouter()

COOKIE = "motcua_view"
EMBEDDED = "motcua_view_embedded"
"""The same within another site's page, for the reasons of `session.EMBEDDED`."""
KEPT_DAYS = 30
PATH = "/hien-thi"
"""Where a choice is sent."""

Size = Literal["normal", "large", "larger"]
"""Letters of 18, 22 and 27 pixels, where the browser is not set to others."""
Contrast = Literal["normal", "more"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
SIZES: tuple[Size, ...] = get_args(Size)
CONTRASTS: tuple[Contrast, ...] = get_args(Contrast)


@dataclass(frozen=True)
class View:
    """How one reader is shown pages."""

    chosen: Language | None = None
    """None where the reader has not said."""
    size: Size = "normal"
    contrast: Contrast = "normal"

    @property
    def language(self) -> Language:
        """The language of pages: Vietnamese unless the reader chose another."""
        return self.chosen or "vi"

    def changed(self, lang: str = "", size: str = "", contrast: str = "") -> View:
        """Return the view with what was chosen; what is no choice changes nothing."""
        return replace(
            self,
            chosen=next((one for one in LANGUAGES if one == lang), self.chosen),
            size=next((one for one in SIZES if one == size), self.size),
            contrast=next((one for one in CONTRASTS if one == contrast), self.contrast),
        )

    def kept(self) -> str:
        """Return the cookie's value."""
        return f"{self.chosen or ''}.{self.size}.{self.contrast}"


def kept_view(request: Request) -> View:
    """Return what the reader's cookie says."""
    names = (EMBEDDED, COOKIE) if within_a_frame(request) else (COOKIE, EMBEDDED)
    value = next((found for name in names if (found := request.cookies.get(name))), "")
    lang, size, contrast = (value.split(".") + [""] * 3)[:3]
    return View().changed(lang, size, contrast)


def view_of(request: Request) -> View:
    """Return how this request's page is to be shown."""
    return kept_view(request).changed(lang=request.query_params.get("lang", "").lower()[:2])


def keep(response: Response, view: View, secure: bool, embedded: bool) -> None:
    """Hand the reader's choice to the browser. A script may not read it."""
    seconds = KEPT_DAYS * 24 * 3600
    if embedded:
        response.headers.append(
            "Set-Cookie",
            f"{EMBEDDED}={view.kept()}; Max-Age={seconds}; Path=/; HttpOnly; Secure; "
            "SameSite=None; Partitioned",
        )
        return
    response.set_cookie(
        COOKIE, view.kept(), max_age=seconds, httponly=True, secure=secure, samesite="lax"
    )


@router.post(PATH, status_code=303, response_class=RedirectResponse, responses=LEADS_ON)
def choose(
    request: Request,
    size: Annotated[str, Form(max_length=10)] = "",
    contrast: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Keep a choice and show again the page where it was made."""
    # No token guards this: who makes a browser send it makes letters larger.
    path, query = _came_from(request)
    response = RedirectResponse(f"{path}{query}#hien-thi", status_code=303)
    # Pages that a cache may keep are there as they were a moment ago.
    response.headers["Clear-Site-Data"] = '"cache"'
    view = kept_view(request).changed(size=size, contrast=contrast)
    secure: bool = request.app.state.site.conversations.secure
    keep(response, view, secure, path == EMBED_PATH)
    return response


def _came_from(request: Request) -> tuple[str, str]:
    """Path and query of the page that a form was sent from. Of an address only the path is taken,
    so that it leads nowhere else; and where only forms are sent to, to the chat."""
    address = urlsplit(request.headers.get("referer", ""))
    path = own_path(address.path, "")
    if not path or path.startswith(("/chat", PATH)):
        return "/", ""
    return path, f"?{address.query}" if address.query else ""
