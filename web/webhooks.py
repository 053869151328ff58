"""Addresses that providers call back: proven genuine, stored, and only then answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Request, Response
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from core import clock
from core.observability import get_logger
from notifier.providers import esms, twilio, zns
from notifier.providers.base import Forged, Heard
from web.openapi import asked_by_query, bare, refusals, takes
from web.state import Site, site_of

router = APIRouter()
_log = get_logger(__name__)

FORGED = Counter(
    "motcua_receipts_forged_total", "Callbacks that were not the provider's", ["provider", "why"]
)
LARGEST = 32_768
"""Bytes of a callback that are read; providers' are under two thousand."""
FIELDS = 100
"""Fields of a form that are read; Twilio's have about twenty."""


_REFUSED = {**bare(503), **refusals(403, 413)}
_TWILIO_SAYS = {
    "type": "object",
    "properties": {
        name: {"type": "string"} for name in ("MessageSid", "MessageStatus", "ErrorCode")
    },
}
_OURS = asked_by_query("m", "n", "k")
"""What our own addresses carry: the message, the attempt, and what proves that we gave them out."""


@router.post(
    twilio.CALLBACK_PATH,
    status_code=204,
    responses={**_REFUSED, **refusals(400)},
    openapi_extra={
        **_OURS,
        **takes("application/x-www-form-urlencoded", _TWILIO_SAYS),
    },
)
async def twilio_status(request: Request) -> Response:
    """Take a status callback of Twilio's."""
    site = site_of(request)
    try:
        # Whatever else is posted is nothing that Twilio has signed.
        text = (await _body(request)).decode("latin-1")
        said = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        raise HTTPException(400) from None
    form = dict(said)
    signature = request.headers.get("x-twilio-signature", "")
    return await _take(
        site,
        twilio.NAME,
        lambda: twilio.read_callback(
            site.settings, site.vault, query=request.url.query, form=form, signature=signature
        ),
        status_code=204,
    )


@router.get(
    esms.CALLBACK_PATH,
    response_class=Response,
    responses=_REFUSED,
    openapi_extra=asked_by_query(
        *("m", "n", "k", "SendStatus", "SendSuccess", "SendFailed"), required=False
    ),
)
async def esms_status(request: Request) -> Response:
    """Take a callback of eSMS's."""
    site = site_of(request)
    said = dict(request.query_params)
    return await _take(
        site, esms.NAME, lambda: esms.read_callback(site.vault, said), status_code=200
    )


@router.post(
    zns.CALLBACK_PATH,
    response_class=Response,
    responses=_REFUSED,
    openapi_extra=takes("application/json"),
)
async def zalo_event(request: Request) -> Response:
    """Take an event of Zalo's; those that are not about messages of ours are only acknowledged."""
    return await take_zalo_event(site_of(request), await _body(request), request.headers)


async def take_zalo_event(site: Site, body: bytes, headers: Mapping[str, str]) -> Response:
    """Take an event of Zalo's that may tell of a message of ours."""
    return await _take(
        site, zns.NAME, lambda: zns.read_event(site.settings, body, headers), status_code=200
    )


async def _body(request: Request) -> bytes:
    """Return what was posted. Raises `HTTPException` (413) where it is longer than is read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413)
    return body


async def _take(
    site: Site, provider: str, read: Callable[[], Heard | None], *, status_code: int
) -> Response:
    """Store what a callback says, then answer it with `status_code`.

    403: not the provider's. 503: it could not be stored, and the provider shall call again.
    """
    try:
        heard = read()
    except Forged as forged:
        FORGED.labels(provider, str(forged)).inc()
        _log.warning("receipt_forged", provider=provider, why=str(forged))
        raise HTTPException(403) from None
    if heard is not None:
        try:
            await site.intake.take(heard, clock.now())
        except SQLAlchemyError as error:
            _log.error("receipt_not_stored", provider=provider, reason=type(error).__name__)
            return Response(status_code=503)
    return Response(status_code=status_code)
