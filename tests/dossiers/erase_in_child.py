"""Erases a person in a process of its own, and dies on the way: URL, number, moment."""

from __future__ import annotations

import os
import signal
import sys

from core.database import make_engine, session_factory
from core.privacy import Vault
from dossiers.person import bar, erase, find, known_by_phone
from tests.dossiers.exports import NOW

if __name__ == "__main__":
    url, number, moment = sys.argv[1:]
    vault = Vault("a secret of the tests")
    with session_factory(make_engine(url)).begin() as session:
        known = known_by_phone(vault, number)
        bar(session, known, NOW)
        if moment == "written":
            erase(session, find(session, vault, known), NOW)
        os.kill(os.getpid(), signal.SIGKILL)
