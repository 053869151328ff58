"""The migrations make exactly the tables that the code declares, on both engines."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

import actions.models
import dossiers.models
import helpdesk.models
import notifier.models
import web.models
from core.database import Base, make_engine
from core.settings import ROOT

_ = (actions.models, dossiers.models, helpdesk.models, notifier.models, web.models)


def config(connection: Connection) -> Config:
    made = Config(ROOT / "alembic.ini")
    made.attributes["connection"] = connection
    return made


def test_up_is_what_the_code_declares_and_down_leaves_nothing(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        command.upgrade(config(connection), "head")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        command.downgrade(config(connection), "base")
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
        connection.rollback()
    engine.dispose()


def test_the_newest_migration_is_the_only_head() -> None:
    heads = ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).get_heads()
    assert len(heads) == 1, "two migrations grew from one: merge them"
