"""Measures of the officers' queue: what is counted, how old it is, and what is forgotten."""

from __future__ import annotations

import math
from datetime import timedelta

from prometheus_client import REGISTRY
from sqlalchemy import Engine, event

from core.database import Sessions
from dossiers.proof import Sender
from helpdesk.cases import Cases
from helpdesk.delivery import Outbox, Outcome
from helpdesk.watching import unknown, watch
from tests.helpdesk.conftest import NOW

HOUR = timedelta(hours=1)


def measured(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"motcua_desk_{name}", labels)


def look(sessions: Sessions, later: timedelta = timedelta()) -> None:
    with sessions() as session:
        watch(session, NOW + later)


def test_who_waits_and_for_how_long(cases: Cases, sessions: Sessions, outbox: Outbox) -> None:
    look(sessions)
    for kind in ("chat", "callback", "complaint"):
        assert measured("oldest_waiting_seconds", kind=kind) == 0
        assert measured("cases", kind=kind, state="open") == 0
    first = cases.begin_talk(Sender("web", "one"), NOW, language="vi")
    cases.begin_talk(Sender("web", "two"), NOW + HOUR, language="vi")
    cases.begin_callback(Sender("web", "three"), NOW + HOUR, language="en")
    look(sessions, 3 * HOUR)
    assert measured("cases", kind="chat", state="open") == 2
    assert measured("cases", kind="chat", state="taken") == 0
    assert measured("oldest_waiting_seconds", kind="chat") == 3 * 3600
    assert measured("oldest_waiting_seconds", kind="callback") == 2 * 3600
    # Who is seen to waits no more; the next one is the oldest now.
    cases.take(first, "lan", NOW + HOUR)
    look(sessions, 3 * HOUR)
    assert measured("cases", kind="chat", state="open") == 1
    assert measured("cases", kind="chat", state="taken") == 1
    assert measured("oldest_waiting_seconds", kind="chat") == 2 * 3600
    cases.answer(first, "lan", "chào Ông/Bà", NOW + HOUR)
    look(sessions, 3 * HOUR)
    assert measured("lines_waiting") == 1
    (due,) = outbox.claim(NOW + HOUR)
    look(sessions, 3 * HOUR)
    assert measured("lines_waiting") == 1, "claimed is not sent"
    outbox.settle(due, Outcome.SENT, NOW + HOUR)
    cases.close(first, "lan", NOW + HOUR)
    look(sessions, 3 * HOUR)
    assert measured("cases", kind="chat", state="taken") == 0
    assert measured("lines_waiting") == 1, "that the bot speaks again"


def test_a_clock_that_was_set_back_makes_nobody_wait_less_than_nothing(
    cases: Cases, sessions: Sessions
) -> None:
    cases.begin_talk(Sender("web", "one"), NOW, language="vi")
    look(sessions, -HOUR)
    assert measured("oldest_waiting_seconds", kind="chat") == 0


def test_what_is_not_known_is_not_told(cases: Cases, sessions: Sessions) -> None:
    cases.begin_talk(Sender("web", "one"), NOW, language="vi")
    look(sessions, HOUR)
    unknown()
    assert measured("oldest_waiting_seconds", kind="chat") is None
    assert measured("cases", kind="chat", state="open") is None
    assert math.isnan(measured("lines_waiting") or 0)


def test_looking_is_two_statements(cases: Cases, sessions: Sessions, engine: Engine) -> None:
    for n in range(5):
        cases.begin_talk(Sender("web", f"{n}"), NOW, language="vi")
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    look(sessions)
    assert len([one for one in said if one.lstrip().upper().startswith("SELECT")]) == 2
