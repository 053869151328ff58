"""Leadership: of several notifiers on one database, one does the work that is done once for all.

It saves work, and is no safeguard: everything the leader does is compare-and-set or unique, so a
leader that was paused and does not know that it has been replaced does no harm.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, case, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.database import Sessions
from core.observability import get_logger
from notifier.models import Leadership
from notifier.outbox import database_now, insert_new

log = get_logger(__name__)

_LOCK = 0x6D6F7463
"""Number of the advisory lock on PostgreSQL ("motc")."""

_END_HOLDER = text("""
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = :key AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


class Leader:
    """One process's claim to lead. Not for several threads at once."""

    def __init__(self, sessions: Sessions, owner: str, lease: float = 6.0) -> None:
        self._sessions = sessions
        self._owner = owner
        self._lease = timedelta(seconds=lease)
        self._lock: Connection | None = None

    def renew(self) -> int | None:
        """Take the lead, or keep it; return its epoch, or None if another process leads.

        On PostgreSQL the leader holds an advisory lock on a connection of its own, which falls
        with the connection; on SQLite, a row until its lease runs out. Who holds the lock and has
        not renewed for as long is stopped or hangs, and loses it.
        """
        with self._sessions.begin() as session:
            if session.get_bind().dialect.name == "postgresql":
                if not self._hold_lock(session):
                    self._oust_who_is_stopped(session)
                    return None
                return self._enter(session, unconditionally=True)
            return self._enter(session, unconditionally=False)

    def resign(self) -> None:
        """Let another process lead at once."""
        if self._lock is not None:
            # The lock belongs to the connection's session; returned to the pool it would live on.
            self._lock.invalidate()
            self._lock.close()
            self._lock = None
        with self._sessions.begin() as session:
            session.execute(
                update(Leadership)
                .where(Leadership.name == "notifier", Leadership.owner == self._owner)
                .values(lease_until=datetime(2000, 1, 1, tzinfo=UTC))
            )

    def _hold_lock(self, session: Session) -> bool:
        if self._lock is not None:
            try:
                self._lock.execute(text("SELECT 1"))
                return True
            except DBAPIError:
                log.warning("lost the connection that held the lead")
                self._lock.invalidate()
                self._lock.close()
                self._lock = None
        engine = session.get_bind().engine
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        taken = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK})
        if not taken.scalar_one():
            connection.close()
            return False
        self._lock = connection
        return True

    def _oust_who_is_stopped(self, session: Session) -> None:
        """End the connection that holds the lock if its leader's lease has run out; whoever renews
        next leads."""
        until = session.scalar(select(Leadership.lease_until).where(Leadership.name == "notifier"))
        if until is not None and until < database_now(session):
            log.warning("the leader has not renewed: it loses the lead")
            session.execute(_END_HOLDER, {"key": _LOCK})

    def _enter(self, session: Session, *, unconditionally: bool) -> int | None:
        now = database_now(session)
        nobody = {
            "name": "notifier",
            "owner": "",
            "epoch": 0,
            "lease_until": datetime(2000, 1, 1, tzinfo=UTC),
        }
        session.execute(insert_new(session, Leadership, [nobody], "name"))
        mine = Leadership.owner == self._owner
        free = mine | (Leadership.lease_until < now)
        epoch: int | None = session.execute(
            update(Leadership)
            .where(Leadership.name == "notifier", *([] if unconditionally else [free]))
            .values(
                owner=self._owner,
                lease_until=now + self._lease,
                epoch=Leadership.epoch + case((mine, 0), else_=1),
            )
            .returning(Leadership.epoch)
            .execution_options(synchronize_session=False)
        ).scalar()
        return epoch
