"""The list of late dossiers: what is on it, what is not, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.database import Sessions
from core.settings import ROOT
from dossiers.lifecycle import Status
from dossiers.models import Dossier
from dossiers.offices import OfficeBook
from notifier.lateness import behind
from notifier.plan import Desk, plan_batch, true_due
from procedures.appointments import Reckoner
from procedures.catalogue import load_catalogue
from procedures.deadlines import load_calendar
from tests.notifier.conftest import NOON, OTHER_PHONE, Registry

CATALOGUE = load_catalogue(ROOT / "data" / "procedures")
REAL_RULES = Reckoner(lambda: CATALOGUE, load_calendar()).reckon
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _late(sessions: Sessions, today: date, within: int = 1) -> list[tuple[str, int, int]]:
    with sessions() as session:
        found = behind(session, REAL_RULES, OfficeBook(), today, within)
    return [(one.code[-4:], one.days_late, one.days_left) for one in found]


def _promise(sessions: Sessions, dossier_id: int, due: date | None) -> None:
    with sessions.begin() as session:
        session.get_one(Dossier, dossier_id).due_on = due


def test_what_is_late_or_due_tomorrow_and_nothing_else(
    sessions: Sessions, registry: Registry
) -> None:
    """Everything was received on 24/11; the office of these dates works Monday to Friday."""
    dates: dict[Status, date | None] = {
        Status.PROCESSING: date(2026, 11, 26),  # two days late on the 30th
        Status.ACCEPTED: date(2026, 12, 1),  # due tomorrow
        Status.REGISTERED: date(2026, 12, 2),  # the day after
        Status.TAX_DUE: date(2026, 11, 26),  # its clock stands
        Status.DONE: date(2026, 11, 26),
        Status.WITHDRAWN: date(2026, 11, 26),
    }
    for status, due in dates.items():
        _promise(sessions, registry.dossier(status=status), due)
    _promise(sessions, registry.dossier(status=Status.PROCESSING), None)
    monday = date(2026, 11, 30)
    assert _late(sessions, monday) == [("0001", 2, 0), ("0002", 0, 1)]
    assert _late(sessions, monday, within=0) == [("0001", 2, 0)]
    assert _late(sessions, monday, within=2) == [("0001", 2, 0), ("0002", 0, 1), ("0003", 0, 2)]


def test_what_waited_is_late_only_after_its_wait_is_taken_out(
    sessions: Sessions, registry: Registry
) -> None:
    dossier = registry.dossier(status=Status.PROCESSING)
    _promise(sessions, dossier, date(2026, 11, 30))
    registry.move(dossier, Status.SUPPLEMENT_NEEDED, at=NOON + timedelta(days=1))
    assert _late(sessions, date(2026, 12, 7)) == []
    registry.move(dossier, Status.PROCESSING, at=NOON + timedelta(days=6))
    # 26, 27 and 30/11 did not count: 30/11 has become 3/12.
    assert _late(sessions, date(2026, 12, 1)) == []
    assert _late(sessions, date(2026, 12, 2)) == [("0001", 0, 1)]
    assert _late(sessions, date(2026, 12, 7)) == [("0001", 2, 0)]


def test_an_sms_names_the_date_that_holds_after_a_wait(
    sessions: Sessions, registry: Registry, make_desk: Callable[..., Desk]
) -> None:
    desk = replace(make_desk(), due=true_due(REAL_RULES, OfficeBook()))
    waited = registry.dossier(status=Status.TAX_DUE)
    registry.move(waited, Status.PROCESSING, at=NOON + timedelta(days=7))
    plain = registry.dossier(phone=OTHER_PHONE)
    registry.move(plain, Status.PROCESSING, at=NOON + timedelta(days=7))
    with sessions.begin() as session:
        plan_batch(session, desk, NOON + timedelta(days=7))
    # In on a holiday, both count as received on the 25th. For the first 26, 27, 30/11 and 1/12 did
    # not count: 14/12 has become 18/12.
    texts = {registry.text(message) for message in registry.messages()}
    assert {text.split("Hen tra ket qua ")[1][:10] for text in texts} == {
        "18/12/2026",
        "14/12/2026",
    }
