"""Keeps a set of processes running: ordered start, readiness, restart with back-off, clean stop.

Each process leads a process group of its own, and is killed by the kernel should the supervisor
die, so that nothing is left behind. What the processes are is said elsewhere (`cli.up`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path

import aiohttp

READY_TIMEOUT = 180.0
"""Seconds that a process may take to become ready before it counts as failed."""
STOP_TIMEOUT = 15.0
"""Seconds between asking a process to stop and making it."""
BACK_OFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before the first, second, … restart in a row."""
STEADY_AFTER = 60.0
"""Seconds of running after which earlier crashes are forgotten."""


class PortTaken(Exception):
    """A port is in use by something else; the message names it and the setting that moves it."""


class StartFailed(Exception):
    """A process ended, or did not become ready in time, before everything was up."""


@dataclass(frozen=True)
class Process:
    """What to run and how to tell that it is ready."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready_url: str
    port: int
    port_setting: str
    host: str = "127.0.0.1"
    stage: int = 0
    """Processes of one stage start side by side, when all of the stage before are ready."""


@dataclass
class _Running:
    process: Process
    child: asyncio.subprocess.Process | None = None
    pumps: set[asyncio.Task[None]] = field(default_factory=set)


Tell = Callable[[str], None]
"""Shows the operator a line."""


def check_ports(processes: Sequence[Process]) -> None:
    """Raise `PortTaken` for the first port that something else listens on."""
    for process in processes:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((process.host, process.port))
            except OSError as error:
                raise PortTaken(
                    f"port {process.port} ({process.name}) is taken: is Motcua already running? "
                    f"Stop what holds it, or set {process.port_setting} to another port. ({error})"
                ) from None


class Supervisor:
    """Runs processes until told to stop. One instance, one call of `run`."""

    def __init__(
        self, processes: Sequence[Process], cwd: Path, log_dir: Path, tell: Tell, verbose: bool
    ) -> None:
        self._running = [_Running(p) for p in processes]
        self._cwd = cwd
        self._log_dir = log_dir
        self._tell = tell
        self._verbose = verbose
        self._stopping = asyncio.Event()

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Start all in order, call `on_ready`, keep them running until SIGINT or SIGTERM.

        Raises `StartFailed` if one does not come up; by then all are stopped again.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        self._log_dir.mkdir(parents=True, exist_ok=True)
        keepers: list[asyncio.Task[None]] = []
        try:
            for stage in sorted({running.process.stage for running in self._running}):
                starting = [r for r in self._running if r.process.stage == stage]
                # All are waited for, whatever becomes of one: none may be left half started.
                ready = await asyncio.gather(*map(self._bring_up, starting))
                if self._stopping.is_set():
                    return
                for running, is_ready in zip(starting, ready, strict=True):
                    if not is_ready:
                        raise StartFailed(
                            f"{running.process.name} did not come up; its last words are in "
                            f"{self._log_dir / running.process.name}.log"
                        )
                keepers += [asyncio.create_task(self._keep(running)) for running in starting]
            on_ready()
            await self._stopping.wait()
        finally:
            self._stopping.set()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            for running in reversed(self._running):
                await self._stop(running)

    async def _bring_up(self, running: _Running) -> bool:
        """Start a process for the first time; tell whether it became ready."""
        began = time.monotonic()
        await self._start(running)
        is_ready = await self._until_ready(running)
        if is_ready:
            self._tell(f"{running.process.name} ready ({time.monotonic() - began:.1f} s)")
        return is_ready

    async def _start(self, running: _Running) -> None:
        process = running.process
        # A pipe of our own: asyncio's would make `wait` wait for grandchildren that hold it open.
        reading, writing = os.pipe()
        try:
            running.child = await asyncio.create_subprocess_exec(
                *process.command,
                cwd=self._cwd,
                env=dict(process.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        finally:
            os.close(writing)
        pump = asyncio.create_task(self._pump(process.name, reading))
        running.pumps.add(pump)
        pump.add_done_callback(running.pumps.discard)

    async def _until_ready(self, running: _Running) -> bool:
        """Wait for the process to answer; False if it ended, took too long, or we are to stop."""
        deadline = time.monotonic() + READY_TIMEOUT
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout) as client:
            while time.monotonic() < deadline and not self._stopping.is_set():
                if running.child is None or running.child.returncode is not None:
                    return False
                with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                    async with client.get(running.process.ready_url) as answer:
                        if answer.status < 400:
                            return True
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), 0.1)
        return False

    async def _keep(self, running: _Running) -> None:
        """Start the process again whenever it ends."""
        name = running.process.name
        crashes = 0
        while True:
            assert running.child is not None
            began = time.monotonic()
            code = await running.child.wait()
            _kill_group(running.child.pid, signal.SIGKILL)
            if time.monotonic() - began > STEADY_AFTER:
                crashes = 0
            pause = BACK_OFF[min(crashes, len(BACK_OFF) - 1)]
            crashes += 1
            self._tell(f"{name} ended ({_how(code)}); starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            began = time.monotonic()
            await self._start(running)
            if await self._until_ready(running):
                self._tell(f"{name} is back ({time.monotonic() - began:.1f} s)")

    async def _stop(self, running: _Running) -> None:
        child = running.child
        if child is None:
            return
        if child.returncode is None:
            _kill_group(child.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(child.wait(), STOP_TIMEOUT)
            except TimeoutError:
                self._tell(f"{running.process.name} does not stop; killing it")
        _kill_group(child.pid, signal.SIGKILL)
        await child.wait()
        await asyncio.gather(*running.pumps, return_exceptions=True)

    async def _pump(self, name: str, descriptor: int) -> None:
        """Carry a process's lines to its log file, and those that matter to the operator."""
        stream = asyncio.StreamReader(limit=1 << 20)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(descriptor, "rb", 0)
        )
        log = logging.getLogger(f"motcua.process.{name}")
        log.propagate = False
        log.setLevel(logging.INFO)
        if not log.handlers:
            log.addHandler(
                RotatingFileHandler(
                    self._log_dir / f"{name}.log", maxBytes=10_000_000, backupCount=5, delay=True
                )
            )
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than the limit: a line nobody will miss
                continue
            if not line:
                transport.close()
                return
            text = line.decode(errors="replace").rstrip()
            log.info("%s", text)
            if self._verbose or _matters(text):
                self._tell(f"[{name}] {text}")


def _matters(line: str) -> bool:
    """Whether a log line is a warning or worse."""
    if line.startswith("{"):
        return any(f'"level": "{level}"' in line for level in ("warning", "error", "critical"))
    return any(word in line for word in ("ERROR", "CRITICAL", "Traceback"))


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _kill_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


# Loaded before any fork: between fork and exec as little as possible may happen.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """In the child: have the kernel end it when the supervisor is gone, however it went."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
