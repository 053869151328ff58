"""The officers' page: who waits, what they wrote, and the answer; what people say of answers and of
the service. Off unless there are accounts.

Plain forms. An officer signs in by name and password (`MOTCUA_DESK_OFFICERS`); the cookie holds for
one working day, and no longer than the password. What is written here and by citizens is text
and nothing else: the templates escape it.
"""

from __future__ import annotations

import asyncio
import hmac
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from itsdangerous import BadSignature, URLSafeTimedSerializer
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from core import clock
from core.observability import get_logger, redact
from core.texts import Language
from helpdesk import officers as accounts
from helpdesk.cases import LONGEST, NotYours, Whole
from helpdesk.opinions import latest_votes, of_answers
from helpdesk.ratings import latest_words, sums
from helpdesk.vocabulary import Author, CaseState, Delivery, Kind, Reason, Topic
from language.proof_digits import TAKEN_OUT
from procedures.catalogue import CatalogueError, get_catalogue
from web.openapi import LEADS_ON, refusals
from web.state import Site, site_of
from web.words import Refusal

router = APIRouter()
_log = get_logger(__name__)

PAGE = "/can-bo"
SIGN_IN = f"{PAGE}/vao"
COOKIE = "motcua_officer"
MAX_AGE = 9 * 3600
"""Seconds for which an officer stays signed in."""
_limiter = MovingWindowRateLimiter(MemoryStorage())
_TRIES_OF_ADDRESS = parse("20/15 minutes")
_TRIES_OF_NAME = parse("10/15 minutes")
"""Wrong passwords for one name from one address."""
_POSTS = parse("120/minute")
_at_once = asyncio.Semaphore(2)
"""A try costs 64 MiB and much of a second: more at once would be an attack on the server."""

KIND_WORDS = {
    Kind.CHAT: "Trao đổi",
    Kind.CALLBACK: "Gọi lại",
    Kind.COMPLAINT: "Phản ánh",
}
TOPIC_WORDS = {
    Topic.DELAY: "chậm hẹn",
    Topic.MONEY: "đòi thêm tiền",
    Topic.OTHER: "việc khác",
}
STATE_WORDS = {
    CaseState.OPEN: "đang chờ",
    CaseState.TAKEN: "đã nhận",
    CaseState.CLOSED: "đã đóng",
}
AUTHOR_WORDS = {
    Author.CITIZEN: "Người dân",
    Author.OFFICER: "Cán bộ",
    Author.SYSTEM: "Máy",
}
DELIVERY_WORDS = {
    Delivery.WAITING: "đang gửi",
    Delivery.SENT: "đã gửi",
    Delivery.FAILED: "KHÔNG gửi được, hoặc chưa rõ; xin gọi điện hoặc viết lại",
}
REASON_WORDS = {
    Reason.OTHER_MATTER: "không đúng việc",
    Reason.UNCLEAR: "khó hiểu",
    Reason.INCOMPLETE: "còn thiếu",
    Reason.WRONG: "sai",
}
"""As officers read them."""
PERIODS = (7, 30, 90)
"""Days that may be looked back on."""
MOST_OPINIONS = 30
"""The latest votes, and the latest words, that are shown."""


@router.get(SIGN_IN, response_class=HTMLResponse, responses=refusals(404))
def sign_in_page(request: Request) -> Response:
    """The form to sign in by."""
    return _on(request).page(request, "officer_sign_in.html", language="vi", problem="")


@router.post(
    SIGN_IN,
    status_code=303,
    response_class=RedirectResponse,
    responses={**LEADS_ON, **refusals(403, 404, 429)},
)
async def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=40)] = "",
    password: Annotated[str, Form(max_length=accounts.LONGEST)] = "",
) -> Response:
    """Sign in, or say that it was wrong: in the same words after the same work, whatever was."""
    site = _on(request)
    _same_site(request)
    name = name.strip().lower()
    address = request.client.host if request.client else "unknown"
    tries = ((_TRIES_OF_ADDRESS, "desk-address", address), (_TRIES_OF_NAME, "desk", name + address))
    if not all(_limiter.test(limit, *key) for limit, *key in tries):
        _log.warning("officer_sign_in_limited")
        return _refused(request, site, 429, "Đã thử sai nhiều lần. Xin đợi 15 phút.")
    async with _at_once:
        right = await asyncio.to_thread(accounts.fits, site.settings.desk_officers, name, password)
    if not right:
        for limit, *key in tries:
            _limiter.hit(limit, *key)
        _log.warning("officer_sign_in_refused")
        return _refused(request, site, 403, "Tên hoặc mật khẩu không đúng.")
    _log.info("officer_signed_in", officer=name)
    response = RedirectResponse(PAGE, status_code=303)
    response.set_cookie(
        COOKIE,
        _serialiser(site).dumps([name, _print(site, name)]),
        max_age=MAX_AGE,
        path=PAGE,
        httponly=True,
        secure=site.settings.public_base.startswith("https://"),
        samesite="strict",
    )
    return response


