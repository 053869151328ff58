"""The clock: the one place that reads it.

Functions that decide take `now` or `as_of` as a parameter; only the edges of the system call this.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
"""Office time. Vietnam keeps no summer time."""


def now() -> datetime:
    """Return the present moment, aware, in UTC: the form in which moments are stored."""
    return datetime.now(UTC)


def today() -> date:
    """Return today's date in Vietnam."""
    return now().astimezone(VIETNAM).date()


def vietnam_date(moment: datetime) -> date:
    """Return the date on which an aware moment falls in Vietnam."""
    return moment.astimezone(VIETNAM).date()


def show_date(day: date) -> str:
    """Return a date as people in Vietnam read it: 24/11/2026."""
    return f"{day:%d/%m/%Y}"
