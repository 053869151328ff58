"""An importer on a fresh database, and exports made for the occasion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dossiers.models  # noqa: F401  (its tables are known once it is imported)
from core.database import Sessions
from core.privacy import Vault
from core.settings import ROOT
from dossiers.columns import load_columns
from dossiers.importing import SAMPLE_SUMS, Importer, read_sums
from dossiers.offices import load_offices
from tests.dossiers.exports import HEADER, KNOWN, MakeExport, as_csv


@pytest.fixture
def make_export(tmp_path: Path) -> MakeExport:
    """Write rows under the usual heading to a file."""

    def make(*rows: Sequence[str], name: str = "export.csv", encoding: str = "utf-8-sig") -> Path:
        path = tmp_path / name
        path.write_bytes(as_csv([HEADER, *rows]).encode(encoding))
        return path

    return make


@pytest.fixture
def importer(sessions: Sessions) -> Importer:
    """An importer of a fresh installation whose catalogue knows the samples' procedures."""
    return Importer(
        sessions=sessions,
        vault=Vault("a secret of the tests"),
        columns=load_columns(ROOT / "data" / "offices" / "columns.yml"),
        offices=load_offices(ROOT / "data" / "offices" / "offices.yml"),
        known_procedure=KNOWN.__contains__,
        sample_sums=read_sums(SAMPLE_SUMS),
    )


@pytest.fixture
def real_importer(importer: Importer) -> Importer:
    """The same, to which no file is a sample."""
    return replace(importer, sample_sums=frozenset())


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    """What a careful reader finds in the three sample exports, imported in order."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "truth.json").read_text("utf-8"))
    return found
