"""The simulated month: the registry, the plan, the outbox, the dispatcher and the receipts as they
are, driven from one hour to the next by a clock that is moved.

Within a step the dispatcher works at the machine's own speed until nothing is due; then the clock
goes on. What a crash leaves behind is found by the leases and the reconciler, as ever.
"""

from __future__ import annotations

import asyncio
import random
import time as real_time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session, sessionmaker

from core.clock import VIETNAM
from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.lifecycle import Status
from dossiers.models import ImportReport, ImportState
from dossiers.phones import phone_index, read_phones
from dossiers.recording import Context, Entry, OfficeIds, record
from dossiers.rows import ExportRow
from notifier import budget, plan, receipts, reconcile
from notifier.budget import Budget
from notifier.desk import Desk, true_due
from notifier.dispatch import Dispatcher
from notifier.lateness import Judge, tell_late
from notifier.models import Message
from notifier.outbox import at
from notifier.policy import Pace
from notifier.reminders import remind, thresholds_of
from notifier.routing import Gateways
from notifier.simulation.gateway import NAME, Faults, Gateway
from notifier.simulation.reckoning import Reckoning, reckon
from notifier.simulation.world import Move, World
from notifier.states import State
from notifier.templates import get_templates
from notifier.vocabulary import Outcome

IMPORTS = (time(11, 0), time(22, 30))
"""Office times of the day's two exports."""
CORRECTIONS = time(6, 40)
"""Office time at which numbers are corrected, while the evening's messages wait for seven."""
STEPS = tuple(
    time(*divmod(minutes, 60))
    for minutes in (
        400,
        *range(420, 461, 5),  # the morning's release, spread over half an hour
        *(510, 570, 660, 661, 662, 665, 670, 690, 780, 900, 1020, 1140, 1255, 1350),
    )
)
"""Office times to which the clock is moved on each day."""
SETTLING = 5
"""Days after the last import in which messages come to their end."""
_PACE = Pace(lease=60, request=10, grace=120, asking=3600, unconfirmed=72 * 3600, idle=0.02)

Progress = Callable[[date, int, int], None]
"""Is told the day, days done and days in all."""


@dataclass(frozen=True)
class Options:
    """What is simulated."""

    dossiers: int = 2500
    days: int = 30
    start: date = date(2026, 11, 2)
    seed: int = 7
    faults: Faults = field(default_factory=Faults)
    price: int = 0
    """VND for a segment."""
    daily_budget: int | None = None
    concurrency: int = 64


@dataclass(frozen=True)
class Ending:
    """How a simulation ended."""

    options: Options
    reckoning: Reckoning
    crashes: int
    """Dispatchers that died."""
    seconds: dict[str, float]
    """Real time by what it went into."""


class SimulatedCrash(BaseException):
    """The dispatcher's process dies here."""


