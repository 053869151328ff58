"""Hints: on PostgreSQL whoever commits work for the notifier says so, and it looks at once.

A hint carries nothing and may get lost: the tables are the truth, and are looked at in any case.
See `core.database.hint` for the other end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from core.observability import get_logger

log = get_logger(__name__)

_WAITS = (1.0, 5.0, 30.0)
"""Seconds before connecting again: first, second, and from then on."""


async def listen(engine: Engine, handlers: Mapping[str, Callable[[], None]]) -> None:
    """Call the handler of each channel that is hinted on, until cancelled.

    All are called after every connecting: what was hinted meanwhile is not known. Returns at once
    where the engine knows no hints.
    """
    if engine.dialect.name != "postgresql":
        return
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    lost = 0
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                address, autocommit=True
            ) as connection:
                for channel in handlers:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                lost = 0
                for handle in handlers.values():
                    handle()
                async for hinted in connection.notifies():
                    handlers[hinted.channel]()
        except (psycopg.Error, OSError) as error:
            log.warning("no hints for now", error=type(error).__name__)
        await asyncio.sleep(_WAITS[min(lost, len(_WAITS) - 1)])
        lost += 1
