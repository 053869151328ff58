"""The page of one dossier, behind a link that shows nothing by itself.

Who opens the link gives the last four digits, as in the chat and within the same limits; until
then a link that leads nowhere, one that has expired and a good one are the same page after the same
work. A code sent to the phone on file then shows the messages and lets them be turned on and off.
Rights are those of `dossiers.proof` and `dossiers.otp`, for the conversation's cookie.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from core import clock
from core.clock import vietnam_date
from core.observability import get_logger
from core.privacy import UnreadableSecret
from core.texts import Language
from dossiers.durations import Bar
from dossiers.lifecycle import Status
from dossiers.links import PAGE, linked_code
from dossiers.lookup import DossierView
from dossiers.models import Dossier
from dossiers.offices import offices_of
from dossiers.otp import CodeOutcome
from dossiers.proof import Outcome, Sender
from dossiers.telling import code_refused, code_sent, consent_words, facts, standing, usually, where
from helpdesk.ratings import may_rate, rate
from language.blocks import Block, Progress
from notifier.choices import choose, number_of, send_second_step, wants_messages
from notifier.desk import Desk
from notifier.operators import messages, text_of
from notifier.states import State
from notifier.templates import get_templates
from procedures.catalogue import CatalogueError, NoVersion, get_catalogue
from procedures.guide import Guide, guide
from procedures.pages import CALCULATOR, CHECKLIST, page_path
from procedures.paying import how_to_pay
from procedures.provinces import PROVINCES
from procedures.sums import SUMS
from web.chat import CHANNEL, Token, admitted
from web.openapi import LEADS_ON, refusals
from web.state import Site, site_of
from web.view import view_of

router = APIRouter()
_log = get_logger(__name__)

MOST_MESSAGES = 20
"""The latest messages that are shown."""
_ON_ITS_WAY, _SENT = ("đang chờ gửi", "waiting to be sent"), ("đã gửi", "sent")
_NOT_SENT = ("không gửi", "not sent")
STATE_WORDS: dict[State, tuple[str, str]] = {
    State.QUEUED: _ON_ITS_WAY,
    State.HELD: _ON_ITS_WAY,
    State.LEASED: _ON_ITS_WAY,
    State.SENDING: _ON_ITS_WAY,
    State.UNCERTAIN: ("chưa rõ đã gửi chưa", "not known whether it was sent"),
    State.UNCERTAIN_FINAL: ("chưa rõ đã gửi chưa", "not known whether it was sent"),
    State.ACCEPTED: _SENT,
    State.SENT: _SENT,
    State.UNCONFIRMED: _SENT,
    State.DELIVERED: ("đã đến máy", "delivered"),
    State.UNDELIVERED: ("không đến được máy", "could not be delivered"),
    State.FAILED: _NOT_SENT,
    State.SUPPRESSED: _NOT_SENT,
    State.EXPIRED: _NOT_SENT,
    State.CANCELLED: ("thay bằng tin mới hơn", "replaced by newer news"),
    State.INVALID: _NOT_SENT,
}
"""What the applicant reads of a message's state."""


@dataclass(frozen=True)
class Shown:
    """A message about the dossier, as the applicant may see it."""

    at: datetime
    recipient: str
    """Masked."""
    text: str
    state: str


@dataclass(frozen=True)
class Choice:
    """What the second step has opened, or why it cannot be taken."""

    has_phone: bool = False
    tail: str = ""
    """Last three digits of the number on file."""
    awaited: bool = False
    """A code was sent and is waited for."""
    full: bool = False
    """The second step was taken."""
    wanted: bool = True
    """The number is texted."""
    messages: tuple[Shown, ...] = field(default=())


@router.get(PAGE + "/{word}", response_class=HTMLResponse)
def page(request: Request, word: str) -> Response:
    """The dossier, for who has proven a right to it lately; else the question for proof."""
    site = site_of(request)
    conversation = site.conversations.of(request)
    fresh = conversation is None
    conversation = conversation or site.conversations.begin()
    response = _page(request, site, conversation, word)
    if fresh:
        site.conversations.set(response, conversation)
    return response


