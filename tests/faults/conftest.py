"""Real notifier processes on a real database, against a fake Twilio whose log is the truth."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine, func, select, update

from core.database import Sessions, session_factory
from core.privacy import Vault
from core.settings import ROOT
from dossiers.lifecycle import Status
from notifier.models import Message
from notifier.states import FINAL, State
from tests.fakes.twilio_server import ACCOUNT, SERVICE, TOKEN, FakeTwilio, fake_twilio
from tests.notifier.conftest import Registry

long_form = pytest.mark.skipif(
    os.environ.get("MOTCUA_FAULTS") != "long", reason="of the long form: make faults"
)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SECRET = "a root secret for fault tests only"
PATIENT = {
    "MOTCUA_ESMS_TIMEOUT": "20",
    "MOTCUA_ZNS_TIMEOUT": "20",
    "MOTCUA_TWILIO_TIMEOUT": "20",
    "MOTCUA_SMS_LEASE": "120",
}
"""Where nothing is to break: a busy machine's pause is no provider's silence."""
SETTLED = FINAL | {State.ACCEPTED, State.SENT}
"""Where nothing more is done but wait for receipts, which the fake does not send by itself."""


class Joined(NamedTuple):
    """What a test's providers have in their logs, against what is in ours."""

    messages: int
    taken: int
    lost: int
    doubled: int


JOINED: dict[str, Joined] = {}
"""By test, of this run."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of results, with its conditions."""
    if not JOINED:
        return
    load = "/".join(f"{average:.1f}" for average in os.getloadavg())
    terminalreporter.section(f"providers' logs against ours, {os.cpu_count()} cores, load {load}")
    width = max(map(len, JOINED))
    for test, joined in [("test", Joined._fields), *JOINED.items()]:
        terminalreporter.write_line(f"{test:{width}}" + "".join(f"{n:>10}" for n in joined))


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

    def events(self, n: int, status: Status = Status.DONE, *, first: int = 0) -> None:
        """Let `n` dossiers of as many people move, numbered from `first` on."""
        registry = Registry(self.sessions, Vault(SECRET), count(first + 1))
        now = datetime.now(UTC)
        for i in range(first, first + n):
            registry.dossier(phone=f"+8491{i:07d}", status=status, at=now)

    def due_now(self) -> None:
        """Let no message wait any longer for its next attempt."""
        with self.sessions.begin() as session:
            session.execute(update(Message).values(not_before=Message.created_at))

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Tell a process to end, and see that it does so in good order."""
        process.terminate()
        assert process.wait(30) == 0

    def logs(self) -> str:
        """What all processes have said."""
        return "".join(p.read_text() for p in sorted(self.folder.glob("process-*.log")))

    def wait_for_word(self, said: str, times: int = 1) -> None:
        """Wait until some process has said something so often."""
        self.wait(lambda: self.logs().count(said) >= times)

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

    def wait(self, done: Callable[[], bool], seconds: float = 150) -> None:
        """Wait until something holds, however slow the machine is today."""
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                taken = len(self.twilio.taken)
                raise AssertionError(f"{taken} taken\n{self.logs()[-6000:]}\n{self.states()}")
            time.sleep(0.02)

    def wait_until_settled(self, n: int) -> None:
        """Wait until all of `n` messages have come to rest."""
        self.wait(
            lambda: (
                sum(self.states().values()) == n
                and sum(c for state, c in self.states().items() if state not in SETTLED) == 0
            )
        )

    def joined(self, *others: Sequence[str]) -> tuple[int, int]:
        """Join the provider's log with ours; return (lost, doubled). `others`: the logs of further
        providers, our references of what each has taken over."""
        taken = Counter(self.twilio.refs())
        for log in others:
            taken.update(log)
        with self.sessions() as session:
            ours = set(session.scalars(select(Message.ref)))
        assert set(taken) <= ours
        lost, doubled = len(ours - set(taken)), sum(taken.values()) - len(taken)
        test = os.environ["PYTEST_CURRENT_TEST"].partition("::")[2].removesuffix(" (call)")
        JOINED[test] = Joined(len(ours), sum(taken.values()), lost, doubled)
        return lost, doubled


@contextmanager
def running(url: str, engine: Engine, folder: Path, ports: Iterator[int]) -> Iterator[System]:
    """Give a system on a database that has its tables, and see that no process outlives it."""
    with fake_twilio() as twilio:
        made = System(url, session_factory(engine), twilio, folder, ports)
        try:
            yield made
        finally:
            for process in made.processes:
                if process.poll() is None:
                    process.send_signal(signal.SIGCONT)
                    process.kill()
                process.wait(10)


@pytest.fixture
def ports(unused_tcp_port_factory: Callable[[], int]) -> Iterator[int]:
    return iter(unused_tcp_port_factory, None)


@pytest.fixture
def system(
    database_url: str, engine: Engine, tmp_path: Path, ports: Iterator[int]
) -> Iterator[System]:
    with running(database_url, engine, tmp_path, ports) as made:
        yield made
