"""The chat page: a form and a log that work without JavaScript, and the same turns as fragments
for the page's small script.

The citizen's words are heard by the helpdesk, and go to Rasa where they are not an officer's. The
four digits or the one-time code that prove a dossier is theirs reach neither: they are checked
here, and Rasa is told only that they were given. Where they stand beside a dossier's code, Rasa's
channel takes them out and asks the site, as for every channel.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from core import clock
from core.clock import vietnam_date
from core.observability import get_logger
from core.texts import Language
from dossiers.proof import Sender
from helpdesk import questions
from helpdesk.hearing import Message
from language.blocks import Block, Button, Buttons, Text
from language.folding import normalise
from language.proof_digits import Given, find_digits
from web.headers import framed_by
from web.history import KEPT_FOR, Turn
from web.openapi import LEADS_ON, refusals
from web.rasa import RasaUnavailable
from web.saving import saved
from web.session import EMBED_PATH
from web.state import Site, site_of
from web.view import kept_view, view_of
from web.words import Refusal, tell

router = APIRouter()
_log = get_logger(__name__)

CHANNEL = "web"
FRAGMENT = "text/vnd.motcua.turn+html"
"""What the page's script asks for: the turn alone."""
LIVE = "X-Motcua-Live"
"""Header that tells the page's script whether an officer may write: then it looks for news."""
LONGEST = 1000
"""Characters of a message; the field stops there too."""
PER_MINUTE = RateLimitItemPerMinute(20)
"""Messages of one conversation, and of one address times ten, that are answered in a minute."""
_PER_ADDRESS = RateLimitItemPerMinute(200)
_limiter = MovingWindowRateLimiter(MemoryStorage())

