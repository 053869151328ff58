"""The outbox: every read and write of messages on their way, as functions of a session.

Who calls decides when to commit, so that many changes share one. Every change is compare-and-set
on (state, epoch): of two that want the same message, one finds that it has come too late.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast

from prometheus_client import Counter
from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    func,
    literal,
    literal_column,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from core.clock import now as clock_now
from core.database import MESSAGES, as_rows, hint
from core.privacy import Vault
from dossiers.inserting import insert_into
from dossiers.links import Link, open_link
from dossiers.phones import phone_index
from notifier.models import Attempt, Message, Suppression, new_ref
from notifier.policy import Step
from notifier.providers.base import Answer
from notifier.routing import Tried
from notifier.states import Cause, State, require
from notifier.templates import MessageClass, Rendered, Template
from notifier.vocabulary import Why

PRIORITIES = range(3)
"""0: asked for this minute; 1: something for the recipient to do; 2: news."""

OFFICES_AT_ONCE = 8
"""Offices that share one claim; where more are waiting, others are drawn for the next."""

MOVED = Counter("motcua_sms_moved_total", "Changes of messages, by the state reached", ["state"])

_stamps = count(1)
_MESSAGE = cast(Table, Message.__table__)
_ATTEMPT = cast(Table, Attempt.__table__)


def at(*states: State) -> ColumnElement[bool]:
    """Return the condition that a message is in one of `states`, written out.

    Written out, and in the order of the partial indexes of `models`: SQLite uses such an index
    only where the query's text repeats its condition, which a bound value does not.
    """
    words: list[ColumnElement[Any]] = [literal_column(f"'{state.value}'") for state in states]
    return Message.state == words[0] if len(words) == 1 else Message.state.in_(words)


def database_now(session: Session) -> datetime:
    """Return the time by the database's clock, which several machines share.

    SQLite has no clock of its own, and one machine. A simulation brings a clock that it moves, in
    its sessions' `info`.
    """
    moved: Callable[[], datetime] | None = session.info.get("clock")
    if moved is not None:
        return moved()
    if session.get_bind().dialect.name != "postgresql":
        return clock_now()
    moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment


def insert_new(session: Session, table: Any, rows: Sequence[Mapping[str, Any]], *key: str) -> Any:
    """Return an insert of `rows` that leaves out those whose `key` (columns) is there already."""
    # An insert of one row is compiled once for all; one of several, each time.
    new = insert_into(session, table).values(dict(rows[0]) if len(rows) == 1 else list(rows))
    return new.on_conflict_do_nothing(index_elements=list(key))


def picked(session: Session, query: Select[int], name: str = "picked") -> Select[int]:
    """Return `query`, which picks rows to be changed, so that no two workers pick one of them.

    PostgreSQL: locked, passing over what others hold; as a CTE, which runs once, where a subquery
    might be run again and lock more than its limit. SQLite has one writer, and Python's driver
    opens no transaction for a statement that begins with WITH: there it stays a subquery.
    """
    if session.get_bind().dialect.name != "postgresql":
        return query
    ids = query.with_for_update(skip_locked=True, of=query.columns_clause_froms[0]).cte(name)
    return select(*ids.c)


# --- putting messages in ---------------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """A message that was decided on."""

    dedupe_key: str
    template: Template
    rendered: Rendered
    to: str = field(repr=False)
    """E.164."""
    priority: int
    not_before: datetime
    expires_at: datetime
    dossier_id: int | None = None
    status_version: int | None = None
    office_id: int | None = None
    sample: bool = False
    retry_of: int | None = None
    state: State = State.QUEUED
    why: Why | None = None
    link: Link | None = None
    """The link in its text, which is opened as the message is put into the outbox."""


def put(session: Session, drafts: Sequence[Draft], vault: Vault, now: datetime) -> dict[str, int]:
    """Add messages; return the ids of those that were new, by dedupe key."""
    if not drafts:
        return {}
    rows = [
        {
            "ref": new_ref(),
            "dedupe_key": draft.dedupe_key,
            "template": draft.rendered.template,
            "template_version": draft.rendered.version,
            "message_class": draft.template.message_class,
            "policy": draft.template.policy,
            "priority": draft.priority,
            "dossier_id": draft.dossier_id,
            "status_version": draft.status_version,
            "office_id": draft.office_id,
            "sample": draft.sample,
            "retry_of": draft.retry_of,
            "phone_enc": vault.encrypt(draft.to),
            "phone_index": phone_index(vault, draft.to),
            "phone_tail": draft.to[-3:],
            "body_enc": vault.encrypt(draft.rendered.text),
            "values_enc": _sealed(draft.rendered.values, vault),
            "encoding": draft.rendered.size.encoding,
            "segments": draft.rendered.size.segments,
            "state": draft.state,
            "state_at": now,
            "epoch": 0,
            "changed_by": "plan",
            "why": draft.why,
            "not_before": draft.not_before,
            "expires_at": draft.expires_at,
            "attempts": 0,
            "created_at": now,
        }
        for draft in drafts
    ]
    insert = insert_into(session, Message).on_conflict_do_nothing(index_elements=["dedupe_key"])
    returned = session.execute(insert.returning(_MESSAGE.c.dedupe_key, _MESSAGE.c.id), rows)
    made = dict(returned.all())
    for draft in drafts:
        if draft.link and draft.dedupe_key in made:
            open_link(session, vault, draft.link)
    if made:
        hint(session, MESSAGES)
    return made


def _sealed(values: Mapping[str, str], vault: Vault) -> str | None:
    return vault.encrypt(json.dumps(values, ensure_ascii=False)) if values else None


# --- changing them ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A step that one message is to take, from where its writer last saw it."""

    id: int
    state: State
    epoch: int
    step: Step
    values: Mapping[str, Any] = field(default_factory=dict)
    """Further columns to set."""


