"""What a person may see and do about messages: list, history, hold, release, cancel, retry.

For the command line and staff pages, which only show it. Numbers are masked here, once for all;
texts are shown: they hold a dossier's code and state, and no name, number or parcel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from sqlalchemy import exists, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from core.clock import VIETNAM
from core.privacy import UnreadableSecret, Vault, mask_phone
from dossiers import lifecycle
from dossiers.models import Dossier, DossierEvent, Office
from notifier import circuits
from notifier.circuits import Circuit
from notifier.desk import Desk
from notifier.direct import NotPossible
from notifier.models import Attempt, Message, PlanDecision, Receipt, Reminder
from notifier.outbox import Change, Draft, change, put
from notifier.policy import Step
from notifier.providers.registry import BAD_NUMBERS as BAD_CODES
from notifier.routing import Route
from notifier.segments import Size
from notifier.states import Cause, State, next_state
from notifier.templates import Rendered
from notifier.vocabulary import Why

RETRIED = frozenset({State.FAILED, State.UNDELIVERED, State.UNCERTAIN_FINAL, State.EXPIRED})
"""States from which a person may have a message sent again, as a new one."""


@dataclass(frozen=True)
class Line:
    """A message in a list."""

    id: int
    template: str
    dossier: str
    """The dossier's code; empty for a digest, an OTP or a test."""
    recipient: str
    """Masked."""
    state: State
    why: Why | None
    segments: int
    attempts: int
    not_before: datetime
    state_at: datetime
    code: str | None
    """The provider's latest error code."""


@dataclass(frozen=True)
class History:
    """All that is known of a message."""

    line: Line
    text: str
    policy: str
    provider: str | None
    provider_ref: str | None
    created_at: datetime
    expires_at: datetime
    events: tuple[int, ...]
    """The dossier events that it tells of."""
    dossiers: tuple[str, ...]
    """Codes of the dossiers that it tells or reminds of; a digest's are several."""
    changed_by: str
    """Who brought it to its state: a worker, the plan, the receipts, a person."""
    retry_of: int | None
    sent_again_as: int | None
    attempts: tuple[Attempt, ...] = field(default=())
    receipts: tuple[Receipt, ...] = field(default=())


def messages(
    session: Session,
    *,
    states: Sequence[State] = (),
    dossier: str = "",
    phone_index: str = "",
    limit: int = 50,
) -> list[Line]:
    """Return messages, the newest first: in the given states, of a dossier (its code), or to a
    number (its index)."""
    query = (
        select(Message, func.coalesce(Dossier.code, ""))
        .outerjoin(Dossier, Dossier.id == Message.dossier_id)
        .order_by(Message.id.desc())
        .limit(limit)
    )
    if states:
        query = query.where(Message.state.in_(states))
    if dossier:
        query = query.where(Dossier.code == dossier)
    if phone_index:
        query = query.where(Message.phone_index == phone_index)
    return [_line(message, code) for message, code in session.execute(query)]


def counts(session: Session) -> dict[State, int]:
    """Return how many messages are in each state."""
    rows = session.execute(select(Message.state, func.count()).group_by(Message.state))
    return dict(rows.all())


def history(session: Session, vault: Vault, message_id: int) -> History:
    """Return all that is known of a message. Raises `NotPossible` where there is none."""
    message = _get(session, message_id)
    code = session.scalar(select(Dossier.code).where(Dossier.id == message.dossier_id)) or ""
    attempts = session.scalars(
        select(Attempt).where(Attempt.message_id == message.id).order_by(Attempt.n)
    )
    receipts = session.scalars(
        select(Receipt).where(Receipt.message_ref == message.ref).order_by(Receipt.id)
    )
    events = session.scalars(
        select(PlanDecision.event_id)
        .where(PlanDecision.message_id == message.id)
        .order_by(PlanDecision.event_id)
    )
    return History(
        line=_line(message, code),
        text=_readable(vault, message.body_enc),
        policy=message.policy,
        provider=message.provider,
        provider_ref=message.provider_ref,
        created_at=message.created_at,
        expires_at=message.expires_at,
        events=tuple(events),
        dossiers=_dossiers(session, message.id),
        changed_by=message.changed_by.partition("#")[0],
        retry_of=message.retry_of,
        sent_again_as=_sent_again(session, message.id),
        attempts=tuple(attempts),
        receipts=tuple(receipts),
    )


