"""Waiting lines: work for one sender is done in the order in which it came, for several at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

LONGEST_LINE = 20
"""Messages of one sender that may wait; who sends more at once is not asking."""


class Lines:
    """One line a sender."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._last: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, int] = {}

    def put(self, sender: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Have `work` done after what `sender` sent before; False if their line is full."""
        if self._waiting.get(sender, 0) >= self._longest:
            return False
        self._waiting[sender] = self._waiting.get(sender, 0) + 1
        task = asyncio.get_running_loop().create_task(
            self._after(self._last.get(sender), sender, work)
        )
        self._last[sender] = task
        return True

    def busy(self, sender: str) -> bool:
        """Tell whether something of `sender` is not done yet."""
        return sender in self._last

    async def drained(self) -> None:
        """Wait until all that was put has been done."""
        while self._last:
            await asyncio.gather(*self._last.values())

    async def _after(
        self,
        before: asyncio.Task[None] | None,
        sender: str,
        work: Callable[[], Awaitable[None]],
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        try:
            await work()
        except Exception:
            # Whatever broke was this message's; the next has its own chance.
            logger.exception("a message could not be answered")
        finally:
            self._waiting[sender] -= 1
            if not self._waiting[sender]:
                del self._waiting[sender], self._last[sender]
