"""What the two engines spell differently: INSERT that yields to a row that is there already, and
keeping another writer out until the transaction ends."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.database import Base


def insert_into(session: Session, table: type[Base]) -> Any:
    """Return an INSERT that has `on_conflict_do_nothing` and `on_conflict_do_update`.

    SQLite and PostgreSQL spell them alike, but SQLAlchemy keeps them with the dialects. It is of
    the table, not the mapped class, whose bulk inserts fall apart into one statement for each
    pattern of NULLs.
    """
    engine = session.get_bind().dialect.name
    make = postgresql.insert if engine == "postgresql" else sqlite.insert
    return make(cast(Table, table.__table__))


def keep_out_writers(session: Session, table: type[Base]) -> None:
    """Wait for those who write `table`, and let nobody else do so until this transaction ends.

    Must be the transaction's first statement. Readers, and others who call this, are not in the
    way on PostgreSQL; SQLite has one writer at a time whatever it writes.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {table.__tablename__} IN SHARE MODE"))
    else:
        session.execute(text("BEGIN IMMEDIATE"))
