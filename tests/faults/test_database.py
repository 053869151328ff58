"""The database restarts, is away, is locked, is full, or takes nothing: nothing lost or doubled.

Real processes in the middle of a burst. Each test sees to it that the fault was felt: what the
processes said of it is waited for.
"""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from core.database import Base, make_engine
from notifier.states import State
from tests.faults.conftest import System, long_form, on_sqlite, running
from tests.faults.machine import Server, SmallDisk, own_server, small_disk

pytestmark = [long_form, pytest.mark.timeout(300)]

REFUSED = "database refuses"
"""What a dispatcher says of a database that does not take what it writes."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that these tests may treat as they like."""
    with own_server() as made:
        yield made


@pytest.fixture
def on_server(server: Server, tmp_path: Path, ports: Iterator[int]) -> Iterator[System]:
    """A system on that server, emptied."""
    engine = make_engine(server.url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with running(server.url, engine, tmp_path, ports) as made:
        yield made
    engine.dispose()


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk(12) as made:
        yield made


@pytest.fixture
def on_disk(disk: SmallDisk, tmp_path: Path, ports: Iterator[int]) -> Iterator[System]:
    """A system on SQLite on a disk that these tests may treat as they like."""
    url = f"sqlite:///{disk.folder / 'motcua.db'}"
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    with running(url, engine, tmp_path, ports) as made:
        yield made
    engine.dispose()


def burst(system: System, n: int, *, workers: int = 1) -> list[subprocess.Popen[bytes]]:
    """Start workers on `n` messages, and return once they are well into them."""
    system.twilio.latency = 0.2
    system.events(n)
    processes = [system.start() for _ in range(workers)]
    system.wait(lambda: len(system.twilio.taken) >= n // 5)
    return processes


def all_well(system: System, n: int, processes: list[subprocess.Popen[bytes]]) -> None:
    """Nothing lost, nothing doubled, and no process had to be started again."""
    system.wait_until_settled(n)
    assert system.joined() == (0, 0)
    assert system.states() == {State.ACCEPTED: n}
    assert [process.poll() for process in processes] == [None] * len(processes)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_restarts_in_a_burst_again_and_again(
    on_server: System, server: Server, mode: str
) -> None:
    system = on_server
    processes = burst(system, 200, workers=2)
    for _ in range(3):
        taken = len(system.twilio.taken)
        server.control("-m", mode, "restart")
        system.wait(lambda taken=taken: len(system.twilio.taken) > taken + 10)  # type: ignore[misc]
    assert REFUSED in system.logs()
    all_well(system, 200, processes)


def test_a_server_that_is_away_for_longer_than_a_lease(on_server: System, server: Server) -> None:
    system = on_server
    processes = burst(system, 100)
    server.control("-m", "fast", "stop")
    system.wait_for_word(REFUSED, times=3)
    time.sleep(6)  # what was marked as sending has no lease any more when the server is back
    server.control("-o", f'-h "" -k {Path(server.server.pgdata)}', "start")
    all_well(system, 100, processes)


def test_a_server_that_takes_no_writes(on_server: System, server: Server) -> None:
    """As the replica that a failover left us with: it reads, and refuses every change."""
    system = on_server
    processes = burst(system, 100)
    server.tell("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    system.wait_for_word(REFUSED, times=3)
    taken = len(system.twilio.taken)
    time.sleep(2)
    assert len(system.twilio.taken) == taken, "nothing leaves that cannot be written down first"
    server.tell(
        "SET default_transaction_read_only = off",
        "ALTER SYSTEM RESET default_transaction_read_only",
        "SELECT pg_reload_conf()",
    )
    all_well(system, 100, processes)


def test_a_server_whose_disk_is_full(tmp_path: Path, ports: Iterator[int]) -> None:
    with small_disk(160) as disk, own_server(disk.folder) as server:
        engine = make_engine(server.url)
        Base.metadata.create_all(engine)
        with running(server.url, engine, tmp_path, ports) as system:
            processes = burst(system, 400)
            disk.fill()
            # Its tables take a while to need another page.
            with pytest.raises(Exception, match="No space left"):
                server.tell(
                    "CREATE TABLE growing (what text)",
                    "INSERT INTO growing SELECT repeat('x', 500) FROM generate_series(1, 100000)",
                )
            system.wait_for_word(REFUSED)
            time.sleep(3)
            disk.free()
            if not server.is_up:  # without room for its log it stops itself: somebody starts it
                server.control("-o", f'-h "" -k {Path(server.server.pgdata)}', "start")
            all_well(system, 400, processes)
        engine.dispose()


def test_a_file_on_a_full_disk(on_disk: System, disk: SmallDisk) -> None:
    system = on_disk
    processes = burst(system, 200)
    # A log that has its size already is written over, and a full disk not felt for megabytes.
    with system.sessions() as session:
        system.wait(lambda: not session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0])
    disk.fill()
    system.wait_for_word(REFUSED, times=3)
    taken = len(system.twilio.taken)
    time.sleep(5)
    assert len(system.twilio.taken) == taken, "nothing leaves that cannot be written down first"
    disk.free()
    all_well(system, 200, processes)


def test_a_file_on_a_disk_that_lets_nobody_write(on_disk: System, disk: SmallDisk) -> None:
    """As a filesystem is after an error, or a wrong mount: found so by a process that starts."""
    system = on_disk
    (process,) = burst(system, 100)
    process.kill()
    process.wait(10)
    system.sessions.kw["bind"].dispose()
    disk.let_write(False)
    taken = len(system.twilio.taken)
    process = system.start()
    system.wait_for_word("tick failed", times=3)
    assert len(system.twilio.taken) == taken
    disk.let_write(True)
    all_well(system, 100, [process])


@on_sqlite
def test_a_file_that_another_program_locks(system: System) -> None:
    """For longer than our patience with another writer: a backup, a forgotten shell."""
    processes = burst(system, 100)
    other = sqlite3.connect(make_url(system.url).database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    system.wait_for_word(REFUSED)
    other.execute("ROLLBACK")
    other.close()
    all_well(system, 100, processes)