_OWN = "provider_ref"
"""The column whose value is each message's own."""


def change(session: Session, changes: Sequence[Change], by: str, now: datetime) -> set[int]:
    """Make the changes; return the ids of those messages that were still where they were seen.

    Those that are alike share one statement: what differs from message to message goes into it as
    a table. Raises `IllegalTransition` for a step that the table of states does not know.
    """
    groups: dict[Any, list[Change]] = defaultdict(list)
    for one in changes:
        alike = {name: value for name, value in one.values.items() if name != _OWN}
        key = (one.state, one.step, _OWN in one.values, tuple(sorted(alike.items())))
        groups[key].append(one)
    won: set[int] = set()
    connection = session.connection()
    table = _MESSAGE
    for (state, step, named, alike), group in groups.items():
        target = require(state, step.cause)
        stamp = f"{by[:60]}#{next(_stamps)}"
        # In one order, so that two workers do not wait for one another's rows.
        group.sort(key=lambda one: one.id)
        columns: dict[str, tuple[TypeEngine[Any], list[Any]]] = {
            "id": (table.c.id.type, [one.id for one in group]),
            "epoch": (table.c.epoch.type, [one.epoch for one in group]),
        }
        if named:
            columns[_OWN] = (table.c[_OWN].type, [one.values[_OWN] for one in group])
        rows = as_rows(session, columns)
        values: dict[str, Any] = {
            "state": target,
            "epoch": table.c.epoch + 1,
            "state_at": now,
            "changed_by": stamp,
            "why": step.why,
            **dict(alike),
        }
        if step.not_before is not None:
            values["not_before"] = step.not_before
        if named:
            values[_OWN] = rows.c[_OWN]
        result = connection.execute(
            update(table)
            .where(table.c.id == rows.c.id, table.c.epoch == rows.c.epoch, table.c.state == state)
            .values(values)
        )
        moved = {one.id for one in group}
        if result.rowcount != len(group):
            # Somebody was faster with one of them; the stamp tells which are ours.
            moved = set(
                connection.execute(
                    select(table.c.id).where(table.c.id.in_(moved), table.c.changed_by == stamp)
                ).scalars()
            )
        won |= moved
        MOVED.labels(target).inc(len(moved))
    if any(one.step.cause is Cause.RELEASE for one in changes):
        hint(session, MESSAGES)
    return won


# --- taking them out -------------------------------------------------------------------------


@dataclass(frozen=True)
class Leased:
    """A message that this worker has to itself until `lease_until`."""

    id: int
    ref: str
    epoch: int
    template: str
    message_class: MessageClass
    sample: bool
    attempts: int
    deliveries: int
    phone_index: str
    phone_enc: str = field(repr=False)
    body_enc: str = field(repr=False)
    values_enc: str | None = field(repr=False)
    dedupe_key: str
    expires_at: datetime
    lease_until: datetime


_LEASED = (
    Message.id,
    Message.ref,
    Message.epoch,
    Message.template,
    Message.message_class,
    Message.sample,
    Message.attempts,
    Message.deliveries,
    Message.phone_index,
    Message.phone_enc,
    Message.body_enc,
    Message.values_enc,
    Message.dedupe_key,
    Message.expires_at,
    Message.lease_until,
)


