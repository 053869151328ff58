"""`./motcua …` as a person runs it: a process of its own, on a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pydantic import SecretStr

from core.settings import ROOT

SECRET = SecretStr("a secret of the tests of the command line")


def motcua(
    folder: Path, *arguments: str | Path, said: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a command whose state lies in `folder`, say `said` to it, and wait for its end.

    `settings` are by the names of `MOTCUA_…`, in small letters.
    """
    environment = {
        **os.environ,
        "MOTCUA_STATE_DIR": str(folder / "var"),
        "MOTCUA_DATABASE_URL": "",
        "MOTCUA_SECRET_KEY": SECRET.get_secret_value(),
        "COLUMNS": "120",
        **{f"MOTCUA_{name.upper()}": value for name, value in settings.items()},
    }
    return subprocess.run(
        [sys.executable, "-c", "from cli.main import app; app()", *map(str, arguments)],
        input=said,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
