"""The project's own catalogue and calendar, and a small catalogue to break on purpose."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from procedures.catalogue import DEFAULT_PATH, Catalogue, load_catalogue
from procedures.deadlines import WorkingCalendar, load_calendar

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def calendar() -> WorkingCalendar:
    return load_calendar()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue of one procedure, free to be changed."""
    shutil.copytree(DEFAULT_PATH / "common", tmp_path / "common")
    file = yaml.safe_load((DEFAULT_PATH / "transfer.yml").read_text(encoding="utf-8"))
    file["related"] = []
    (tmp_path / "transfer.yml").write_text(yaml.safe_dump(file, allow_unicode=True))
    return tmp_path


@pytest.fixture
def edit(folder: Path) -> Callable[[Callable[[dict[str, Any]], None]], Path]:
    """Change the one procedure's file by a function over its data."""

    def change(how: Callable[[dict[str, Any]], None]) -> Path:
        path = folder / "transfer.yml"
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        how(data)
        path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
        return path

    return change
