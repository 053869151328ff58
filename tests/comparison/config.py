"""What a config file that lies elsewhere says, to learn from the project's own lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
OURS: dict[str, Any] = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
NOBODY = "nobody"
"""The fold that leaves nobody out: what is trained for a set of other people's."""


def fold_importer(fold: str, **settings: Any) -> dict[str, Any]:
    """Return the entry of `importers` that brings all lines but those of `fold`; `settings` as in
    `tests.comparison.folds.FoldImporter`."""
    importer = {
        # Folders are said from the config file's own.
        key: str(ROOT / value) if str(value).startswith("data/") else value
        for key, value in OURS["importers"][0].items()
    }
    return {**importer, "name": "tests.comparison.folds.FoldImporter", "fold": fold, **settings}
