"""Memories of what came lately."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.once import Once, Recent


class Clock:
    """A clock that a test winds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_forgotten_when_its_time_is_over() -> None:
    clock = Clock()
    recent: Recent[str] = Recent(10, clock=clock)
    recent.put("a", "x")
    clock.now += 9.9
    assert recent.get("a") == "x"
    clock.now += 0.2
    assert recent.get("a") is None


def test_the_oldest_go_when_it_is_full() -> None:
    recent: Recent[int] = Recent(10, capacity=2, clock=Clock())
    for n in range(3):
        recent.put(str(n), n)
    assert [recent.get(str(n)) for n in range(3)] == [None, 1, 2]


def test_work_runs_once_and_its_outcome_is_shared() -> None:
    async def scenario() -> tuple[list[int], int]:
        once: Once[int] = Once(10)
        runs = 0
        go = asyncio.Event()

        async def work() -> int:
            nonlocal runs
            runs += 1
            await go.wait()
            return runs

        callers = [asyncio.create_task(once.run("m", work)) for _ in range(3)]
        await asyncio.sleep(0)
        go.set()
        return [await c for c in callers], await once.run("m", work)

    assert asyncio.run(scenario()) == ([1, 1, 1], 1)


def test_a_failure_reaches_the_caller_and_is_tried_again() -> None:
    async def scenario() -> str:
        once: Once[str] = Once(10)

        async def fails() -> str:
            raise RuntimeError("no")

        async def works() -> str:
            return "yes"

        with pytest.raises(RuntimeError):
            await once.run("m", fails)
        return await once.run("m", works)

    assert asyncio.run(scenario()) == "yes"


def test_a_caller_who_hangs_up_does_not_stop_the_work() -> None:
    async def scenario() -> str:
        once: Once[str] = Once(10)
        go = asyncio.Event()

        async def work() -> str:
            await go.wait()
            return "done"

        first = asyncio.create_task(once.run("m", work))
        await asyncio.sleep(0)
        first.cancel()
        go.set()
        return await once.run("m", work)

    assert asyncio.run(scenario()) == "done"
