"""The supervisor with real processes: they are killed, die, hang, and must leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import supervisor
from cli.supervisor import PortTaken, Process, StartFailed, Supervisor, check_ports

SCRIPT = Path(__file__).with_name("misbehaving.py")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def process(name: str, *options: str, stage: int = 0) -> Process:
    port = free_port()
    return Process(
        name=name,
        command=(sys.executable, str(SCRIPT), str(port), *options),
        environment=dict(os.environ),
        ready_url=f"http://127.0.0.1:{port}/",
        port=port,
        port_setting=f"MOTCUA_{name.upper()}_PORT",
        stage=stage,
    )


class Operator:
    """Collects what the supervisor says, and waits for words."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._news = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self._news.set()

    async def hears(self, words: str) -> None:
        async with asyncio.timeout(30):
            while not any(words in line for line in self.lines):
                self._news.clear()
                await self._news.wait()


async def running(
    tmp_path: Path, operator: Operator, *processes: Process
) -> tuple[Supervisor, asyncio.Task[None]]:
    made = Supervisor(processes, tmp_path, tmp_path / "log", operator, verbose=False)
    task = asyncio.create_task(made.run(lambda: operator("everything is up")))
    await asyncio.sleep(0)
    return made, task


def pid_listening(port: int) -> int:
    """The process that listens on a port, read from the kernel."""
    inode = next(
        parts[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if (parts := line.split())[3] == "0A" and int(parts[1].split(":")[1], 16) == port
    )
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(str(fd.readlink()) == f"socket:[{inode}]" for fd in folder.iterdir()):
                return int(folder.parent.name)
        except OSError:
            continue
    raise AssertionError(f"nobody listens on {port}")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  (the kernel sends no events)
            await asyncio.sleep(0.02)


async def test_starts_in_order_and_stops_all(tmp_path: Path) -> None:
    operator = Operator()
    first, second = process("first", "--ready-after", "0.5"), process("second", stage=1)
    _, task = await running(tmp_path, operator, first, second)
    await operator.hears("everything is up")
    said = [line.split()[0] for line in operator.lines if " ready" in line]
    assert said == ["first", "second"]
    pids = [pid_listening(first.port), pid_listening(second.port)]
    os.kill(os.getpid(), signal.SIGINT)
    await task
    assert not any(alive(pid) for pid in pids)


async def test_a_killed_process_comes_back_without_its_old_children(tmp_path: Path) -> None:
    operator = Operator()
    child_file = tmp_path / "child"
    one = process("one", "--with-child", str(child_file))
    _, task = await running(tmp_path, operator, one)
    await operator.hears("everything is up")
    old, old_child = pid_listening(one.port), int(child_file.read_text())
    os.kill(old, signal.SIGKILL)
    await operator.hears("one is back")
    assert pid_listening(one.port) != old
    await until(lambda: not alive(old_child))
    os.kill(os.getpid(), signal.SIGTERM)
    await task


async def test_one_that_dies_at_once_fails_the_start(tmp_path: Path) -> None:
    operator = Operator()
    good, bad = process("good"), process("bad", "--exit-at-once")
    _, task = await running(tmp_path, operator, good, bad)
    await operator.hears("good ready")
    with pytest.raises(StartFailed, match="bad did not come up"):
        await task
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", good.port), 1):
        pass
    assert "ERROR: as told" in (tmp_path / "log" / "bad.log").read_text()
    assert any("[bad] ERROR: as told" in line for line in operator.lines)
    assert not any("started" in line for line in operator.lines), "info lines are for the log file"


async def test_one_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STOP_TIMEOUT", 0.5)
    operator = Operator()
    deaf = process("deaf", "--deaf")
    _, task = await running(tmp_path, operator, deaf)
    await operator.hears("everything is up")
    pid = pid_listening(deaf.port)
    os.kill(os.getpid(), signal.SIGINT)
    await task
    assert not alive(pid)


async def test_no_orphan_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    one = process("one")
    code = (
        "import asyncio, pathlib, sys\n"
        "from cli.supervisor import Process, Supervisor\n"
        f"p = Process('one', {tuple(one.command)!r}, {{}}, {one.ready_url!r}, {one.port}, 'X')\n"
        f"s = Supervisor([p], pathlib.Path({str(tmp_path)!r}), pathlib.Path({str(tmp_path)!r}), "
        "lambda line: None, False)\n"
        "asyncio.run(s.run(lambda: print('up', flush=True)))\n"
    )
    root = Path(__file__).parents[2]
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=root, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    assert (await asyncio.wait_for(parent.stdout.readline(), 30)).strip() == b"up"
    pid = pid_listening(one.port)
    parent.kill()
    await parent.wait()
    await until(lambda: not alive(pid))


def test_a_taken_port_is_named_with_the_setting_that_moves_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = Process("web", (), {}, "", holder.getsockname()[1], "MOTCUA_WEB_PORT")
        with pytest.raises(PortTaken, match=r"\(web\) is taken.*MOTCUA_WEB_PORT"):
            check_ports([taken])
