"""INSERT that yields to a row that is there already: one spelling for both engines."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Table
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
