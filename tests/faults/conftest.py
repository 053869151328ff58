"""Real notifier processes on a real database, against a fake Twilio whose log is the truth."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from core.database import Sessions, session_factory
from core.privacy import Vault
from core.settings import ROOT
from dossiers.lifecycle import Status
from notifier.models import Message
from notifier.states import FINAL, State
from tests.fakes.twilio_server import ACCOUNT, SERVICE, TOKEN, FakeTwilio, fake_twilio
from tests.notifier.conftest import Registry

SECRET = "a root secret for fault tests only"
SETTLED = FINAL | {State.ACCEPTED, State.SENT}
"""Where nothing more is done but wait for receipts, which the fake does not send by itself."""


@dataclass
class System:
    """One database, one provider, and any number of notifier processes."""

    url: str
    sessions: Sessions
    twilio: FakeTwilio
    folder: Path
    ports: Iterator[int]
    settings: dict[str, str] = field(default_factory=dict)
    """More of the processes' settings, or others."""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def registry(self) -> Registry:
        return Registry(self.sessions, Vault(SECRET))

    def events(self, n: int, status: Status = Status.DONE) -> None:
        """Let `n` dossiers of as many people move."""
        registry = self.registry
        now = datetime.now(UTC)
        for i in range(n):
            registry.dossier(phone=f"+8491{i:07d}", status=status, at=now)

    def start(self, *arguments: str, module: str = "notifier") -> subprocess.Popen[bytes]:
        """Start a process."""
        settings = {
            "MOTCUA_STATE_DIR": str(self.folder),
            "MOTCUA_DATABASE_URL": self.url,
            "MOTCUA_SECRET_KEY": SECRET,
            "MOTCUA_NOTIFIER_PORT": str(next(self.ports)),
            "MOTCUA_SMS_PROVIDER": "twilio",
            "MOTCUA_PUBLIC_URL": "https://motcua.example.vn",
            "MOTCUA_TWILIO_ACCOUNT_SID": ACCOUNT,
            "MOTCUA_TWILIO_AUTH_TOKEN": TOKEN,
            "MOTCUA_TWILIO_MESSAGING_SERVICE_SID": SERVICE,
            "MOTCUA_TWILIO_BASE_URL": self.twilio.base_url,
            "MOTCUA_TWILIO_TIMEOUT": "1",
            "MOTCUA_SMS_LEASE": "4",
            "MOTCUA_SMS_CONCURRENCY": "16",
            "MOTCUA_UNCERTAIN_GRACE": "0",
            "MOTCUA_QUIET_HOURS": "off",
            **self.settings,
        }
        log = (self.folder / f"process-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        self.processes.append(process)
        return process

    def states(self) -> Counter[State]:
        """How many messages are in each state."""
        with self.sessions() as session:
            rows = session.execute(select(Message.state, func.count()).group_by(Message.state))
            return Counter(dict(rows.all()))

    def wait(self, done: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something holds, however slow the machine is today."""
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                logs = [p.read_text()[-2000:] for p in sorted(self.folder.glob("process-*.log"))]
                raise AssertionError(f"{self.states()}, {len(self.twilio.taken)} taken\n{logs}")
            time.sleep(0.02)

    def wait_until_settled(self, n: int) -> None:
        """Wait until all of `n` messages have come to rest."""
        self.wait(
            lambda: (
                sum(self.states().values()) == n
                and sum(c for state, c in self.states().items() if state not in SETTLED) == 0
            )
        )

    def joined(self) -> tuple[int, int]:
        """Join the provider's log with ours; return (lost, doubled)."""
        taken = Counter(self.twilio.refs())
        with self.sessions() as session:
            ours = set(session.scalars(select(Message.ref)))
        assert set(taken) <= ours
        return len(ours - set(taken)), sum(taken.values()) - len(taken)


@pytest.fixture
def system(
    database_url: str, engine: Engine, tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> Iterator[System]:
    with fake_twilio() as twilio:
        made = System(
            database_url,
            session_factory(engine),
            twilio,
            tmp_path,
            iter(unused_tcp_port_factory, None),
        )
        yield made
        for process in made.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait(10)
