"""The demonstration telephone: a page that shows, number by number, what applicants would get.

There only while the `phone` provider is in use, and for the machine it runs on: the page shows
messages to anybody who opens it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from core.privacy import Vault
from notifier.providers.phone import ShownMessage, inbox
from notifier.states import State
from web.openapi import refusals
from web.state import Site, site_of
from web.words import Refusal

router = APIRouter()

SHOWN = 500
"""The latest messages that the page looks at."""

STATE_WORDS = {
    State.ACCEPTED: "đã gửi",
    State.SENT: "đã gửi",
    State.DELIVERED: "đã nhận",
}
"""What the page says of a message's state; one that is here has at least left."""


@dataclass(frozen=True)
class Number:
    """A telephone number on the page."""

    key: str
    """Stands for the number in addresses, which must not hold one."""
    masked: str
    messages: tuple[ShownMessage, ...]
    """The newest first."""


@router.get("/phone", response_class=HTMLResponse, responses=refusals(403, 404))
async def numbers(request: Request) -> Response:
    """All numbers that got a message, the latest first."""
    site = _demonstration(request)
    shown = await asyncio.to_thread(_numbers, site)
    return site.page(request, "phone.html", language="vi", numbers=shown, shown=SHOWN)


@router.get("/phone/{key}", response_class=HTMLResponse, responses=refusals(403, 404))
async def number(request: Request, key: str) -> Response:
    """One number's messages."""
    site = _demonstration(request)
    shown = await asyncio.to_thread(_numbers, site)
    one = next((n for n in shown if n.key == key), None)
    if one is None:
        raise HTTPException(404)
    return site.page(
        request, "phone_number.html", language="vi", number=one, state_words=STATE_WORDS
    )


def _demonstration(request: Request) -> Site:
    site = site_of(request)
    if not site.settings.demonstration:
        raise HTTPException(404)
    local = request.client is not None and request.client.host in ("127.0.0.1", "::1")
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    if not local or forwarded:
        raise Refusal(403, "phone_here_only")
    return site


def _numbers(site: Site) -> list[Number]:
    with site.sessions() as session:
        messages = inbox(session, site.vault, limit=SHOWN)
    grouped: dict[str, list[ShownMessage]] = {}
    for message in messages:
        grouped.setdefault(message.number, []).append(message)
    return [
        Number(_key(site.vault, to), found[0].masked, tuple(found)) for to, found in grouped.items()
    ]


def _key(vault: Vault, number: str) -> str:
    return vault.index(number, purpose="phone-page")[:16]