def text_of(session: Session, vault: Vault, message_id: int) -> str:
    """Return what a message says. Raises `NotPossible` where there is none."""
    return _readable(vault, _get(session, message_id).body_enc)


def hold(session: Session, ids: Sequence[int], who: str, now: datetime) -> set[int]:
    """Keep queued messages back until released; return those that were kept back."""
    return _move(session, ids, Cause.HOLD, who, now)


def release(session: Session, ids: Sequence[int], who: str, now: datetime) -> set[int]:
    """Let held messages go; return those that were let go."""
    return _move(session, ids, Cause.RELEASE, who, now)


def cancel(session: Session, ids: Sequence[int], who: str, now: datetime) -> set[int]:
    """Withdraw messages that have not left; return those that were withdrawn."""
    return _move(session, ids, Cause.CANCEL, who, now)


def retry(session: Session, desk: Desk, message_id: int, now: datetime) -> int:
    """Send a message again, as a new one; return its id.

    The old one keeps its end: what happened to it stays on record. Raises `NotPossible` where it
    has not come to a bad end, or has been sent again already and that has not.
    """
    old = _get(session, message_id)
    if old.state not in RETRIED:
        raise NotPossible(f"Tin {old.id} đang ở {old.state}: không có gì để gửi lại.")
    again = _sent_again(session, old.id)
    if again is not None:
        raise NotPossible(f"Tin {old.id} đã được gửi lại, là tin {again}.")
    if old.redacted_at is not None:
        raise NotPossible(f"Tin {old.id} đã được xóa nội dung theo hạn lưu.")
    # A number that was corrected since is the reason for most of these.
    present = session.scalar(select(Dossier.phone_enc).where(Dossier.id == old.dossier_id))
    try:
        to = desk.vault.decrypt(present or old.phone_enc)
        body = desk.vault.decrypt(old.body_enc)
        values = json.loads(desk.vault.decrypt(old.values_enc)) if old.values_enc else {}
    except UnreadableSecret as error:
        raise NotPossible(str(error)) from None
    if old.template not in desk.templates:
        raise NotPossible(f"Không còn mẫu tin {old.template}.")
    cost = Size(old.encoding, 0, old.segments)
    draft = Draft(
        dedupe_key=f"{old.dedupe_key[:180]}#{old.id}",
        template=desk.templates[old.template],
        rendered=Rendered(old.template, old.template_version, body, body, cost, 0, values),
        to=to,
        priority=old.priority,
        not_before=now,
        expires_at=now + desk.rules.expiry,
        dossier_id=old.dossier_id,
        status_version=old.status_version,
        office_id=old.office_id,
        sample=old.sample,
        retry_of=old.id,
    )
    (made,) = put(session, [draft], desk.vault, now).values()
    return made


@dataclass(frozen=True)
class ProviderLine:
    """A provider of the route, as it stands."""

    provider: str
    tier: int
    """Tried in this order, from 1."""
    weight: int
    """Against the others of its tier."""
    circuit: Circuit
    until: datetime | None
    """Until when it is left alone."""
    why: str
    """The error, or what the person said who stopped it."""
    rate: float
    """Messages per second; 0: no limit."""
    accepted_today: int


def providers(
    session: Session, route: Route, rates: Mapping[str, float], now: datetime
) -> list[ProviderLine]:
    """Return the providers of the route, in its order. `rates`: their limits, by name."""
    states = circuits.states(session, route.names)
    midnight = datetime.combine(now.astimezone(VIETNAM).date(), time(), VIETNAM)
    sent = circuits.sent_since(session, midnight)
    lines = []
    for tier, ways in enumerate(route.tiers, 1):
        for name, weight in ways.items():
            state = states.get(name)
            circuit = circuits.standing(state, now)
            troubled = state is not None and circuit is not Circuit.CLOSED
            lines.append(
                ProviderLine(
                    provider=name,
                    tier=tier,
                    weight=weight,
                    circuit=circuit,
                    until=state.paused_until if state and circuit is Circuit.OPEN else None,
                    why=(state.stopped or state.code or "") if state and troubled else "",
                    rate=rates.get(name, 0.0),
                    accepted_today=sent.get(name, 0),
                )
            )
    return lines