def claim(session: Session, worker: str, n: int, lease: float, now: datetime) -> list[Leased]:
    """Lease up to `n` messages whose time has come, the most urgent first, and of equally urgent
    ones as many of each office, the oldest first: one that floods the queue delays its own. Of
    more than `OFFICES_AT_ONCE` offices, these are drawn by lot.

    Costs the same whatever the length of the queue: each priority, and each office within it, is
    a range of one index.
    """
    leased: list[Leased] = []
    for priority in PRIORITIES:
        room = n - len(leased)
        due = _due(priority, now)
        if _reaches(session, due, room):
            share = _one_of_each_office(session, priority, room, now)
            if share is not None:
                leased += _lease(session, share, worker, lease, now)
        room = n - len(leased)
        if room > 0:
            leased += _lease(session, picked(session, due.limit(room)), worker, lease, now)
        if len(leased) >= n:
            break
    return leased


def _due(priority: int, now: datetime) -> Select[int]:
    return (
        select(Message.id)
        .where(at(State.QUEUED), Message.priority == priority, Message.not_before <= now)
        .order_by(Message.not_before, Message.id)
    )


def _reaches(session: Session, due: Select[int], n: int) -> bool:
    """Tell whether more than `n` messages are due: else all go, and nobody waits for another."""
    return session.execute(due.offset(n).limit(1)).first() is not None


def _one_of_each_office(
    session: Session, priority: int, n: int, now: datetime
) -> Select[int] | None:
    """Return a query that picks up to `n` messages, as many of each office, or None where one
    office has them all."""
    offices = _offices_waiting(session, priority)
    if len(offices) < 2:
        return None
    at_once = min(n, OFFICES_AT_ONCE)
    if len(offices) > at_once:
        offices = random.sample(offices, at_once)
    each = n // len(offices)
    arms = []
    for office in offices:
        of_office = _due(priority, now).where(Message.office_id.is_not_distinct_from(office))
        arm = picked(session, of_office.limit(each), f"of_{office or 0}").subquery()
        arms.append(select(arm.c.id))
    return select(union_all(*arms).subquery().c.id)


def _offices_waiting(session: Session, priority: int) -> list[int | None]:
    """Return the offices with messages in the queue, by jumping from one to the next in an index:
    it is not read through. None stands for messages of no office or of several."""
    queued = (at(State.QUEUED), Message.priority == priority)
    lowest = select(func.min(Message.office_id).label("office")).where(*queued)
    known = lowest.cte("office_waiting", recursive=True)
    following = (
        select(func.min(Message.office_id))
        .where(*queued, Message.office_id > known.c.office)
        .scalar_subquery()
    )
    known = known.union_all(select(following).where(known.c.office.is_not(None)))
    found = session.scalars(select(known.c.office).where(known.c.office.is_not(None)))
    offices: list[int | None] = list(found)
    of_none = select(Message.id).where(*queued, Message.office_id.is_(None)).limit(1)
    if session.execute(of_none).first() is not None:
        offices.append(None)
    return offices


def _lease(
    session: Session, which: Select[int], worker: str, lease: float, now: datetime
) -> list[Leased]:
    claimed = session.execute(
        update(Message)
        .where(Message.id.in_(which), at(State.QUEUED))
        .values(
            state=State.LEASED,
            epoch=Message.epoch + 1,
            state_at=now,
            changed_by=worker,
            lease_until=now + timedelta(seconds=lease),
        )
        .returning(*_LEASED)
        .execution_options(synchronize_session=False)
    )
    return sorted((Leased(**row._mapping) for row in claimed), key=lambda one: one.id)


def opted_out(session: Session, indexes: Iterable[str]) -> set[str]:
    """Return those of the numbers that want no messages."""
    found = select(Suppression.phone_index).where(Suppression.phone_index.in_(set(indexes)))
    return set(session.execute(found).scalars())


def left_within_hour(
    session: Session, indexes: Iterable[str], now: datetime
) -> dict[str, tuple[datetime, ...]]:
    """Return when messages left for these numbers within the last hour, the oldest first."""
    left: dict[str, list[datetime]] = defaultdict(list)
    rows = session.execute(
        select(Message.phone_index, Message.left_at)
        .where(
            Message.phone_index.in_(set(indexes)),
            Message.left_at > now - timedelta(hours=1),
            Message.message_class != MessageClass.OTP,
        )
        .order_by(Message.left_at)
    )
    for index, at in rows:
        if at is not None:
            left[index].append(at)
    return {index: tuple(moments) for index, moments in left.items()}


