"""The desk: what writing a message takes, of the installation and of the dossier, and the one place
where a message is put together from them. What is said to whom, and when, others decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from core.observability import get_logger
from core.privacy import UnreadableSecret, Vault
from core.settings import Settings
from dossiers.appointments import Reckon, appointment_of
from dossiers.lifecycle import Language
from dossiers.links import Link, make_link
from dossiers.models import Dossier, Office
from dossiers.offices import OfficeBook
from notifier.budget import Budget
from notifier.outbox import Draft
from notifier.policy import Rules, earliest
from notifier.states import State
from notifier.templates import InvalidTemplate, Template, Templates, render
from notifier.vocabulary import Why
from procedures.appointments import get_reckoner

log = get_logger(__name__)

Contact = Callable[[str], tuple[str, ...]]
"""From an office's name to ways of saying where to ask, the fullest first."""

Due = Callable[[Dossier, date], date | None]


@dataclass(frozen=True)
class Desk:
    """What the plan needs to know of the installation."""

    templates: Templates
    vault: Vault
    rules: Rules
    sign: str
    """Who writes."""
    contact: Contact
    real: bool
    """True if the provider reaches people."""
    digest_from: int
    settle: timedelta
    """For which notices to somebody with many dossiers wait for one another."""
    budget: Budget = field(default_factory=Budget)
    due: Due = lambda dossier, today: dossier.due_on
    """The appointment that holds on a day, where a wait may have put it off."""
    site: str = ""
    """Address of the site whose pages messages link to; empty: they name the office instead."""
    link_lasts: timedelta = timedelta(days=180)
    """For which such a link opens."""

    @classmethod
    def of(
        cls,
        settings: Settings,
        offices: OfficeBook,
        templates: Templates,
        vault: Vault,
        real: bool,
    ) -> Desk:
        """Return the desk of an installation."""
        return cls(
            templates,
            vault,
            Rules.of(settings),
            settings.sms_sign,
            contact_lines(settings, offices),
            real,
            settings.digest_from,
            timedelta(seconds=settings.digest_settle),
            Budget.of(settings),
            true_due(get_reckoner().reckon, offices),
            settings.public_base if settings.sms_ends_with == "link" else "",
            timedelta(days=settings.link_days),
        )


def true_due(reckon: Reckon, offices: OfficeBook) -> Due:
    """Return how the look-up tells appointments, so that an SMS never names another date."""

    def due(dossier: Dossier, today: date) -> date | None:
        office = offices.of(dossier.office.name if dossier.office else "", dossier.code)
        return appointment_of(dossier, reckon, office, today).due

    return due


def contact_lines(settings: Settings, offices: OfficeBook) -> Contact:
    """Return how an SMS of this installation says where to ask: the office by its short name, its
    hotline or the installation's, and the site if it is public."""
    site = settings.public_url.removeprefix("https://").rstrip("/")

    def lines(name: str) -> tuple[str, ...]:
        info = offices.find(name)
        office = (info.sms_name if info else "") or name
        hotline = (info.hotline if info else "") or settings.hotline.strip()
        by_phone = f"LH {office}, {hotline}." if office and hotline else ""
        shortest = f"LH {hotline}." if hotline else f"LH {office}." if office else ""
        with_site = f"{by_phone or shortest} {site}".strip() if site else ""
        return tuple(line for line in (with_site, by_phone, shortest) if line)

    return lines


def link_lines(address: str, invitations: Sequence[str] = ()) -> tuple[str, ...]:
    """Return how an SMS names the page at `address`, the fullest first: by an invitation to it, if
    its template has one, or else to see it."""
    bare = address.removeprefix("https://")
    said = (f"{words} {way}" for words in (*invitations, "Xem") for way in (address, bare))
    return tuple(dict.fromkeys((*said, bare)))


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A dossier as a message about it needs it."""

    dossier_id: int
    code: str
    version: int
    """Of the dossier's state that the message tells of."""
    office_id: int | None
    office: str
    phone_enc: str | None = field(repr=False)
    phone_index: str | None
    sample: bool
    language: Language = "vi"


