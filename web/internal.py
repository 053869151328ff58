"""What the Rasa server asks of the site, over loopback and signed: whether a message is an
officer's to answer or a number, whether digits prove that a dossier is the sender's. What is
private ends here; the conversation hears at most the outcome's word.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from core import clock
from core.observability import get_logger
from dossiers.proof import Sender
from helpdesk.hearing import Message
from language import signing
from language.blocks import to_dict
from notifier.providers.zalo_tokens import NotNow, NotSignedIn
from web.state import Site, site_of

router = APIRouter(prefix="/internal")
_log = get_logger(__name__)

LARGEST = 128 * 1024
"""Bytes of a question: the longest message that a channel takes, however it is escaped."""
_used = FixedWindowRateLimiter(MemoryStorage())
_ONCE = parse(f"1/{2 * signing.TOLERANCE} seconds")


async def _asked(request: Request) -> tuple[Site, dict[str, Any]]:
    """Return the question, if Rasa's server has signed it, now and for this once."""
    site = site_of(request)
    body = await request.body()
    header = request.headers.get(signing.HEADER, "")
    secret = site.settings.web_channel_secret.get_secret_value()
    try:
        if len(body) > LARGEST:
            raise signing.BadSignature("too large")
        signing.verify(header, body, secret, int(time.time()))
        if not _used.hit(_ONCE, header):
            raise signing.BadSignature("used twice")
    except signing.BadSignature as problem:
        _log.warning("internal_refused", why=str(problem))
        raise HTTPException(404) from None
    return site, json.loads(body)


@router.post("/heard")
async def heard(request: Request) -> dict[str, Any]:
    """Take a message that is an officer's to answer, or answers what was asked for beside the
    conversation; `taken` is false where it is for the bot. Once it is answered it is stored."""
    site, asked = await _asked(request)
    sender = Sender(str(asked["channel"]), str(asked["sender"]))
    pressed = bool(asked.get("pressed"))
    message = Message(sender, str(asked["message_id"]), str(asked["text"]), pressed)
    taken = await asyncio.to_thread(site.ear.hear, message, clock.now())
    if taken is None:
        return {"taken": False}
    blocks = [to_dict(block) for block in taken.blocks]
    return {"taken": True, "blocks": blocks, "talking": taken.talking}


@router.post("/reached")
async def reached(request: Request) -> dict[str, Any]:
    """Learn the number of a sender whom the conversation knows by another name; it is kept only
    where an officer is to answer them."""
    site, asked = await _asked(request)
    sender = Sender(str(asked["channel"]), str(asked["sender"]))
    if address := str(asked["address"]).strip():
        await asyncio.to_thread(site.cases.reached, sender, address)
    return {}


@router.post("/proof")
async def proof(request: Request) -> dict[str, str | None]:
    """Check digits or a one-time code that a sender of a channel gave, for the dossier that `code`
    names or the one asked about; `outcome` is null where none is named and none awaited."""
    site, asked = await _asked(request)
    sender = Sender(str(asked["channel"]), str(asked["sender"]))
    now = clock.now()
    digits, code = str(asked["digits"]), str(asked.get("code") or "")
    if not code and not await asyncio.to_thread(site.awaits_proof, sender, now):
        return {"outcome": None}
    return {"outcome": await asyncio.to_thread(site.check_proof, sender, digits, now, code)}


@router.post("/zalo-token")
async def zalo_token(request: Request) -> dict[str, str]:
    """Give the Official Account's access token to the chat's channel; `refused` is one that Zalo
    takes no more. 503: there is none now."""
    site, asked = await _asked(request)
    try:
        return {"token": await site.zalo_tokens.access(str(asked.get("refused") or "") or None)}
    except (NotSignedIn, NotNow) as problem:
        _log.error("zalo_token_missing", why=str(problem))
        raise HTTPException(503) from None
