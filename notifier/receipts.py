"""Receipts: stored before the provider is answered, applied afterwards, each once and by rank.

A receipt may come twice, in any order, before our own commit, or long after the end. It is kept
whatever it does, with a word on what it did. Reading and proving it genuine is the provider's
module's work.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from prometheus_client import Counter
from sqlalchemy import select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from core.database import Sessions
from core.observability import get_logger
from dossiers.inserting import insert_into
from notifier import circuits
from notifier.models import Message, Receipt
from notifier.outbox import Change, change, insert_new, opt_out
from notifier.policy import HEARD, Step, after_failure
from notifier.providers.base import Heard
from notifier.states import FINAL, Cause, next_state
from notifier.vocabulary import FAILING, RANK, Verdict, Word

log = get_logger(__name__)

BATCH = 500
"""Receipts to a transaction."""

RECEIPTS = Counter("motcua_receipts_total", "Receipts by what they did", ["provider", "verdict"])


def store(session: Session, heard: Heard, now: datetime) -> bool:
    """Keep a receipt. Returns False if it had been kept before."""
    added = session.execute(
        insert_new(session, Receipt, [_row(heard, now)], "payload_hash").returning(Receipt.id)
    )
    return added.first() is not None


def _row(heard: Heard, now: datetime) -> dict[str, Any]:
    """Return a receipt's row. Its hash is of what it says, not of how it came: a provider's second
    try to tell us is the same receipt."""
    said = (
        heard.provider,
        heard.message_ref,
        str(heard.attempt),
        heard.provider_ref,
        heard.word,
        heard.code or "",
    )
    return {
        "payload_hash": sha256("\0".join(said).encode()).hexdigest(),
        "provider": heard.provider,
        "message_ref": heard.message_ref[:16],
        "attempt": heard.attempt,
        "provider_ref": heard.provider_ref[:80],
        "word": heard.word,
        "code": heard.code,
        "received_at": now,
    }


def take_receipts(sessions: Sessions, heard: Sequence[tuple[Heard, datetime]]) -> None:
    """Keep receipts for good, all in one transaction; those kept before are left as they are.

    Raises the database's error where they could not be kept.
    """
    # In one order, so that two processes that were told the same do not wait for one another.
    rows = sorted((_row(*one) for one in heard), key=lambda row: str(row["payload_hash"]))
    with sessions.begin() as session:
        new = insert_into(session, Receipt).on_conflict_do_nothing(index_elements=["payload_hash"])
        session.connection().execute(new, rows)


class Intake:
    """Takes receipts of many requests at once: what comes while one commit is under way shares the
    next. Of one event loop."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._waiting: list[tuple[Heard, datetime, asyncio.Future[None]]] = []
        self._working: asyncio.Task[None] | None = None

    async def take(self, heard: Heard, now: datetime) -> None:
        """Return when the receipt is kept for good: whoever calls may now answer the provider.

        Raises the database's error where it could not be kept; the provider must then be answered
        with an error of ours, so that it tells us again.
        """
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((heard, now, kept))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        await kept

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                await self._keep(batch)
        finally:
            self._working = None

    async def _keep(self, batch: list[tuple[Heard, datetime, asyncio.Future[None]]]) -> None:
        try:
            await asyncio.to_thread(
                take_receipts, self._sessions, [(heard, now) for heard, now, _ in batch]
            )
        except Exception as error:
            away = isinstance(error, OperationalError | InterfaceError)
            if len(batch) > 1 and not away:
                # One that cannot be kept must not keep the others out.
                for one in batch:
                    await self._keep([one])
                return
            for _, _, kept in batch:
                if not kept.done():
                    kept.set_exception(error)
        else:
            for _, _, kept in batch:
                if not kept.done():
                    kept.set_result(None)


