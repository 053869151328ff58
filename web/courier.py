"""Carries what officers write to the citizens: onto the page, or to Rasa's channel of the platform.

Whatever goes wrong, a line stays in the database until the page or the channel has it (see
`helpdesk.delivery`).
"""

from __future__ import annotations

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from core import clock
from core.observability import get_logger
from helpdesk.delivery import Due, Outcome
from web.history import Turn
from web.rasa import RasaUnavailable
from web.state import Site

_log = get_logger(__name__)

WEB = "web"
EVERY = 1.0
"""Seconds between two looks for lines that wait."""


async def carry(site: Site) -> None:
    """Carry lines until cancelled."""
    while True:
        try:
            carried = await carry_due(site)
        except SQLAlchemyError as error:
            _log.error("desk_lines_not_read", error=type(error).__name__)
            carried = 0
        if not carried:
            await asyncio.sleep(EVERY)


async def carry_due(site: Site) -> int:
    """Carry the lines that are due now, and return how many there were."""
    due = await asyncio.to_thread(site.desk_lines.claim, clock.now())
    await asyncio.gather(*(_one(site, line) for line in due))
    return len(due)


async def _one(site: Site, due: Due) -> None:
    outcome = await _deliver(site, due)
    if outcome is not Outcome.SENT:
        _log.warning("desk_line_not_taken", channel=due.channel, outcome=outcome.value)
    await asyncio.to_thread(site.desk_lines.settle, due, outcome, clock.now())


async def _deliver(site: Site, due: Due) -> Outcome:
    if due.channel == WEB:
        # Under the line's number: carried twice, it is there once.
        turn = Turn(due.key, "", due.blocks, clock.now())
        await asyncio.to_thread(site.history.keep, due.address, turn)
        return Outcome.SENT
    try:
        return Outcome(await site.rasa.tell(due.channel, due.address, due.key, due.blocks))
    except (RasaUnavailable, ValueError):
        return Outcome.AGAIN