@router.post(
    f"{PAGE}/ra",
    status_code=303,
    response_class=RedirectResponse,
    responses={**LEADS_ON, **refusals(403, 404, 429)},
)
def sign_out(request: Request, token: Annotated[str, Form(max_length=128)] = "") -> Response:
    """Sign out of this browser."""
    site, officer = _who(request)
    if officer:
        _admit(request, site, officer, token)
    response = RedirectResponse(SIGN_IN, status_code=303)
    response.delete_cookie(COOKIE, path=PAGE)
    return response


@router.get(PAGE, response_class=HTMLResponse, responses={**LEADS_ON, **refusals(404)})
def queue(request: Request, xong: bool = False) -> Response:
    """Who waits; with `xong` what is done."""
    site, officer = _who(request)
    if not officer:
        return RedirectResponse(SIGN_IN, status_code=303)
    return site.page(
        request,
        "officer_queue.html",
        language="vi",
        officer=officer,
        cases=site.cases.queue(closed=xong),
        closed=xong,
        token=_form_token(request, site),
        **_words(),
    )


@router.get(f"{PAGE}/y-kien", response_class=HTMLResponse, responses={**LEADS_ON, **refusals(404)})
def opinions(request: Request, ngay: int = 30) -> Response:
    """What people say of the answers, by procedure, and of the service; never who said it."""
    site, officer = _who(request)
    if not officer:
        return RedirectResponse(SIGN_IN, status_code=303)
    days = ngay if ngay in PERIODS else 30
    now = clock.now()
    with site.sessions() as session:
        answers = of_answers(session, now, days)
        votes = latest_votes(session, now, days, MOST_OPINIONS)
        service = sums(session, now, days)
        words = latest_words(session, site.vault, now, days, MOST_OPINIONS)
    by_procedure: dict[str, list[tuple[int, str]]] = {}
    for one in words:
        name = _procedure_of_code(one.procedure_code)
        by_procedure.setdefault(name, []).append((one.stars, redact(one.words)))
    return site.page(
        request,
        "officer_opinions.html",
        language="vi",
        officer=officer,
        token=_form_token(request, site),
        days=days,
        periods=PERIODS,
        answers=[(_procedure(one.procedure), one) for one in answers],
        votes=[(_procedure(one.procedure), one) for one in votes],
        service=service,
        words=by_procedure,
        reasons=REASON_WORDS,
    )


@router.get(
    PAGE + "/{reference}", response_class=HTMLResponse, responses={**LEADS_ON, **refusals(404)}
)
def case(request: Request, reference: str) -> Response:
    """One case. That it was read, and by whom, is in the log."""
    site, officer = _who(request)
    if not officer:
        return RedirectResponse(SIGN_IN, status_code=303)
    return _case_page(request, site, officer, _found(site, reference))


@router.post(
    PAGE + "/{reference}",
    status_code=303,
    response_class=RedirectResponse,
    responses={**LEADS_ON, **refusals(403, 404, 409, 429)},
)
def act(
    request: Request,
    reference: str,
    token: Annotated[str, Form(max_length=128)] = "",
    do: Annotated[str, Form(max_length=20)] = "",
    text: Annotated[str, Form(max_length=4 * LONGEST)] = "",
) -> Response:
    """Take, answer, give back or close a case; whose it is by now is said where it is another's."""
    site, officer = _who(request)
    if not officer:
        return RedirectResponse(SIGN_IN, status_code=303)
    _admit(request, site, officer, token)
    now, text = clock.now(), text.replace("\r\n", "\n").strip()
    try:
        if do == "take":
            site.cases.take(reference, officer, now)
        elif do == "answer" and text:
            site.cases.answer(reference, officer, text[:LONGEST], now)
        elif do == "release":
            site.cases.release(reference, officer)
        elif do == "close":
            site.cases.close(reference, officer, now)
    except NotYours as other:
        whole = _found(site, reference)
        return _case_page(request, site, officer, whole, problem=_whose(other), text=text)
    _log.info("desk_case_changed", officer=officer, case=reference, what=do)
    place = PAGE if do in ("close", "release") else f"{PAGE}/{reference}#moi"
    return RedirectResponse(place, status_code=303)


