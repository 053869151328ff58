"""An import that is killed from outside: takes the pages of one folder in, told which and where."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from procedures.portal_import import Wanted, take_in

if __name__ == "__main__":
    pages, folder = map(Path, sys.argv[1:3])
    take_in(
        sorted(pages.glob("*.md")),
        folder,
        wanted=Wanted(province="lao-cai", replace=True),
        today=date(2026, 11, 24),
        on_progress=lambda done: print(done, flush=True),
    )
