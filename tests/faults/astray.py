"""A notifier whose clock is set an hour on by SIGUSR1, and an hour back by SIGUSR2.

Run as ``python -m tests.faults.astray``. As where a machine's clock is set, its monotonic clock
goes on as before.
"""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta

import time_machine

from notifier.scheduler import run

HOUR = timedelta(hours=1)

if __name__ == "__main__":
    clock = time_machine.travel(datetime.now(UTC), tick=True).start()
    signal.signal(signal.SIGUSR1, lambda _signal, _frame: clock.shift(HOUR))
    signal.signal(signal.SIGUSR2, lambda _signal, _frame: clock.shift(-HOUR))
    run()
