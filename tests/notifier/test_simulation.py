"""The simulation: a week of a small office, with everything going wrong, loses and doubles nothing;
and a reckoning that finds what was lost when something is."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Engine, delete, update
from typer.testing import CliRunner

from cli.main import app
from core.database import Sessions
from core.settings import Settings
from dossiers.lifecycle import NEXT, Status
from notifier.models import Message, PlanDecision
from notifier.providers.base import Absent, Found, Inquiry, Request
from notifier.simulation.gateway import ALL_FAULTS, Faults, Gateway
from notifier.simulation.month import Month, Options
from notifier.simulation.world import World
from notifier.states import State
from notifier.vocabulary import Outcome
from tests.notifier.conftest import JUDGE

START = date(2026, 11, 2)


def settings() -> Settings:
    return Settings(_env_file=None)  # type: ignore[call-arg]


async def live(engine: Engine, **options: object):  # type: ignore[no-untyped-def]
    chosen = Options(**{"dossiers": 60, "days": 3, "price": 1000, **options})  # type: ignore[arg-type]
    month = Month(engine, settings(), JUDGE, chosen)
    return month, await month.run()


def test_the_same_seed_makes_the_same_world_and_steps_that_there_are() -> None:
    def moves(seed: int) -> list[object]:
        world = World(seed, 200, START, 10)
        days = [START + timedelta(days=n) for n in range(30)]
        return [move for day in days for move in world.moves_of(day)]

    first = moves(1)
    assert first == moves(1) != moves(2)
    by_dossier: dict[int, list[Status]] = {}
    for move in first:
        by_dossier.setdefault(move.serial, []).append(move.status)  # type: ignore[attr-defined]
    assert len(by_dossier) == 200
    for statuses in by_dossier.values():
        assert all(b in NEXT[a] for a, b in pairwise(statuses))


async def test_the_gateway_keeps_a_true_log() -> None:
    now = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    well = Gateway(lambda: now)
    request = Request("ref", 1, "+84912345678", "text", 60)
    assert (await well.send(request)).outcome is Outcome.ACCEPTED
    found = await well.look_up(Inquiry(request, now))
    assert isinstance(found, Found) and [found.provider_ref] == well.taken["ref"]
    other = Request("other", 1, "+84912345678", "text", 60)
    assert isinstance(await well.look_up(Inquiry(other, now)), Absent)
    lossy = Gateway(lambda: now, Faults(lost_answers=1.0))
    answers = [await lossy.send(Request(f"r{n}", 1, "+84912345678", "t", 60)) for n in range(40)]
    assert {answer.outcome for answer in answers} == {Outcome.AMBIGUOUS}
    assert 0 < len(lossy.taken) < 40


async def test_each_fault_of_the_option_is_one() -> None:
    now = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    hour = timedelta(hours=1)

    async def heard(faults: Faults, after: timedelta) -> list[object]:
        moment = [now]
        gateway = Gateway(lambda: moment[0], faults)
        for n in range(20):
            await gateway.send(Request(f"r{n}", 1, f"+849123456{n:02d}", "text", 60))
        moment[0] += after
        return list(gateway.receipts())

    usual = await heard(Faults(), hour)
    assert 20 < len(usual) <= 40
    assert len(await heard(Faults(repeated_receipts=1.0), hour)) == 3 * len(usual)
    assert await heard(Faults(late_receipts=1.0), hour) == []
    assert len(await heard(Faults(late_receipts=1.0), 40 * hour)) == len(usual)
    throttled = Gateway(lambda: now, Faults(throttling=1.0))
    answer = await throttled.send(Request("r", 1, "+84912345678", "text", 60))
    assert answer.outcome is Outcome.THROTTLED and not throttled.taken


async def test_everything_goes_wrong_and_nothing_is_lost_or_doubled(engine: Engine) -> None:
    harsh = Faults(
        crashes=0.1, lost_answers=0.2, late_receipts=0.2, repeated_receipts=0.3, throttling=0.2
    )
    month, ending = await live(engine, faults=harsh)
    found = ending.reckoning
    assert (found.lost, found.doubled, found.misdirected) == (0, 0, 0)
    assert ending.crashes > 0
    assert found.events == sum(found.decisions.values()) > 60
    assert len(month.gateway.taken) > 50


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_budget_is_kept_within(engine: Engine, sessions: Sessions) -> None:
    _, ending = await live(engine, daily_budget=5000)
    assert ending.reckoning.lost == 0
    assert ending.reckoning.segments <= 5 * 8
    assert ending.reckoning.messages[State.EXPIRED.value] > 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_lost_or_doubled_is_found(engine: Engine, sessions: Sessions) -> None:
    month, _ = await live(engine, dossiers=20, days=1)
    refs = list(month.gateway.taken)
    month.gateway.taken[refs[0]].append("sim-again")
    del month.gateway.taken[refs[1]]
    with sessions.begin() as session:
        session.execute(update(Message).where(Message.ref == refs[2]).values(state=State.SENDING))
        session.execute(
            delete(PlanDecision).where(
                PlanDecision.event_id == session.query(PlanDecision.event_id).limit(1).scalar()
            )
        )
    from notifier.simulation.reckoning import reckon

    with sessions() as session:
        found = reckon(session, month.gateway.taken, {}, (), datetime.min.time())
    assert (found.undecided, found.untaken, found.stuck, found.doubled) == (1, 1, 1, 1)
    assert found.lost == 3


def test_the_command() -> None:
    result = CliRunner().invoke(
        app, ["simulate", "--dossiers", "20", "--days", "1", "--faults", "lost,late", "--json"]
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["lost"], found["doubled"], found["bearable"]) == (0, 0, True)
    assert found["cost_vnd"] == found["segments"] * 1000 > 0
    assert ALL_FAULTS.lost_answers == found["options"]["faults"]["lost_answers"]
    assert found["options"]["faults"]["crashes"] == 0
    guess = found["whole_month_extrapolated"]
    assert guess["note"].startswith("not measured")
    assert guess["events"] > 2500 > found["events"]
    assert CliRunner().invoke(app, ["simulate", "--faults", "gremlins"]).exit_code == 2


def test_the_table_on_the_screen_has_every_column() -> None:
    result = CliRunner().invoke(app, ["simulate", "--dossiers", "10", "--days", "1"])
    assert result.exit_code == 0, result.output
    named = {line.strip("│ ").split("│")[0].strip() for line in result.stdout.splitlines()}
    states = {state.value for state in State}
    assert {"events", "messages", "segments that left", "cost", "lost", "doubled"} <= named
    assert named & states
    assert any("p50 / p95" in name for name in named)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_not_empty_is_left_alone(
    engine: Engine, database_url: str, sessions: Sessions
) -> None:
    result = CliRunner().invoke(app, ["simulate", "--database-url", database_url])
    assert result.exit_code == 2
    with sessions() as session:
        assert session.query(Message).count() == 0  # the tables are still there
