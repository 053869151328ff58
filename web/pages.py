"""The few standing pages beside the chat."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from dossiers.proof import LINK_LASTS
from web.history import KEPT_FOR
from web.openapi import file, refusals
from web.state import site_of
from web.view import KEPT_DAYS

router = APIRouter()

QUESTIONS_KEPT_DAYS = 90
"""`actions.models.UNANSWERED_KEPT`, which this room may not import; a test holds them equal."""


@router.get("/rieng-tu", response_class=HTMLResponse)
async def privacy(request: Request) -> Response:
    """What is stored of a person, for how long, and how to have it deleted."""
    site = site_of(request)
    return site.page(
        request,
        "privacy.html",
        kept_hours=int(KEPT_FOR.total_seconds() // 3600),
        verified_minutes=site.settings.verified_for // 60,
        lookup_days=site.settings.lookup_retention_days,
        rating_days=site.settings.rating_retention_days,
        question_days=QUESTIONS_KEPT_DAYS,
        desk_days=site.settings.desk_retention_days,
        link_days=LINK_LASTS.days,
        reading_days=KEPT_DAYS,
    )


@router.get("/theme.css", response_class=Response, responses={**file("text/css"), **refusals(404)})
async def theme(request: Request) -> Response:
    """The office's own colours and sizes: a stylesheet that sets the variables of `tokens.css`."""
    file = site_of(request).settings.theme_file
    if not file.is_file():
        raise HTTPException(404)
    return FileResponse(file, media_type="text/css", headers={"Cache-Control": "no-cache"})