def subject_columns() -> tuple[ColumnElement[Any], ...]:
    """Return what to select for a `Subject`, but for its `version`, from dossiers outer-joined with
    their offices."""
    return (
        Dossier.id.label("dossier_id"),
        Dossier.code.label("code"),
        Dossier.office_id.label("office_id"),
        func.coalesce(Office.name, "").label("office"),
        Dossier.phone_enc.label("phone_enc"),
        Dossier.phone_index.label("phone_index"),
        Dossier.sample.label("sample"),
        Dossier.language.label("language"),
    )


def with_events(session: Session, dossiers: Iterable[int]) -> Iterator[Dossier]:
    """Yield these dossiers with their offices and events, as judging their appointments takes."""
    ids = sorted(dossiers)
    for start in range(0, len(ids), 500):
        yield from session.scalars(
            select(Dossier)
            .options(joinedload(Dossier.office), selectinload(Dossier.events))
            .where(Dossier.id.in_(ids[start : start + 500]))
        )


def forbidden(*, sample: bool, real: bool, has_opted_out: bool) -> Why | None:
    """Return why nothing may be sent to a recipient at all, or None."""
    if sample and real:
        return Why.SAMPLE_DATA
    return Why.OPTED_OUT if has_opted_out else None


def leaves(desk: Desk, template: Template, key: str, now: datetime) -> datetime:
    """Return when a message planned now may leave: at once, or in the morning."""
    return earliest(now, desk.rules, template.message_class, key) if desk.real else now


def draft(
    desk: Desk,
    template_key: str,
    values: Mapping[str, str],
    *,
    to: str,
    key: str,
    now: datetime,
    priority: int = 1,
    about: Subject | None = None,
    office: str = "",
    office_id: int | None = None,
    language: Language = "vi",
    sample: bool = False,
    lasts: timedelta | None = None,
    why: Why | None = None,
) -> Draft:
    """Return a message to `to` (E.164).

    `key` is what it is about and to whom. `about` is the one dossier that it tells of, if it is
    one: it is then overtaken by that dossier's next news, and may link to its page. `office` names
    the office to ask. It is no news any more after `lasts`, if not after the installation's expiry.
    `why` is why it must not be sent: it is then kept on record as suppressed.
    """
    template = desk.templates[template_key]
    ways = desk.contact(office)
    link: Link | None = None
    if about and desk.site and why is None:
        link = make_link(desk.vault, about.dossier_id, now, desk.link_lasts)
        ways = (*link_lines(desk.site + link.path, template.invites), *ways)
    rendered = render(template, {"sign": desk.sign, **values}, ways, language)
    if link and link.path not in rendered.text:
        link = None  # it did not fit
    not_before = leaves(desk, template, key, now)
    return Draft(
        dedupe_key=key,
        template=template,
        rendered=rendered,
        to=to,
        priority=priority,
        not_before=not_before,
        expires_at=not_before + (lasts or desk.rules.expiry),
        dossier_id=about.dossier_id if about else None,
        status_version=about.version if about else None,
        office_id=office_id,
        sample=sample,
        state=State.QUEUED if why is None else State.SUPPRESSED,
        why=why,
        link=link,
    )


def draft_about(
    desk: Desk,
    template_key: str,
    group: Sequence[Subject],
    values: Mapping[str, str],
    *,
    key: str,
    now: datetime,
    priority: int = 1,
    why: Why | None = None,
) -> Draft | None:
    """Return the message to one person about one dossier, or about several, or None where it cannot
    be put together: their number cannot be read, or the text lacks a value. See `draft`."""
    first, alone = group[0], len(group) == 1
    offices = {one.office for one in group}
    try:
        return draft(
            desk,
            template_key,
            {"code": first.code, "count": str(len(group)), **values},
            to=desk.vault.decrypt(first.phone_enc or ""),
            key=key,
            now=now,
            priority=priority,
            about=first if alone else None,
            office=offices.pop() if len(offices) == 1 else "",
            office_id=first.office_id if alone else None,
            language=tongue(group),
            sample=first.sample,
            why=why,
        )
    except (UnreadableSecret, InvalidTemplate) as error:
        # One of them must not keep all others from being planned.
        log.error("message cannot be made", template=template_key, error=type(error).__name__)
        return None


def tongue(group: Sequence[Subject]) -> Language:
    """Return the language in which to write of these dossiers: English if all ask for it."""
    return "en" if all(one.language == "en" for one in group) else "vi"
