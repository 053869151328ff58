"""Claims: what one costs with a thousand messages in the queue and with a million.

    .venv/bin/python -m tests.benchmarks.bench_claim [--most 1000000] [--only sqlite,postgresql]

`outbox.claim` itself, fairness between the offices on: each claim takes a batch of messages that
belong to eight offices and is rolled back, so that the queue stays as long as it is. The smallest
queue is the baseline of the same run.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from statistics import median

from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.orm import Session

from core.database import Sessions, session_factory
from core.privacy import Vault
from notifier import outbox
from notifier.models import Message
from tests.benchmarks import stage
from tests.benchmarks.stage import Stage

BATCH = 256
TIMES = 40
"""Claims that are timed for each length of queue."""

_SPELT = {
    "sqlite": (
        "printf('%09d', n)",
        "strftime('%Y-%m-%d %H\\:%M\\:%f000', not_before, printf('-%.3f seconds', n / 1000.0))",
    ),
    "postgresql": ("lpad(cast(n AS text), 9, '0')", "not_before - n * interval '1 millisecond'"),
}
"""How each engine spells the digits of a number, and a moment that is so many milliseconds
earlier."""


def grow(made: Stage, engine: Engine, to: int) -> None:
    """Let the queue grow to `to` messages: copies of one, each with names, number and time of its
    own, made by the database itself."""
    table = Message.__table__
    with engine.begin() as connection:
        there = connection.scalar(select(func.count()).select_from(table)) or 0
        if not there:
            row = stage.message_row(Vault(stage.SECRET), 0, datetime.now(UTC))
            connection.execute(insert(table), [row])
            there = 1
        digits, moved = _SPELT[made.kind]
        own = {
            "ref": digits,
            "dedupe_key": digits,
            "phone_index": digits,
            "priority": "1 + n % 2",
            "office_id": f"1 + n % {stage.OFFICES}",
            "not_before": moved,
        }
        names = [column.name for column in table.columns if column.name != "id"]
        chosen = ", ".join(own.get(name, f"m.{name}") for name in names)
        connection.execute(
            text(
                f"WITH RECURSIVE many(n) AS (SELECT {there} UNION ALL SELECT n + 1 FROM many "
                f"WHERE n + 1 < {to}) INSERT INTO message ({', '.join(names)}) "
                f"SELECT {chosen} FROM many, message m WHERE m.id = 1"
                if made.kind == "sqlite"
                else f"INSERT INTO message ({', '.join(names)}) SELECT {chosen} "
                f"FROM generate_series({there}, {to - 1}) AS many(n), message m WHERE m.id = 1"
            )
        )
    stage.settle(made)


def cost(sessions: Sessions) -> tuple[float, float]:
    """Return what a claim takes: milliseconds by the clock (median), and of this process's
    processor time (mean)."""
    took = []
    begun = time.process_time()
    for _ in range(TIMES):
        with sessions() as session:
            took.append(_claim(session))
            session.rollback()
    return 1000 * median(took), 1000 * (time.process_time() - begun) / TIMES


def _claim(session: Session) -> float:
    now = outbox.database_now(session)
    began = time.perf_counter()
    claimed = outbox.claim(session, "bench", BATCH, 60, now)
    took = time.perf_counter() - began
    assert len(claimed) == BATCH
    return took


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--most", type=int, default=1_000_000)
    arguments.add_argument("--only", default=",".join(stage.ENGINES))
    chosen = arguments.parse_args()
    print(f"{stage.conditions()}; {BATCH} messages of {stage.OFFICES} offices to a claim")
    for kind in chosen.only.split(","):
        with stage.stage(kind) as made:
            engine = made.engine()
            sessions = session_factory(engine)
            base = None
            for length in (1000, 10_000, 100_000, chosen.most):
                grow(made, engine, length)
                cost(sessions)  # warm
                clock, own = cost(sessions)
                base = base or clock
                print(
                    f"{kind:11} {length:9} queued: {clock:7.2f} ms a claim, {own:6.2f} ms of the "
                    f"processor here  x{clock / base:.2f}",
                    flush=True,
                )
            engine.dispose()


if __name__ == "__main__":
    main()
