"""`/healthz` tells what is so: a database that can only be read is none to work on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, delete, make_url

import web.models
from core.database import PATIENCE
from core.settings import Settings
from web.app import create_app

_ = web.models


def read_only(url: str) -> str:
    """The same database as an operator meets it on a standby, or where the file is another's."""
    made = make_url(url)
    if made.get_backend_name() == "sqlite":
        return f"sqlite:///file:{made.database}?mode=ro&uri=true"
    refusing = {"options": "-c default_transaction_read_only=on"}
    return made.update_query_dict(refusing).render_as_string(hide_password=False)


def away(url: str) -> str:
    """One without any tables of ours."""
    made = make_url(url)
    if made.get_backend_name() == "sqlite":
        return f"{url}.other"
    return made.set(database="postgres").render_as_string(hide_password=False)


@pytest.mark.parametrize(
    ("as_met", "said"),
    [(lambda url: url, "ready"), (read_only, "down"), (away, "down")],
    ids=["as it should be", "read only", "empty"],
)
def test_the_database_is_ready_where_it_takes_writing(
    settings: Settings, engine: Engine, as_met: Callable[[str], str], said: str
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    app = create_app(settings.model_copy(update={"database_url": as_met(url)}))
    for _ in range(2):  # and stays so
        answer = TestClient(app).get("/healthz")
        assert answer.status_code == 503  # the other parts do not run here
        assert answer.json()["parts"]["database"] == said
    app.state.site.sessions.kw["bind"].dispose()


def test_a_database_in_which_somebody_writes_is_ready(settings: Settings, engine: Engine) -> None:
    app = create_app(
        settings.model_copy(
            update={"database_url": engine.url.render_as_string(hide_password=False)}
        )
    )
    with engine.begin() as writing:
        writing.execute(delete(web.models.ChatTurn))
        answer = TestClient(app).get("/healthz")
    assert answer.json()["parts"]["database"] == "ready"
    made = app.state.site.sessions.kw["bind"]
    if engine.dialect.name == "sqlite":
        # Whoever gets a connection afterwards has the patience it should have.
        connections = [made.connect() for _ in range(4)]
        for one in connections:
            assert one.exec_driver_sql("PRAGMA busy_timeout").scalar() == 1000 * PATIENCE
            one.close()
    made.dispose()
