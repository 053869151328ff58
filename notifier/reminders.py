"""The morning's reminders: results that are ready and have not been collected.

Each threshold of working days is reminded of once. The calendar of working days is handed in;
events are `plan`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.clock import vietnam_date
from core.privacy import UnreadableSecret
from dossiers.lifecycle import Status
from dossiers.models import Dossier, Office
from notifier.models import Reminder
from notifier.outbox import Draft, insert_new, opted_out, put
from notifier.plan import Desk, forbidden, leaves
from notifier.states import State
from notifier.templates import render
from notifier.vocabulary import Why

WorkingDays = Callable[[date, date], int]
"""Working days after the first date, up to and including the second."""

MISSED_MORNINGS = 2
"""Working days for which a reminder is made up for, should the notifier not have run. A result
that has been lying for longer is not news of this morning: an office's old backlog is left alone.
"""


@dataclass(frozen=True)
class Uncollected:
    """A dossier whose result waits."""

    dossier_id: int
    code: str
    version: int
    ready_on: date
    office_id: int | None
    office: str
    phone_enc: str = field(repr=False)
    phone_index: str
    sample: bool


def threshold(waited: int, thresholds: Iterable[int]) -> int | None:
    """Return which reminder is due after `waited` working days, or None.

    The latest threshold reached, if it was reached today or within `MISSED_MORNINGS`.
    """
    reached = [days for days in thresholds if days <= waited]
    latest = max(reached, default=None)
    return latest if latest is not None and waited - latest <= MISSED_MORNINGS else None


def remind(
    session: Session,
    desk: Desk,
    thresholds: tuple[int, ...],
    working_days: WorkingDays,
    now: datetime,
) -> int:
    """Put this morning's reminders into the outbox; return how many were new.

    May run any number of times: a message is unique by dossier, state, threshold and recipient.
    """
    if not thresholds:
        return 0
    today = vietnam_date(now)
    # Working days stretch over holidays: beyond this, none is within `MISSED_MORNINGS` any more.
    horizon = now - timedelta(days=3 * max(thresholds) + 30)
    due: dict[tuple[int, int, int], Uncollected] = {}
    for one in _uncollected(session, horizon):
        days = threshold(working_days(one.ready_on, today), thresholds)
        if days is not None:
            due[one.dossier_id, one.version, days] = one
    fresh = _enter(session, due, now)
    by_person: dict[tuple[str, bool], list[tuple[int, Uncollected]]] = defaultdict(list)
    for key in fresh:
        one = due[key]
        by_person[one.phone_index, one.sample].append((key[2], one))
    silent = opted_out(session, {person for person, _sample in by_person})
    made = 0
    for (person, sample), items in by_person.items():
        why = forbidden(sample=sample, real=desk.real, has_opted_out=person in silent)
        together = len(items) >= desk.digest_from
        for group in [items] if together else [[item] for item in items]:
            made += _put(session, desk, group, why, now)
    return made


def _enter(
    session: Session, due: Iterable[tuple[int, int, int]], now: datetime
) -> list[tuple[int, int, int]]:
    """Write down that these reminders are given; return those that had not been."""
    rows = [
        {"dossier_id": dossier, "status_version": version, "days": days, "at": now}
        for dossier, version, days in due
    ]
    fresh: list[tuple[int, int, int]] = []
    for start in range(0, len(rows), 500):
        insert = insert_new(
            session, Reminder, rows[start : start + 500], "dossier_id", "status_version", "days"
        ).returning(Reminder.dossier_id, Reminder.status_version, Reminder.days)
        fresh += [tuple(row) for row in session.execute(insert)]
    return sorted(fresh)


def _put(
    session: Session,
    desk: Desk,
    group: Sequence[tuple[int, Uncollected]],
    why: Why | None,
    now: datetime,
) -> int:
    """Put one message that reminds of all dossiers of the group."""
    days, first = group[0]
    alone = len(group) == 1
    template = desk.templates["collect_reminder" if alone else "collect_digest"]
    try:
        to = desk.vault.decrypt(first.phone_enc)
    except UnreadableSecret:
        return 0
    offices = {one.office for _, one in group}
    rendered = render(
        template,
        {"sign": desk.sign, "code": first.code, "days": str(days), "count": str(len(group))},
        desk.contact(offices.pop() if len(offices) == 1 else ""),
    )
    said = ",".join(f"{one.dossier_id}:{one.version}:{n}" for n, one in group)
    key = f"{template.key}:{first.phone_index[:16]}:{sha256(said.encode()).hexdigest()[:24]}"
    not_before = leaves(desk, template, key, now)
    draft = Draft(
        dedupe_key=key,
        template=template,
        rendered=rendered,
        to=to,
        priority=1,
        not_before=not_before,
        expires_at=not_before + desk.rules.expiry,
        dossier_id=first.dossier_id if alone else None,
        status_version=first.version if alone else None,
        office_id=first.office_id if alone else None,
        sample=first.sample,
        state=State.QUEUED if why is None else State.SUPPRESSED,
        why=why,
    )
    ids = put(session, [draft], desk.vault, now)
    for n, one in group:
        session.execute(
            update(Reminder)
            .where(
                Reminder.dossier_id == one.dossier_id,
                Reminder.status_version == one.version,
                Reminder.days == n,
            )
            .values(message_id=ids.get(key))
        )
    return len(ids)


def _uncollected(session: Session, horizon: datetime) -> list[Uncollected]:
    rows = session.execute(
        select(
            Dossier.id,
            Dossier.code,
            Dossier.status_version,
            func.coalesce(Dossier.done_at, Dossier.moved_at),
            Dossier.office_id,
            func.coalesce(Office.name, ""),
            Dossier.phone_enc,
            Dossier.phone_index,
            Dossier.sample,
        )
        .outerjoin(Office, Office.id == Dossier.office_id)
        .where(
            Dossier.status == Status.DONE,
            Dossier.moved_at >= horizon,
            Dossier.phone_index.is_not(None),
        )
        .order_by(Dossier.id)
    )
    found = []
    for id_, code, version, ready, office_id, office, enc, index, sample in rows:
        if enc is not None and index is not None:
            ready_on = vietnam_date(ready)
            found.append(
                Uncollected(id_, code, version, ready_on, office_id, office, enc, index, sample)
            )
    return found
