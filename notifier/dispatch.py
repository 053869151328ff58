"""Dispatch: from the outbox to the providers, as many requests at once as are allowed.

Each turn of the loop is one transaction: outcomes of finished requests are written, messages are
claimed, and those about to leave are marked as sending. Only after its commit do they leave. No
transaction is open while a request is.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import secrets
import socket
import time
from collections import Counter as Tally
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import Counter, Histogram
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.database import Sessions
from core.observability import get_logger
from core.privacy import UnreadableSecret, Vault
from notifier import circuits, outbox, rates
from notifier.outbox import Change, Leased
from notifier.policy import Candidate, Pace, Rules, Step, after_answer, may_leave
from notifier.providers.base import Answer, Heard, Request
from notifier.receipts import store
from notifier.routing import Choice, Gateways, Wait, choose
from notifier.states import Cause, State
from notifier.templates import MessageClass
from notifier.vocabulary import Advice, Outcome, Why, Word

log = get_logger(__name__)

REQUESTS = Counter("motcua_sms_requests_total", "Requests to providers", ["provider", "outcome"])
LATENCY = Histogram("motcua_sms_request_seconds", "Time a provider takes to answer", ["provider"])
LATE = Counter("motcua_sms_lost_races_total", "Changes that came too late", ["step"])

AHEAD = 2.0
"""Seconds' worth of messages that are claimed where every provider has a limit: what is urgent is
not kept waiting behind what is not."""
TOKENS_LOOK = 0.1
"""Seconds before looking again whether a provider with a limit takes more."""


def worker_name() -> str:
    """Return a name that no other worker has, now or after a restart."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(3)}"


@dataclass(frozen=True)
class Departure:
    """A message that has been marked as sending and may leave until `deadline`."""

    message: Leased
    request: Request
    choice: Choice
    """The provider, and what follows should it fail."""
    deadline: float
    """By the monotonic clock. A worker that was stopped in between may find its message given
    to another: after this it must not send."""


@dataclass(frozen=True)
class Finished:
    """A request that ended."""

    departure: Departure
    answer: Answer
    latency: float
    """Seconds."""