def tried(session: Session, ids: Iterable[int]) -> dict[int, list[Tried]]:
    """Return the earlier requests of messages, the first first."""
    made: dict[int, list[Tried]] = defaultdict(list)
    rows = session.execute(
        select(Attempt.message_id, Attempt.provider, Attempt.outcome)
        .where(Attempt.message_id.in_(set(ids)))
        .order_by(Attempt.message_id, Attempt.n)
    )
    for message_id, provider, outcome in rows:
        made[message_id].append(Tried(provider, outcome))
    return made


def add_attempts(session: Session, leased: Sequence[Leased], provider: str, now: datetime) -> None:
    """Write down the requests that are about to leave; in the transaction that marks them."""
    if not leased:
        return
    table = _ATTEMPT
    rows = as_rows(
        session,
        {
            "id": (table.c.message_id.type, [one.id for one in leased]),
            "n": (table.c.n.type, [one.attempts + 1 for one in leased]),
        },
    )
    session.connection().execute(
        table.insert().from_select(
            ["message_id", "n", "provider", "started_at"],
            select(
                rows.c.id,
                rows.c.n,
                literal(provider, table.c.provider.type),
                literal(now, table.c.started_at.type),
            ),
        )
    )


def finish_attempts(
    session: Session, finished: Sequence[tuple[int, int, Answer, float]], now: datetime
) -> None:
    """Complete requests: (message, number, answer, latency in seconds)."""
    groups: dict[Any, list[tuple[int, int, float]]] = defaultdict(list)
    for message_id, n, answer, latency in finished:
        alike = (answer.outcome, answer.http_status, answer.code)
        groups[alike].append((message_id, n, latency))
    table = _ATTEMPT
    for (outcome, http_status, code), group in groups.items():
        rows = as_rows(
            session,
            {
                "id": (table.c.message_id.type, [message_id for message_id, _, _ in group]),
                "n": (table.c.n.type, [n for _, n, _ in group]),
                "ms": (table.c.latency_ms.type, [round(1000 * took) for _, _, took in group]),
            },
        )
        session.connection().execute(
            update(table)
            .where(
                table.c.message_id == rows.c.id,
                table.c.n == rows.c.n,
                table.c.finished_at.is_(None),
            )
            .values(
                finished_at=now,
                outcome=outcome,
                http_status=http_status,
                code=code,
                latency_ms=rows.c.ms,
            )
        )


def standing(session: Session, ids: Iterable[int]) -> dict[int, tuple[State, int]]:
    """Return where messages stand: state and epoch, by id."""
    rows = session.execute(
        select(Message.id, Message.state, Message.epoch).where(Message.id.in_(set(ids)))
    )
    return {id_: (state, epoch) for id_, state, epoch in rows}


# --- housekeeping ----------------------------------------------------------------------------


def sweep(
    session: Session,
    condition: ColumnElement[bool],
    decide: Callable[[Message], Change],
    by: str,
    now: datetime,
    limit: int = 500,
) -> int:
    """Change up to `limit` messages that meet `condition`; return how many were changed."""
    found = session.execute(select(Message).where(condition).limit(limit)).scalars().all()
    changes = [decide(message) for message in found]
    session.expunge_all()
    return len(change(session, changes, by, now))


# --- recipients --------------------------------------------------------------------------------


def opt_out(session: Session, index: str, source: str, now: datetime) -> None:
    """Remember that a number (its index) wants no messages."""
    row = {"phone_index": index, "source": source[:40], "at": now}
    session.execute(insert_new(session, Suppression, [row], "phone_index"))


def opt_in(session: Session, index: str) -> None:
    """Forget that a number wanted no messages."""
    found = session.get(Suppression, index)
    if found is not None:
        session.delete(found)


WATCHED = (State.QUEUED, State.HELD, State.SENDING, State.UNCERTAIN)
"""States that a message should not be in for long."""


def queue_facts(session: Session, now: datetime) -> dict[str, float]:
    """Return what an operator watches: messages in each of `WATCHED`, and under
    `oldest_due_seconds` for how long the oldest message that should have left has been waiting."""
    oldest = session.execute(
        select(func.min(Message.not_before)).where(at(State.QUEUED), Message.not_before <= now)
    ).scalar()
    facts = {"oldest_due_seconds": (now - oldest).total_seconds() if oldest else 0.0}
    for states in ((State.QUEUED, State.HELD), (State.LEASED, State.SENDING), (State.UNCERTAIN,)):
        counted = session.execute(
            select(Message.state, func.count()).where(at(*states)).group_by(Message.state)
        )
        facts |= {state.value: float(n) for state, n in counted}
    return {state.value: 0.0 for state in WATCHED} | facts
