"""A new release beside the old one: the tables grow under a burst, and both go on working."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from core.database import make_engine
from core.settings import ROOT
from notifier.states import State
from tests.faults.conftest import PATIENT, System, long_form, running
from tests.faults.tomorrow import MIGRATION

pytestmark = [long_form, pytest.mark.timeout(300)]


@pytest.fixture
def migrated(database_url: str, tmp_path: Path, ports: Iterator[int]) -> Iterator[System]:
    """A system on a database that today's migrations have made."""
    engine = make_engine(database_url)
    with engine.connect() as connection:
        config = Config(ROOT / "alembic.ini")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    with running(database_url, engine, tmp_path, ports) as made:
        yield made
    engine.dispose()


def upgrade(system: System, folder: Path) -> None:
    """Run the next release's migration, as its deployment does: while the old one works."""
    config = Config(ROOT / "alembic.ini")
    head = ScriptDirectory.from_config(config).get_current_head()
    (folder / "tomorrow.py").write_text(MIGRATION.format(head=head), encoding="utf-8")
    today = ROOT / "migrations" / "versions"
    config.set_main_option("version_path_separator", "os")
    config.set_main_option("version_locations", f"{today}:{folder}")
    with make_engine(system.url).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "tomorrow")


def test_old_and_new_workers_on_tables_that_grow_in_a_burst(
    migrated: System, tmp_path: Path
) -> None:
    system = migrated
    system.settings |= PATIENT
    system.twilio.latency = 0.2
    system.events(200)
    old = system.start()
    system.wait(lambda: len(system.twilio.taken) >= 20)
    (tmp_path / "next").mkdir()
    upgrade(system, tmp_path / "next")
    assert old.poll() is None
    new = system.start(module="tests.faults.tomorrow")
    system.wait(lambda: system.logs().count("notifier started") == 2)
    system.events(60, first=200)
    system.wait(lambda: len(system.twilio.taken) >= 220)
    system.stop(old)  # its time is over, and it leaves nothing in doubt
    system.events(40, first=260)
    system.wait_until_settled(300)
    assert system.joined() == (0, 0)
    assert system.states() == {State.ACCEPTED: 300}
    assert new.poll() is None
    with system.sessions() as session:
        origins = Counter(session.scalars(text("SELECT origin FROM message")))
        workers = session.execute(text("SELECT DISTINCT changed_by FROM message")).scalars()
        took_part = {by.split("#")[0] for by in workers}
    assert len(took_part) == 2, took_part
    assert origins["tomorrow"] >= 40, "what the new one planned when it was alone"
    assert sum(origins.values()) == 300
    assert "novelty" in inspect(system.sessions.kw["bind"]).get_table_names()
    assert "tick failed" not in system.logs()
