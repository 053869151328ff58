"""Import of 100,000 rows: rows a second and peak memory, beside a plain baseline of the same run.

    .venv/bin/python -m tests.benchmarks.bench_import [--rows 100000] [--url postgresql+psycopg://…]

The baseline is the least that any import does: `csv.reader` and one table filled by
`executemany`, on the same disk, with the same durability; it checks, encrypts and remembers
nothing. Each measure is a process of its own, so that its peak memory is its own. Files are made
from the sample's rows, under codes of their own.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from core.settings import ROOT
from tests.dossiers.exports import DAYS, DEMO, NOW

_CODE, _STATUS = 1, 14


def make_exports(folder: Path, rows: int) -> tuple[Path, Path]:
    """Write two nights of `rows` dossiers; by the second, one in twelve has moved."""
    with (DEMO / DAYS[0]).open(encoding="utf-8-sig", newline="") as stream:
        header, *sample = list(csv.reader(stream, delimiter=";"))[:2501]
    paths = (folder / "night-1.csv", folder / "night-2.csv")
    for night, path in enumerate(paths):
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream, delimiter=";")
            writer.writerow(header)
            for n in range(rows):
                cells = list(sample[n % len(sample)])
                cells[_CODE] = f"{cells[_CODE].rpartition('-')[0]}-{n:06}"
                if n % 12 == 0:
                    cells[_STATUS] = ("Đang xử lý", "Đã xử lý xong")[night]
                writer.writerow(cells)
    return paths


def baseline(path: Path, url: str) -> float:
    """Read the file and fill one table; return the seconds it took."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///") + ".baseline")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    columns = ", ".join(f"c{n}" for n in range(16))
    connection.execute(f"CREATE TABLE dossier ({columns}, UNIQUE (c{_CODE}))")
    began = time.perf_counter()
    with path.open(encoding="utf-8-sig", newline="") as stream, connection:
        rows = csv.reader(stream, delimiter=";")
        next(rows)
        marks = ", ".join("?" * 16)
        connection.executemany(f"INSERT INTO dossier VALUES ({marks})", rows)
    return time.perf_counter() - began


def ours(path: Path, url: str) -> float:
    """Import the file; return the seconds it took, without the start of the process."""
    import dossiers.models  # noqa: F401
    from core.database import Base, make_engine, session_factory
    from core.privacy import Vault
    from dossiers.columns import load_columns
    from dossiers.importing import Importer
    from dossiers.offices import load_offices

    engine = make_engine(url)
    Base.metadata.create_all(engine)
    importer = Importer(
        sessions=session_factory(engine),
        vault=Vault("benchmark"),
        columns=load_columns(ROOT / "data" / "offices" / "columns.yml"),
        offices=load_offices(ROOT / "data" / "offices" / "offices.yml"),
        known_procedure=lambda code: True,
    )
    night = int(path.stem[-1])
    began = time.perf_counter()
    importer.run(path, now=NOW, as_of=NOW + timedelta(days=night))
    return time.perf_counter() - began


MEASURES: dict[str, Callable[[Path, str], float]] = {"baseline": baseline, "import": ours}


def measure(name: str, path: Path, url: str) -> dict[str, float]:
    """Run one measure in a process of its own; return seconds and peak memory (MiB)."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_import", "--measure", name]
    done = subprocess.run(
        [*command, "--file", str(path), "--url", url],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--url", default="", help="database; a fresh SQLite file by default")
    arguments.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    arguments.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.measure:
        seconds = MEASURES[chosen.measure](chosen.file, chosen.url)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "peak_mib": peak}))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = chosen.url or f"sqlite:///{folder / 'bench.db'}"
        few, _ = make_exports(folder, max(1, chosen.rows // 10))
        few = few.rename(folder / "few-1.csv")
        first, second = make_exports(folder, chosen.rows)
        plain = measure("baseline", first, f"sqlite:///{folder / 'plain.db'}")
        small = measure("import", few, f"sqlite:///{folder / 'few.db'}")
        runs = {
            "first import": measure("import", first, url),
            "next night": measure("import", second, url),
            "same night again": measure("import", second, url),
        }
    engine = url.partition(":")[0]
    load = os.getloadavg()[0]
    print(
        f"{chosen.rows} rows, {engine}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, load {load:.1f}"
    )
    for label, figures in {"baseline (csv + executemany)": plain, **runs}.items():
        print(
            f"{label:30} {figures['seconds']:7.1f} s {chosen.rows / figures['seconds']:9.0f} rows/s"
            f" {figures['peak_mib']:6.0f} MiB  x{figures['seconds'] / plain['seconds']:.1f}"
        )
    grown = runs["first import"]["peak_mib"] - small["peak_mib"]
    print(f"memory for ten times the rows: +{grown:.0f} MiB (at a tenth: {small['peak_mib']:.0f})")


if __name__ == "__main__":
    main()
