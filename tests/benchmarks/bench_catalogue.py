"""A catalogue of 2,000 procedures in 34 provinces: load, memory, and how long an answer takes.

    .venv/bin/python -m tests.benchmarks.bench_catalogue [--procedures 2000]

The files are made from one of the project's own, with a version for each province. The baseline is
`yaml.CSafeLoader` over the same bytes: what reading them all at the start would cost at the least,
with nothing checked or merged. Drafts of the national portal, as many, are measured beside it. Each
measure is a process of its own, so that its peak memory is its own. Exit status 1: a bound is
passed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from itertools import islice, product
from pathlib import Path

import yaml

from core.settings import ROOT
from procedures.answers import answer
from procedures.catalogue import DEFAULT_PATH, load_catalogue
from procedures.draft_answers import answer_draft
from procedures.drafts import (
    Draft,
    DraftPaper,
    DraftPapers,
    Drafts,
    DraftStep,
    DraftWay,
    render,
)
from procedures.provinces import PROVINCES
from procedures.vocabulary import Aspect

MOST_SECONDS, MOST_MIB, MOST_ANSWER_MS = 2.0, 300, 1.0
"""What a load may cost, in time and memory, and a further answer."""
AS_OF = date(2026, 11, 24)
_ASKED = 200
"""Procedures that the questions are about; every one is asked again and again."""
_ANSWERS = 4000
_WORDS = (
    "đăng ký cấp đổi tách hợp thửa đất ruộng vườn ao kênh đồi rừng biển hồ đường ranh giới quyền "
    "sử dụng sở hữu tài sản gắn liền nhà công trình thuê giao thu hồi gia hạn điều chỉnh xác nhận "
    "cung cấp thông tin bản đồ địa chính hồ sơ hộ gia đình cá nhân tổ chức cộng đồng"
)
"""What titles are made of."""


def make_catalogue(folder: Path, procedures: int) -> int:
    """Write so many procedures with a version for each province; return the bytes."""
    shutil.copytree(DEFAULT_PATH / "common", folder / "common")
    file = yaml.safe_load((DEFAULT_PATH / "transfer.yml").read_text(encoding="utf-8"))
    notes = file["baseline"]["time"].get("notes", [])
    file["versions"] = [
        {
            "province": province,
            "effective_from": date(2026, 7, 1),
            "decision": f"Quyết định {n}/2026/QĐ-UBND",
            "checked_on": AS_OF,
            "time": {"notes": [*notes, f"Theo quy định riêng của {name}."]},
            "documents": {"notes": [f"Nộp tại {name} theo mẫu của tỉnh."]},
        }
        for n, (province, name) in enumerate(PROVINCES.items(), start=1)
    ]
    file["related"] = []
    size = 0
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    mark = "id_that_is_put_in_later"
    text = yaml.dump({**file, "id": mark}, Dumper=dumper, allow_unicode=True, sort_keys=False)
    for letters in islice(product(string.ascii_lowercase, repeat=4), procedures):
        name = f"made_{''.join(letters)}"
        size += (folder / f"{name}.yml").write_bytes(text.replace(mark, name).encode())
    return size


def make_drafts(folder: Path, count: int) -> int:
    """Write so many drafts of some 15 KB; return the bytes."""
    folder.mkdir()
    chance, words = random.Random(20261124), _WORDS.split()
    long = "Người yêu cầu nộp hồ sơ tại nơi tiếp nhận theo quy định của tỉnh. " * 30
    size = 0
    for n in range(count):
        draft = Draft(
            code=f"1.{n:06}",
            title=" ".join(chance.choices(words, k=chance.randint(8, 60))).capitalize(),
            province=list(PROVINCES)[n % len(PROVINCES)],
            decision=f"{n}/QĐ-UBND",
            imported_on=AS_OF,
            ways=tuple(DraftWay(way=way, time="8 ngày làm việc") for way in ("Trực tiếp", "Mạng")),
            papers=(
                DraftPapers(
                    papers=tuple(
                        DraftPaper(name=f"Giấy tờ số {k} {long[:200]}", originals=1, copies=0)
                        for k in range(12)
                    )
                ),
            ),
            steps=tuple(DraftStep(text=f"Bước {k}: {long}") for k in range(1, 6)),
        )
        size += (folder / f"{draft.code}.yml").write_bytes(render(draft))
    return size


# --- measures, each in a process of its own -------------------------------------------------------


def baseline(folder: Path) -> dict[str, float]:
    """Parse every file, and keep nothing."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    began = time.perf_counter()
    for path in sorted(folder.glob("*.yml")):
        yaml.load(path.read_bytes(), Loader=loader)
    return {"seconds": time.perf_counter() - began}


def load(folder: Path) -> dict[str, float]:
    """Load the catalogue, as a starting server does."""
    began = time.perf_counter()
    load_catalogue(folder)
    return {"seconds": time.perf_counter() - began}


