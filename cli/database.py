"""Brings the database to the newest schema, for every command that needs one."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from cli.bootstrap import say
from core.database import make_engine
from core.settings import ROOT, get_settings


def revisions() -> tuple[str | None, str | None]:
    """Return the schema's revision in the database, and the newest there is."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    engine = make_engine(get_settings().database)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision(), head
    finally:
        engine.dispose()


def migrate() -> None:
    """Apply the migrations that are missing, and say so; nothing where none is."""
    current, head = revisions()
    if current != head:
        say("bringing the database up to date …")
        command.upgrade(_config(), "head")


def _config() -> Config:
    return Config(ROOT / "alembic.ini")
