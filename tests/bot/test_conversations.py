"""Rasa's memory of conversations is short."""

from __future__ import annotations

import asyncio

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.conversations import ShortMemory


class Clock:
    """A clock that a test winds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def store_with(clock: Clock, capacity: int = 10) -> ShortMemory:
    return ShortMemory(Domain.empty(), minutes=60, capacity=capacity, clock=clock)


async def say(store: ShortMemory, sender: str) -> None:
    tracker = DialogueStateTracker(sender, [])
    tracker.update(UserUttered("xin chào"))
    await store.save(tracker)


def test_a_silent_conversation_is_forgotten_and_a_lively_one_kept() -> None:
    async def scenario() -> list[str]:
        clock = Clock()
        store = store_with(clock)
        await say(store, "silent")
        await say(store, "lively")
        clock.now += 50 * 60
        await say(store, "lively")
        clock.now += 20 * 60
        await say(store, "new")
        return sorted(await store.keys())

    assert asyncio.run(scenario()) == ["lively", "new"]


def test_the_most_silent_goes_when_there_are_too_many() -> None:
    async def scenario() -> list[str]:
        store = store_with(Clock(), capacity=2)
        for sender in ("a", "b", "a", "c"):
            await say(store, sender)
        return sorted(await store.keys())

    assert asyncio.run(scenario()) == ["a", "c"]
