"""Which messages were taken already, kept on disk: platforms repeat an event for hours, and Rasa
may have been restarted in between.

SQLite from the standard library: Rasa's world does not know the application's database.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

KEPT = 24 * 3600.0
"""Seconds for which a message is known; Zalo repeats an event for twelve hours."""


class Seen:
    """Remembers messages by a hash of their names. One writer, one process."""

    def __init__(
        self, path: Path, kept: float = KEPT, clock: Callable[[], float] = time.time
    ) -> None:
        self._kept = kept
        self._clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS seen (name BLOB PRIMARY KEY, at REAL NOT NULL) "
            "WITHOUT ROWID"
        )
        self._swept = 0.0

    def first(self, channel: str, message_id: str) -> bool:
        """Note a message; tell whether it is new."""
        now = self._clock()
        if now - self._swept > 60:
            self._swept = now
            self._database.execute("DELETE FROM seen WHERE at < ?", (now - self._kept,))
        # A hash: a platform's ids may tell who wrote.
        name = sha256(f"{channel}\x1f{message_id}".encode()).digest()
        done = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (name, now))
        return done.rowcount == 1

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
