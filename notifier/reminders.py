"""The morning's reminders: what waits for its applicant, to be collected, paid or handed in.

Each threshold of working days is reminded of once, whatever becomes of the thresholds meanwhile.
The calendar of working days is handed in; events are `plan`'s, missed appointments `lateness`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.clock import vietnam_date
from core.settings import Settings
from dossiers.lifecycle import Status
from dossiers.models import Dossier, Office
from notifier.budget import enqueue
from notifier.desk import Desk, Subject, draft_about, forbidden, subject_columns
from notifier.models import Reminder
from notifier.outbox import Draft, insert_new, opted_out
from notifier.vocabulary import Why

WorkingDays = Callable[[date, date], int]
"""Working days after the first date, up to and including the second."""

Thresholds = Mapping[Status, tuple[int, ...]]
"""State → working days in it after which its applicant is reminded."""

MISSED_MORNINGS = 2
"""Working days for which a reminder is made up for, should the notifier not have run. What has
been waiting for longer is not news of this morning: an office's old backlog is left alone.
"""

SAYING: Mapping[Status, tuple[str, str]] = {
    Status.DONE: ("collect_reminder", "collect_digest"),
    Status.TAX_DUE: ("tax_reminder", "tax_digest"),
    Status.SUPPLEMENT_NEEDED: ("supplement_reminder", "supplement_digest"),
}
"""State → the templates that remind of one dossier in it, and of several of one person."""


def thresholds_of(settings: Settings) -> Thresholds:
    """Return when an installation reminds of what."""
    return {
        Status.DONE: settings.collect_reminder_days,
        Status.TAX_DUE: settings.tax_reminder_days,
        Status.SUPPLEMENT_NEEDED: settings.supplement_reminder_days,
    }


@dataclass(frozen=True, kw_only=True)
class Waiting(Subject):
    """A dossier that waits for its applicant."""

    status: Status
    since: date


_Key = tuple[int, int, int]
"""Dossier, version of its state, threshold."""


def threshold(waited: int, thresholds: Iterable[int], given: Iterable[int] = ()) -> int | None:
    """Return which reminder is due after `waited` working days, or None.

    The latest threshold reached, if it was reached today or within `MISSED_MORNINGS`, and no
    reminder was given for it or a later one. One of `given`, the thresholds reminded of so far,
    stands for the present threshold nearest to it: so a threshold that was moved from 3 days to 5
    is not reminded of twice.
    """
    present = sorted(set(thresholds))
    latest = max((days for days in present if days <= waited), default=None)
    if latest is None or waited - latest > MISSED_MORNINGS:
        return None
    covered = {min(present, key=lambda days: (abs(days - past), -days)) for past in given}
    return latest if latest > max(covered, default=-1) else None


def remind(
    session: Session,
    desk: Desk,
    thresholds: Thresholds,
    working_days: WorkingDays,
    now: datetime,
) -> int:
    """Put this morning's reminders into the outbox; return how many were new.

    May run any number of times: each is written down, unique by dossier, state and threshold.
    """
    made = 0
    for status, days in thresholds.items():
        if days:
            made += _remind_of(session, desk, status, days, working_days, now)
    return made


def _remind_of(
    session: Session,
    desk: Desk,
    status: Status,
    thresholds: tuple[int, ...],
    working_days: WorkingDays,
    now: datetime,
) -> int:
    today = vietnam_date(now)
    # Working days stretch over holidays: beyond this, none is within `MISSED_MORNINGS` any more.
    horizon = now - timedelta(days=3 * max(thresholds) + 30)
    waiting = _waiting(session, status, horizon)
    given = _given(session, status, horizon)
    due: dict[_Key, Waiting] = {}
    for one in waiting:
        past = given.get((one.dossier_id, one.version), ())
        days = threshold(working_days(one.since, today), thresholds, past)
        if days is not None:
            due[one.dossier_id, one.version, days] = one
    fresh = _enter(session, due, now)
    by_person: dict[tuple[str, bool], list[_Key]] = defaultdict(list)
    for key in fresh:
        by_person[due[key].phone_index or "", due[key].sample].append(key)
    silent = opted_out(session, {person for person, _sample in by_person})
    drafts: list[tuple[Draft, list[_Key]]] = []
    for (person, sample), keys in by_person.items():
        why = forbidden(sample=sample, real=desk.real, has_opted_out=person in silent)
        together = len(keys) >= desk.digest_from
        for group in [keys] if together else [[key] for key in keys]:
            draft = _draft(desk, group, due, why, now)
            if draft is not None:
                drafts.append((draft, group))
    ids = enqueue(session, [draft for draft, _ in drafts], desk.budget, desk.vault, now)
    for draft, group in drafts:
        for dossier_id, version, days in group:
            session.execute(
                update(Reminder)
                .where(
                    Reminder.dossier_id == dossier_id,
                    Reminder.status_version == version,
                    Reminder.days == days,
                )
                .values(message_id=ids.get(draft.dedupe_key))
            )
    return len(ids)


def _draft(
    desk: Desk,
    group: Sequence[_Key],
    due: Mapping[_Key, Waiting],
    why: Why | None,
    now: datetime,
) -> Draft | None:
    """Return one message that reminds of all dossiers of the group."""
    dossiers = [due[key] for key in group]
    first, days = dossiers[0], group[0][2]
    template = SAYING[first.status][0 if len(group) == 1 else 1]
    said = ",".join(":".join(map(str, key)) for key in group)
    print_ = sha256(f"{vietnam_date(now)}:{said}".encode()).hexdigest()[:24]
    return draft_about(
        desk,
        template,
        dossiers,
        {"days": str(days)},
        key=f"{template}:{(first.phone_index or '')[:16]}:{print_}",
        now=now,
        why=why,
    )


def _enter(session: Session, due: Iterable[_Key], now: datetime) -> list[_Key]:
    """Write down that these reminders are given; return those that had not been."""
    rows = [
        {"dossier_id": dossier, "status_version": version, "days": days, "at": now}
        for dossier, version, days in due
    ]
    fresh: list[_Key] = []
    for start in range(0, len(rows), 500):
        insert = insert_new(
            session, Reminder, rows[start : start + 500], "dossier_id", "status_version", "days"
        ).returning(Reminder.dossier_id, Reminder.status_version, Reminder.days)
        fresh += [tuple(row) for row in session.execute(insert)]
    return sorted(fresh)


def _given(session: Session, status: Status, horizon: datetime) -> dict[tuple[int, int], list[int]]:
    """Return the thresholds reminded of so far, by dossier and version of its present state."""
    rows = session.execute(
        select(Reminder.dossier_id, Reminder.status_version, Reminder.days)
        .join(Dossier, Dossier.id == Reminder.dossier_id)
        .where(
            Dossier.status == status,
            Dossier.moved_at >= horizon,
            Dossier.status_version == Reminder.status_version,
        )
    )
    given: dict[tuple[int, int], list[int]] = defaultdict(list)
    for dossier_id, version, days in rows:
        given[dossier_id, version].append(days)
    return given


def _waiting(session: Session, status: Status, horizon: datetime) -> list[Waiting]:
    # A result may have been there before the export told of it.
    since = func.coalesce(Dossier.done_at, Dossier.moved_at)
    rows = session.execute(
        select(
            *subject_columns(),
            Dossier.status_version.label("version"),
            Dossier.status,
            (since if status is Status.DONE else Dossier.moved_at).label("since"),
        )
        .outerjoin(Office, Office.id == Dossier.office_id)
        .where(
            Dossier.status == status,
            Dossier.moved_at >= horizon,
            Dossier.phone_index.is_not(None),
        )
        .order_by(Dossier.id)
    )
    return [
        Waiting(**{**row._mapping, "since": vietnam_date(row._mapping["since"])}) for row in rows
    ]
