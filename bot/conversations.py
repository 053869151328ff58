"""Where Rasa keeps conversations: in memory, and not for long.

What citizens type is nobody's to keep. The site keeps what its visitor may read again, with a
retention of its own; Rasa needs a conversation only while it lasts. And of that only its last turns
and what the actions remember: Rasa reads a conversation from its first event at each message and
sends all of it to the action server, so that a long talk would grow slower with every turn.
Answers are long and much alike: packed, a conversation takes a fifth.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

TURNS = 2
"""Of a conversation that are kept. The rules look at the last one; actions at the slots alone."""


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
        await super().save(shortened(tracker))
        self.store[tracker.sender_id] = zlib.compress(self.store[tracker.sender_id].encode(), 1)
        self._spoke_at.pop(tracker.sender_id, None)
        self._spoke_at[tracker.sender_id] = self._clock()
        while self._spoke_at:
            silent, since = next(iter(self._spoke_at.items()))
            if since > self._clock() - self._seconds and len(self._spoke_at) <= self._capacity:
                return
            del self._spoke_at[silent], self.store[silent]

    def deserialise_tracker(self, sender_id: str, packed: bytes) -> DialogueStateTracker | None:
        """Return a conversation as it was kept."""
        return super().deserialise_tracker(sender_id, zlib.decompress(packed))


def shortened(tracker: DialogueStateTracker, turns: int = TURNS) -> DialogueStateTracker:
    """Return the conversation from its last turns on, with its slots as they stand.

    One that is shorter, or in the middle of a form, is returned as it is.
    """
    events: list[Event] = list(tracker.events)
    spoken = [at for at, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(spoken) <= turns or tracker.active_loop or tracker.is_paused():
        return tracker
    start = spoken[-turns]
    while start > 0 and not isinstance(events[start], ActionExecuted):
        start -= 1  # the turn begins with the bot listening
    slots = [
        SlotSet(name, slot.value, timestamp=events[start].timestamp)
        for name, slot in tracker.slots.items()
        if slot.value != slot.initial_value
    ]
    return DialogueStateTracker.from_events(
        tracker.sender_id, slots + events[start:], tracker.slots.values()
    )
