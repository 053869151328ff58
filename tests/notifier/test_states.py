"""The table of states, and a message's life played through at random."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import StaticPool, create_engine, select

import notifier.models  # noqa: F401  # makes the tables known
from core.database import Base, session_factory
from core.privacy import Vault
from notifier import outbox
from notifier.models import Message, Receipt
from notifier.outbox import Change, Draft, Leased
from notifier.policy import Pace, after_answer, after_report
from notifier.providers.base import Absent, Answer, Heard
from notifier.receipts import apply_waiting, store
from notifier.reconcile import close_silent, expire, lapse_leases
from notifier.states import (
    FINAL,
    TABLE,
    UNSENT,
    Cause,
    IllegalTransition,
    State,
    next_state,
    origins,
    require,
)
from notifier.templates import MessageClass, load_templates, render
from notifier.vocabulary import FAILING, RANK, Outcome, Verdict, Why, Word

START = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
VAULT = Vault("a root secret for tests only")
PACE = Pace()


# --- the table ---------------------------------------------------------------------------------


def test_a_state_and_a_cause_lead_to_one_state() -> None:
    keys = [(line.origin, line.cause) for line in TABLE]
    assert len(keys) == len(set(keys))
    assert all(line.why for line in TABLE)
    assert {line.cause for line in TABLE} == set(Cause)


def reachable(start: State) -> set[State]:
    found: set[State] = set()
    frontier = {start}
    while frontier:
        frontier = {t.target for t in TABLE if t.origin in frontier} - found
        found |= frontier
    return found


def test_every_state_is_reached_and_leads_to_an_end() -> None:
    assert reachable(State.QUEUED) | {State.QUEUED} == set(State)
    for state in set(State) - FINAL:
        assert reachable(state) & FINAL


def test_nothing_is_sent_from_a_final_state() -> None:
    for state in FINAL:
        assert not reachable(state) & {State.SENDING, State.QUEUED, State.LEASED}


def test_final_states_learn_only_from_late_word() -> None:
    learning = {line.origin for line in TABLE if line.origin in FINAL}
    assert learning == {State.UNCONFIRMED, State.UNCERTAIN_FINAL}
    assert {line.target for line in TABLE if line.origin in FINAL} <= FINAL


def test_only_a_leased_message_is_sent() -> None:
    assert origins(Cause.SEND) == {State.LEASED}
    assert {t.origin for t in TABLE if t.target is State.SENDING} == {State.LEASED}


def test_what_may_be_on_the_wire_is_never_dropped_in_silence() -> None:
    dropped = {State.CANCELLED, State.EXPIRED, State.SUPPRESSED, State.INVALID}
    assert {line.origin for line in TABLE if line.target in dropped} == set(UNSENT)


def test_what_the_table_does_not_know_does_not_happen() -> None:
    assert next_state(State.DELIVERED, Cause.CLAIM) is None
    with pytest.raises(IllegalTransition):
        require(State.DELIVERED, Cause.CLAIM)


# --- a life at random -----------------------------------------------------------------------------


class Worker:
    """What one worker holds in memory; gone when it is killed."""

    def __init__(self) -> None:
        self.leased: list[Leased] = []
        self.sending: list[Leased] = []
        """Marked as sending; not on the wire yet."""
        self.answered: list[tuple[Leased, Answer]] = []


ANSWERS = st.sampled_from(
    [
        (True, Outcome.ACCEPTED),
        (True, Outcome.AMBIGUOUS),
        (True, Outcome.AMBIGUOUS),
        (False, Outcome.AMBIGUOUS),
        (False, Outcome.NOT_SENT),
        (False, Outcome.REJECTED),
    ]
)
"""Whether a request arrives, and what the worker is told of it."""


class Life(RuleBasedStateMachine):
    """Three messages, two workers that may die at any point, a provider that answers or does not,
    receipts late and repeated, and a clock that jumps, on the functions that production runs on."""

    @initialize()
    def start(self) -> None:
        self.engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        Base.metadata.create_all(self.engine)
        self.sessions = session_factory(self.engine)
        self.now = START
        self.workers = [Worker(), Worker()]
        self.taken: list[tuple[str, int, str]] = []
        """The provider's log: reference, attempt, its own name."""
        self.failed: set[tuple[str, int]] = set()
        """Requests of which the provider has said that they reached nobody."""
        self.absent_when_asked: set[tuple[str, int]] = set()
        self.closed: dict[int, State] = {}
        self.drafts = list(self._drafts())
        self.plan()

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()

    def _drafts(self) -> Iterator[Draft]:
        templates = load_templates()
        for i, key in enumerate(("done", "processing", "otp")):
            values = {"sign": "V", "code": "H60-261102-0001", "otp": "123456", "minutes": "5"}
            yield Draft(
                dedupe_key=f"{i}:{key}",
                template=templates[key],
                rendered=render(templates[key], values),
                to=f"+8491234567{i}",
                priority=i,
                not_before=START,
                expires_at=START + timedelta(hours=24),
            )

    def messages(self) -> list[Message]:
        with self.sessions() as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    @contextmanager
    def transaction(self):  # type: ignore[no-untyped-def]
        with self.sessions.begin() as session:
            yield session

    # --- what may happen -----------------------------------------------------------------------

    @rule()
    def plan(self) -> None:
        with self.transaction() as session:
            outbox.put(session, self.drafts, VAULT, self.now)

    @rule(seconds=st.sampled_from([-3600, -1, 1, 61, 61, 3600, 86400]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(steps=st.integers(1, 9), n=st.integers(1, 3), answer=ANSWERS)
    def first_works(self, steps: int, n: int, answer: tuple[bool, Outcome]) -> None:
        self.work(0, steps, n, *answer)

    @rule(steps=st.integers(1, 9), n=st.integers(1, 3), answer=ANSWERS)
    def second_works(self, steps: int, n: int, answer: tuple[bool, Outcome]) -> None:
        self.work(1, steps, n, *answer)

    def work(self, which: int, steps: int, n: int, arrives: bool, outcome: Outcome) -> None:
        """A worker goes on from where it stands, some steps, and may never come further."""
        worker = self.workers[which]
        for _ in range(steps):
            if worker.answered:
                self.write_outcomes(worker, which)
            elif worker.sending:
                self.post(worker, arrives, outcome)
            elif worker.leased:
                self.mark(worker, which)
            else:
                self.claim(which, n)

    def claim(self, which: int, n: int) -> None:
        with self.transaction() as session:
            self.workers[which].leased += outbox.claim(session, f"w{which}", n, 60, self.now)

    def mark(self, worker: Worker, which: int) -> None:
        going = [one for one in worker.leased if one.lease_until > self.now]
        worker.leased = []
        changes = [
            Change(
                one.id,
                State.LEASED,
                one.epoch,
                outbox.Step(Cause.SEND),
                {
                    "lease_until": self.now + timedelta(seconds=60),
                    "attempts": one.attempts + 1,
                    "provider": "fake",
                },
            )
            for one in going
        ]
        with self.transaction() as session:
            won = outbox.change(session, changes, f"w{which}", self.now)
            marked = [one for one in going if one.id in won]
            outbox.add_attempts(session, marked, "fake", self.now)
        worker.sending += marked

    def post(self, worker: Worker, arrives: bool, outcome: Outcome) -> None:
        one = worker.sending.pop()
        attempt = one.attempts + 1
        sid = f"sid-{one.ref}-{attempt}"
        if arrives:
            self.taken.append((one.ref, attempt, sid))
        accepted = outcome is Outcome.ACCEPTED
        worker.answered.append((one, Answer(outcome, sid if accepted else None)))

    def write_outcomes(self, worker: Worker, which: int) -> None:
        answered, worker.answered = worker.answered, []
        changes = []
        for one, answer in answered:
            step = after_answer(answer, attempts=one.attempts + 1, key=one.ref, now=self.now)
            values = {"lease_until": None, "code": answer.code}
            if answer.provider_ref:
                values |= {"provider_ref": answer.provider_ref, "accepted_at": self.now}
            changes.append(Change(one.id, State.SENDING, one.epoch + 1, step, values))
        with self.transaction() as session:
            outbox.change(session, changes, f"w{which}", self.now)

    @rule(which=st.integers(0, 1))
    def kill(self, which: int) -> None:
        """Whatever it held in memory is gone: claimed, marked, on the wire, or answered."""
        self.workers[which] = Worker()

    @rule()
    def leases_run_out(self) -> None:
        self.now += timedelta(seconds=61)
        # A worker that only slept does not send what it was too slow for: dispatch's deadline.
        with self.transaction() as session:
            lapse_leases(session, self.now)
        marked = {m.id for m in self.messages() if m.state is State.SENDING}
        for worker in self.workers:
            worker.sending = [one for one in worker.sending if one.id in marked]

    @precondition(lambda self: self.taken)
    @rule(data=st.data(), word=st.sampled_from(sorted(Word)), at_once=st.booleans())
    def receipt(self, data: st.DataObject, word: Word, at_once: bool) -> None:
        """Word of any request that arrived, in any order, any number of times."""
        ref, attempt, sid = data.draw(st.sampled_from(self.taken))
        if word in FAILING:
            self.failed.add((ref, attempt))
        with self.transaction() as session:
            store(session, Heard("fake", ref, attempt, sid, word), self.now)
        if at_once:
            self.apply_receipts()

    @rule()
    def apply_receipts(self) -> None:
        with self.transaction() as session:
            apply_waiting(session, self.now)

    @rule()
    def ask_after_doubts(self) -> None:
        for message in self.messages():
            if message.state is not State.UNCERTAIN:
                continue
            request = (message.ref, message.attempts)
            found = [sid for ref, attempt, sid in self.taken if (ref, attempt) == request]
            with self.transaction() as session:
                if found:
                    heard = Heard("fake", *request, found[0], Word.ACCEPTED)
                    store(session, heard, self.now)
                    continue
                self.absent_when_asked.add(request)
                step = after_report(
                    Absent(),
                    policy=message.policy,
                    attempts=message.attempts,
                    age=0.0,
                    pace=PACE,
                    now=self.now,
                )
                assert step is not None
                change = Change(message.id, message.state, message.epoch, step)
                outbox.change(session, [change], "reconcile", self.now)

    @rule(which=st.integers(0, 2), cause=st.sampled_from([Cause.HOLD, Cause.RELEASE, Cause.CANCEL]))
    def operator(self, which: int, cause: Cause) -> None:
        message = self.messages()[which]
        if next_state(message.state, cause) is None:
            return
        change = Change(message.id, message.state, message.epoch, outbox.Step(cause, Why.OPERATOR))
        with self.transaction() as session:
            outbox.change(session, [change], "operator", self.now)

    @rule()
    def close_old(self) -> None:
        with self.transaction() as session:
            expire(session, self.now)
        with self.transaction() as session:
            close_silent(session, PACE, self.now)

    # --- what always holds ------------------------------------------------------------------------

    @invariant()
    def what_must_hold(self) -> None:
        messages = self.messages()
        assert len(messages) == 3, "planning makes each message once"
        for message in messages:
            # A final state stays; two of them learn from late word.
            before = self.closed.get(message.id)
            if before not in (None, State.UNCONFIRMED, State.UNCERTAIN_FINAL):
                assert message.state is before
            if message.state in FINAL:
                self.closed[message.id] = message.state
            # Whoever is not at an end is on the list of somebody who will see to it.
            if message.state in (State.LEASED, State.SENDING):
                assert message.lease_until is not None
            if message.state in (State.ACCEPTED, State.SENT):
                assert message.accepted_at is not None

    @invariant()
    def nobody_is_texted_twice(self) -> None:
        """A second request is made only where the first is known to have reached nobody: the
        provider said so, or did not have it when it was asked."""
        for ref, attempt, _sid in self.taken:
            later = [n for r, n, _ in self.taken if r == ref and n > attempt]
            known = (ref, attempt) in self.failed | self.absent_when_asked
            assert not later or known, (ref, attempt, later)

    @invariant()
    def delivered_is_what_was_heard_to_be(self) -> None:
        with self.sessions() as session:
            applied = session.scalars(
                select(Receipt.message_ref).where(
                    Receipt.word == Word.DELIVERED, Receipt.verdict == Verdict.APPLIED
                )
            ).all()
            delivered = session.scalars(
                select(Message.ref).where(Message.state == State.DELIVERED)
            ).all()
        assert set(applied) == set(delivered)


Life.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLife = Life.TestCase


def test_ranks_cover_every_word() -> None:
    assert set(RANK) == set(Word)


def test_a_change_of_somebody_who_came_too_late_changes_nothing() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    life = Life()
    with session_factory(engine).begin() as session:
        drafts = list(life._drafts())
        ids = sorted(outbox.put(session, drafts, VAULT, START).values())
        assert len(outbox.put(session, drafts, VAULT, START)) == 0
        hold = outbox.Step(Cause.HOLD, Why.OPERATOR)
        first = [Change(id_, State.QUEUED, 0, hold) for id_ in ids[:1]]
        assert outbox.change(session, first, "first", START) == {ids[0]}
        everything = [Change(id_, State.QUEUED, 0, hold) for id_ in ids]
        assert outbox.change(session, everything, "second", START) == set(ids[1:])
        assert outbox.standing(session, ids) == dict.fromkeys(ids, (State.HELD, 1))
        # Held and released since it was read: the state is as it was, the epoch is not.
        release = [Change(ids[1], State.HELD, 1, outbox.Step(Cause.RELEASE))]
        assert outbox.change(session, release, "third", START) == {ids[1]}
        assert outbox.change(session, everything, "second", START) == set()
        assert {m.message_class for m in session.scalars(select(Message))} == {
            MessageClass.NOTICE,
            MessageClass.OTP,
        }
    engine.dispose()
