"""Latency: from an event's commit to the moment at which the provider takes the message over.

    .venv/bin/python -m tests.benchmarks.bench_latency [--seconds 20] [--rate 50]

One `python -m notifier`; dossiers move at an even pace, each in a transaction of its own, as an API
call moves one. The stub answers after 50 ms; a message counts as taken over when its answer has
been sent. The least there could be is the stub's own 50 ms. On SQLite, which has no hints, the
notifier finds an event when it next looks, every half second.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from statistics import median, quantiles

from sqlalchemy import select

from core.database import session_factory
from core.privacy import Vault
from notifier.models import Message
from tests.benchmarks import stage
from tests.benchmarks.stage import Gateway, Stage
from tests.notifier.conftest import Registry

LATENCY = 0.05


def drive(made: Stage, hub: Gateway, rate: float, seconds: float) -> list[float]:
    """Move dossiers at an even pace; return seconds from commit to acceptance, one a message."""
    engine = made.engine()
    sessions = session_factory(engine)
    registry = Registry(sessions, Vault(stage.SECRET))
    committed: dict[int, float] = {}
    n = int(rate * seconds)
    began = time.monotonic()
    for i in range(n):
        time.sleep(max(0.0, began + i / rate - time.monotonic()))
        id_ = registry.dossier(phone=f"+8491{i:07d}", at=datetime.now(UTC))
        committed[id_] = time.monotonic()
    until = time.monotonic() + 30
    while hub.count() < n and time.monotonic() < until:
        time.sleep(0.1)
    taken = {name.rpartition("-")[0]: at + LATENCY for at, name in hub.log()}
    with sessions() as session:
        dossier_of = dict(session.execute(select(Message.ref, Message.dossier_id)).all())
    engine.dispose()
    if len(taken) < n:
        raise RuntimeError(f"of {n} events {len(taken)} were told of")
    return [at - committed[dossier_of[ref]] for ref, at in taken.items()]


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--seconds", type=float, default=20.0)
    arguments.add_argument("--rate", type=float, default=50.0)
    arguments.add_argument("--only", default=",".join(stage.ENGINES))
    chosen = arguments.parse_args()
    print(f"{stage.conditions()}; {chosen.rate:.0f} events a second")
    for kind in chosen.only.split(","):
        with (
            stage.stage(kind) as made,
            stage.gateway(LATENCY) as hub,
            stage.process(
                "notifier", env=stage.environment(made, hub.port), log=made.folder / "notifier.log"
            ) as child,
        ):
            time.sleep(4)  # its start is not measured
            before = stage.processor_time([child.pid])
            took = drive(made, hub, chosen.rate, chosen.seconds)
            own = 1000 * (stage.processor_time([child.pid]) - before) / len(took)
            cuts = quantiles(took, n=100)
            print(
                f"{kind:11} {len(took)} messages: p50 {median(took):.2f} s, p95 {cuts[94]:.2f} s, "
                f"p99 {cuts[98]:.2f} s, longest {max(took):.2f} s; the stub itself {LATENCY} s; "
                f"{own:.1f} ms of the notifier's processor time for an event",
                flush=True,
            )


if __name__ == "__main__":
    main()