def _case_page(
    request: Request, site: Site, officer: str, whole: Whole, problem: str = "", text: str = ""
) -> Response:
    if request.headers.get("sec-fetch-dest") != "empty":  # the page's script only looks again
        _log.info("desk_case_read", officer=officer, case=whole.summary.reference)
    return site.page(
        request,
        "officer_case.html",
        language="vi",
        status=409 if problem else 200,
        officer=officer,
        case=whole,
        mine=whole.summary.state is CaseState.TAKEN and whole.summary.officer == officer,
        problem=problem,
        text=text,
        longest=LONGEST,
        hidden=TAKEN_OUT,
        token=_form_token(request, site),
        procedure=_procedure(whole.summary.procedure),
        **_words(),
    )


def _found(site: Site, reference: str) -> Whole:
    whole = site.cases.show(reference)
    if whole is None:
        raise HTTPException(404)
    return whole


def _whose(other: NotYours) -> str:
    if other.state is CaseState.CLOSED:
        return "Việc này đã đóng."
    if other.officer:
        return f"Việc này cán bộ {other.officer} đã nhận."
    return "Ông/Bà chưa nhận việc này. Xin bấm Nhận trước khi trả lời."


def _procedure(id_: str | None) -> str:
    """Return a procedure's name; its id where the catalogue does not have it."""
    language: Language = "vi"
    try:
        return get_catalogue().short(id_, language) if id_ else ""
    except (CatalogueError, KeyError):
        return id_ or ""


def _procedure_of_code(code: str) -> str:
    """Return the name of the procedure with a code of the national portal; the code where the
    catalogue does not have it."""
    try:
        found = get_catalogue().find_code(code, "")
    except CatalogueError:
        found = None
    return _procedure(found) if found else code


def _words() -> dict[str, Any]:
    return {
        "kinds": KIND_WORDS,
        "topics": TOPIC_WORDS,
        "states": STATE_WORDS,
        "authors": AUTHOR_WORDS,
        "deliveries": DELIVERY_WORDS,
    }


# --- who it is -----------------------------------------------------------------------------------


def _on(request: Request) -> Site:
    site = site_of(request)
    if not site.settings.desk_on:
        raise HTTPException(404)
    return site


def _who(request: Request) -> tuple[Site, str]:
    """Return the officer who is signed in; empty for nobody. 404 where the page is off."""
    site = _on(request)
    try:
        said = _serialiser(site).loads(request.cookies.get(COOKIE, ""), max_age=MAX_AGE)
        name, kept = (str(part) for part in said)
    except (BadSignature, ValueError, TypeError):
        return site, ""
    known = name in site.settings.desk_officers and hmac.compare_digest(kept, _print(site, name))
    return site, name if known else ""


def _serialiser(site: Site) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(site.settings.secret_key.get_secret_value(), salt="officer")


def _print(site: Site, name: str) -> str:
    """Return what ties a cookie to the password it was got by."""
    return site.vault.index(f"{name}\0{site.settings.desk_officers[name]}", "officer")[:32]


def _form_token(request: Request, site: Site) -> str:
    """Return what a form of this officer's session must carry."""
    secret = site.settings.secret_key.get_secret_value().encode()
    cookie = request.cookies.get(COOKIE, "").encode()
    return hmac.new(secret, b"officer-form\0" + cookie, sha256).hexdigest()


def _admit(request: Request, site: Site, officer: str, token: str) -> None:
    """Raise 403 for a form that is not this session's own, 429 for one too many in a minute."""
    _same_site(request)
    if not hmac.compare_digest(_form_token(request, site).encode(), token.encode()):
        raise Refusal(403, "form_refused")
    limit: RateLimitItem = _POSTS
    if not _limiter.hit(limit, "officer", officer):
        raise Refusal(429, "too_fast")


def _same_site(request: Request) -> None:
    """Raise 403 for a form that another site has sent."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refusal(403, "form_refused")


def _refused(request: Request, site: Site, status: int, problem: str) -> HTMLResponse:
    return site.page(request, "officer_sign_in.html", status=status, language="vi", problem=problem)
