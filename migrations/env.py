"""Alembic's environment: which tables there are, and on which database.

The database is that of the settings, unless a caller hands over a connection
(`config.attributes["connection"]`), as the tests do.
"""

from __future__ import annotations

from typing import Literal

from alembic import context
from sqlalchemy import Connection

import actions.models
import dossiers.models
import helpdesk.models
import notifier.models
import web.models
from core.database import Base, UtcDateTime, make_engine
from core.settings import get_settings

# Each room's tables are known once its models are imported.
_ = (actions.models, dossiers.models, helpdesk.models, notifier.models, web.models)


def _render(kind: str, thing: object, _context: object) -> str | Literal[False]:
    """Write our own column types as the plain ones they stand on: a migration must run when the
    code of its day is long gone."""
    return "sa.DateTime(timezone=True)" if isinstance(thing, UtcDateTime) else False


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # SQLite cannot alter a table in place; Alembic copies it.
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:
    engine = make_engine(get_settings().database)
    with engine.connect() as opened:
        _migrate(opened)
    engine.dispose()
