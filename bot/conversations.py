"""Where Rasa keeps conversations: in memory, and not for long.

What citizens type is nobody's to keep. The site keeps what its visitor may read again, with a
retention of its own; Rasa needs a conversation only while it lasts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker


class ShortMemory(InMemoryTrackerStore):  # type: ignore[misc]  # Rasa is not typed
    """Forgets a conversation after `minutes` of silence, and the most silent when there are more
    than `capacity`."""

    def __init__(
        self,
        domain: Domain,
        event_broker: EventBroker | None = None,
        minutes: float = 60,
        capacity: int = 20_000,
        clock: Callable[[], float] = time.monotonic,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self._seconds = 60 * minutes
        self._capacity = capacity
        self._clock = clock
        self._spoke_at: dict[str, float] = {}
        """Conversation → when it was saved last; the most silent first."""

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the conversation as it stands, and let go of those that ended."""
        await super().save(tracker)
        self._spoke_at.pop(tracker.sender_id, None)
        self._spoke_at[tracker.sender_id] = self._clock()
        while self._spoke_at:
            silent, since = next(iter(self._spoke_at.items()))
            if since > self._clock() - self._seconds and len(self._spoke_at) <= self._capacity:
                return
            del self._spoke_at[silent], self.store[silent]
