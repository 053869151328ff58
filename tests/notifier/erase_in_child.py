"""Erases a person in a process of its own, and dies before it commits: URL, number."""

from __future__ import annotations

import os
import signal
import sys

from core.database import make_engine, session_factory
from core.privacy import Vault
from dossiers.person import known_by_phone
from notifier.person import forget
from tests.notifier.conftest import NOON, SECRET

if __name__ == "__main__":
    url, number = sys.argv[1:]
    vault = Vault(SECRET)
    with session_factory(make_engine(url)).begin() as session:
        forget(session, vault, known_by_phone(vault, number), NOON)
        os.kill(os.getpid(), signal.SIGKILL)
