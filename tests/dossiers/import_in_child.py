"""Imports one file in a process of its own, to be killed: a line on standard output for each batch
written; before the last batch it waits for ever, so that it never ends by itself."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import dossiers.models  # noqa: F401
from core.database import make_engine, session_factory
from core.privacy import Vault
from core.settings import ROOT
from dossiers.columns import load_columns
from dossiers.importing import Importer
from dossiers.offices import load_offices
from tests.dossiers.exports import KNOWN, NOW

BATCH = 100


def main(url: str, path: str, secret: str) -> None:
    importer = Importer(
        sessions=session_factory(make_engine(url)),
        vault=Vault(secret),
        columns=load_columns(ROOT / "data" / "offices" / "columns.yml"),
        offices=load_offices(ROOT / "data" / "offices" / "offices.yml"),
        known_procedure=KNOWN.__contains__,
        batch_rows=BATCH,
    )

    def on_progress(done: int, total: int) -> None:
        if total:
            print(done, flush=True)
            if total - done <= BATCH:
                signal.pause()

    importer.run(Path(path), now=NOW, on_progress=on_progress)


if __name__ == "__main__":
    main(*sys.argv[1:])
