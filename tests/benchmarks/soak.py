"""Many conversations at once for a while, through the whole running system, and what memory does.

    .venv/bin/python -m tests.benchmarks.soak [--minutes 10] [--at-once 32] [--picture PATH]

Each visitor opens the page, says ten things as a browser without JavaScript does, one every three
seconds (the site answers no person more than twenty a minute), then goes, and another comes. One
thing in ten is a look-up with a code and digits. Visitors have addresses of their own, as a proxy
tells them. The memory of each process is read every second; what it grows by from the first fifth
to the last is printed, with its slope over the second half.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import secrets
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import linear_regression, mean, median, quantiles

import aiohttp

from cli.bootstrap import BOT
from cli.training import bot_environment, ensure_model
from core.settings import ROOT
from tests.acceptance.conftest import System, prepared
from tests.benchmarks.bench_chat import memory
from tests.benchmarks.bench_understanding import messages
from tests.fakes.telegram_server import fake_telegram

TURNS = 10
"""Things that a visitor says."""
EVERY = 3.0
"""Seconds between two of them."""
LOOK_UP = 4
"""Which of them is a look-up."""


@dataclass
class Soaked:
    """What came of it. Memory in MiB by process, a value a second; times in milliseconds."""

    at_once: int
    memory: dict[str, list[float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    visitors: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    def growth(self, process: str) -> float:
        """MiB from the first fifth to the last, in the mean."""
        values = self.memory[process]
        part = max(1, len(values) // 5)
        return mean(values[-part:]) - mean(values[:part])

    def slope(self, process: str) -> float:
        """MiB an hour over the second half."""
        half = len(self.seconds) // 2
        return linear_regression(self.seconds[half:], self.memory[process][half:]).slope * 3600


class Visitor:
    """A browser without JavaScript: cookies, forms read off the page, redirects followed."""

    def __init__(self, base: str, number: int) -> None:
        address = f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
        self._base = base
        self._http = aiohttp.ClientSession(
            headers={"X-Forwarded-For": address},
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(60),
        )

    async def open(self) -> str:
        """Open the page."""
        async with self._http.get(f"{self._base}/") as answer:
            answer.raise_for_status()
            return await answer.text()

    async def say(self, page: str, text: str) -> str:
        """Fill in the form and send it; return the page that follows."""
        form = page.rsplit('class="ask"', 1)[1]
        hidden = dict(re.findall(r'name="(token|message_id)" value="([^"]*)"', form))
        async with self._http.post(f"{self._base}/chat", data={**hidden, "text": text}) as answer:
            answer.raise_for_status()
            return await answer.text()

    async def close(self) -> None:
        """Leave."""
        await self._http.close()


async def soak(
    base: str, pids: Mapping[str, int], at_once: int, seconds: float, every: float = EVERY
) -> Soaked:
    """Hold `at_once` conversations for some seconds and watch the processes."""
    soaked = Soaked(at_once, memory={name: [] for name in pids})
    texts = cycle(messages(240))
    began = time.monotonic()

    def over() -> bool:
        return time.monotonic() - began >= seconds

    async def watch() -> None:
        while not over():
            soaked.seconds.append(time.monotonic() - began)
            for name, pid in pids.items():
                soaked.memory[name].append(memory(pid))
            await asyncio.sleep(1)

    async def talk(first_pause: float) -> None:
        await asyncio.sleep(first_pause)
        while not over():
            soaked.visitors += 1
            visitor = Visitor(base, soaked.visitors)
            try:
                page = await visitor.open()
                for turn in range(TURNS):
                    if over():
                        break
                    sent = time.perf_counter()
                    text = _look_up() if turn == LOOK_UP else next(texts)
                    page = await visitor.say(page, text)
                    taken = time.perf_counter() - sent
                    soaked.times.append(1000 * taken)
                    if "hệ thống trả lời đang bận" in page.rsplit("<article", 1)[-1]:
                        soaked.failed["busy"] += 1
                    await asyncio.sleep(max(0.0, every - taken))
            except Exception as error:
                soaked.failed[f"{type(error).__name__} {getattr(error, 'status', '')}"] += 1
                await asyncio.sleep(every)
            finally:
                await visitor.close()

    await asyncio.gather(watch(), *(talk(every * n / at_once) for n in range(at_once)))
    return soaked


def _look_up() -> str:
    """A code that nobody has, with digits."""
    code = f"H60.12.01-261016-{secrets.randbelow(10_000):04}"
    return f"{code} {secrets.randbelow(10_000):04}"


@contextmanager
def started() -> Iterator[System]:
    """The whole system, in a folder of its own."""
    ensure_model(print)
    with tempfile.TemporaryDirectory() as folder, fake_telegram() as telegram:
        system = prepared(Path(folder), telegram)
        try:
            system.start()
            yield system
            system.stop()
        finally:
            if system.process and system.process.poll() is None:
                with suppress(ProcessLookupError):
                    system.process.kill()


def lines(soaked: Soaked) -> Sequence[str]:
    """What to print of it."""
    took = soaked.times
    told = [
        f"{soaked.at_once} at once, {soaked.seconds[-1] / 60:.1f} minutes: {soaked.visitors} "
        f"conversations, {len(took)} messages ({len(took) / soaked.seconds[-1]:.1f}/s), "
        f"p50 {median(took):.0f} ms, p95 {quantiles(took, n=20)[-1]:.0f} ms, "
        f"failed {dict(soaked.failed) or 0}"
    ]
    for name, values in soaked.memory.items():
        told.append(
            f"{name:9} {values[0]:6.0f} MiB at first, {max(values):6.0f} at most, "
            f"{values[-1]:6.0f} in the end; grew by {soaked.growth(name):+.1f}, "
            f"over the second half {soaked.slope(name):+.0f} MiB an hour"
        )
    return told


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--at-once", type=int, default=32)
    arguments.add_argument("--picture", type=Path, help="an SVG of the curve")
    chosen = arguments.parse_args()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load before "
        f"{os.getloadavg()[0]:.1f}; visitors run on the same machine",
        flush=True,
    )
    with started() as system:
        pids = system.children()
        soaked = asyncio.run(soak(system.address, pids, chosen.at_once, 60 * chosen.minutes))
    for line in lines(soaked):
        print(line)
    print(f"load after {os.getloadavg()[0]:.1f}")
    if chosen.picture:
        subprocess.run(
            [str(BOT.python), "-m", "tests.benchmarks.soak_plot", str(chosen.picture)],
            cwd=ROOT,
            env=bot_environment(),
            input=json.dumps(asdict(soaked)),
            text=True,
            check=True,
        )


if __name__ == "__main__":
    main()