SUGGESTIONS = {
    "suggest_transfer": "ask:transfer:general",
    "suggest_first": "ask:first_certificate:general",
    "suggest_split": "ask:split_parcel:general",
    "suggest_status": "status",
}
"""Where a conversation may begin: names of texts, and what a press on them sends."""
Token = Annotated[str, Form(min_length=1, max_length=128)]
"""What shows that a form is the site's own."""
MessageId = Annotated[str, Form(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
"""The name that the page has given a message."""
_FORM = {**LEADS_ON, **refusals(403, 429)}
Lang = Annotated[str, Form(max_length=2)]
"""The language of what was pressed, which is that of the answer it stands in."""


@router.get("/", response_class=HTMLResponse)
async def page(request: Request) -> Response:
    """The whole page, with the conversation so far."""
    return await _page(request, "base.html")


@router.get(EMBED_PATH, response_class=HTMLResponse)
async def embedded_page(request: Request) -> Response:
    """The same for a frame on an office's own site; only the sites of `embed_origins` may show
    it."""
    origins = site_of(request).settings.embed_origins
    response = await _page(request, "embed.html")
    response.headers["Content-Security-Policy"] = framed_by(origins)
    return response


async def _page(request: Request, layout: str) -> Response:
    site = site_of(request)
    conversation = site.conversations.of(request)
    turns: list[Turn] = []
    if conversation:
        turns = await asyncio.to_thread(site.history.turns, conversation, clock.now())
    else:
        conversation = site.conversations.begin()
    response = site.page(
        request,
        "chat.html",
        layout=layout,
        turns=turns,
        suggestions=[
            Button(tell(words, view_of(request).language), token)
            for words, token in SUGGESTIONS.items()
        ],
        form_token=site.conversations.form_token(conversation),
        message_id=secrets.token_urlsafe(12),
        longest=LONGEST,
        talking=await asyncio.to_thread(site.cases.talks, Sender(CHANNEL, conversation)),
        kept_hours=int(KEPT_FOR.total_seconds() // 3600),
        code_awaited=await _awaits_code(site, conversation),
    )
    site.conversations.set(response, conversation, embedded=request.url.path == EMBED_PATH)
    return response


@router.post("/chat", response_class=HTMLResponse, responses=_FORM)
async def say(
    request: Request,
    token: Token,
    message_id: MessageId,
    text: Annotated[str, Form(max_length=20 * LONGEST)] = "",
    payload: Annotated[str, Form(max_length=200)] = "",
    title: Annotated[str, Form(max_length=200)] = "",
    lang: Lang = "",
) -> Response:
    """Take a message, or a button that was pressed, and answer it."""
    site, conversation = admitted(request, token)
    language = kept_view(request).changed(lang).chosen
    known = await asyncio.to_thread(site.history.turn, conversation, message_id)
    if known is None:
        text = text.strip()
        if not payload and not text:
            return await _back(request, site, conversation, None)
        message = Message(
            Sender(CHANNEL, conversation), message_id, payload or text, pressed=bool(payload)
        )
        heard = await asyncio.to_thread(site.ear.hear, message, clock.now())
        given = None if payload else find_digits(normalise(text[:LONGEST]))
        written = given.rest if given else text[:LONGEST]
        said = title or payload if payload else written
        if heard is not None:
            known = await _keep(site, conversation, message_id, heard.said or said, heard.blocks)
        elif given and await _is_proof(site, conversation, given):
            known = await _prove(site, conversation, message_id, given.digits, language)
        else:
            answer = await _ask(site, conversation, message_id, payload or text, language)
            known = await _keep(site, conversation, message_id, said, answer)
    return await _back(request, site, conversation, known)


@router.get("/chat/news", response_class=HTMLResponse, responses=refusals(403))
async def news(request: Request, after: str = "") -> Response:
    """What was said since the turn `after`, for a page that an officer may write to. The form's
    token comes in a header, since a browser may hold two conversations."""
    site = site_of(request)
    token = request.headers.get("x-motcua-token", "")
    conversation = site.conversations.of(request, token)
    if conversation is None:
        raise Refusal(403, "session_over")
    site.conversations.check_form(conversation, token)
    # Asked first: who stops looking has been shown all there was.
    talking = await asyncio.to_thread(site.cases.talks, Sender(CHANNEL, conversation))
    turns = await asyncio.to_thread(site.history.turns, conversation, clock.now())
    unknown = len(turns) if after else 0
    known = next((n for n, turn in enumerate(turns, 1) if turn.message_id == after), unknown)
    response = site.page(
        request,
        "news.html",
        turns=turns[known:],
        form_token=site.conversations.form_token(conversation),
        message_id=secrets.token_urlsafe(12),
        code_awaited=await _awaits_code(site, conversation),
    )
    response.headers[LIVE] = "1" if talking else "0"
    return response


@router.post("/chat/proof", response_class=HTMLResponse, responses=_FORM)
async def give_proof(
    request: Request,
    token: Token,
    message_id: MessageId,
    digits: Annotated[str, Form(max_length=40)] = "",
    lang: Lang = "",
) -> Response:
    """Check the last four digits of the phone or ID on file, for the dossier asked about, or the
    one-time code that was sent."""
    site, conversation = admitted(request, token)
    known = await asyncio.to_thread(site.history.turn, conversation, message_id)
    if known is None:
        language = kept_view(request).changed(lang).chosen
        known = await _prove(site, conversation, message_id, digits, language)
    return await _back(request, site, conversation, known)


@router.post("/chat/save", response_class=PlainTextResponse, responses=refusals(403, 429))
async def save(request: Request, token: Token) -> Response:
    """Hand out the conversation as a file of plain text, to keep or to print anywhere."""
    site, conversation = admitted(request, token)
    now, language = clock.now(), view_of(request).language
    turns = await asyncio.to_thread(site.history.turns, conversation, now, None)
    name = f"{tell('saved_name', language)}-{vietnam_date(now).isoformat()}.txt"
    return Response(
        # The mark at its beginning is what an old Windows knows Vietnamese letters by.
        saved(turns, now, language, site.settings.public_base).encode("utf-8-sig"),
        media_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


@router.post("/chat/forget", status_code=303, response_class=RedirectResponse, responses=_FORM)
async def forget(request: Request, token: Token) -> Response:
    """Delete the conversation and begin anew."""
    site, conversation = admitted(request, token)
    await asyncio.to_thread(site.history.forget, conversation)
    await asyncio.to_thread(site.proofs.forget, Sender(CHANNEL, conversation))
    await asyncio.to_thread(_leave_desk, site, Sender(CHANNEL, conversation))
    embedded = site.conversations.is_embedded(request, conversation)
    response = RedirectResponse(EMBED_PATH if embedded else "/", status_code=303)
    site.conversations.set(response, site.conversations.begin(), embedded)
    return response


def _leave_desk(site: Site, sender: Sender) -> None:
    """End a talk with an officer, and await nothing any more: nobody would read the answer."""
    site.cases.end_by_citizen(sender, clock.now())
    with site.sessions.begin() as session:
        questions.drop(session, site.vault, sender)


def admitted(request: Request, token: str) -> tuple[Site, str]:
    """Return whose conversation a form was sent from. Raises 403 for a form that is not the site's
    own, 429 for one too many in a minute."""
    site = site_of(request)
    conversation = site.conversations.of(request, token)
    if conversation is None:
        raise Refusal(403, "session_over")
    site.conversations.check_form(conversation, token)
    address = request.client.host if request.client else "unknown"
    if not (
        _limiter.hit(PER_MINUTE, "conversation", conversation)
        and _limiter.hit(_PER_ADDRESS, "address", address)
    ):
        raise Refusal(429, "too_fast")
    return site, conversation


async def _is_proof(site: Site, conversation: str, given: Given) -> bool:
    """Whether digits without a dossier's code are awaited as a proof; beside a code they are the
    channel's to take out."""
    if given.code or not given.digits:
        return False
    sender = Sender(CHANNEL, conversation)
    return await asyncio.to_thread(site.awaits_proof, sender, clock.now())


async def _awaits_code(site: Site, conversation: str) -> bool:
    """Whether the number asked for is a one-time code, which a telephone can fill in by itself."""
    sender = Sender(CHANNEL, conversation)
    return await asyncio.to_thread(site.codes.awaited, sender, clock.now())


async def _prove(
    site: Site, conversation: str, message_id: str, digits: str, language: Language | None
) -> Turn:
    sender = Sender(CHANNEL, conversation)
    outcome = await asyncio.to_thread(site.check_proof, sender, digits, clock.now())
    # The outcome chooses words only: what may be seen, the action reads from the database.
    answer = await _ask(site, conversation, message_id, f"proof_given:{outcome}", language)
    # The log shows this in place of the digits.
    return await _keep(site, conversation, message_id, tell("proof_said", language or "vi"), answer)


async def _ask(
    site: Site, conversation: str, message_id: str, text: str, language: Language | None
) -> tuple[Block, ...]:
    try:
        return await site.rasa.say(conversation, message_id, text, language)
    except RasaUnavailable as error:
        _log.error("rasa_unavailable", reason=str(error))
        return _apology(site, language or "vi")


def _apology(site: Site, language: Language) -> tuple[Block, ...]:
    hotline = site.settings.hotline
    call = " " + tell("busy_call", language, hotline=hotline) if hotline else ""
    again = Button(tell("try_again", language), "repeat")
    return (Text(tell("busy", language) + call, tone="warning"), Buttons((again,)))


async def _keep(
    site: Site, conversation: str, message_id: str, said: str, answer: tuple[Block, ...]
) -> Turn:
    turn = Turn(message_id, said, answer, clock.now())
    return await asyncio.to_thread(site.history.keep, conversation, turn)


async def _back(request: Request, site: Site, conversation: str, turn: Turn | None) -> Response:
    """The turn alone for the script; for a plain form, the page at its newest answer."""
    if request.headers.get("accept", "").startswith(FRAGMENT):
        response = site.page(
            request,
            "turn.html",
            turn=turn,
            form_token=site.conversations.form_token(conversation),
            message_id=secrets.token_urlsafe(12),
            code_awaited=await _awaits_code(site, conversation),
        )
        talking = await asyncio.to_thread(site.cases.talks, Sender(CHANNEL, conversation))
        response.headers[LIVE] = "1" if talking else "0"
        return response
    place = EMBED_PATH if site.conversations.is_embedded(request, conversation) else "/"
    return RedirectResponse(f"{place}#newest", status_code=303)