@router.post(
    PAGE + "/{word}",
    response_class=HTMLResponse,
    responses={**LEADS_ON, **refusals(403, 429)},
)
def act(
    request: Request,
    word: str,
    token: Token,
    do: Annotated[str, Form(min_length=1, max_length=20)],
    given: Annotated[str, Form(max_length=40)] = "",
    words: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Take digits, a wish for a code, the code, a choice about messages, or stars for the service.

    What needs a right and comes from somebody without it shows the question for proof.
    """
    site, conversation = admitted(request, token)
    sender, now, language = Sender(CHANNEL, conversation), clock.now(), view_of(request).language
    with site.sessions() as session:
        code = linked_code(session, site.vault, word, now)
    if do == "prove":
        outcome = site.proofs.prove(sender, code, given, now)
        if outcome is Outcome.VERIFIED:
            return _again(word, language)
        return _page(request, site, conversation, word, problem=outcome)
    view = _view(site, sender, code, now, language)
    if view is None:
        return _page(request, site, conversation, word)
    if do == "send":
        made = send_second_step(site.sessions, site.codes, _desk(site), sender, view.id, now)
        said = code_sent(made, language)
        return _page(request, site, conversation, word, said=said)
    if do == "check":
        checked = site.codes.check(sender, given, now, view.id)
        if checked is not CodeOutcome.VERIFIED:
            said = code_refused(checked, language)
            return _page(request, site, conversation, word, said=said)
    elif do == "rate":
        with site.sessions.begin() as session:
            stars = int(given) if given in ("1", "2", "3", "4", "5") else 0
            rate(session, site.vault, view.id, stars, words, CHANNEL, now)
        return _again(word, language, "cham")
    elif do in ("on", "off"):
        with site.sessions.begin() as session:
            phone = number_of(session, view.id)
            if phone and site.codes.may_decide(session, sender, view.id, now):
                choose(session, phone, do == "on", CHANNEL, language, now)
    return _again(word, language, "tin-nhan")


def _again(word: str, language: Language, part: str = "") -> Response:
    """Show the page by a GET, so that reloading it sends nothing again."""
    query = f"?{urlencode({'lang': language})}" if language == "en" else ""
    return RedirectResponse(f"{PAGE}/{word}{query}{'#' if part else ''}{part}", status_code=303)


def _page(
    request: Request,
    site: Site,
    conversation: str,
    word: str,
    problem: str = "",
    said: str = "",
) -> HTMLResponse:
    """Draw the page. `problem` is what came of digits, `said` what there is to say of a code."""
    now, sender = clock.now(), Sender(CHANNEL, conversation)
    language = view_of(request).language
    with site.sessions() as session:
        code = linked_code(session, site.vault, word, now)
    dossier = _view(site, sender, code, now, language)
    shared: dict[str, Any] = {
        "form_token": site.conversations.form_token(conversation),
        "minutes": max(1, site.settings.proof_window // 60),
    }
    if dossier is None:
        return site.page(request, "dossier_proof.html", problem=problem, **shared)
    told, linked = _procedure(site, dossier, language)
    return site.page(
        request,
        "dossier.html",
        dossier=dossier,
        standing=standing(dossier, language),
        way=Progress(dossier.stops),
        facts=facts(dossier, language),
        where=where(dossier, language),
        map=_map(site, dossier),
        usual=usually(dossier.usual, language) if dossier.usual else "",
        bars=_bars(dossier.usual.bars) if dossier.usual else (),
        guide=told,
        paying=_paying(dossier, now, language),
        linked=linked,
        choice=_choice(site, sender, dossier, now, language),
        consent={"on": consent_words(True, language), "off": consent_words(False, language)},
        may_rate=_may_rate(site, dossier.id),
        said=said,
        **shared,
    )


def _may_rate(site: Site, dossier: int) -> bool:
    with site.sessions() as session:
        return may_rate(session, dossier)


def _view(
    site: Site, sender: Sender, code: str, now: datetime, language: Language
) -> DossierView | None:
    with site.sessions() as session:
        found = site.lookup.look_up(session, sender, code, now, language)
    return found if isinstance(found, DossierView) else None


def _choice(
    site: Site, sender: Sender, view: DossierView, now: datetime, language: Language
) -> Choice:
    with site.sessions() as session:
        dossier = session.get_one(Dossier, view.id)
        phone = dossier.phone_index
        if phone is None or dossier.phone_enc is None:
            return Choice()
        try:
            tail = site.vault.decrypt(dossier.phone_enc)[-3:]
        except UnreadableSecret:
            return Choice()
        full = site.codes.may_decide(session, sender, view.id, now)
        return Choice(
            has_phone=True,
            tail=tail,
            awaited=not full and site.codes.awaited(sender, now, view.id),
            full=full,
            wanted=wants_messages(session, phone),
            # To this number alone: what went to an earlier one is not this person's to read.
            messages=tuple(
                Shown(
                    at=line.not_before,
                    recipient=line.recipient,
                    text=text_of(session, site.vault, line.id),
                    state=STATE_WORDS[line.state][language == "en"],
                )
                for line in messages(
                    session, dossier=view.code, phone_index=phone, limit=MOST_MESSAGES
                )
            )
            if full
            else (),
        )


def _procedure(
    site: Site, view: DossierView, language: Language
) -> tuple[Guide | None, dict[str, str]]:
    """Return the dossier's procedure by the rules it was received under, and the pages to link to;
    nothing where the catalogue cannot tell which procedure it is."""
    try:
        catalogue = get_catalogue()
        procedure = catalogue.find_code(view.procedure_code, view.procedure_name)
        if procedure is None:
            return None, {}
        told = guide(
            catalogue,
            procedure,
            as_of=view.received_on,
            province=site.settings.province or None,
            language=language,
        )
    except (CatalogueError, NoVersion) as error:
        _log.warning("dossier_page_without_procedure", error=type(error).__name__)
        return None, {}
    linked = {
        "whole": page_path(procedure, language=language),
        "papers": page_path(procedure, CHECKLIST, language=language),
    }
    if procedure in SUMS:
        linked["sum"] = page_path(procedure, CALCULATOR, language=language)
    return told, linked


_MAY_COME_TO_PAY = frozenset(
    {Status.REGISTERED, Status.ACCEPTED, Status.PROCESSING, Status.SUPPLEMENT_NEEDED}
)
"""States before the tax office's notice, if there is to be one."""


def _paying(view: DossierView, now: datetime, language: Language) -> list[Block]:
    """Return how to pay, for whom it concerns: nothing once the dossier is done with it."""
    if view.status is not Status.TAX_DUE and view.status not in _MAY_COME_TO_PAY:
        return []
    try:
        return how_to_pay(get_catalogue(), vietnam_date(now), language)
    except CatalogueError as error:
        _log.warning("dossier_page_without_paying", error=type(error).__name__)
        return []


def _bars(bars: tuple[Bar, ...]) -> list[tuple[Bar, int]]:
    """Return bars with their lengths in hundredths of the longest."""
    most = max(bar.count for bar in bars) or 1
    return [(bar, round(100 * bar.count / most)) for bar in bars]


def _map(site: Site, view: DossierView) -> str:
    """Return where a map shows the office; empty where its address is not known or a sample."""
    office = view.office
    if office is None or office.sample or not office.address:
        return ""
    province = PROVINCES.get(site.settings.province, "")
    query = ", ".join(part for part in (office.address, province) if part)
    return f"https://www.google.com/maps/search/?{urlencode({'api': 1, 'query': query})}"


def _desk(site: Site) -> Desk:
    settings = site.settings
    real = settings.sms_provider != "phone"
    offices = offices_of(settings.offices_file)
    return Desk.of(settings, offices, get_templates(), site.vault, real)
