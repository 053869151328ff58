"""Rasa's memory of conversations is short."""

from __future__ import annotations

import asyncio

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
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


def domain_with_slots() -> Domain:
    slots = "\n".join(
        f"  {name}: {{type: any, influence_conversation: false, mappings: [{{type: custom}}]}}"
        for name in ("context", "misses", "said")
    )
    return Domain.from_yaml(f"version: '3.1'\nintents: [ask]\nactions: [answer]\nslots:\n{slots}")


def turn(number: int, *slots: tuple[str, object]) -> list[Event]:
    return [
        ActionExecuted("action_listen"),
        UserUttered(f"question {number}", {"name": "ask", "confidence": 1.0}),
        ActionExecuted("answer"),
        BotUttered(f"answer {number}"),
        *(SlotSet(name, value) for name, value in slots),
    ]


def kept(events: list[Event]) -> DialogueStateTracker:
    """What is read back after a conversation was saved."""

    async def scenario() -> DialogueStateTracker:
        domain = domain_with_slots()
        store = ShortMemory(domain, clock=Clock())
        await store.save(DialogueStateTracker.from_events("web:a", events, domain.slots))
        read = await store.retrieve("web:a")
        assert read is not None
        return read

    return asyncio.run(scenario())


def texts(tracker: DialogueStateTracker) -> list[str]:
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


def test_a_long_conversation_keeps_its_last_turns_and_all_it_remembers() -> None:
    events = [ActionExecuted("action_session_start"), SessionStarted()]
    events += turn(1, ("context", {"procedure": "gift"}), ("misses", 1))
    for number in range(2, 30):
        events += turn(number, ("said", [number]))
    events += turn(30, ("misses", None))
    tracker = kept(events)
    assert texts(tracker) == ["question 29", "question 30"]
    assert tracker.get_slot("context") == {"procedure": "gift"}
    assert tracker.get_slot("said") == [29]
    assert tracker.get_slot("misses") is None
    assert tracker.latest_message is not None and tracker.latest_message.text == "question 30"
    assert tracker.latest_action_name == "answer"


@pytest.mark.parametrize("turns", [1, 2])
def test_a_short_conversation_is_kept_whole(turns: int) -> None:
    events = [ActionExecuted("action_session_start"), SessionStarted()]
    for number in range(turns):
        events += turn(number)
    assert len(kept(events).events) == len(events)


def test_its_size_does_not_grow_with_its_length() -> None:
    some = [event for number in range(3) for event in turn(number, ("said", ["x"]))]
    many = [event for number in range(300) for event in turn(number, ("said", ["x"]))]
    assert len(kept(many).events) == len(kept(some).events)


def test_a_new_session_begins_with_nothing_remembered() -> None:
    events = [event for number in range(5) for event in turn(number, ("misses", number + 1))]
    events += [ActionExecuted("action_session_start"), SessionStarted(), *turn(9)]
    tracker = kept(events)
    assert tracker.get_slot("misses") is None
    assert texts(tracker) == ["question 9"]  # of the last session, which is what Rasa asks for


def test_a_conversation_is_kept_packed() -> None:
    async def scenario() -> int:
        domain = domain_with_slots()
        store = ShortMemory(domain, clock=Clock())
        events = [event for number in range(2) for event in turn(number)]
        events[3] = BotUttered("Giấy tờ cần có: đơn đăng ký biến động, giấy chứng nhận. " * 100)
        await store.save(DialogueStateTracker.from_events("web:a", events, domain.slots))
        return sum(len(packed) for packed in store.store.values())

    assert asyncio.run(scenario()) < 2000
