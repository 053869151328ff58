"""A registry and an outbox in a real database, a fake Twilio, and a worker to drive by steps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

import notifier.models  # noqa: F401  # makes the tables known
from core.database import Sessions
from core.privacy import Vault
from core.settings import ROOT, Settings
from dossiers.lifecycle import Move, Status
from dossiers.models import ChangedNumber, Dossier, DossierEvent, PendingEvent
from dossiers.models import Office as OfficeRow
from dossiers.offices import OfficeBook
from dossiers.phones import phone_index
from notifier.budget import Budget
from notifier.desk import Desk
from notifier.dispatch import Dispatcher
from notifier.lateness import Judge
from notifier.models import Message, PlanDecision
from notifier.plan import plan_batch
from notifier.policy import Pace, Rules
from notifier.providers.base import Provider
from notifier.providers.registry import make_gateways
from notifier.providers.twilio import TwilioProvider
from notifier.providers.zalo_tokens import sign_in
from notifier.receipts import apply_waiting
from notifier.routing import Gateways
from notifier.states import State
from notifier.templates import load_templates
from procedures.appointments import Reckoner
from procedures.catalogue import load_catalogue
from procedures.deadlines import load_calendar
from tests.fakes.esms_server import API_KEY, BRANDNAME, FakeEsms, fake_esms
from tests.fakes.esms_server import SECRET as ESMS_SECRET
from tests.fakes.twilio_server import ACCOUNT, SERVICE, TOKEN, FakeTwilio, fake_twilio
from tests.fakes.zns_server import (
    APP_ID,
    APP_SECRET,
    OA_SECRET,
    FakeZns,
    fake_zns,
)

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
"""Midday in Vietnam, on a working Tuesday."""

SECRET = "a root secret for tests only"


def from_noon(sessions: Sessions) -> None:
    """Let the database's clock run on from NOON, for what was planned then and is sent now."""
    ahead = NOON - datetime.now(UTC)
    sessions.configure(info={"clock": lambda: datetime.now(UTC) + ahead})


PHONE = "+84912345678"
OTHER_PHONE = "+84987654321"


@pytest.fixture
def vault() -> Vault:
    return Vault(SECRET)


CALENDAR = load_calendar()
CATALOGUE = load_catalogue(ROOT / "data" / "procedures")
JUDGE = Judge(Reckoner(lambda: CATALOGUE, CALENDAR).reckon, OfficeBook(), CALENDAR.between)
"""Judges appointments by the real rules, of no province."""

RULES = Rules(
    quiet_hours=(time(21, 0), time(7, 0)),
    spread=1800.0,
    hourly_cap=5,
    expiry=timedelta(hours=24),
)


@pytest.fixture
def make_desk(vault: Vault) -> Callable[..., Desk]:
    def make(
        *,
        real: bool = False,
        rules: Rules = RULES,
        digest_from: int = 3,
        budget: Budget = Budget(),  # noqa: B008  # frozen
    ) -> Desk:
        return Desk(
            templates=load_templates(),
            vault=vault,
            rules=rules,
            sign="VPDKDD",
            contact=lambda office: (f"LH {office}, 0207 3 822 123.", "LH 0207 3 822 123."),
            real=real,
            digest_from=digest_from,
            settle=timedelta(seconds=10),
            budget=budget,
        )

    return make


