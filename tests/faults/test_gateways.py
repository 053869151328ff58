"""Several processes and several gateways: one rate, one token, one delivery of each message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core.privacy import Vault
from notifier.models import Attempt, Message
from notifier.providers.zalo_tokens import sign_in
from tests.fakes import esms_server, zns_server
from tests.fakes.esms_server import FakeEsms, fake_esms
from tests.fakes.zns_server import FIRST_REFRESH, FakeZns, fake_zns
from tests.faults.conftest import PATIENT, SECRET, System

pytestmark = pytest.mark.timeout(300)

RATE = 10.0


@pytest.fixture
def esms() -> Iterator[FakeEsms]:
    with fake_esms() as fake:
        yield fake


@pytest.fixture
def zns() -> Iterator[FakeZns]:
    with fake_zns() as fake:
        yield fake


@pytest.fixture
def gateways(system: System, esms: FakeEsms, zns: FakeZns) -> System:
    """A system with all three; tests say the route."""
    system.settings |= {
        "MOTCUA_ESMS_API_KEY": esms_server.API_KEY,
        "MOTCUA_ESMS_SECRET_KEY": esms_server.SECRET,
        "MOTCUA_ESMS_BRANDNAME": esms_server.BRANDNAME,
        "MOTCUA_ESMS_BASE_URL": esms.base_url,
        "MOTCUA_ESMS_TIMEOUT": "1",
        "MOTCUA_ZNS_APP_ID": zns_server.APP_ID,
        "MOTCUA_ZNS_APP_SECRET": zns_server.APP_SECRET,
        "MOTCUA_ZNS_OA_SECRET": zns_server.OA_SECRET,
        "MOTCUA_ZNS_TEMPLATES": "done:101",
        "MOTCUA_ZNS_BASE_URL": zns.base_url,
        "MOTCUA_ZNS_OAUTH_URL": zns.base_url,
        "MOTCUA_ZNS_TIMEOUT": "1",
    }
    return system


def test_two_processes_keep_one_rate(gateways: System, esms: FakeEsms) -> None:
    """Between any two requests there were at most a second's worth, and what the time gave."""
    gateways.settings |= PATIENT
    gateways.settings |= {"MOTCUA_SMS_ROUTE": "esms", "MOTCUA_ESMS_RATE": str(RATE)}
    start_two(gateways)
    gateways.events(60)
    gateways.wait_until_settled(60)
    assert gateways.joined(esms.refs()) == (0, 0)
    with gateways.sessions() as session:
        moments = sorted(session.scalars(select(Attempt.started_at)))
        workers = {by.split("#")[0] for by in session.scalars(select(Message.changed_by))}
    assert len(workers) == 2, "both took part"
    for i, first in enumerate(moments):
        for n, later in enumerate(moments[i:], 1):
            assert n <= RATE + RATE * (later - first).total_seconds() + 1


def test_two_processes_spend_a_refresh_token_once_and_fail_over_together(
    gateways: System, esms: FakeEsms, zns: FakeZns
) -> None:
    gateways.settings |= PATIENT | {"MOTCUA_SMS_ROUTE": "zns, esms:70 twilio:30"}
    with gateways.sessions.begin() as session:
        sign_in(session, Vault(SECRET), FIRST_REFRESH, datetime.now(UTC))
    zns.delay = 0.2
    zns.moods.extend(["no_account", "well", "inactive"] * 10)
    start_two(gateways)
    gateways.events(60)
    gateways.wait_until_settled(60)
    assert gateways.joined(zns.refs(), esms.refs()) == (0, 0)
    assert zns.refreshed == {FIRST_REFRESH: 1}
    assert len(zns.taken) == 40
    assert len(esms.taken) + len(gateways.twilio.taken) == 20


def test_killed_among_accidents_of_every_gateway(
    gateways: System, esms: FakeEsms, zns: FakeZns
) -> None:
    """eSMS and Twilio can be asked: nothing is lost there, and nothing doubled anywhere."""
    gateways.settings |= {"MOTCUA_SMS_ROUTE": "esms:50 twilio:50"}
    esms.latency = gateways.twilio.latency = 0.02
    esms.moods.extend(["error_after", "well", "cut_after", "error_before", "no_id"] * 2)
    gateways.twilio.moods.extend(["error_after", "well", "cut_after"] * 2)
    gateways.events(60)
    process = gateways.start()
    gateways.wait(lambda: len(esms.taken) + len(gateways.twilio.taken) >= 15)
    process.kill()
    process.wait(10)
    gateways.start()
    gateways.wait_until_settled(60)
    assert gateways.joined(esms.refs()) == (0, 0)
    assert esms.taken
    assert gateways.twilio.taken


def start_two(system: System) -> None:
    """Start two notifiers, and wait until both are at work."""
    for _ in range(2):
        system.start()
    logs = [system.folder / f"process-{n}.log" for n in range(2)]
    system.wait(lambda: all("notifier started" in log.read_text() for log in logs), seconds=120)
