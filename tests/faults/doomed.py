"""A notifier's process that kills itself, as SIGKILL kills, at a named point of its first message.

Run as ``python -m tests.faults.doomed POINT``. The points are those between taking a message and
writing down what became of it; see `POINTS`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from core.database import get_sessions
from core.privacy import get_vault
from core.settings import get_settings
from notifier.dispatch import Departure, Dispatcher, Finished
from notifier.outbox import Leased
from notifier.policy import Rules
from notifier.providers.registry import make_gateways
from notifier.scheduler import pace_of

POINTS = {
    "before the lease is committed": "claimed, nothing written",
    "after the lease": "written as leased, nothing marked",
    "before the mark is committed": "marked, nothing written",
    "after the mark": "written as sending, nothing on the wire",
    "after the answer": "accepted by the provider, nothing written",
    "before the outcome is committed": "outcome half written",
}


def die() -> None:
    """End as a power cut ends: no handler runs, no buffer is written."""
    os.kill(os.getpid(), signal.SIGKILL)


class Doomed(Dispatcher):
    """Dies at its point."""

    point = ""

    def _mark(
        self, session: Session, chosen: Sequence[Leased], now: datetime
    ) -> tuple[list[Departure], list[Leased]]:
        if chosen and self.point == "before the lease is committed":
            die()
        if chosen and self.point == "after the lease":
            # Let the lease be committed first, with nothing marked.
            self._buffer.extend(chosen)
            session.commit()
            die()
        marked = super()._mark(session, chosen, now)
        if marked[0] and self.point == "before the mark is committed":
            die()
        return marked

    def _finish(self, session: Session, finished: Sequence[Finished], now: datetime) -> None:
        super()._finish(session, finished, now)
        if finished and self.point == "before the outcome is committed":
            session.flush()
            die()

    async def _send(self, departure: Departure) -> None:
        if self.point == "after the mark":
            die()
        await super()._send(departure)
        if self.point == "after the answer":
            die()


async def _main(point: str) -> None:
    settings, sessions, vault = get_settings(), get_sessions(), get_vault()
    Doomed.point = point
    dispatcher = Doomed(
        sessions,
        make_gateways(settings, sessions, vault),
        vault,
        Rules.of(settings),
        pace_of(settings),
        concurrency=4,
    )
    await dispatcher.run()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
