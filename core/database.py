"""The database: one declarative base, engines for SQLite and PostgreSQL, and moments in UTC.

Rooms declare their tables on `Base`; Alembic (`migrations/`) makes them. Sessions are synchronous:
asynchronous code calls them in a thread, with groups of rows at a time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from core.settings import get_settings


class Base(DeclarativeBase):
    """Base of every table. Constraints are named, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database, on every engine.

    SQLite keeps no zone, so a naive value is refused rather than guessed at.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def words(vocabulary: type[StrEnum], length: int = 20) -> Enum:
    """Return a column type that keeps a vocabulary's words as text, and gives members back.

    Text, not a native enum: a word may be added without altering a type.
    """
    return Enum(
        vocabulary,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


def make_engine(url: str, **options: Any) -> Engine:
    """Return an engine for `url`. Its errors never quote the values of a statement.

    SQLite gets write-ahead logging, `synchronous=FULL` (a committed message survives a power cut),
    enforced foreign keys, and 30 s of patience with another writer.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, **options)
    database = make_url(url).database
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True, **options)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


EVENTS = "motcua_events"
"""Channel on which it is hinted that events, or changed numbers, wait to be planned."""
MESSAGES = "motcua_messages"
"""Channel on which it is hinted that messages wait to be sent."""


def hint(session: Session, channel: str) -> None:
    """Let whoever listens on `channel` look when this transaction is committed, and not before.

    A hint only: PostgreSQL drops it where nobody listens, and SQLite has none. What is to be done
    is in the tables, and is looked for there in any case.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_notify(channel, "")))


Sessions = sessionmaker[Session]
"""What makes sessions; functions that reach the database take one, or a session."""


def session_factory(engine: Engine) -> Sessions:
    """Return what makes sessions on `engine`. Objects stay readable after a commit."""
    return sessionmaker(engine, expire_on_commit=False)


@lru_cache(maxsize=1)
def get_sessions() -> Sessions:
    """Return this process's session maker, on the database of its settings."""
    return session_factory(make_engine(get_settings().database))
