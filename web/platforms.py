"""The public door of the channels on other platforms: their webhooks come in at the site's own
address and go on to Rasa over loopback, as they are. Rasa's other routes are not reached from here.

Whether a request is genuine is decided by the channel, which has the platform's secret.
"""

from __future__ import annotations

from typing import Annotated, Any

import aiohttp
from fastapi import APIRouter, HTTPException, Path, Request, Response

from core.observability import get_logger
from web.openapi import bare, refusals, takes
from web.state import site_of
from web.webhooks import take_zalo_event

router = APIRouter()
_log = get_logger(__name__)

CHANNELS = frozenset({"zalo", "zalo_bot", "telegram", "messenger", "sms", "whatsapp"})
_MESSENGER = "messenger"
Channel = Annotated[str, Path(json_schema_extra={"enum": sorted(CHANNELS - {_MESSENGER})})]
LARGEST = 64 * 1024
"""Bytes of an event; the channels take no more either."""
TIMEOUT = 20.0
"""Seconds; Twilio's channels answer within twelve, all others at once."""
RECEIPT = b'"user_received_message"'
"""The name of Zalo's event of a message that was received. Chat events do not hold it, unless
somebody writes it: their event is then verified, tells of no message, and is not answered."""
_HEADERS = (
    "content-type",
    "x-zevent-signature",
    "x-zevent-timestamp",
    "x-telegram-bot-api-secret-token",
    "x-bot-api-secret-token",
    "x-hub-signature-256",
    "x-twilio-signature",
)
"""What is passed on: what channels verify by, and nothing else."""


_DOOR: dict[str, Any] = {
    "response_class": Response,
    "responses": {
        "default": {"description": "What the channel answers, in the Rasa server"},
        **bare(503),
        **refusals(403, 404, 413),
    },
}


_EVENT = takes("*/*", required=False)


@router.get(f"/webhooks/{_MESSENGER}/webhook", **_DOOR)
@router.post(f"/webhooks/{_MESSENGER}/webhook", **_DOOR, openapi_extra=_EVENT)
async def messenger(request: Request) -> Response:
    """Pass on an event, or Meta's question whether the address is ours: no other platform asks by
    a GET."""
    return await webhook(_MESSENGER, request)


@router.post("/webhooks/{channel}/webhook", **_DOOR, openapi_extra=_EVENT)
async def webhook(channel: Channel, request: Request) -> Response:
    """Pass an event on. 404: no such channel, or it is off. 503: Rasa does not answer, and the
    platform shall try again."""
    if channel not in CHANNELS:
        raise HTTPException(404)
    if int(request.headers.get("content-length") or 0) > LARGEST:
        raise HTTPException(413)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413)
    if channel == "zalo" and RECEIPT in body:
        # An app has one address: what tells of a message that we sent comes in here as well.
        return await take_zalo_event(site_of(request), body, request.headers)
    url = f"http://127.0.0.1:{site_of(request).settings.rasa_port}/webhooks/{channel}/webhook"
    headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(
                request.method,
                f"{url}?{request.url.query}" if request.url.query else url,
                data=body or None,
                headers=headers,
            ) as answer,
        ):
            return Response(await answer.read(), answer.status, media_type=answer.content_type)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        _log.error("channel_unavailable", channel=channel, reason=type(error).__name__)
        return Response(status_code=503)
