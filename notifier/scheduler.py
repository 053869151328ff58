"""The notifier's process: APScheduler runs the recurring work, dispatch runs beside it.

Schedules live in memory, in every process: APScheduler 3 cannot share them. A tick reads the
database and never its own schedule, so a tick that is late, missed or doubled changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import uvloop
from aiohttp import web
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.clock import VIETNAM
from core.database import EVENTS, MESSAGES, Sessions, get_sessions
from core.memory import collect_seldom
from core.observability import configure_logging, get_logger
from core.privacy import Vault, get_vault
from core.settings import Settings, get_settings
from dossiers.offices import OfficeBook, get_offices
from dossiers.retention import forget_old
from notifier import budget, circuits, outbox, plan, receipts, reconcile, retention
from notifier.circuits import Circuit
from notifier.desk import Desk
from notifier.dispatch import Dispatcher, worker_name
from notifier.hints import listen
from notifier.lateness import Judge, tell_late
from notifier.leadership import Leader
from notifier.person import forget_late
from notifier.policy import Pace, Rules
from notifier.providers.registry import make_gateways
from notifier.reminders import WorkingDays, remind, thresholds_of
from notifier.routing import Gateways, parse_route
from notifier.templates import get_templates
from procedures.appointments import get_reckoner
from procedures.deadlines import get_calendar

log = get_logger(__name__)

T = TypeVar("T")

TICKS = Counter("motcua_notifier_ticks_total", "Ticks of recurring work", ["job", "result"])
PLANNED = Counter("motcua_sms_planned_total", "What planning took and made", ["what"])
WATCHED = Gauge("motcua_sms_waiting", "Messages in states they should soon leave", ["state"])
OLDEST = Gauge("motcua_sms_oldest_due_seconds", "How long the oldest due message has waited")
OUT_OF_USE = Gauge(
    "motcua_provider_out_of_use", "1 while a provider is left alone or stopped", ["provider"]
)
EPOCH = Gauge("motcua_notifier_leader_epoch", "Epoch of the lead this process holds; 0 if none")

BUDGET = Gauge("motcua_sms_budget_vnd", "Today's budget in VND: what of it is what", ["what"])
REDACTED = Counter("motcua_sms_redacted_total", "Messages whose text and number were blotted out")

_HANDOVER = 0.0005
"""Seconds after which a thread that wants Python's lock gets it. The database's thread gives it
away with every statement, and would wait 5 ms for it each time while many answers come in."""
_STALE = 30.0
"""Seconds without a successful tick after which the process calls itself unwell."""


def pace_of(settings: Settings) -> Pace:
    """Return how long things may take in this installation."""
    timeouts = {
        "twilio": settings.twilio_timeout,
        "esms": settings.esms_timeout,
        "zns": settings.zns_timeout,
    }
    names = parse_route(settings.message_route).names
    used = [timeouts[name] for name in names if name in timeouts]
    return Pace(
        lease=settings.sms_lease,
        request=max(used, default=Pace.request),
        grace=settings.uncertain_grace,
        unconfirmed=settings.unconfirmed_hours * 3600,
    )


class Notifier:
    """One process's worth of notifying: its dispatcher and its recurring work."""

    def __init__(
        self,
        settings: Settings,
        sessions: Sessions,
        vault: Vault,
        gateways: Gateways,
        working_days: WorkingDays,
        offices: OfficeBook,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._vault = vault
        self._gateways = gateways
        self._working_days = working_days
        self._pace = pace_of(settings)
        self._desk = Desk.of(settings, offices, get_templates(), vault, gateways.real)
        self._judge = Judge(get_reckoner().reckon, offices, working_days)
        self._leader = Leader(sessions, worker_name())
        self._epoch: int | None = None
        self._last_good = time.monotonic()
        self.dispatcher = Dispatcher(
            sessions,
            gateways,
            vault,
            Rules.of(settings),
            self._pace,
            concurrency=settings.sms_concurrency,
        )
        self._scheduler = AsyncIOScheduler(
            timezone=VIETNAM,
            # A late tick is as good as one in time, several missed ones are as good as one, and
            # one that still runs is not overtaken by the next.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def _schedule(self) -> None:
        self._every(2, "lead", self._lead)
        self._every(0.5, "plan", self._plan)
        self._every(1, "receipts", self._apply_receipts)
        self._every(5, "leases", self._lapse_leases)
        self._every(max(1.0, min(30.0, self._pace.grace / 2)), "doubts", self._settle_doubts)
        self._every(60, "close", self._close_old)
        self._every(60, "budget", self._release_within_budget)
        self._every(900, "late", self._tell_late)
        self._every(3600, "redact", self._redact)
        self._every(300, "tend", self._gateways.tend)
        self._every(900, "forget", self._forget)
        self._every(10, "watch", self._watch)
        at = self._settings.reminder_at
        self._scheduler.add_job(
            self._tick("remind", self._remind),
            CronTrigger(hour=at.hour, minute=at.minute, timezone=VIETNAM),
            id="remind",
            name="remind",
        )
        # And once now: the process may have been down at that hour.
        self._scheduler.add_job(self._tick("remind", self._remind_if_past), id="remind-at-start")

    def _every(self, seconds: float, name: str, work: Callable[[], Awaitable[None]]) -> None:
        trigger = IntervalTrigger(seconds=seconds, timezone=VIETNAM)
        self._scheduler.add_job(self._tick(name, work), trigger, id=name, name=name)

    def _tick(
        self, name: str, work: Callable[[], Awaitable[None]]
    ) -> Callable[[], Awaitable[None]]:
        """Return `work` such that a database that is away fails one tick and not the process."""

        async def tick() -> None:
            try:
                await work()
            except SQLAlchemyError as error:
                TICKS.labels(name, "database").inc()
                log.error("tick failed", job=name, error=type(error).__name__)
            except Exception:
                TICKS.labels(name, "error").inc()
                log.exception("tick failed", job=name)
            else:
                TICKS.labels(name, "ok").inc()
                self._last_good = time.monotonic()

        return tick

    async def _in_transaction(self, work: Callable[[Session], T]) -> T:
        def run() -> T:
            with self._sessions.begin() as session:
                return work(session)

        return await asyncio.to_thread(run)

    # --- the recurring work ------------------------------------------------------------------

    async def _lead(self) -> None:
        before, self._epoch = self._epoch, await asyncio.to_thread(self._leader.renew)
        EPOCH.set(self._epoch or 0)
        if self._epoch != before:
            log.info("lead changed", leading=self._epoch is not None, epoch=self._epoch)

    async def _plan(self) -> None:
        await self._follow_numbers()
        while self._epoch is not None:
            planned = await self._in_transaction(
                lambda session: plan.plan_batch(session, self._desk, outbox.database_now(session))
            )
            PLANNED.labels("events").inc(planned.events)
            PLANNED.labels("messages").inc(planned.messages)
            if planned.messages:
                self.dispatcher.wake()
            if planned.events < plan.BATCH:
                return

    async def _follow_numbers(self) -> None:
        """See to what waits for numbers that have changed."""
        if self._epoch is None:
            return
        followed = await self._in_transaction(
            lambda session: plan.follow_numbers(session, self._desk, outbox.database_now(session))
        )
        if followed.events:
            log.info("numbers changed", dossiers=followed.events, messages=followed.messages)
            # What reminded or apologised to the old number is made again for the new one.
            await self._tell_late()
            await self._remind_if_past()
        if followed.messages:
            self.dispatcher.wake()

    async def _tell_late(self) -> None:
        if self._epoch is None:
            return
        made = await self._in_transaction(
            lambda session: tell_late(
                session,
                self._desk,
                self._settings.late_warning,
                self._judge,
                outbox.database_now(session),
            )
        )
        if made:
            log.info("told of late dossiers", messages=made)
            self.dispatcher.wake()

    async def _release_within_budget(self) -> None:
        if self._epoch is None:
            return
        released = await self._in_transaction(
            lambda session: budget.release_within(
                session,
                self._desk.budget,
                self._desk.rules,
                self._desk.real,
                outbox.database_now(session),
            )
        )
        if released:
            log.info("released within the budget", messages=released)
            self.dispatcher.wake()

    async def _redact(self) -> None:
        while self._epoch is not None:
            redacted = await self._in_transaction(
                lambda session: retention.redact_old(
                    session,
                    self._vault,
                    self._settings.message_retention_days,
                    outbox.database_now(session),
                )
            )
            REDACTED.inc(redacted)
            if redacted < retention.BATCH:
                return

    async def _apply_receipts(self) -> None:
        while self._epoch is not None:
            looked_at = await self._in_transaction(
                lambda session: receipts.apply_waiting(session, outbox.database_now(session))
            )
            if looked_at < receipts.BATCH:
                return

    async def _lapse_leases(self) -> None:
        if self._epoch is not None:
            lapsed = await self._in_transaction(
                lambda session: reconcile.lapse_leases(session, outbox.database_now(session))
            )
            if lapsed:
                log.warning("worker lost", messages=lapsed)
                self.dispatcher.wake()

    async def _settle_doubts(self) -> None:
        if self._epoch is not None and await reconcile.settle_doubts(
            self._sessions, self._gateways, self._vault, Rules.of(self._settings), self._pace
        ):
            self.dispatcher.wake()

    async def _close_old(self) -> None:
        if self._epoch is None:
            return
        await self._in_transaction(lambda s: reconcile.expire(s, outbox.database_now(s)))
        await self._in_transaction(
            lambda s: reconcile.close_silent(s, self._pace, outbox.database_now(s))
        )

    async def _forget(self) -> None:
        """Delete what was kept long enough, and what came in while its person was erased."""
        if self._epoch is None:
            return
        days = self._settings.lookup_retention_days
        await self._in_transaction(lambda s: forget_old(s, days, outbox.database_now(s)))
        await self._in_transaction(lambda s: forget_late(s, outbox.database_now(s)))

    async def _remind(self) -> None:
        if self._epoch is None:
            return
        made = await self._in_transaction(
            lambda session: remind(
                session,
                self._desk,
                thresholds_of(self._settings),
                self._working_days,
                outbox.database_now(session),
            )
        )
        log.info("morning reminders", messages=made)
        if made:
            self.dispatcher.wake()

    async def _remind_if_past(self) -> None:
        now = await self._in_transaction(outbox.database_now)
        if now.astimezone(VIETNAM).time() >= self._settings.reminder_at:
            await self._remind()

    async def _watch(self) -> None:
        facts = await self._in_transaction(
            lambda session: outbox.queue_facts(session, outbox.database_now(session))
        )
        OLDEST.set(facts.pop("oldest_due_seconds"))
        for state, number in facts.items():
            WATCHED.labels(state).set(number)
        standing = await self._in_transaction(self._standing)
        for name, circuit in standing.items():
            OUT_OF_USE.labels(name).set(circuit in (Circuit.OPEN, Circuit.STOPPED))
        figures = await self._in_transaction(
            lambda session: budget.figures(session, self._desk.budget, outbox.database_now(session))
        )
        for what, amount in (
            ("spent", figures.spent),
            ("reserved", figures.reserved),
            ("held", figures.held),
            ("limit", figures.limit),
        ):
            # Without a limit there is no such series: an alert on it stays silent.
            if amount is not None:
                BUDGET.labels(what).set(amount)

    def _standing(self, session: Session) -> dict[str, Circuit]:
        names, now = self._gateways.route.names, outbox.database_now(session)
        known = circuits.states(session, names)
        return {name: circuits.standing(known.get(name), now) for name in names}

    def _plan_soon(self) -> None:
        """Plan now rather than at the next tick; one that runs is not overtaken."""
        with contextlib.suppress(JobLookupError):
            self._scheduler.modify_job("plan", next_run_time=datetime.now(VIETNAM))

    # --- the process ---------------------------------------------------------------------------

    async def _mind_clock(self) -> None:
        """Let ticks go on where the machine's clock was set back: APScheduler waits for the moment
        by that clock, which is then as far away as the clock was set."""
        while True:
            await asyncio.sleep(1)
            now = datetime.now(VIETNAM)
            for job in self._scheduler.get_jobs():
                every = getattr(job.trigger, "interval", None)
                if every and job.next_run_time and job.next_run_time - now > every:
                    job.modify(next_run_time=now)

    @property
    def healthy(self) -> bool:
        """True while ticks succeed."""
        return time.monotonic() - self._last_good < _STALE

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then let open requests end."""
        # A database that is away fails this tick too, and not the process.
        await self._tick("lead", self._lead)()
        self._schedule()
        self._scheduler.start()
        minding = asyncio.create_task(self._mind_clock())
        dispatching = asyncio.create_task(self.dispatcher.run())
        hints = {EVENTS: self._plan_soon, MESSAGES: self.dispatcher.wake}
        listening = asyncio.create_task(listen(self._sessions.kw["bind"], hints))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({dispatching, stopping}, return_when=asyncio.FIRST_COMPLETED)
        self._scheduler.shutdown(wait=False)
        self.dispatcher.stop()
        stopping.cancel()
        listening.cancel()
        minding.cancel()
        try:
            await dispatching
        finally:
            await self._gateways.close()
            await asyncio.to_thread(self._leader.resign)


async def _health(request: web.Request) -> web.Response:
    notifier: Notifier = request.app[_NOTIFIER]
    body = {"status": "ok" if notifier.healthy else "failing"}
    return web.json_response(body, status=200 if notifier.healthy else 503)


async def _metrics(_request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


_NOTIFIER = web.AppKey("notifier", Notifier)


async def _serve(notifier: Notifier, port: int) -> web.AppRunner:
    """Serve /healthz and /metrics on loopback."""
    app = web.Application()
    app[_NOTIFIER] = notifier
    app.add_routes([web.get("/healthz", _health), web.get("/metrics", _metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


async def _main(settings: Settings, working_days: WorkingDays) -> None:
    sessions, vault = get_sessions(), get_vault()
    gateways = make_gateways(settings, sessions, vault)
    notifier = Notifier(settings, sessions, vault, gateways, working_days, get_offices())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_, stop.set)
    runner = await _serve(notifier, settings.notifier_port)
    log.info("notifier started", route=settings.message_route, port=settings.notifier_port)
    try:
        await notifier.run(stop)
    finally:
        await runner.cleanup()
    log.info("notifier stopped")


def run() -> None:
    """Run the notifier until SIGTERM or SIGINT."""
    settings = get_settings()
    configure_logging("notifier", settings.log_level)
    # It tells of every job that it adds, of every tick that was skipped because the one before
    # still ran, and of each that the process's end cut short. All are as they should be; what a
    # tick raises, it logs itself.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    if not settings.demonstration and not settings.public_url:
        log.warning("no MOTCUA_PUBLIC_URL: providers cannot tell us what became of messages")
    sys.setswitchinterval(_HANDOVER)
    collect_seldom()
    uvloop.run(_main(settings, get_calendar().between))
