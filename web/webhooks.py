"""Addresses that providers call back: proven genuine, stored, and only then answered."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from core import clock
from core.observability import get_logger
from notifier.providers import twilio
from notifier.providers.base import Forged
from notifier.receipts import take_receipt
from web.state import site_of

router = APIRouter()
_log = get_logger(__name__)

FORGED = Counter("motcua_receipts_forged_total", "Callbacks that were not the provider's", ["why"])
LARGEST = 32_768
"""Bytes of a callback that are read; Twilio's are under two thousand."""


@router.post(twilio.CALLBACK_PATH)
async def twilio_status(request: Request) -> Response:
    """Take a status callback of Twilio's.

    403: not Twilio's. 503: it could not be stored, and Twilio shall call again.
    """
    site = site_of(request)
    if int(request.headers.get("content-length") or 0) > LARGEST:
        return Response(status_code=413)
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    try:
        heard = twilio.read_callback(
            site.settings,
            site.vault,
            query=request.url.query,
            form=form,
            signature=request.headers.get("x-twilio-signature", ""),
        )
    except Forged as forged:
        FORGED.labels(str(forged)).inc()
        _log.warning("receipt_forged", provider=twilio.NAME, why=str(forged))
        return Response(status_code=403)
    try:
        await asyncio.to_thread(take_receipt, site.sessions, heard, clock.now())
    except SQLAlchemyError as error:
        _log.error("receipt_not_stored", provider=twilio.NAME, reason=type(error).__name__)
        return Response(status_code=503)
    return Response(status_code=204)
