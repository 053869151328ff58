"""The few standing pages beside the chat."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from web.history import KEPT_FOR
from web.state import site_of

router = APIRouter()


@router.get("/rieng-tu", response_class=HTMLResponse)
async def privacy(request: Request) -> Response:
    """What is stored of a conversation, for how long, and how to delete it."""
    site = site_of(request)
    hours = int(KEPT_FOR.total_seconds() // 3600)
    minutes = site.settings.verified_for // 60
    return site.page(request, "privacy.html", kept_hours=hours, verified_minutes=minutes)
