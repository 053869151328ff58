"""The database: one declarative base, engines for SQLite and PostgreSQL, and moments in UTC.

Rooms declare their tables on `Base`; Alembic (`migrations/`) makes them. Sessions are synchronous:
asynchronous code calls them in a thread, with groups of rows at a time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ARRAY,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    column,
    create_engine,
    event,
    func,
    literal,
    literal_column,
    make_url,
    select,
    type_coerce,
)
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator, TypeEngine

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


PATIENCE = 30
"""Seconds for which a writer of SQLite waits for another."""
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384")


def make_engine(url: str, **options: Any) -> Engine:
    """Return an engine for `url`. Its errors never quote the values of a statement.

    SQLite gets write-ahead logging, `synchronous=FULL` (a committed message survives a power cut),
    enforced foreign keys, 30 s of patience with another writer, and 16 MiB of cache a connection:
    with its usual 2 a claim from a million messages took twice as long.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, **options)
    database = make_url(url).database
    if database and database != ":memory:" and not database.startswith("file:"):
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": PATIENCE}, hide_parameters=True, **options)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
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


def as_rows(session: Session, columns: Mapping[str, tuple[TypeEngine[Any], Sequence[Any]]]) -> Any:
    """Return a table of values, for a statement that treats many rows at once: by name, each
    column's type and its values, whole numbers or texts. Its columns are its `c`.

    However many rows, it is one statement and one value bound to it (PostgreSQL: one a column), so
    it is compiled once. `executemany` gives Python's lock away with every row, and a thread that
    must win it back from a busy event loop waits each time.
    """
    if session.get_bind().dialect.name == "postgresql":
        arrays = [literal(list(values), ARRAY(type_)) for type_, values in columns.values()]
        named = [column(name, type_) for name, (type_, _) in columns.items()]
        return func.unnest(*arrays).table_valued(*named).render_derived()
    packed = json.dumps(list(zip(*(values for _, values in columns.values()), strict=True)))
    each = func.json_each(packed).table_valued("value")
    return select(
        *(
            type_coerce(func.json_extract(each.c.value, literal_column(f"'$[{n}]'")), type_).label(
                name
            )
            for n, (name, (type_, _)) in enumerate(columns.items())
        )
    ).subquery()


Sessions = sessionmaker[Session]
"""What makes sessions; functions that reach the database take one, or a session."""


def session_factory(engine: Engine) -> Sessions:
    """Return what makes sessions on `engine`. Objects stay readable after a commit."""
    return sessionmaker(engine, expire_on_commit=False)


@lru_cache(maxsize=1)
def get_sessions() -> Sessions:
    """Return this process's session maker, on the database of its settings."""
    return session_factory(make_engine(get_settings().database))
