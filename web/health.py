"""Health and measures: `/livez` for this process, `/healthz` for all parts, `/metrics`."""

from __future__ import annotations

import asyncio
from typing import Literal

import aiohttp
from fastapi import APIRouter, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import false, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from core import clock
from core.database import PATIENCE
from core.observability import get_logger
from helpdesk import watching
from web.models import ChatTurn
from web.openapi import file, refusals
from web.state import Site, site_of

router = APIRouter()
_log = get_logger(__name__)
_TIMEOUT = aiohttp.ClientTimeout(total=3)


class Health(BaseModel):
    """What is said of the whole system and of its parts."""

    status: Literal["ready", "not ready"]
    parts: dict[str, Literal["ready", "down"]]


@router.get("/livez")
async def live() -> dict[str, str]:
    """This process answers."""
    return {"status": "ok"}


@router.get("/healthz", responses={503: {"description": "Not ready", "model": Health}})
async def health(request: Request, response: Response) -> Health:
    """Whether every part is ready; 503 and the parts that are not, if any is not."""
    site = site_of(request)
    checks = {
        "database": asyncio.to_thread(_database_takes_writing, site),
        "rasa": site.rasa.ready(),
        "actions": _answers(f"http://127.0.0.1:{site.settings.actions_port}/health"),
        "notifier": _answers(f"http://127.0.0.1:{site.settings.notifier_port}/healthz"),
    }
    results = await asyncio.gather(*checks.values(), return_exceptions=True)
    parts: dict[str, Literal["ready", "down"]] = {
        name: "ready" if result is True else "down"
        for name, result in zip(checks, results, strict=True)
    }
    ready = all(state == "ready" for state in parts.values())
    response.status_code = 200 if ready else 503
    return Health(status="ready" if ready else "not ready", parts=parts)


@router.get("/metrics", response_class=Response, responses={**file("text/plain"), **refusals(403)})
async def metrics(request: Request) -> Response:
    """This process's measures and those of the officers' queue, for Prometheus; asked for from this
    machine only."""
    if request.client is None or request.client.host not in ("127.0.0.1", "::1"):
        raise HTTPException(403)
    await asyncio.to_thread(_watch_desk, site_of(request))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _watch_desk(site: Site) -> None:
    try:
        with site.sessions() as session:
            watching.watch(session, clock.now())
    except SQLAlchemyError as error:
        watching.unknown()
        _log.error("desk_not_watched", error=type(error).__name__)


def _database_takes_writing(site: Site) -> bool:
    """Change no row, as something that writes: a database that can only be read (a standby, a file
    that belongs to somebody else) refuses, and one that answers nothing does too."""
    engine = site.sessions.kw["bind"]
    # One connection throughout: what is set on it is set back before anybody else gets it.
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:
            # Who writes at this moment, a night's import, shows that one can: nothing to wait for.
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")
        try:
            connection.execute(update(ChatTurn).where(false()).values(said=""))
        except OperationalError as error:
            if "is locked" not in str(error.orig):
                raise
        finally:
            connection.rollback()
            if sqlite:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {1000 * PATIENCE}")
    return True


async def _answers(url: str) -> bool:
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as client, client.get(url) as answer:
        return answer.status == 200
