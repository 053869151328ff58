"""Whole messages through a channel: ours beside a Rasa server as it comes.

    .venv/bin/python -m tests.benchmarks.bench_chat [--seconds 15] [--only ours]

Both ask an action server of ours, on a database of its own. Ours is asked through its signed web
channel, as the site asks it; the other through Rasa's REST channel. So many conversations at once
each say one message after another, waiting for the answer; a conversation has ten messages. One
server runs at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles

import aiohttp
from pydantic import SecretStr

from cli.supervisor import Process
from cli.up import processes_of
from core.settings import ROOT, Settings
from tests.benchmarks import default_server
from tests.benchmarks.bench_understanding import messages
from web.rasa import RasaClient

AT_ONCE = (1, 8, 32)
TURNS = 10
"""Messages of a conversation."""

Say = Callable[[str, str], Awaitable[None]]
"""Says a text in a conversation and waits for the answer; raises where there is none."""
Pids = tuple[int, int]


@dataclass(frozen=True)
class Figures:
    """Of one load: messages a second, milliseconds."""

    rate: float
    p50: float
    p95: float
    rasa: float
    """Processor time of the Rasa server for a message: what other work on the machine changes
    least."""
    actions: float
    """The same of the action server."""
    failed: int


@contextmanager
def running(process: Process, log: Path) -> Iterator[tuple[int, float]]:
    """Start a process; its pid and the seconds until it was ready."""
    began = time.monotonic()
    with log.open("wb") as out:
        child = subprocess.Popen(
            list(process.command),
            cwd=ROOT,
            env=dict(process.environment),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        asyncio.run(_until_ready(process, child))
        yield child.pid, time.monotonic() - began
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        child.wait(30)


async def _until_ready(process: Process, child: subprocess.Popen[bytes]) -> None:
    async with aiohttp.ClientSession() as client:
        while child.poll() is None:
            with suppress(aiohttp.ClientError, OSError):
                async with client.get(process.ready_url) as answer:
                    if answer.status < 400:
                        return
            await asyncio.sleep(0.05)
    raise RuntimeError(f"{process.name} ended with {child.returncode}")


async def load(say: Say, at_once: int, seconds: float, pids: Pids) -> Figures:
    """Hold `at_once` conversations for some seconds; `pids` are Rasa's and the actions'."""
    before = [processor_time(pid) for pid in pids]
    texts = cycle(messages(240))
    times: list[float] = []
    failed = 0
    until = time.monotonic() + seconds

    async def talk() -> None:
        nonlocal failed
        while time.monotonic() < until:
            conversation = f"bench-{secrets.token_hex(8)}"
            for _ in range(TURNS):
                if time.monotonic() >= until:
                    return
                began = time.perf_counter()
                try:
                    await say(conversation, next(texts))
                    times.append(1000 * (time.perf_counter() - began))
                except Exception:
                    failed += 1

    began = time.monotonic()
    await asyncio.gather(*(talk() for _ in range(at_once)))
    taken = time.monotonic() - began
    used = [processor_time(pid) - start for pid, start in zip(pids, before, strict=True)]
    rasa, actions = (1000 * spent / len(times) for spent in used)
    p95 = quantiles(times, n=20)[-1]
    return Figures(len(times) / taken, median(times), p95, rasa, actions, failed)


async def measure_ours(settings: Settings, seconds: float, pids: Pids) -> dict[int, Figures]:
    """Load our server as the site does."""
    secret = settings.web_channel_secret.get_secret_value()
    client = RasaClient(f"http://127.0.0.1:{settings.rasa_port}", secret)

    async def say(conversation: str, text: str) -> None:
        if not await client.say(conversation, secrets.token_hex(8), text):
            raise RuntimeError("no answer")

    try:
        return await _loads(say, seconds, pids)
    finally:
        await client.close()


async def measure_default(settings: Settings, seconds: float, pids: Pids) -> dict[int, Figures]:
    """Load the other through Rasa's REST channel."""
    url = f"http://127.0.0.1:{settings.rasa_port}/webhooks/rest/webhook"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as client:

        async def say(conversation: str, text: str) -> None:
            message = {"sender": f"rest:{conversation}", "message": text}
            async with client.post(url, json=message) as answer:
                if answer.status != 200 or not await answer.json():
                    raise RuntimeError("no answer")

        return await _loads(say, seconds, pids)


