"""The plan: which news is told to whom, when, in which message, or why not.

The decisions are pure functions; `plan_batch` is the input and output around them. In one
transaction it takes pending events, writes what was decided about each, and puts the messages in
the outbox: an event is planned exactly once whatever dies when.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from core.clock import show_date, vietnam_date
from core.privacy import UnreadableSecret, Vault
from core.settings import Settings
from dossiers.appointments import Reckon, appointment_of
from dossiers.lifecycle import PAUSED, Status
from dossiers.models import Dossier, DossierEvent, Office, PendingEvent
from dossiers.offices import OfficeBook
from notifier.models import Message, PlanDecision
from notifier.outbox import Change, Draft, at, change, insert_new, opted_out, picked, put
from notifier.policy import Rules, Step, earliest
from notifier.states import UNSENT, Cause, State
from notifier.templates import MessageClass, Template, Templates, render
from notifier.vocabulary import Why
from procedures.appointments import get_reckoner

BATCH = 500
"""Events to a transaction."""

TO_DO = (
    Status.SUPPLEMENT_NEEDED,
    Status.TAX_DUE,
    Status.DONE,
    Status.NOT_ACCEPTED,
    Status.STOPPED,
    Status.WITHDRAWN,
)
"""States of which the applicant should hear first: they ask something of them, or end the way.
In the order in which a digest names them."""

IN_DIGEST: Mapping[Status, str] = {
    Status.SUPPLEMENT_NEEDED: "cần bổ sung giấy tờ",
    Status.TAX_DUE: "chờ nộp thuế phí",
    Status.DONE: "có kết quả",
    Status.NOT_ACCEPTED: "chưa được tiếp nhận",
    Status.STOPPED: "dừng xử lý",
    Status.WITHDRAWN: "đã rút",
    Status.PROCESSING: "đang giải quyết",
    Status.ACCEPTED: "được tiếp nhận",
    Status.REGISTERED: "đã đăng ký",
    Status.RETURNED: "đã trả kết quả",
}
"""How a digest counts each state, the most pressing first."""

NAMES_DUE = frozenset({Status.ACCEPTED, Status.PROCESSING})
"""States whose message names the appointment."""

NAMED_IN_DIGEST = 3
"""States that a digest counts one by one; the rest it sums up."""

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
    due: Due = lambda dossier, today: dossier.due_on
    """The appointment that holds on a day, where a wait may have put it off."""

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
            true_due(get_reckoner().reckon, offices),
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


@dataclass(frozen=True)
class News:
    """An event with what the decision needs of its dossier."""

    event_id: int
    dossier_id: int
    code: str
    version: int
    latest_version: int
    status: Status
    is_backlog: bool
    due_on: date | None
    office_id: int | None
    office: str
    phone_enc: str | None = field(repr=False)
    phone_index: str | None
    sample: bool


def decide(news: News) -> Why:
    """Return whether an event is news for its applicant (`TOLD`), or why not."""
    if news.is_backlog:
        return Why.BACKLOG
    if news.version < news.latest_version:
        return Why.SUPERSEDED
    if news.phone_index is None:
        return Why.NO_MOBILE
    return Why.TOLD


def forbidden(*, sample: bool, real: bool, has_opted_out: bool) -> Why | None:
    """Return why nothing may be sent to a recipient at all, or None."""
    if sample and real:
        return Why.SAMPLE_DATA
    return Why.OPTED_OUT if has_opted_out else None


def priority(statuses: Iterable[Status]) -> int:
    """Return how urgent news of these states is; see `outbox.PRIORITIES`."""
    return 1 if any(status in TO_DO for status in statuses) else 2


def summary(statuses: Iterable[Status]) -> str:
    """Return what a digest says of its dossiers: "5 có kết quả, 2 chờ nộp thuế phí"."""
    counts = Counter(statuses)
    order = [status for status in IN_DIGEST if counts[status]]
    named = order if len(order) <= NAMED_IN_DIGEST + 1 else order[:NAMED_IN_DIGEST]
    parts = [f"{counts[status]} {IN_DIGEST[status]}" for status in named]
    rest = sum(counts[status] for status in order if status not in named)
    return ", ".join([*parts, f"{rest} tin khác"] if rest else parts)


@dataclass(frozen=True)
class Decision:
    """What is written down about an event."""

    why: Why
    message_id: int | None = None


@dataclass(frozen=True)
class Planned:
    """What a batch came to."""

    events: int
    messages: int


def plan_batch(session: Session, desk: Desk, now: datetime, limit: int = BATCH) -> Planned:
    """Plan up to `limit` pending events, and whatever else waits for the same people.

    Two planners cannot take one event: taking is deleting it, which is undone if this transaction
    fails.
    """
    taken = _take(session, select(PendingEvent.event_id).order_by(PendingEvent.event_id), limit)
    if not taken:
        return Planned(0, 0)
    news = _read(session, taken)
    people = {one.phone_index for one in news if one.phone_index and decide(one) is Why.TOLD}
    more = _take(
        session,
        select(PendingEvent.event_id)
        .join(DossierEvent, DossierEvent.id == PendingEvent.event_id)
        .join(Dossier, Dossier.id == DossierEvent.dossier_id)
        .where(Dossier.phone_index.in_(people)),
        limit * 20,
    )
    news += _read(session, more)

    decided = {one.event_id: Decision(decide(one)) for one in news}
    _cancel_overtaken(session, news, now)
    silent = opted_out(session, people)
    busy = _people_with_many_dossiers(session, people, desk.digest_from)
    by_person: dict[tuple[str, bool], list[News]] = defaultdict(list)
    for one in news:
        if decided[one.event_id].why is Why.TOLD:
            by_person[one.phone_index or "", one.sample].append(one)

    dues = _put_off(session, desk, [one for items in by_person.values() for one in items], now)
    drafts: list[tuple[Draft, list[int]]] = []
    for (person, sample), items in by_person.items():
        why = forbidden(sample=sample, real=desk.real, has_opted_out=person in silent)
        settle, together = timedelta(), False
        if why is None and person in busy:
            settle = desk.settle
            waiting, moved = _withdraw_waiting(session, person, sample, now)
            for one in moved:
                # Its number was corrected while it waited: it is no longer this person's news.
                alone = _draft(desk, [one], now, None, dues) if one.phone_index else None
                if alone is None:
                    decided[one.event_id] = Decision(Why.NO_MOBILE)
                else:
                    drafts.append((alone, [one.event_id]))
            items, overtaken = newest_of_each([*waiting, *items])
            decided |= dict.fromkeys(overtaken, Decision(Why.SUPERSEDED))
            # What was withdrawn can only go out in a digest: its own message is closed.
            together = bool(waiting) or len(items) >= desk.digest_from
        for group in [items] if together else [[one] for one in items]:
            draft = _draft(desk, group, now + settle, why, dues)
            events = [one.event_id for one in group]
            if draft is None:
                decided |= dict.fromkeys(events, Decision(Why.UNREADABLE))
            else:
                drafts.append((draft, events))
    ids = put(session, [draft for draft, _ in drafts], desk.vault, now)
    for draft, events in drafts:
        told = Why.IN_DIGEST if len(events) > 1 else Why.TOLD
        decision = Decision(draft.why or told, ids.get(draft.dedupe_key))
        decided |= dict.fromkeys(events, decision)
    _record(session, decided, {one.event_id for one in news}, now)
    return Planned(len(news), len(ids))


def _take(session: Session, query: Select[int], limit: int) -> list[int]:
    taken = session.execute(
        delete(PendingEvent)
        .where(PendingEvent.event_id.in_(picked(session, query.limit(limit))))
        .returning(PendingEvent.event_id)
        .execution_options(synchronize_session=False)
    )
    return sorted(taken.scalars())


def _read(session: Session, event_ids: Sequence[int]) -> list[News]:
    if not event_ids:
        return []
    rows = session.execute(
        select(
            DossierEvent.id.label("event_id"),
            DossierEvent.dossier_id,
            Dossier.code,
            DossierEvent.version,
            Dossier.status_version.label("latest_version"),
            DossierEvent.status,
            DossierEvent.is_backlog,
            Dossier.due_on,
            Dossier.office_id,
            func.coalesce(Office.name, "").label("office"),
            Dossier.phone_enc,
            Dossier.phone_index,
            Dossier.sample,
        )
        .join(Dossier, Dossier.id == DossierEvent.dossier_id)
        .outerjoin(Office, Office.id == Dossier.office_id)
        .where(DossierEvent.id.in_(event_ids))
        .order_by(DossierEvent.id)
    )
    return [News(**row._mapping) for row in rows]


def _record(
    session: Session, decided: Mapping[int, Decision], new: set[int], now: datetime
) -> None:
    """Write down what was decided: of new events, and of earlier ones that joined a digest."""
    rows = [
        {"event_id": event_id, "at": now, "why": one.why, "message_id": one.message_id}
        for event_id, one in decided.items()
        if event_id in new
    ]
    for start in range(0, len(rows), 500):
        session.execute(insert_new(session, PlanDecision, rows[start : start + 500], "event_id"))
    moved: dict[Decision, list[int]] = defaultdict(list)
    for event_id, one in decided.items():
        if event_id not in new:
            moved[one].append(event_id)
    for one, event_ids in moved.items():
        session.execute(
            update(PlanDecision)
            .where(PlanDecision.event_id.in_(event_ids))
            .values(why=one.why, message_id=one.message_id)
        )


def _cancel_overtaken(session: Session, news: Sequence[News], now: datetime) -> None:
    """Cancel what is still unsent of older news of these dossiers, reminders among it."""
    newest = {one.dossier_id: one.latest_version for one in news}
    older = session.execute(
        select(
            Message.id, Message.state, Message.epoch, Message.dossier_id, Message.status_version
        ).where(Message.dossier_id.in_(newest), Message.state.in_(UNSENT))
    )
    changes = [
        Change(id_, state, epoch, Step(Cause.CANCEL, Why.SUPERSEDED))
        for id_, state, epoch, dossier_id, version in older
        if dossier_id is not None and version is not None and version < newest[dossier_id]
    ]
    change(session, changes, "plan", now)


def _people_with_many_dossiers(session: Session, people: Iterable[str], many: int) -> set[str]:
    found = (
        select(Dossier.phone_index)
        .where(Dossier.phone_index.in_(set(people)))
        .group_by(Dossier.phone_index)
        .having(func.count() >= many)
    )
    return {index for index in session.execute(found).scalars() if index}


def newest_of_each(news: Iterable[News]) -> tuple[list[News], list[int]]:
    """Return the newest news of each dossier, and the events that it overtakes."""
    newest: dict[int, News] = {}
    overtaken: list[int] = []
    for one in sorted(news, key=lambda n: n.version):
        if one.dossier_id in newest:
            overtaken.append(newest[one.dossier_id].event_id)
        newest[one.dossier_id] = one
    return list(newest.values()), overtaken


def _withdraw_waiting(
    session: Session, person: str, sample: bool, now: datetime
) -> tuple[list[News], list[News]]:
    """Withdraw the messages that wait unsent for a person; return the news they told of: what is
    still theirs, and what is of dossiers that have another number by now.

    A message that a worker has already taken goes its own way.
    """
    waiting = session.execute(
        select(Message.id, Message.epoch)
        .join(PlanDecision, PlanDecision.message_id == Message.id)
        .where(
            at(State.QUEUED),
            Message.phone_index == person,
            Message.message_class == MessageClass.NOTICE,
            Message.sample == sample,
        )
        .distinct()
    )
    withdraw = Step(Cause.CANCEL, Why.IN_DIGEST)
    changes = [Change(id_, State.QUEUED, epoch, withdraw) for id_, epoch in waiting]
    withdrawn = change(session, changes, "plan", now)
    event_ids = session.scalars(
        select(PlanDecision.event_id).where(PlanDecision.message_id.in_(withdrawn))
    )
    news = _read(session, list(event_ids))
    theirs = [one for one in news if (one.phone_index, one.sample) == (person, sample)]
    return theirs, [one for one in news if one not in theirs]


def leaves(desk: Desk, template: Template, key: str, now: datetime) -> datetime:
    """Return when a message planned now may leave: at once, or in the morning."""
    return earliest(now, desk.rules, template.message_class, key) if desk.real else now


def _put_off(
    session: Session, desk: Desk, news: Iterable[News], now: datetime
) -> dict[int, date | None]:
    """Return the appointments, by dossier, of those that have waited for their applicant."""
    ids = {one.dossier_id for one in news if one.status in NAMES_DUE and one.version > 1}
    waited = (
        select(DossierEvent.dossier_id)
        .where(DossierEvent.dossier_id.in_(ids), DossierEvent.status.in_(PAUSED))
        .distinct()
    )
    found = session.scalars(
        select(Dossier)
        .options(joinedload(Dossier.office), selectinload(Dossier.events))
        .where(Dossier.id.in_(waited))
    )
    return {dossier.id: desk.due(dossier, vietnam_date(now)) for dossier in found}


def _draft(
    desk: Desk,
    group: Sequence[News],
    now: datetime,
    why: Why | None,
    dues: Mapping[int, date | None],
) -> Draft | None:
    """Return the message that tells of one event, or of several of one person, or None where
    their number cannot be read."""
    first, alone = group[0], len(group) == 1
    statuses = [one.status for one in group]
    template = desk.templates[first.status.value if alone else "digest"]
    offices = {one.office for one in group}
    due = dues.get(first.dossier_id, first.due_on)
    rendered = render(
        template,
        {
            "sign": desk.sign,
            "code": first.code,
            "due": show_date(due) if due else "",
            "count": str(len(group)),
            "summary": summary(statuses),
        },
        desk.contact(offices.pop() if len(offices) == 1 else ""),
    )
    try:
        to = desk.vault.decrypt(first.phone_enc or "")
    except UnreadableSecret:
        return None
    person = (first.phone_index or "")[:16]
    if alone:
        key = f"{first.dossier_id}:{first.version}:{template.key}:{person}"
    else:
        events = ",".join(str(one.event_id) for one in sorted(group, key=lambda n: n.event_id))
        key = f"digest:{person}:{sha256(events.encode()).hexdigest()[:24]}"
    not_before = leaves(desk, template, key, now)
    return Draft(
        dedupe_key=key,
        template=template,
        rendered=rendered,
        to=to,
        priority=priority(statuses),
        not_before=not_before,
        expires_at=not_before + desk.rules.expiry,
        dossier_id=first.dossier_id if alone else None,
        status_version=first.version if alone else None,
        office_id=first.office_id if alone else None,
        sample=first.sample,
        state=State.QUEUED if why is None else State.SUPPRESSED,
        why=why,
    )