def apply_waiting(session: Session, now: datetime, limit: int = BATCH) -> int:
    """Apply stored receipts in the order in which they came; return how many were looked at."""
    waiting = (
        session.execute(
            select(Receipt)
            .where(Receipt.applied_at.is_(None))
            .order_by(Receipt.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        .scalars()
        .all()
    )
    if not waiting:
        return 0
    refs = {receipt.message_ref for receipt in waiting}
    messages = {
        message.ref: message
        for message in session.execute(select(Message).where(Message.ref.in_(refs))).scalars()
    }
    heard_before = _best_words(session, refs)
    by_message: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in waiting:
        by_message[receipt.message_ref].append(receipt)

    changes: list[Change] = []
    verdicts: dict[int, Verdict] = {}
    deciding: dict[int, list[int]] = {}
    for ref, receipts in by_message.items():
        message = messages.get(ref)
        if message is None:
            verdicts |= {receipt.id: Verdict.UNKNOWN for receipt in receipts}
            continue
        # Of several, the best word alone moves the message; the others are overtaken by it.
        best = max(receipts, key=lambda r: (RANK[r.word], r.attempt, -r.id))
        verdicts |= {receipt.id: Verdict.OVERTAKEN for receipt in receipts}
        verdict, made = judge(message, best, heard_before.get((ref, best.attempt)), now)
        verdicts[best.id] = verdict
        if made is not None:
            changes.append(made)
            deciding[message.id] = [receipt.id for receipt in receipts]
        elif verdict is Verdict.CONFLICT:
            log.warning(
                "receipt contradicts final state", ref=ref, state=message.state, word=best.word
            )
    session.expunge_all()
    won = change(session, changes, "receipts", now)
    # Somebody moved the message meanwhile: look at these again, with fresh eyes.
    again = {id_ for message_id, ids in deciding.items() if message_id not in won for id_ in ids}
    _close(session, {id_: v for id_, v in verdicts.items() if id_ not in again}, now)
    _heed(session, waiting, messages, verdicts, now)
    for receipt in waiting:
        if receipt.id not in again:
            RECEIPTS.labels(receipt.provider, verdicts[receipt.id]).inc()
    return len(waiting)


def judge(
    message: Message, receipt: Receipt, heard_before: int | None, now: datetime
) -> tuple[Verdict, Change | None]:
    """Decide what a receipt does to its message. `heard_before` is the rank of the best word
    applied so far for the same request."""
    rank = RANK[receipt.word]
    if heard_before is not None and rank <= heard_before:
        return Verdict.OVERTAKEN, None
    failing = receipt.word in FAILING
    earlier = receipt.attempt < message.attempts and receipt.provider_ref != message.provider_ref
    if failing and earlier:
        # An earlier request failed: known, and another has been made since. (Where the provider
        # has both under one name, they are one delivery, and this is word of it.)
        return Verdict.OVERTAKEN, None
    step = Step(HEARD[receipt.word])
    if failing:
        step = after_failure(
            receipt.word,
            policy=message.policy,
            attempts=message.attempts,
            expires_at=message.expires_at,
            key=message.ref,
            now=now,
        )
        if next_state(message.state, step.cause) is None:
            # No more tries from here: to a closed message it is a failure like another.
            step = Step(HEARD[Word.UNDELIVERED])
    if next_state(message.state, step.cause) is None:
        contradicts = message.state in FINAL and not _agrees(message, receipt)
        return (Verdict.CONFLICT if contradicts else Verdict.OVERTAKEN), None
    values: dict[str, Any] = {
        # After this the next request is another delivery, also to who takes each once.
        "deliveries": message.deliveries + (step.cause is Cause.UNREACHABLE),
        "provider": receipt.provider,
        "provider_ref": receipt.provider_ref,
        "code": receipt.code,
        "accepted_at": message.accepted_at or now,
        "lease_until": None,
    }
    return Verdict.APPLIED, Change(message.id, message.state, message.epoch, step, values)


def _agrees(message: Message, receipt: Receipt) -> bool:
    """Tell whether a receipt is no news to a closed message."""
    delivered = receipt.word is Word.DELIVERED
    if message.state.value == "delivered":
        return receipt.word not in FAILING
    return message.state.value in ("undelivered", "unconfirmed") and not delivered


def _heed(
    session: Session,
    heard: Sequence[Receipt],
    messages: Mapping[str, Message],
    verdicts: Mapping[int, Verdict],
    now: datetime,
) -> None:
    """Do what receipts call for besides what becomes of their message: remember who wants none,
    leave alone who refuses us.

    An opt-out counts whatever its message has come to by now.
    """
    refusing: dict[str, str] = {}
    for receipt in heard:
        message = messages.get(receipt.message_ref)
        if message is None:
            continue
        if receipt.word is Word.OPTED_OUT:
            opt_out(session, message.phone_index, receipt.provider, now)
        if receipt.word is Word.REFUSED and verdicts[receipt.id] is Verdict.APPLIED:
            refusing.setdefault(receipt.provider, receipt.code or receipt.word)
    # Once a provider, however many it refused; in one order, as dispatch does.
    for name, reason in sorted(refusing.items()):
        if circuits.open_circuit(session, name, reason, "receipts", now):
            log.error("provider paused", provider=name, code=reason)


def _best_words(session: Session, refs: set[str]) -> dict[tuple[str, int], int]:
    """Return the rank of the best word applied for each request of these messages."""
    rows = session.execute(
        select(Receipt.message_ref, Receipt.attempt, Receipt.word).where(
            Receipt.message_ref.in_(refs), Receipt.applied_at.is_not(None)
        )
    )
    best: dict[tuple[str, int], int] = {}
    for ref, attempt, word in rows:
        best[ref, attempt] = max(best.get((ref, attempt), -1), RANK[word])
    return best


def _close(session: Session, verdicts: dict[int, Verdict], now: datetime) -> None:
    by_verdict: dict[Verdict, Sequence[int]] = defaultdict(list)
    for id_, verdict in verdicts.items():
        by_verdict[verdict] = [*by_verdict[verdict], id_]
    for verdict, ids in by_verdict.items():
        session.execute(
            update(Receipt).where(Receipt.id.in_(ids)).values(applied_at=now, verdict=verdict)
        )
