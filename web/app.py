"""Puts the site together: routes, headers that protect, errors in plain Vietnamese."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from core import clock
from core.database import make_engine, session_factory
from core.observability import get_logger
from core.privacy import Vault
from core.settings import Settings
from dossiers.links import forget_old_links
from dossiers.lookup import Lookup
from dossiers.offices import offices_of
from dossiers.otp import Codes
from dossiers.proof import make_proofs
from helpdesk.cases import Cases
from helpdesk.delivery import Outbox
from helpdesk.hearing import Ear
from helpdesk.retention import forget_old as forget_old_cases
from notifier.providers.wire import Wire
from notifier.providers.zalo_tokens import ZaloTokens
from notifier.receipts import Intake
from procedures.appointments import Reckoner
from procedures.catalogue import get_catalogue
from procedures.deadlines import get_calendar
from procedures.pages import CHECKLIST_PDF, LIST
from web import (
    calculator,
    chat,
    courier,
    crawlers,
    dossier,
    health,
    internal,
    officers,
    pages,
    phone,
    platforms,
    procedures,
    view,
    webhooks,
)
from web.headers import HEADERS, Protected
from web.history import History
from web.openapi import TITLE, VERSION
from web.rasa import RasaClient
from web.session import Conversations
from web.state import Site, awaits_proof
from web.view import view_of
from web.words import Refusal, own_path, say, tell

_HERE = Path(__file__).parent
_log = get_logger(__name__)

_ROOMS = (
    *(webhooks, platforms),
    *(chat, pages, view, procedures, calculator, crawlers, phone),
    *(dossier, internal, health, officers),
)
"""What has routes, in the order in which they are looked through: where bursts come from first."""
FORGET_EVERY = 3600
"""Seconds between two sweeps of old conversations and links."""

_TOLD = (400, 403, 404, 405, 413, 422, 500)
"""Statuses that have words of their own."""


def create_app(settings: Settings) -> FastAPI:
    """Return the site for these settings."""

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_forget_old(app.state.site))
        reading = asyncio.create_task(asyncio.to_thread(procedures.read_all, settings.province))
        carrying = asyncio.create_task(courier.carry(app.state.site))
        yield
        for task in (sweeper, reading, carrying):
            task.cancel()
        await app.state.site.rasa.close()
        await app.state.site.zalo_tokens.close()

    app = FastAPI(
        title=TITLE,
        version=VERSION,
        lifespan=life,
        openapi_url=None,  # the description is a file: docs/openapi.yaml
        docs_url=None,
        redoc_url=None,
    )
    app.state.site = _site(settings)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    for room in _ROOMS:
        app.include_router(room.router)
    app.add_exception_handler(HTTPException, _say_error)
    app.add_exception_handler(RequestValidationError, _say_invalid)
    app.add_exception_handler(Exception, _say_failure)

    app.add_middleware(Protected)
    app.add_middleware(Packed)
    return app


class Packed:
    """Packs what holds nothing personal: styles, scripts and the catalogue's pages. The length of a
    packed page can give away a secret in it, such as a form's token, to who can put words beside
    it; so nothing else is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._packed = GZipMiddleware(app, minimum_size=400)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        fits = path.startswith(("/static/", LIST)) and not path.endswith(CHECKLIST_PDF)
        await (self._packed if fits else self._plain)(scope, receive, send)


def _site(settings: Settings) -> Site:
    sessions = session_factory(make_engine(settings.database))
    secret = settings.secret_key.get_secret_value()
    vault = Vault(secret)
    templates = Jinja2Templates(directory=_HERE / "templates")
    templates.env.trim_blocks = templates.env.lstrip_blocks = True
    templates.env.filters["office_time"] = lambda at: at.astimezone(clock.VIETNAM)
    templates.env.filters["own_path"] = lambda url: own_path(url, settings.public_base)
    templates.env.globals["say"] = say
    # Read by machines alone, inside a script element; `tojson` escapes what could end it.
    templates.env.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    proofs = make_proofs(settings, sessions, vault)
    reckoner = Reckoner(get_catalogue, get_calendar(), settings.province or None)
    offices = offices_of(settings.offices_file)
    codes = Codes(sessions, vault)
    return Site(
        settings=settings,
        sessions=sessions,
        intake=Intake(sessions),
        vault=vault,
        proofs=proofs,
        codes=codes,
        lookup=Lookup(proofs, offices, reckoner.reckon, reckoner.calendar.between),
        rasa=RasaClient(
            f"http://127.0.0.1:{settings.rasa_port}",
            settings.web_channel_secret.get_secret_value(),
        ),
        history=History(sessions, vault),
        conversations=Conversations(secret, secure=settings.public_base.startswith("https://")),
        templates=templates,
        ear=Ear(
            sessions,
            vault,
            settings,
            get_calendar(),
            partial(awaits_proof, proofs, codes),
        ),
        cases=Cases(sessions, vault),
        desk_lines=Outbox(sessions, vault),
        zalo_tokens=ZaloTokens(settings, sessions, vault, Wire(settings.zns_timeout, 2)),
    )


async def _forget_old(site: Site) -> None:
    while True:
        try:
            gone = await asyncio.to_thread(site.history.forget_old, clock.now())
            if gone:
                _log.info("chat_turns_forgotten", count=gone)
            await asyncio.to_thread(_forget_links, site)
            await asyncio.to_thread(_forget_cases, site)
        except Exception:
            _log.exception("forgetting_failed")
        await asyncio.sleep(FORGET_EVERY)


def _forget_links(site: Site) -> None:
    with site.sessions.begin() as session:
        forget_old_links(session, clock.now())


def _forget_cases(site: Site) -> None:
    settings = site.settings
    with site.sessions.begin() as session:
        forget_old_cases(
            session,
            settings.desk_retention_days,
            settings.service_rating_retention_days,
            clock.now(),
        )


async def _say_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    language, status = view_of(request).language, error.status_code
    if isinstance(error, Refusal):
        words = tell(error.words, language)
    else:
        words = tell(f"error_{status}", language) if status in _TOLD else str(error.detail)
    response = _error_page(request, status, words)
    response.headers.update(error.headers or {})
    if status == 405:
        response.headers["Allow"] = ", ".join(sorted(_taken(request.url.path)))
    return response


def _taken(path: str) -> set[str]:
    """Return the methods that an address takes: each has a route of its own, and the router tells
    those of the first alone."""
    routes = [
        route
        for room in _ROOMS
        for route in room.router.routes
        if isinstance(route, Route) and route.path_regex.match(path)
    ]
    return {
        method for route in routes if route.path == routes[0].path for method in route.methods or ()
    }


async def _say_invalid(request: Request, _error: Exception) -> Response:
    # The error itself quotes what was sent; it goes nowhere.
    return _error_page(request, 422, tell("error_422", view_of(request).language))


async def _say_failure(request: Request, _error: Exception) -> Response:
    # Starlette logs the traceback after this handler; the citizen gets a plain word.
    response = _error_page(request, 500, tell("error_500", view_of(request).language))
    response.headers.update(HEADERS)
    return response


def _error_page(request: Request, status: int, text: str) -> Response:
    site: Site = request.app.state.site
    return site.page(request, "error.html", status=status, text=text)
