"""Doing a thing once: short memories of what came lately.

They are held in the process: Rasa runs as one. A sender who retries a message, because the line
broke or a proxy lost patience, gets the first attempt's answer, and the conversation moves once.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Clock = Callable[[], float]


class Recent(Generic[T]):
    """Values by key, each kept for `seconds`, at most `capacity` of them (the oldest go first)."""

    def __init__(
        self, seconds: float, capacity: int = 10_000, clock: Clock = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._capacity = capacity
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def get(self, key: str) -> T | None:
        """Return what is kept under `key`, if its time is not over."""
        until, value = self._kept.get(key, (0.0, None))
        return value if until > self._clock() else None

    def put(self, key: str, value: T) -> None:
        """Keep `value`, and let go of what is old."""
        now = self._clock()
        self._kept.pop(key, None)
        self._kept[key] = (now + self._seconds, value)
        while self._kept:
            until, _ = next(iter(self._kept.values()))
            if until > now and len(self._kept) <= self._capacity:
                return
            self._kept.popitem(last=False)

    def drop(self, key: str) -> None:
        """Forget `key`, if it was known."""
        self._kept.pop(key, None)


class Once(Generic[T]):
    """Runs work once a key, and gives later callers the first one's outcome."""

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self._recent: Recent[asyncio.Task[T]] = Recent(seconds, clock=clock)

    async def run(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        """Return the outcome of `work`, or that of the earlier call with this key.

        A call that comes while the first is still at work waits for it. A failure is not kept:
        it is raised to all who wait, and the next call tries again.
        """
        task = self._recent.get(key)
        if task is None:
            task = asyncio.create_task(self._guarded(key, work))
            self._recent.put(key, task)
        # Shielded: a caller who hangs up does not undo what others wait for.
        return await asyncio.shield(task)

    def drop(self, key: str) -> None:
        """Forget an outcome: the next call tries again."""
        self._recent.drop(key)

    async def _guarded(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await work()
        except BaseException:
            self._recent.drop(key)
            raise
