"""Thirty-two conversations at once on the whole running system, in a short form: nothing fails, and
no process's memory runs away. The long form, ten minutes with the curve, is
`tests.benchmarks.soak`. This file comes before the one whose last test stops the system that all
share.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.acceptance.conftest import System
from tests.benchmarks.soak import LOOK_UP, TURNS, soak

AT_ONCE = 32
SECONDS = 30.0
EVERY = 3.0
"""Seconds between two things that a visitor says, as people do; the site takes twenty a minute."""
RUNAWAY = 48.0
"""MiB that one process may grow by, once warm, in half a minute: about what Rasa, which keeps
answers for a while, grew by in ten whole minutes (docs/measurements.md). What grows so fast has run
away; what grows slowly is for the long form to see."""


@pytest.mark.timeout(180)
def test_thirty_two_conversations_at_once(system: System) -> None:
    system.until(lambda: system.health()["status"] == "ready")
    pids = system.children()
    assert set(pids) == {"actions", "rasa", "notifier", "web"}
    asyncio.run(soak(system.address, pids, 4, 2 * EVERY, EVERY))  # caches and pools fill up
    soaked = asyncio.run(soak(system.address, pids, AT_ONCE, SECONDS, EVERY))
    assert not soaked.failed, dict(soaked.failed)
    assert soaked.visitors >= AT_ONCE
    assert len(soaked.times) > AT_ONCE * (LOOK_UP + 1)  # look-ups were among them
    assert len(soaked.times) <= soaked.visitors * TURNS
    assert system.children() == pids, "none was started anew"
    grown = {name: soaked.growth(name) for name in pids}
    assert max(grown.values()) < RUNAWAY, grown
    assert system.health()["status"] == "ready"