class Dispatcher:
    """One worker's loop. `run` until `stop`; `wake` when there is something new."""

    def __init__(
        self,
        sessions: Sessions,
        gateways: Gateways,
        vault: Vault,
        rules: Rules,
        pace: Pace,
        *,
        concurrency: int,
        worker: str | None = None,
    ) -> None:
        self.worker = worker or worker_name()
        self._sessions = sessions
        self._gateways = gateways
        self._vault = vault
        self._rules = rules
        self._pace = pace
        self._concurrency = concurrency
        self._buffer: deque[Leased] = deque()
        self._open: set[asyncio.Task[None]] = set()
        self._finished: list[Finished] = []
        self._stirred = asyncio.Event()
        self._stopping = False
        self._short = False
        """True while messages wait here for a provider with a limit."""

    def wake(self) -> None:
        """Look at the queue now rather than within `Pace.idle`."""
        self._stirred.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when open requests have ended or their time is up."""
        self._stopping = True
        self._stirred.set()

    async def run(self) -> None:
        """Send until stopped. Survives a database that is away: outcomes are kept and written
        when it is back."""
        trouble = 0
        while not self._stopping:
            self._stirred.clear()
            finished, self._finished = self._finished, []
            try:
                departures = await asyncio.to_thread(self._turn, finished)
            except SQLAlchemyError as error:
                self._finished = finished + self._finished
                trouble += 1
                log.error("database refuses", error=type(error).__name__, times=trouble)
                await asyncio.sleep(min(5.0, 0.1 * 2**trouble))
                continue
            trouble = 0
            for departure in departures:
                task = asyncio.create_task(self._send(departure))
                self._open.add(task)
                task.add_done_callback(self._open.discard)
            await self._rest(busy=bool(departures or finished))
        await self._wind_up()

    async def _rest(self, *, busy: bool) -> None:
        """Wait for something to do, and then a moment for more of it: one commit for all."""
        if not self._finished and not (busy and len(self._open) < self._concurrency):
            longest = min(self._pace.idle, TOKENS_LOOK) if self._short else self._pace.idle
            try:
                await asyncio.wait_for(self._stirred.wait(), longest)
            except TimeoutError:
                return
        if self._open and not self._stopping:
            await asyncio.sleep(self._pace.gather)

    async def _send(self, departure: Departure) -> None:
        name = departure.choice.provider
        begun = time.monotonic()
        if begun > departure.deadline:
            answer = Answer(Outcome.NOT_SENT, code="too_slow")
        else:
            try:
                async with asyncio.timeout(self._pace.request + 1):
                    answer = await self._gateways.providers[name].send(departure.request)
            except Exception as error:  # a provider's module must not raise; if it does, who knows
                log.exception("provider raised", provider=name)
                answer = Answer(Outcome.AMBIGUOUS, code=type(error).__name__[:20])
        latency = time.monotonic() - begun
        REQUESTS.labels(name, answer.outcome).inc()
        LATENCY.labels(name).observe(latency)
        self._finished.append(Finished(departure, answer, latency))
        self._stirred.set()

    async def _wind_up(self) -> None:
        """Let open requests end, write their outcomes, and put back what had not left."""
        if self._open:
            await asyncio.wait(self._open, timeout=self._pace.request + 2)
        finished, self._finished = self._finished, []
        try:
            await asyncio.to_thread(self._close, finished)
        except SQLAlchemyError as error:
            # Leases run out and the reconciler asks: nothing is lost, it only takes longer.
            log.error("database refuses at the end", error=type(error).__name__)

    # --- what happens in the database, in a thread ---------------------------------------------

    def _turn(self, finished: Sequence[Finished]) -> list[Departure]:
        # What was claimed is kept only once its claim is committed.
        buffer = deque(self._buffer)
        departures: list[Departure] = []
        waiting: list[Leased] = []
        with self._sessions.begin() as session:
            now = outbox.database_now(session)
            self._finish(session, finished, now)
            free = self._concurrency - len(self._open)
            if free > 0:
                most = self._most_claimed(free)
                if len(buffer) < min(free, most):
                    buffer.extend(outbox.claim(session, self.worker, most, self._pace.lease, now))
                chosen = [buffer.popleft() for _ in range(min(free, len(buffer)))]
                departures, waiting = self._mark(session, chosen, now)
                buffer.extendleft(reversed(waiting))
        self._buffer = buffer
        self._short = bool(waiting)
        return departures

    def _most_claimed(self, free: int) -> int:
        limits = [provider.rate for provider in self._gateways.providers.values()]
        # A claim costs much the same however many it takes. As many as may be open at once are
        # there for the next turns, and gone within one answer's time.
        most = free + self._concurrency
        if not all(limits):
            return most
        return max(1, min(most, math.ceil(AHEAD * sum(limits))))

    def _close(self, finished: Sequence[Finished]) -> None:
        with self._sessions.begin() as session:
            now = outbox.database_now(session)
            self._finish(session, finished, now)
            back = Step(Cause.GIVE_BACK, Why.SHUTTING_DOWN)
            changes = [Change(one.id, State.LEASED, one.epoch, back) for one in self._buffer]
            outbox.change(session, changes, self.worker, now)
        self._buffer.clear()

    def _mark(
        self, session: Session, chosen: Sequence[Leased], now: datetime
    ) -> tuple[list[Departure], list[Leased]]:
        """Mark as sending those of the chosen that may leave, and see to the others; return the
        former, and those that wait here until their provider takes more."""
        latest = timedelta(seconds=self._pace.request + 2)
        # A lease about to run out is not enough for a request: it lapses, and somebody claims it.
        chosen = [one for one in chosen if one.lease_until - now > latest]
        if not chosen:
            return [], []
        people = {one.phone_index for one in chosen}
        silent = outbox.opted_out(session, people)
        left = outbox.left_within_hour(session, people, now)
        tried = outbox.tried(session, [one.id for one in chosen if one.attempts])
        doors = circuits.doors(session, self._gateways.route.names, self.worker, now)
        limits = {
            name: rates.available(session, name, provider.rate, now)
            # In one order, so that two workers do not wait for one another's buckets.
            for name, provider in sorted(self._gateways.providers.items())
            if provider.rate
        }
        used: Tally[str] = Tally()

        changes: list[Change] = []
        waiting: list[Leased] = []
        going: dict[int, tuple[Leased, Request, Choice]] = {}
        for one in chosen:
            request = self._compose(one, now)
            way: Choice | Wait | None = None
            if request is not None:
                way = choose(
                    self._gateways.route,
                    key=one.ref,
                    carriers=self._gateways.carriers(request),
                    tried=tried.get(one.id, ()),
                    closed=doors.closed,
                )
            step = may_leave(
                Candidate(
                    key=one.dedupe_key,
                    message_class=one.message_class,
                    sample=one.sample,
                    expires_at=one.expires_at,
                    opted_out=one.phone_index in silent,
                    left_within_hour=left.get(one.phone_index, ()),
                ),
                rules=self._rules,
                real=self._gateways.real,
                paused_until=way.until if isinstance(way, Wait) else None,
                now=now,
            )
            values: dict[str, Any] = {"lease_until": None}
            if step is None:
                if request is None:
                    step = Step(Cause.REJECT, Why.UNREADABLE)
                elif not isinstance(way, Choice):
                    step = Step(Cause.REJECT, Why.NO_CHANNEL)
                elif used[way.provider] >= limits.get(way.provider, math.inf):
                    if (one.lease_until - now).total_seconds() > self._pace.lease / 2:
                        waiting.append(one)
                        continue
                    # Behind what has not been claimed yet, which another provider may take.
                    step = Step(Cause.GIVE_BACK, Why.RATE_LIMITED, now)
                else:
                    used[way.provider] += 1
                    doors.pass_through(way.provider, now + circuits.PROBE_WAIT)
                    going[one.id] = (one, request, way)
                    step = Step(Cause.SEND)
                    values = {
                        "lease_until": now + timedelta(seconds=self._pace.lease),
                        "attempts": one.attempts + 1,
                        "provider": way.provider,
                        "left_at": now,
                    }
                    if one.message_class is not MessageClass.OTP:
                        left[one.phone_index] = (*left.get(one.phone_index, ()), now)
            changes.append(Change(one.id, State.LEASED, one.epoch, step, values))
        won = outbox.change(session, changes, self.worker, now)
        LATE.labels("send").inc(len(changes) - len(won))
        marked = [gone for id_, gone in going.items() if id_ in won]
        for name in used:
            ours = [one for one, _, choice in marked if choice.provider == name]
            outbox.add_attempts(session, ours, name, now)
            if name in limits:
                rates.take(session, name, len(ours))
        # Time from here to the wire; the lease outlasts it and the request by far.
        deadline = time.monotonic() + (self._pace.lease - self._pace.request) / 2
        return [Departure(*gone, deadline) for gone in marked], waiting

    def _compose(self, one: Leased, now: datetime) -> Request | None:
        try:
            values = self._vault.decrypt(one.values_enc) if one.values_enc else None
            return Request(
                ref=one.ref,
                attempt=one.attempts + 1,
                to=self._vault.decrypt(one.phone_enc),
                body=self._vault.decrypt(one.body_enc),
                valid_for=(one.expires_at - now).total_seconds(),
                delivery=one.deliveries + 1,
                template=one.template,
                values=json.loads(values) if values else None,
            )
        except (UnreadableSecret, ValueError):
            # This one fails; the others of its batch go their way.
            return None

    def _finish(self, session: Session, finished: Sequence[Finished], now: datetime) -> None:
        """Write down what came of requests."""
        if not finished:
            return
        changes: list[Change] = []
        for one in finished:
            message, answer = one.departure.message, one.answer
            step = after_answer(
                answer,
                attempts=one.departure.request.attempt,
                key=message.ref,
                now=now,
                elsewhere=one.departure.choice.elsewhere,
                last=one.departure.choice.last,
            )
            values: dict[str, Any] = {"code": answer.code, "lease_until": None}
            if answer.outcome is Outcome.ACCEPTED:
                values |= {"provider_ref": answer.provider_ref, "accepted_at": now}
            # Marking had made one change since the lease.
            changes.append(Change(message.id, State.SENDING, message.epoch + 1, step, values))
        won = outbox.change(session, changes, self.worker, now)
        LATE.labels("outcome").inc(len(changes) - len(won))
        for one in finished:
            message, answer = one.departure.message, one.answer
            if message.id not in won and answer.provider_ref is not None:
                # The message has been given up for uncertain meanwhile: this is word of it.
                store(
                    session,
                    Heard(
                        one.departure.choice.provider,
                        message.ref,
                        one.departure.request.attempt,
                        answer.provider_ref,
                        Word.ACCEPTED,
                    ),
                    now,
                )
        outbox.finish_attempts(
            session,
            [
                (one.departure.message.id, one.departure.request.attempt, one.answer, one.latency)
                for one in finished
            ],
            now,
        )
        self._heed(session, finished, now)

    def _heed(self, session: Session, finished: Sequence[Finished], now: datetime) -> None:
        """Follow the providers' advice, and mind how they are doing."""
        by_provider: dict[str, list[Answer]] = defaultdict(list)
        for one in finished:
            by_provider[one.departure.choice.provider].append(one.answer)
            if one.answer.advice is Advice.OPT_OUT:
                index, name = one.departure.message.phone_index, one.departure.choice.provider
                outbox.opt_out(session, index, name, now)
        for name, answers in sorted(by_provider.items()):
            reason = self._trouble(session, name, answers, now)
            if reason is not None and circuits.open_circuit(
                session, name, reason, self.worker, now
            ):
                log.error("provider paused", provider=name, code=reason)

    def _trouble(
        self, session: Session, name: str, answers: Sequence[Answer], now: datetime
    ) -> str | None:
        """Return why a provider is to be left alone, or None. One that answers as it should is
        well again."""
        refusing = [one for one in answers if one.advice is Advice.PAUSE_PROVIDER]
        if refusing:
            return refusing[0].code or "refused"
        failing = [one for one in answers if one.outcome in circuits.FAILURES]
        if len(failing) < len(answers):
            circuits.close_circuit(session, name, self.worker, now)
        if not failing:
            return None
        state = circuits.states(session, [name]).get(name)
        if state is not None and state.pauses:
            return failing[0].code or failing[0].outcome
        return "burst" if circuits.is_burst(circuits.lately(session, name, now)) else None
