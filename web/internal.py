"""What the Rasa server asks of the site, over loopback and signed: whether a message is an
officer's to answer or a number, whether digits prove that a dossier is the sender's. What is
private ends here; the conversation hears at most the outcome's word.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from pydantic import BaseModel, Field, StrictBool, ValidationError
from pydantic.dataclasses import dataclass

from core import clock
from core.observability import get_logger
from dossiers.proof import Sender
from helpdesk.hearing import Message
from language import signing
from language.blocks import Stop, to_dict
from notifier.providers.zalo_tokens import NotNow, NotSignedIn
from web.openapi import file, refusals, signed_question
from web.picture import as_png
from web.state import Site, site_of

router = APIRouter(prefix="/internal", responses=refusals(404, 422))
_log = get_logger(__name__)

LARGEST = 128 * 1024
"""Bytes of a question: the longest message that a channel takes, however it is escaped."""
_LONGEST_LABEL = 120
"""Characters of a step's name in a picture."""
_DRAWING = CapacityLimiter(2)
"""Pictures made at once; further ones wait without holding a thread."""
_used = FixedWindowRateLimiter(MemoryStorage())
_ONCE = parse(f"1/{2 * signing.TOLERANCE} seconds")


class Who(BaseModel):
    """A sender, as the channels name one."""

    channel: Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")]
    sender: Annotated[str, Field(min_length=1, max_length=200)]


class Said(Who):
    """A message that a channel has taken."""

    message_id: Annotated[str, Field(min_length=1, max_length=400)]
    text: str
    pressed: StrictBool = False


class Taken(BaseModel):
    """Whether the message is kept from the conversation, and what to say to it."""

    taken: bool
    blocks: list[dict[str, Any]] = []
    talking: bool = False


class Reach(Who):
    """Where a sender is reached whom the conversation knows by another name."""

    address: str


class Digits(Who):
    """What was given as a proof, and the dossier's code where one stood beside it."""

    digits: str
    code: str | None = None


class Outcome(BaseModel):
    """The word for the conversation; null where nothing was awaited."""

    outcome: str | None


class Wanted(BaseModel):
    """A wish for Zalo's token; `refused` is one that Zalo takes no more."""

    refused: str = ""


class Token(BaseModel):
    """The Official Account's access token."""

    token: str


@dataclass(frozen=True)
class Shown(Stop):
    """A station on a dossier's way, short enough for a picture."""

    label: Annotated[str, Field(max_length=_LONGEST_LABEL)]
    on: Annotated[str, Field(max_length=_LONGEST_LABEL)] = ""


class Way(BaseModel):
    """A dossier's way, as an answer tells it."""

    stops: Annotated[tuple[Shown, ...], Field(min_length=1, max_length=12)]


class Nothing(BaseModel):
    """Done; there is nothing to say."""


Question = TypeVar("Question", bound=BaseModel)


async def _asked(request: Request, question: type[Question]) -> tuple[Site, Question]:
    """Return the question, if Rasa's server has signed it, now and for this once. 404: it has not;
    422: it has, and there is something else in it."""
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
    try:
        return site, question.model_validate_json(body)
    except ValidationError as problem:
        # Where it is wrong, and not what was said.
        wrong = [(part["loc"], part["type"]) for part in problem.errors(include_input=False)]
        _log.error("internal_unreadable", question=question.__name__, wrong=wrong)
        raise RequestValidationError(()) from None


@router.post("/heard", openapi_extra=signed_question(Said))
async def heard(request: Request) -> Taken:
    """Take a message that is an officer's to answer, or answers what was asked for beside the
    conversation; `taken` is false where it is for the bot. Once it is answered it is stored."""
    site, asked = await _asked(request, Said)
    sender = Sender(asked.channel, asked.sender)
    message = Message(sender, asked.message_id, asked.text, asked.pressed)
    taken = await asyncio.to_thread(site.ear.hear, message, clock.now())
    if taken is None:
        return Taken(taken=False)
    blocks = [to_dict(block) for block in taken.blocks]
    return Taken(taken=True, blocks=blocks, talking=taken.talking)


@router.post("/reached", openapi_extra=signed_question(Reach))
async def reached(request: Request) -> Nothing:
    """Learn the number of a sender whom the conversation knows by another name; it is kept only
    where an officer is to answer them."""
    site, asked = await _asked(request, Reach)
    if address := asked.address.strip():
        sender = Sender(asked.channel, asked.sender)
        await asyncio.to_thread(site.cases.reached, sender, address)
    return Nothing()


@router.post("/proof", openapi_extra=signed_question(Digits))
async def proof(request: Request) -> Outcome:
    """Check digits or a one-time code that a sender of a channel gave, for the dossier that `code`
    names or the one asked about; `outcome` is null where none is named and none awaited."""
    site, asked = await _asked(request, Digits)
    sender, code = Sender(asked.channel, asked.sender), asked.code or ""
    now = clock.now()
    if not code and not await asyncio.to_thread(site.awaits_proof, sender, now):
        return Outcome(outcome=None)
    said = await asyncio.to_thread(site.check_proof, sender, asked.digits, now, code)
    return Outcome(outcome=said)


@router.post("/zalo-token", openapi_extra=signed_question(Wanted), responses=refusals(503))
async def zalo_token(request: Request) -> Token:
    """Give the Official Account's access token to the chat's channel; `refused` is one that Zalo
    takes no more. 503: there is none now."""
    site, asked = await _asked(request, Wanted)
    try:
        return Token(token=await site.zalo_tokens.access(asked.refused or None))
    except (NotSignedIn, NotNow) as problem:
        _log.error("zalo_token_missing", why=str(problem))
        raise HTTPException(503) from None


@router.post(
    "/way",
    response_class=Response,
    responses=file("image/png"),
    openapi_extra=signed_question(Way),
)
async def way(request: Request) -> Response:
    """Draw a dossier's way for a platform that shows pictures. What is asked holds nothing else of
    the dossier, and nothing of it is kept but the picture of these very steps."""
    _, asked = await _asked(request, Way)
    drawn = await to_thread.run_sync(as_png, asked.stops, limiter=_DRAWING)
    return Response(drawn, media_type="image/png", headers={"Cache-Control": "no-store"})