async def _loads(say: Say, seconds: float, pids: Pids) -> dict[int, Figures]:
    await load(say, 2, min(5.0, seconds), pids)  # warms up
    return {at_once: await load(say, at_once, seconds, pids) for at_once in AT_ONCE}


def processor_time(pid: int) -> float:
    """Seconds of processor time that a process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """MiB of a process that are in memory now (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def settings_for(folder: Path, ports: tuple[int, int]) -> Settings:
    """Settings of an installation of its own."""
    secret = SecretStr(secrets.token_urlsafe(32))
    return Settings(_env_file=None, state_dir=folder).model_copy(
        update={
            "rasa_port": ports[0],
            "actions_port": ports[1],
            "secret_key": secret,
            "web_channel_secret": secret,
        }
    )


def measure(name: str, folder: Path, seconds: float) -> dict[int, Figures]:
    """Start the servers, load them, print what they cost, stop them."""
    settings = settings_for(folder, (5805, 5855))
    by_name = {process.name: process for process in processes_of(settings)}
    own = {
        "MOTCUA_STATE_DIR": str(folder),
        "MOTCUA_ACTIONS_PORT": str(settings.actions_port),
        "MOTCUA_SECRET_KEY": settings.secret_key.get_secret_value(),
        "MOTCUA_WEB_CHANNEL_SECRET": settings.web_channel_secret.get_secret_value(),
        "MOTCUA_DATABASE_URL": "",
    }
    subprocess.run(
        [*by_name["actions"].command[:1], "-m", "cli", "migrate"],
        cwd=ROOT,
        env={**by_name["actions"].environment, **own},
        check=True,
    )
    rasa = by_name["rasa"]
    if name == "default":
        made = default_server.ensure()
        told = {"--model": "model.tar.gz"}
        told |= {"--endpoints": "endpoints.yml", "--credentials": "credentials.yml"}
        command = list(rasa.command)
        for option, file in told.items():
            command[command.index(option) + 1] = str(made / file)
        url = f"http://127.0.0.1:{settings.rasa_port}/webhooks/rest/"
        rasa = replace(rasa, command=command, ready_url=url)
    with (
        running(_with(by_name["actions"], own), folder / "actions.log") as (actions, _),
        running(_with(rasa, own), folder / "rasa.log") as (pid, start),
    ):
        loaded = memory(pid)
        load_it = measure_default if name == "default" else measure_ours
        figures = asyncio.run(load_it(settings, seconds, (pid, actions)))
        print(f"{name}: ready in {start:.1f} s, {loaded:.0f} MiB, under load {memory(pid):.0f} MiB")
    for at_once, held in figures.items():
        print(
            f"{name:8} {at_once:3} at once {held.rate:8.1f} messages/s   p50 {held.p50:7.1f} ms   "
            f"p95 {held.p95:7.1f} ms   processor {held.rasa:.1f} + {held.actions:.1f} ms a message"
            f"   {held.failed} failed",
            flush=True,
        )
    return figures


def _with(process: Process, own: dict[str, str]) -> Process:
    return replace(process, environment={**process.environment, **own})


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--seconds", type=float, default=15.0, help="of each load")
    arguments.add_argument("--only", choices=("ours", "default"))
    chosen = arguments.parse_args()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"load before {os.getloadavg()[0]:.1f}; the client runs on the same machine",
        flush=True,
    )
    figures = {}
    for name in ("ours", "default"):
        if chosen.only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                figures[name] = measure(name, Path(folder), chosen.seconds)
    if len(figures) == 2:
        for at_once in AT_ONCE:
            ours, default = figures["ours"][at_once], figures["default"][at_once]
            print(
                f"{at_once:3} at once: {ours.rate / default.rate:.1f} times the messages, "
                f"p95 {ours.p95 / default.p95:.2f} of the default's"
            )


if __name__ == "__main__":
    main()
