"""The plan: which news is told to whom, when, in which message, or why not.

The decisions are pure functions; `plan_batch` is the input and output around them. In one
transaction it takes pending events, writes what was decided about each, and puts the messages in
the outbox: an event is planned exactly once whatever dies when.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, delete, func, select, union, update
from sqlalchemy.orm import Session

from core.clock import show_date, vietnam_date
from dossiers.inserting import insert_into
from dossiers.lifecycle import FINAL, PAUSED, Language, Status
from dossiers.models import ChangedNumber, Dossier, DossierEvent, Office, PendingEvent
from notifier.budget import enqueue
from notifier.desk import (
    Desk,
    Subject,
    draft_about,
    forbidden,
    subject_columns,
    tongue,
    with_events,
)
from notifier.models import Message, PlanDecision, Reminder
from notifier.outbox import Change, Draft, at, change, opted_out, picked
from notifier.policy import Step
from notifier.states import UNSENT, Cause, State
from notifier.templates import MessageClass
from notifier.vocabulary import Why

BATCH = 500
"""Events to a transaction."""

LATENESS = frozenset({"late_warning", "late_apology"})
"""Templates that tell of a missed appointment rather than of a state."""
STILL_OPEN = frozenset(Status) - FINAL - PAUSED - {Status.DONE}
"""States in which the time towards the appointment runs."""

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

IN_ENGLISH_DIGEST: Mapping[Status, str] = {
    Status.SUPPLEMENT_NEEDED: "papers needed",
    Status.TAX_DUE: "tax or fees due",
    Status.DONE: "ready",
    Status.NOT_ACCEPTED: "not accepted",
    Status.STOPPED: "stopped",
    Status.WITHDRAWN: "withdrawn",
    Status.PROCESSING: "in process",
    Status.ACCEPTED: "accepted",
    Status.REGISTERED: "registered",
    Status.RETURNED: "handed over",
}
"""The same in English."""

NAMES_DUE = frozenset({Status.ACCEPTED, Status.PROCESSING})
"""States whose message names the appointment."""

NAMED_IN_DIGEST = 3
"""States that a digest counts one by one; the rest it sums up."""


@dataclass(frozen=True, kw_only=True)
class News(Subject):
    """An event with what the decision needs of its dossier."""

    event_id: int
    latest_version: int
    status: Status
    is_backlog: bool
    due_on: date | None


def decide(news: News) -> Why:
    """Return whether an event is news for its applicant (`TOLD`), or why not."""
    if news.is_backlog:
        return Why.BACKLOG
    if news.version < news.latest_version:
        return Why.SUPERSEDED
    if news.phone_index is None:
        return Why.NO_MOBILE
    return Why.TOLD


def priority(statuses: Iterable[Status]) -> int:
    """Return how urgent news of these states is; see `outbox.PRIORITIES`."""
    return 1 if any(status in TO_DO for status in statuses) else 2


def summary(statuses: Iterable[Status], language: Language = "vi") -> str:
    """Return what a digest says of its dossiers: "5 có kết quả, 2 chờ nộp thuế phí"."""
    words = IN_ENGLISH_DIGEST if language == "en" else IN_DIGEST
    counts = Counter(statuses)
    order = [status for status in IN_DIGEST if counts[status]]
    named = order if len(order) <= NAMED_IN_DIGEST + 1 else order[:NAMED_IN_DIGEST]
    parts = [f"{counts[status]} {words[status]}" for status in named]
    rest = sum(counts[status] for status in order if status not in named)
    others = "other" if language == "en" else "tin khác"
    return ", ".join([*parts, f"{rest} {others}"] if rest else parts)


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
                alone = (
                    _draft(desk, [one], now, None, _put_off(session, desk, [one], now))
                    if one.phone_index
                    else None
                )
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
    made = _tell(session, desk, drafts, decided, now)
    _record(session, decided, {one.event_id for one in news}, now)
    return Planned(len(news), made)


def _tell(
    session: Session,
    desk: Desk,
    drafts: Sequence[tuple[Draft, list[int]]],
    decided: dict[int, Decision],
    now: datetime,
) -> int:
    """Put messages into the outbox and note in `decided` which event each tells of; return how
    many messages were new."""
    ids = enqueue(session, [draft for draft, _ in drafts], desk.budget, desk.vault, now)
    for draft, events in drafts:
        told = Why.IN_DIGEST if len(events) > 1 else Why.TOLD
        suppressed = draft.why if draft.state is State.SUPPRESSED else None
        decision = Decision(suppressed or told, ids.get(draft.dedupe_key))
        decided |= dict.fromkeys(events, decision)
    return len(ids)


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
            DossierEvent.version,
            Dossier.status_version.label("latest_version"),
            DossierEvent.status,
            DossierEvent.is_backlog,
            Dossier.due_on,
            *subject_columns(),
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
    if rows:
        insert = insert_into(session, PlanDecision)
        session.execute(insert.on_conflict_do_nothing(index_elements=["event_id"]), rows)
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
    reached = {one.dossier_id: one.status for one in news if one.version == one.latest_version}
    older = session.execute(
        select(
            Message.id,
            Message.state,
            Message.epoch,
            Message.dossier_id,
            Message.status_version,
            Message.template,
        ).where(Message.dossier_id.in_(newest), Message.state.in_(UNSENT))
    )
    changes = [
        Change(id_, state, epoch, Step(Cause.CANCEL, Why.SUPERSEDED))
        for id_, state, epoch, dossier_id, version, template in older
        if dossier_id is not None
        and version is not None
        and version < newest[dossier_id]
        # A step onwards does not make an appointment good that will be missed.
        and not (template in LATENESS and reached.get(dossier_id) in STILL_OPEN)
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


def _put_off(
    session: Session, desk: Desk, news: Iterable[News], now: datetime
) -> dict[int, date | None]:
    """Return the appointments, by dossier, of those that have waited for their applicant."""
    ids = {one.dossier_id for one in news if one.status in NAMES_DUE and one.version > 1}
    waited = session.scalars(
        select(DossierEvent.dossier_id)
        .where(DossierEvent.dossier_id.in_(ids), DossierEvent.status.in_(PAUSED))
        .distinct()
    )
    today = vietnam_date(now)
    return {one.id: desk.due(one, today) for one in with_events(session, waited.all())}


def _draft(
    desk: Desk,
    group: Sequence[News],
    now: datetime,
    why: Why | None,
    dues: Mapping[int, date | None],
    again: str = "",
) -> Draft | None:
    """Return the message that tells of one event, or of several of one person, or None where
    their number cannot be read. `again` sets a message apart from an earlier one of the same
    news."""
    first, alone = group[0], len(group) == 1
    statuses = [one.status for one in group]
    template = first.status.value if alone else "digest"
    due = dues.get(first.dossier_id, first.due_on)
    person = (first.phone_index or "")[:16]
    if alone:
        key = f"{first.dossier_id}:{first.version}:{template}:{person}{again}"
    else:
        events = ",".join(str(one.event_id) for one in sorted(group, key=lambda n: n.event_id))
        key = f"digest:{person}:{sha256(events.encode()).hexdigest()[:24]}{again}"
    return draft_about(
        desk,
        template,
        group,
        {
            "due": show_date(due) if due else "",
            "summary": summary(statuses, tongue(group)),
        },
        key=key,
        now=now,
        priority=priority(statuses),
        why=why,
    )


# --- numbers that changed ------------------------------------------------------------------------


def follow_numbers(session: Session, desk: Desk, now: datetime, limit: int = BATCH) -> Planned:
    """See to what waits for the old number of dossiers that have another by now: it is cancelled,
    and its news goes to the new number, in the same state of waiting.

    What had left, had left. Returns the dossiers seen to and the messages made. Reminders are
    forgotten, and given again by `reminders`; warnings and apologies by `lateness`.
    """
    taken = session.execute(
        delete(ChangedNumber)
        .where(
            ChangedNumber.dossier_id.in_(
                picked(session, select(ChangedNumber.dossier_id).limit(limit))
            )
        )
        .returning(ChangedNumber.dossier_id)
        .execution_options(synchronize_session=False)
    )
    dossiers = set(taken.scalars())
    if not dossiers:
        return Planned(0, 0)
    waiting = _waiting_for_old_numbers(session, dossiers)
    cancel = Step(Cause.CANCEL, Why.NUMBER_CHANGED)
    withdrawn = change(
        session,
        [Change(one.id, one.state, one.epoch, cancel) for one in waiting],
        "plan",
        now,
    )
    session.execute(delete(Reminder).where(Reminder.message_id.in_(withdrawn)))
    held = {one.id: one.why for one in waiting if one.state is State.HELD}
    decided: dict[int, Decision] = {}
    drafts: list[tuple[Draft, list[int]]] = []
    for one in waiting:
        if one.id not in withdrawn:
            continue
        event_ids = session.scalars(
            select(PlanDecision.event_id).where(
                PlanDecision.message_id.in_({one.id, one.retry_of} - {None})
            )
        ).all()
        by_person: dict[str, list[News]] = defaultdict(list)
        for news in _read(session, event_ids):
            why = decide(news)
            if why is Why.TOLD:
                by_person[news.phone_index or ""].append(news)
            else:
                decided[news.event_id] = Decision(why)
        silent = opted_out(session, by_person)
        for person, group in by_person.items():
            not_to = forbidden(sample=one.sample, real=desk.real, has_opted_out=person in silent)
            dues = _put_off(session, desk, group, now)
            # Who has two of a digest's three dossiers left is told of each.
            together = len(group) >= desk.digest_from
            for part in [group] if together else [[news] for news in group]:
                draft = _draft(desk, part, now, not_to, dues, f"#{one.id}")
                events = [news.event_id for news in part]
                if draft is None:
                    decided |= dict.fromkeys(events, Decision(Why.UNREADABLE))
                    continue
                if one.id in held and held[one.id] is not Why.BUDGET and not_to is None:
                    draft = replace(draft, state=State.HELD, why=held[one.id])
                drafts.append((draft, events))
    made = _tell(session, desk, drafts, decided, now)
    _record(session, decided, set(), now)
    return Planned(len(dossiers), made)


def _waiting_for_old_numbers(session: Session, dossiers: set[int]) -> Sequence[Any]:
    """Return the unsent messages that tell of these dossiers, alone or with others, and go to a
    number that is not the dossier's."""
    columns = (
        Message.id,
        Message.state,
        Message.epoch,
        Message.why,
        Message.sample,
        Message.retry_of,
    )
    elsewhere = Message.phone_index != func.coalesce(Dossier.phone_index, "")
    reminding = (
        select(*columns)
        .join(Reminder, Reminder.message_id == Message.id)
        .join(Dossier, Dossier.id == Reminder.dossier_id)
        .where(Dossier.id.in_(dossiers), Message.state.in_(UNSENT), elsewhere)
    )
    alone = (
        select(*columns)
        .join(Dossier, Dossier.id == Message.dossier_id)
        .where(Dossier.id.in_(dossiers), Message.state.in_(UNSENT), elsewhere)
    )
    together = (
        select(*columns)
        .join(PlanDecision, PlanDecision.message_id == Message.id)
        .join(DossierEvent, DossierEvent.id == PlanDecision.event_id)
        .join(Dossier, Dossier.id == DossierEvent.dossier_id)
        .where(Dossier.id.in_(dossiers), Message.state.in_(UNSENT), elsewhere)
    )
    return session.execute(union(alone, together, reminding)).all()