class Month:
    """One simulation on an empty database."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        judge: Judge,
        options: Options,
        progress: Progress = lambda day, done, total: None,
    ) -> None:
        self._options = options
        self._settings = settings
        self._judge = judge
        self._progress = progress
        self._now = datetime.combine(options.start, time(6), tzinfo=VIETNAM).astimezone(UTC)
        self._sessions = self._session_maker(engine)
        self._doomed = self._session_maker(engine)
        self._vault = Vault("a simulation's own secret")
        self._world = World(options.seed, options.dossiers, options.start, options.days)
        self.gateway = Gateway(lambda: self._now, options.faults, options.seed)
        self._gateways = Gateways.alone(self.gateway)
        prices = {NAME: options.price}
        self._desk = replace(
            Desk.of(settings, judge.offices, get_templates(), self._vault, real=True),
            budget=Budget(options.price, prices, options.daily_budget),
            due=true_due(judge.reckon, judge.offices),
        )
        self._dice = random.Random(options.seed + 1)
        self._crashes = 0
        self._seconds: dict[str, float] = defaultdict(float)
        self._numbers: dict[int, int] = defaultdict(int)
        self._renumbered: dict[str, tuple[datetime, str]] = {}
        self._running: tuple[Dispatcher, asyncio.Task[None]] | None = None
        self._moves: list[Move] = []
        self._wrong: list[Move] = []

    async def run(self) -> Ending:
        """Live through the month and what follows it; return how it ended."""
        total = self._options.days + SETTLING
        with self._crashing():
            for n in range(total):
                day = self._options.start + timedelta(days=n)
                if n < self._options.days:
                    self._moves += self._world.moves_of(day)
                for step in STEPS:
                    await self._step(datetime.combine(day, step, tzinfo=VIETNAM))
                self._progress(day, n + 1, total)
            await self._end_dispatcher()
        with self._timed("reckoning"), self._sessions() as session:
            found = reckon(
                session,
                self.gateway.taken,
                self._renumbered,
                (Outcome.ACCEPTED, Outcome.AMBIGUOUS),
                time(7),
            )
        return Ending(self._options, found, self._crashes, dict(self._seconds))

    async def _step(self, moment: datetime) -> None:
        """Move the clock to `moment` and do what is due then."""
        self._now = moment.astimezone(UTC)
        local = moment.time()
        with self._timed("import"):
            if local in IMPORTS:
                self._import(IMPORTS.index(local))
            if local == CORRECTIONS:
                self._correct()
        with self._timed("plan"):
            self._plan(local)
        with self._timed("dispatch"):
            await self._dispatch()
        with self._timed("receipts"):
            self._hear()
        with self._timed("reconcile"):
            await self._reconcile(closing=local in (STEPS[0], STEPS[-1]))

    # --- the parts, as the notifier's process runs them ----------------------------------------

    def _import(self, which: int) -> None:
        """Write what the export shows: half of the day's moves at noon, the rest at night."""
        ready = [m for m in self._moves if which or m.serial % 2 == 0]
        self._moves = [m for m in self._moves if not which and m.serial % 2]
        if not ready:
            return
        newest = {move.serial: move for move in ready}
        self._record(list(newest.values()))
        self._wrong += [move for move in newest.values() if move.renumbered]

    def _correct(self) -> None:
        """Write the right numbers of those dossiers that turn out to have a wrong one."""
        for move in self._wrong:
            serial = move.serial
            before = read_phones(self._world.phone(serial, self._numbers[serial])).mobile
            self._numbers[serial] += 1
            if before is not None:
                index = phone_index(self._vault, before)
                self._renumbered[self._world.code(serial)] = (self._now, index)
        self._record(self._wrong)
        self._wrong = []

    def _record(self, moves: Sequence[Move]) -> None:
        if not moves:
            return
        with self._sessions.begin() as session:
            report = ImportReport(
                file_name="simulation",
                sha256="",
                state=ImportState.COMPLETE,
                as_of=self._now,
                started_at=self._now,
                finished_at=self._now,
                rows=len(moves),
            )
            session.add(report)
            session.flush()
            report_id = report.id
        context = Context(
            vault=self._vault,
            report_id=report_id,
            now=self._now,
            as_of=self._now,
            sample=False,
            first_import="all",
            recent_days=1,
        )
        offices = OfficeIds(self._sessions)
        coming = iter(moves)
        while batch := list(islice(coming, 500)):
            record(self._sessions, [self._entry(move) for move in batch], offices, context)

    def _entry(self, move: Move) -> Entry:
        world, serial = self._world, move.serial
        row = ExportRow.model_construct(
            code=world.code(serial),
            received_at=world.received_at(serial),
            status=move.status,
            due_on=world.due_on(serial),
            new_due_on=world.new_due_on(serial, move.day),
            done_at=self._now if move.status is Status.DONE else None,
            returned_at=self._now if move.status is Status.RETURNED else None,
            procedure_code="1.013831",
            procedure_name="Đăng ký biến động",
            office=world.office(serial),
            applicant="",
            id_number="",
            phone=world.phone(serial, self._numbers[serial]),
            submitted_by="",
            note="",
            language="vi",
        )
        return Entry(serial, row, f"{serial}:{move.step}:{self._numbers[serial]}")

    def _plan(self, local: time) -> None:
        desk, sessions = self._desk, self._sessions
        again(sessions, lambda s: plan.follow_numbers(s, desk, self._now).events)
        again(sessions, lambda s: plan.plan_batch(s, desk, self._now).events)
        with sessions.begin() as session:
            if local == self._settings.reminder_at:
                thresholds = thresholds_of(self._settings)
                remind(session, desk, thresholds, self._judge.working_days, self._now)
            if local in (self._settings.reminder_at, *IMPORTS):
                warn = self._settings.late_warning
                tell_late(session, desk, warn, self._judge, self._now)
        if self._desk.budget.daily is not None:
            again(
                sessions,
                lambda s: budget.release_within(s, desk.budget, desk.rules, True, self._now),
            )

    async def _dispatch(self) -> None:
        """Let a dispatcher work until nothing is due."""
        while True:
            dispatcher = self._dispatcher()
            if not await asyncio.to_thread(self._busy, dispatcher.worker):
                return
            dispatcher.wake()
            await asyncio.sleep(0.01)

    def _dispatcher(self) -> Dispatcher:
        """Return the dispatcher that runs; a new one where the one before has died."""
        if self._running is not None:
            dispatcher, task = self._running
            if not task.done():
                return dispatcher
            died = task.exception()
            if not isinstance(died, SimulatedCrash):
                raise RuntimeError("the dispatcher ended by itself") from died
            self._crashes += 1
        dispatcher = Dispatcher(
            self._doomed,
            self._gateways,
            self._vault,
            self._desk.rules,
            _PACE,
            concurrency=self._options.concurrency,
        )
        self._running = dispatcher, asyncio.create_task(dispatcher.run())
        return dispatcher

    async def _end_dispatcher(self) -> None:
        if self._running is not None:
            dispatcher, task = self._running
            dispatcher.stop()
            with suppress(SimulatedCrash):
                await task

    def _busy(self, worker: str) -> bool:
        """Tell whether anything is due, or in this worker's hands."""
        with self._sessions() as session:
            due = select(Message.id).where(at(State.QUEUED), Message.not_before <= self._now)
            if session.execute(due.limit(1)).first() is not None:
                return True
            held = select(Message.id).where(
                at(State.LEASED, State.SENDING), Message.changed_by.startswith(worker)
            )
            return session.execute(held.limit(1)).first() is not None

    def _hear(self) -> None:
        coming = self.gateway.receipts()
        while batch := list(islice(coming, 500)):
            with self._sessions.begin() as session:
                for heard in batch:
                    receipts.store(session, heard, self._now)
        while True:
            with self._sessions.begin() as session:
                if receipts.apply_waiting(session, self._now) < receipts.BATCH:
                    return

    async def _reconcile(self, *, closing: bool) -> None:
        with self._sessions.begin() as session:
            reconcile.lapse_leases(session, self._now)
        await reconcile.settle_doubts(
            self._sessions, self._gateways, self._vault, self._desk.rules, _PACE
        )
        if not closing:
            return
        again(self._sessions, lambda s: reconcile.expire(s, self._now))
        again(self._sessions, lambda s: reconcile.close_silent(s, _PACE, self._now))

    # --- means ---------------------------------------------------------------------------------

    def _session_maker(self, engine: Engine) -> Sessions:
        return sessionmaker(engine, expire_on_commit=False, info={"clock": lambda: self._now})

    @contextmanager
    def _crashing(self) -> Iterator[None]:
        """Let the dispatcher die at some of its commits: just before, or just after."""

        def die(_session: Session) -> None:
            if self._dice.random() < self._options.faults.crashes / 2:
                raise SimulatedCrash

        for moment in ("before_commit", "after_commit"):
            event.listen(self._doomed, moment, die)
        try:
            yield
        finally:
            for moment in ("before_commit", "after_commit"):
                event.remove(self._doomed, moment, die)

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        begun = real_time.monotonic()
        try:
            yield
        finally:
            self._seconds[what] += real_time.monotonic() - begun


def again(sessions: Sessions, work: Callable[[Session], int]) -> None:
    """Do `work` in one transaction after another, until it finds nothing more to do."""
    while True:
        with sessions.begin() as session:
            if not work(session):
                return
