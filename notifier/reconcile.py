"""Reconciliation: messages whose worker did not come back, or whose request may have arrived.

What nobody can tell is settled in this order: a receipt with our reference, the provider's own
list, the template's policy. Silence after acceptance is closed as silence, never sent again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import Counter
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Sessions
from core.observability import get_logger
from core.privacy import UnreadableSecret, Vault
from notifier import outbox
from notifier.models import Attempt, Message
from notifier.outbox import Change, at
from notifier.policy import Candidate, Pace, Rules, Step, after_report, may_leave
from notifier.providers.base import (
    Absent,
    Found,
    Heard,
    Inquiry,
    NoTelling,
    Report,
    Request,
)
from notifier.receipts import store
from notifier.routing import Gateways
from notifier.states import Cause, State
from notifier.templates import Policy
from notifier.vocabulary import Why

log = get_logger(__name__)

SETTLED = Counter("motcua_sms_uncertain_total", "Uncertain messages by what was found", ["found"])

_AT_ONCE = 8
"""Inquiries open at once."""
_BATCH = 200


def lapse_leases(session: Session, now: datetime) -> int:
    """Take messages back from workers that did not come back in time; return how many.

    One that was only leased goes back into the queue: nothing had left. One whose request may
    have left becomes uncertain.
    """
    return outbox.sweep(
        session,
        at(State.LEASED, State.SENDING) & (Message.lease_until < now),
        lambda message: Change(
            message.id,
            message.state,
            message.epoch,
            Step(Cause.LAPSE, Why.WORKER_LOST),
            {"lease_until": None},
        ),
        "reconcile",
        now,
    )


def expire(session: Session, now: datetime) -> int:
    """Close unsent messages that are no longer news; return how many."""
    return outbox.sweep(
        session,
        at(State.QUEUED, State.HELD) & (Message.expires_at <= now),
        lambda message: Change(
            message.id, message.state, message.epoch, Step(Cause.EXPIRE, Why.TOO_LATE)
        ),
        "reconcile",
        now,
    )


def close_silent(session: Session, pace: Pace, now: datetime) -> int:
    """Close accepted messages of which nothing was heard for long; return how many."""
    return outbox.sweep(
        session,
        at(State.ACCEPTED, State.SENT)
        & (Message.accepted_at < now - timedelta(seconds=pace.unconfirmed)),
        lambda message: Change(
            message.id, message.state, message.epoch, Step(Cause.SILENCE, Why.NO_WORD)
        ),
        "reconcile",
        now,
    )


@dataclass(frozen=True)
class Doubt:
    """An uncertain message and what asking after it takes."""

    id: int
    epoch: int
    attempts: int
    policy: Policy
    since: datetime
    provider: str
    inquiry: Inquiry | None
    """None where its number or text cannot be read: then it cannot be asked after."""


async def settle_doubts(
    sessions: Sessions, gateways: Gateways, vault: Vault, rules: Rules, pace: Pace
) -> int:
    """Ask the providers after messages that have been uncertain for longer than `Pace.grace`;
    return how many were settled. A provider that is in use no more cannot be asked."""
    doubts, now = await asyncio.to_thread(_read, sessions, gateways, vault, rules, pace)
    if not doubts:
        return 0
    turn = asyncio.Semaphore(_AT_ONCE)

    async def ask(doubt: Doubt) -> Report:
        provider = gateways.providers.get(doubt.provider)
        if doubt.inquiry is None or provider is None:
            return NoTelling()
        async with turn:
            try:
                async with asyncio.timeout(pace.request + 1):
                    return await provider.look_up(doubt.inquiry)
            except Exception:  # asking is only asking: whatever breaks, it is asked again
                log.exception("inquiry broke", provider=doubt.provider)
                return NoTelling()

    reports = await asyncio.gather(*(ask(doubt) for doubt in doubts))
    return await asyncio.to_thread(
        _settle, sessions, list(zip(doubts, reports, strict=True)), pace, now
    )


def _read(
    sessions: Sessions, gateways: Gateways, vault: Vault, rules: Rules, pace: Pace
) -> tuple[list[Doubt], datetime]:
    with sessions() as session:
        now = outbox.database_now(session)
        uncertain = at(State.UNCERTAIN) & (Message.state_at <= now - timedelta(seconds=pace.grace))
        # Each provider's own: one that cannot tell must not keep the others from being asked.
        names = session.scalars(select(Message.provider).where(uncertain).distinct()).all()
        rows = [
            row
            for name in names
            for row in session.execute(
                select(Message, Attempt)
                .join(Attempt, (Attempt.message_id == Message.id) & (Attempt.n == Message.attempts))
                .where(uncertain, Message.provider == name)
                .order_by(Message.state_at)
                .limit(_BATCH)
            )
        ]
        silent = outbox.opted_out(session, {message.phone_index for message, _ in rows})
        doubts = [
            Doubt(
                id=message.id,
                epoch=message.epoch,
                attempts=message.attempts,
                policy=message.policy,
                since=message.state_at,
                provider=attempt.provider,
                inquiry=_inquiry(
                    session,
                    message,
                    attempt,
                    vault,
                    valid_for=(message.expires_at - now).total_seconds(),
                    may_send=_may_send(message, gateways.real, silent, rules, now),
                ),
            )
            for message, attempt in rows
        ]
        return doubts, now


def _may_send(message: Message, real: bool, silent: set[str], rules: Rules, now: datetime) -> bool:
    """Tell whether the message might leave now, were it not in doubt."""
    candidate = Candidate(
        key=message.dedupe_key,
        message_class=message.message_class,
        sample=message.sample,
        expires_at=message.expires_at,
        opted_out=message.phone_index in silent,
        # It has been counted when it left.
        left_within_hour=(),
    )
    return may_leave(candidate, rules=rules, real=real, paused_until=None, now=now) is None


def _inquiry(
    session: Session,
    message: Message,
    attempt: Attempt,
    vault: Vault,
    *,
    valid_for: float,
    may_send: bool,
) -> Inquiry | None:
    try:
        values = vault.decrypt(message.values_enc) if message.values_enc else None
        request = Request(
            message.ref,
            attempt.n,
            vault.decrypt(message.phone_enc),
            vault.decrypt(message.body_enc),
            valid_for=valid_for,
            delivery=message.deliveries + 1,
            template=message.template,
            values=json.loads(values) if values else None,
        )
    except (UnreadableSecret, ValueError):
        return None
    # Other messages', and this one's own from an earlier attempt that failed.
    known = session.execute(
        select(Message.provider_ref).where(
            Message.phone_index == message.phone_index, Message.provider_ref.is_not(None)
        )
    ).scalars()
    refs = frozenset(ref for ref in known if ref)
    return Inquiry(request, attempt.started_at, refs, may_send)


def _settle(
    sessions: Sessions,
    reports: Sequence[tuple[Doubt, Report]],
    pace: Pace,
    now: datetime,
) -> int:
    changes: list[Change] = []
    settled = 0
    with sessions.begin() as session:
        for doubt, report in reports:
            SETTLED.labels(type(report).__name__.lower()).inc()
            if isinstance(report, Found) and doubt.inquiry is not None:
                # What was found is word from the provider, and goes the way of all such word.
                request = doubt.inquiry.request
                heard = Heard(
                    doubt.provider,
                    request.ref,
                    request.attempt,
                    report.provider_ref,
                    report.word,
                    report.code,
                )
                store(session, heard, now)
                settled += 1
                continue
            assert isinstance(report, Absent | NoTelling)
            step = after_report(
                report,
                policy=doubt.policy,
                attempts=doubt.attempts,
                age=(now - doubt.since).total_seconds(),
                pace=pace,
                now=now,
            )
            if step is not None:
                changes.append(Change(doubt.id, State.UNCERTAIN, doubt.epoch, step))
        return settled + len(outbox.change(session, changes, "reconcile", now))