def answers(folder: Path) -> dict[str, float]:
    """Answer about some procedures for the first time, and then again and again."""
    catalogue = load_catalogue(folder)
    chance = random.Random(20261124)
    chosen = chance.sample(catalogue.ids(), min(_ASKED, len(catalogue.ids())))
    asked = [(procedure, chance.choice(list(PROVINCES))) for procedure in chosen]
    began = time.perf_counter()
    for procedure, province in asked:
        answer(catalogue, procedure, [Aspect.TIME], as_of=AS_OF, province=province)
    first = time.perf_counter() - began
    questions = [(*chance.choice(asked), chance.choice(list(Aspect))) for _ in range(_ANSWERS)]
    took = []
    for procedure, province, aspect in questions:
        began = time.perf_counter()
        answer(catalogue, procedure, [aspect], as_of=AS_OF, province=province)
        took.append(time.perf_counter() - began)
    took.sort()
    return {
        "first_ms": 1000 * first / len(asked),
        "median_ms": 1000 * took[len(took) // 2],
        "p99_ms": 1000 * took[len(took) * 99 // 100],
        "mean_ms": 1000 * sum(took) / len(took),
    }


def drafts(folder: Path) -> dict[str, float]:
    """Load drafts, make their titles ready, search them, and answer from one."""
    began = time.perf_counter()
    loaded = Drafts.load(folder)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    titles = loaded.titles
    ready = time.perf_counter() - began
    sample = list(loaded.heads())[:: max(1, len(loaded) // 200)]
    began = time.perf_counter()
    found = sum(titles.find(head.title)[0][0].title == head.title for head in sample)
    find = time.perf_counter() - began
    read = [draft for head in sample if (draft := loaded.get(head.code)) is not None]
    began = time.perf_counter()
    for draft in read:
        answer_draft(draft, [Aspect.DOCUMENTS])
    told = time.perf_counter() - began
    return {
        "seconds": seconds,
        "titles_s": ready,
        "find_ms": 1000 * find / len(sample),
        "found": found / len(sample),
        "answer_ms": 1000 * told / len(read),
    }


MEASURES: dict[str, Callable[[Path], dict[str, float]]] = {
    "baseline": baseline,
    "load": load,
    "answers": answers,
    "drafts": drafts,
}


def measure(name: str, folder: Path) -> dict[str, float]:
    """Run one measure in a process of its own; return its figures and its peak memory (MiB)."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_catalogue", "--measure", name]
    done = subprocess.run(
        [*command, "--folder", str(folder)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--procedures", type=int, default=2000)
    arguments.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.measure:
        figures = MEASURES[chosen.measure](chosen.folder)
        figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(figures))
        return
    with tempfile.TemporaryDirectory() as name:
        made, portal = Path(name, "procedures"), Path(name, "drafts")
        size = make_catalogue(made, chosen.procedures)
        portal_size = make_drafts(portal, chosen.procedures)
        plain, loaded = measure("baseline", made), measure("load", made)
        told, draft = measure("answers", made), measure("drafts", portal)
    print(
        f"{chosen.procedures} procedures x {len(PROVINCES)} provinces, "
        f"{size / 1e6:.0f} MB of YAML, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    ratio = loaded["seconds"] / plain["seconds"]
    print(f"baseline (CSafeLoader)  {plain['seconds']:8.2f} s   {plain['peak_mib']:5.0f} MiB  x1")
    print(
        f"load                    {loaded['seconds']:8.2f} s   {loaded['peak_mib']:5.0f} MiB  ",
        end="",
    )
    print(f"x{ratio:.3f}")
    print(f"first answer            {told['first_ms']:8.2f} ms  of a procedure: its file is parsed")
    print(
        f"further answers         {told['median_ms']:8.2f} ms  median, {told['mean_ms']:.2f} mean, "
        f"{told['p99_ms']:.2f} at the 99th percentile, {told['peak_mib']:.0f} MiB"
    )
    print(
        f"drafts ({portal_size / 1e6:.0f} MB)          {draft['seconds']:8.2f} s   "
        f"{draft['peak_mib']:5.0f} MiB; titles ready {draft['titles_s']:.2f} s, search "
        f"{draft['find_ms']:.1f} ms ({draft['found']:.0%} right), "
        f"answer {draft['answer_ms']:.2f} ms"
    )
    passed = [
        what
        for what, value, most in (
            ("seconds of load", loaded["seconds"], MOST_SECONDS),
            ("MiB of load", loaded["peak_mib"], MOST_MIB),
            ("ms of an answer", told["median_ms"], MOST_ANSWER_MS),
        )
        if value >= most
    ]
    if passed:
        sys.exit(f"over its bound: {', '.join(passed)}")


if __name__ == "__main__":
    main()
