"""One office that floods the queue delays its own messages, and not those of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import Sessions
from core.privacy import Vault
from dossiers.models import Office
from notifier import outbox
from notifier.models import Message
from notifier.outbox import OFFICES_AT_ONCE, Draft
from notifier.states import State
from notifier.templates import render
from tests.notifier.conftest import NOON, MakeDesk

VALUES = {"sign": "VPDKDD", "code": "H60-1"}


@pytest.fixture
def fill(
    sessions: Sessions, vault: Vault, make_desk: MakeDesk
) -> Callable[[int | None, int, int], None]:
    """Puts messages of an office (None: of none) into the queue, each later than those before."""
    template = make_desk().templates["done"]
    serial = 0

    def put(office: int | None, n: int, priority: int = 1) -> None:
        nonlocal serial
        drafts = []
        with sessions.begin() as session:
            if office is not None and session.get(Office, office) is None:
                session.add(Office(id=office, key=f"key {office}", name=f"Office {office}"))
                session.flush()
            for _ in range(n):
                serial += 1
                drafts.append(
                    Draft(
                        dedupe_key=str(serial),
                        template=template,
                        rendered=render(template, VALUES),
                        to=f"+8491{serial:07d}",
                        priority=priority,
                        not_before=NOON - timedelta(hours=1) + timedelta(seconds=serial),
                        expires_at=NOON + timedelta(days=1),
                        office_id=office,
                    )
                )
            outbox.put(session, drafts, vault, NOON)

    return put


def claimed(sessions: Sessions, n: int) -> Counter[int | None]:
    """Claim, and count by office."""
    with sessions.begin() as session:
        ids = [one.id for one in outbox.claim(session, "w", n, 60, NOON)]
        assert len(ids) == len(set(ids)) <= n
        return Counter(session.scalars(select(Message.office_id).where(Message.id.in_(ids))).all())


def test_a_flood_leaves_the_others_their_part(
    sessions: Sessions, fill: Callable[..., None]
) -> None:
    fill(1, 200)
    fill(2, 5)
    fill(None, 5)
    first = claimed(sessions, 12)
    assert first == {1: 4, 2: 4, None: 4}
    # What the others do not use up is not left unused.
    assert claimed(sessions, 12) == {1: 10, 2: 1, None: 1}
    assert claimed(sessions, 12) == {1: 12}


def test_of_one_office_the_oldest_go_first(sessions: Sessions, fill: Callable[..., None]) -> None:
    fill(1, 30)
    fill(2, 30)
    claimed(sessions, 20)
    with sessions() as session:
        for office in (1, 2):
            states = session.scalars(
                select(Message.state)
                .where(Message.office_id == office)
                .order_by(Message.not_before)
            ).all()
            assert states == [State.LEASED] * 10 + [State.QUEUED] * 20


def test_urgency_comes_before_fairness(sessions: Sessions, fill: Callable[..., None]) -> None:
    fill(1, 30, 1)
    fill(2, 30, 2)
    fill(1, 3, 0)
    assert claimed(sessions, 20) == {1: 20}


def test_with_many_offices_lots_are_drawn_and_none_is_forgotten(
    sessions: Sessions, fill: Callable[..., None]
) -> None:
    fill(1, 300)
    others = range(2, 2 + 2 * OFFICES_AT_ONCE)
    for office in others:
        fill(office, 1)
    seen: Counter[int | None] = Counter()
    # In order of age the last of them would be the 316th.
    for _ in range(18):
        got = claimed(sessions, OFFICES_AT_ONCE)
        assert sum(got.values()) == OFFICES_AT_ONCE
        seen += got
    assert seen.keys() >= set(others)