@dataclass
class Registry:
    """Makes dossiers move, as an import does: dossier, event and pending event at once."""

    sessions: Sessions
    vault: Vault
    serial: Iterator[int] = field(default_factory=lambda: count(1))

    def dossier(
        self,
        *,
        phone: str | None = PHONE,
        status: Status = Status.ACCEPTED,
        at: datetime = NOON,
        sample: bool = False,
        backlog: bool = False,
        due_on: date | None = date(2026, 12, 14),
        **columns: object,
    ) -> int:
        """Add a dossier with its first event; return its id."""
        with self.sessions.begin() as session:
            office = session.scalars(select(OfficeRow)).first()
            if office is None:
                office = OfficeRow(key="chi nhanh 1", name="Chi nhánh 1")
                session.add(office)
                session.flush()
            dossier = Dossier(
                code=f"H60.12.01-261102-{next(self.serial):04d}",
                office_id=office.id,
                received_at=at,
                status=status,
                moved_at=at,
                done_at=at if status is Status.DONE else None,
                due_on=due_on,
                phone_enc=self.vault.encrypt(phone) if phone else None,
                phone_index=phone_index(self.vault, phone) if phone else None,
                sample=sample,
                created_at=at,
                updated_at=at,
                **columns,
            )
            session.add(dossier)
            session.flush()
            self._event(session, dossier, Move.FIRST, at, backlog)
            return dossier.id

    def move(self, dossier_id: int, status: Status, *, at: datetime = NOON) -> None:
        """Move a dossier on."""
        with self.sessions.begin() as session:
            dossier = session.get_one(Dossier, dossier_id)
            dossier.status = status
            dossier.status_version += 1
            dossier.moved_at = at
            if status is Status.DONE:
                dossier.done_at = at
            self._event(session, dossier, Move.STEP, at, False)

    def renumber(self, dossier_id: int, phone: str | None) -> None:
        """Give a dossier another number."""
        with self.sessions.begin() as session:
            dossier = session.get_one(Dossier, dossier_id)
            dossier.phone_enc = self.vault.encrypt(phone) if phone else None
            dossier.phone_index = phone_index(self.vault, phone) if phone else None
            if session.get(ChangedNumber, dossier_id) is None:
                session.add(ChangedNumber(dossier_id=dossier_id))

    def _event(
        self, session: Session, dossier: Dossier, move: Move, at: datetime, backlog: bool
    ) -> None:
        event = DossierEvent(
            dossier_id=dossier.id,
            version=dossier.status_version,
            status=dossier.status,
            move=move,
            occurred_at=at,
            recorded_at=at,
            source="test",
            is_backlog=backlog,
        )
        session.add(event)
        session.flush()
        session.add(PendingEvent(event_id=event.id))

    def messages(self) -> list[Message]:
        """All messages, the oldest first."""
        with self.sessions() as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    def decisions(self) -> list[PlanDecision]:
        """All decisions, in the order of their events."""
        with self.sessions() as session:
            return list(session.scalars(select(PlanDecision).order_by(PlanDecision.event_id)))

    def text(self, message: Message) -> str:
        """What a message says."""
        return self.vault.decrypt(message.body_enc)


@pytest.fixture
def registry(sessions: Sessions, vault: Vault) -> Registry:
    return Registry(sessions, vault)


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with fake_twilio() as fake:
        yield fake


_SILENT = ("hang", "slow_body")
"""How the names of those of the fake server's moods begin in which no answer comes."""


@pytest.fixture
def patience(request: pytest.FixtureRequest) -> float:
    """Seconds for which Twilio is waited for: few only where a case is about its silence.

    Everywhere else a busy machine's pause would pass for an answer that was lost.
    """
    case = getattr(request.node, "callspec", None)
    values = case.params.values() if case else ()
    silent = any(isinstance(value, str) and value.startswith(_SILENT) for value in values)
    return 0.5 if silent else 10.0


@pytest.fixture
def make_twilio(
    twilio: FakeTwilio, vault: Vault, tmp_path: Path, patience: float
) -> Callable[..., TwilioProvider]:
    def make(**overrides: object) -> TwilioProvider:
        values = {"twilio_timeout": patience, **overrides}
        return TwilioProvider(twilio_settings(twilio, tmp_path, **values), vault)

    return make


def twilio_settings(twilio: FakeTwilio, state_dir: Path, **overrides: object) -> Settings:
    """Settings that send through the fake server."""
    values: dict[str, object] = {
        "state_dir": state_dir,
        "sms_provider": "twilio",
        "public_url": "https://motcua.example.vn",
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": SecretStr(TOKEN),
        "twilio_messaging_service_sid": SERVICE,
        "twilio_base_url": twilio.base_url,
        **overrides,
    }
    return Settings(_env_file=None, **values)  # type: ignore[arg-type, call-arg]


@pytest.fixture
def esms() -> Iterator[FakeEsms]:
    with fake_esms() as fake:
        yield fake


@pytest.fixture
def zns() -> Iterator[FakeZns]:
    with fake_zns() as fake:
        yield fake


def route_settings(state_dir: Path, route: str, **overrides: object) -> Settings:
    """Settings of a route through fake servers, which `overrides` name by their addresses."""
    values: dict[str, object] = {
        "state_dir": state_dir,
        "sms_route": route,
        "public_url": "https://motcua.example.vn",
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": SecretStr(TOKEN),
        "twilio_messaging_service_sid": SERVICE,
        "esms_api_key": API_KEY,
        "esms_secret_key": SecretStr(ESMS_SECRET),
        "esms_brandname": BRANDNAME,
        "zns_app_id": APP_ID,
        "zns_app_secret": SecretStr(APP_SECRET),
        "zns_oa_secret": SecretStr(OA_SECRET),
        "zns_templates": {"done": "101", "accepted": "102"},
        **overrides,
    }
    return Settings(_env_file=None, **values)  # type: ignore[arg-type, call-arg]