@dataclass(frozen=True)
class BadNumber:
    """An open dossier whose number a provider takes for none: for the office to correct."""

    dossier: str
    """Its code."""
    office: str
    number: str
    """Masked."""
    provider: str
    code: str
    """The provider's, the latest."""
    at: datetime


def bad_numbers(session: Session) -> list[BadNumber]:
    """Return the open dossiers whose present number a provider has refused as none, the latest
    first. One to which something was delivered since, or that was corrected, is not among them."""
    refused = or_(
        *((Message.provider == name) & Message.code.in_(codes) for name, codes in BAD_CODES.items())
    )
    later = aliased(Message)
    reached_since = exists().where(
        later.phone_index == Message.phone_index,
        later.state == State.DELIVERED,
        later.state_at > Message.state_at,
    )
    rows = session.execute(
        select(
            Dossier.code,
            func.coalesce(Office.name, ""),
            Message.phone_tail,
            Message.provider,
            Message.code,
            Message.state_at,
        )
        .join(Dossier, Dossier.phone_index == Message.phone_index)
        .outerjoin(Office, Office.id == Dossier.office_id)
        .where(
            Message.state.in_((State.FAILED, State.UNDELIVERED)),
            refused,
            ~reached_since,
            Dossier.status.not_in(lifecycle.FINAL),
        )
        .order_by(Message.state_at.desc(), Dossier.code)
    )
    found: dict[str, BadNumber] = {}
    for dossier, office, tail, provider, code, moment in rows:
        number = _masked(tail)
        found.setdefault(
            dossier, BadNumber(dossier, office, number, provider or "", code or "", moment)
        )
    return list(found.values())


def _masked(tail: str) -> str:
    return mask_phone(f"0000{tail}" if tail else "")


def _move(session: Session, ids: Sequence[int], cause: Cause, who: str, now: datetime) -> set[int]:
    found = session.scalars(select(Message).where(Message.id.in_(ids))).all()
    step = Step(cause, None if cause is Cause.RELEASE else Why.OPERATOR)
    changes = [
        Change(message.id, message.state, message.epoch, step)
        for message in found
        if next_state(message.state, cause) is not None
    ]
    session.expunge_all()
    return change(session, changes, who, now)


def _dossiers(session: Session, message_id: int) -> tuple[str, ...]:
    told = (
        select(Dossier.code)
        .join(DossierEvent, DossierEvent.dossier_id == Dossier.id)
        .join(PlanDecision, PlanDecision.event_id == DossierEvent.id)
        .where(PlanDecision.message_id == message_id)
    )
    reminded = (
        select(Dossier.code)
        .join(Reminder, Reminder.dossier_id == Dossier.id)
        .where(Reminder.message_id == message_id)
    )
    return tuple(sorted(session.scalars(union(told, reminded))))


def _sent_again(session: Session, message_id: int) -> int | None:
    return session.scalar(select(Message.id).where(Message.retry_of == message_id))


def _get(session: Session, message_id: int) -> Message:
    message = session.get(Message, message_id)
    if message is None:
        raise NotPossible(f"Không có tin số {message_id}.")
    return message


def _line(message: Message, code: str) -> Line:
    return Line(
        id=message.id,
        template=message.template,
        dossier=code,
        recipient=_masked(message.phone_tail),
        state=message.state,
        why=message.why,
        segments=message.segments,
        attempts=message.attempts,
        not_before=message.not_before,
        state_at=message.state_at,
        code=message.code,
    )


def _readable(vault: Vault, encrypted: str) -> str:
    try:
        return vault.decrypt(encrypted)
    except UnreadableSecret:
        return ""