@pytest.fixture
async def make_route(
    twilio: FakeTwilio,
    esms: FakeEsms,
    zns: FakeZns,
    sessions: Sessions,
    vault: Vault,
    tmp_path: Path,
    patience: float,
) -> AsyncIterator[Callable[..., Gateways]]:
    """Makes a route through all three fakes, signed in to Zalo."""
    made: list[Gateways] = []

    def make(route: str, **overrides: object) -> Gateways:
        given = {"access_token": zns.access, "refresh_token": zns.refresh}
        with sessions.begin() as session:
            sign_in(session, vault, json.dumps(given), datetime.now(UTC))
        values = {
            "twilio_base_url": twilio.base_url,
            "twilio_timeout": patience,
            "esms_base_url": esms.base_url,
            "esms_timeout": patience,
            "zns_base_url": zns.base_url,
            "zns_oauth_url": zns.base_url,
            "zns_timeout": patience,
            **overrides,
        }
        made.append(make_gateways(route_settings(tmp_path, route, **values), sessions, vault))
        return made[-1]

    yield make
    for gateways in made:
        await gateways.close()


SWIFT = Pace(lease=60, request=10, grace=0, asking=60, unconfirmed=3600, idle=0.05, gather=0.001)
"""A pace at which tests need not wait."""


@dataclass
class Office:
    """One worker with all it does, driven step by step."""

    sessions: Sessions
    vault: Vault
    provider: Provider
    rules: Rules = field(default_factory=lambda: replace(RULES, quiet_hours=None))
    pace: Pace = SWIFT
    route: Gateways | None = None
    """Several providers instead of the one."""

    @property
    def gateways(self) -> Gateways:
        return self.route or Gateways.alone(self.provider)

    def dispatcher(self, concurrency: int = 16) -> Dispatcher:
        return Dispatcher(
            self.sessions,
            self.gateways,
            self.vault,
            self.rules,
            self.pace,
            concurrency=concurrency,
        )

    async def dispatch_until(
        self, done: Callable[[], bool], *, dispatcher: Dispatcher | None = None
    ) -> None:
        """Run a dispatcher until something holds, then let it end in good order."""
        worker = dispatcher or self.dispatcher()
        running = asyncio.create_task(worker.run())
        try:
            async with asyncio.timeout(20):
                while not await asyncio.to_thread(done):  # noqa: ASYNC110  # it is in a database
                    await asyncio.sleep(0.01)
        finally:
            worker.stop()
            await running

    def apply_receipts(self, now: datetime | None = None) -> int:
        with self.sessions.begin() as session:
            return apply_waiting(session, now or datetime.now(UTC))


MakeDesk = Callable[..., Desk]
MakeRoute = Callable[..., Gateways]
MakeTwilio = Callable[..., TwilioProvider]
OnRoute = Callable[..., Office]
Planned = Callable[..., None]


def plan(sessions: Sessions, desk: Desk) -> None:
    """Plan the events that wait, now."""
    with sessions.begin() as session:
        plan_batch(session, desk, datetime.now(UTC))


@pytest.fixture
def planned(sessions: Sessions, registry: Registry, make_desk: MakeDesk) -> Planned:
    """Lets dossiers of `n` people move, and puts the messages of it into the outbox."""

    def put(n: int = 1, status: Status = Status.DONE, desk: Desk | None = None) -> None:
        for i in range(n):
            registry.dossier(phone=f"+8491234{i:04d}", status=status)
        plan(sessions, desk or make_desk())

    return put


@pytest.fixture
def on_route(sessions: Sessions, vault: Vault, make_route: MakeRoute) -> OnRoute:
    """Makes a worker on a route of several providers."""

    def make(route: str, **overrides: object) -> Office:
        gateways = make_route(route, **overrides)
        return Office(sessions, vault, next(iter(gateways.providers.values())), route=gateways)

    return make


def settled(registry: Registry, state: State) -> Callable[[], bool]:
    """What tells whether every message is in `state`."""
    return lambda: {message.state for message in registry.messages()} == {state}
