"""Understanding of one message, without dialogue or answer: ours beside Rasa's default pipeline.

    .venv/bin/python -m tests.benchmarks.bench_understanding [--messages 400]

Both models are held by Rasa's own `Agent`, each in a process of its own, and are asked in turn
about the same messages, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles

from cli.bootstrap import BOT
from cli.evaluate import SETS, MeasuringSet
from cli.training import bot_environment, model_path
from core.settings import ROOT
from tests.benchmarks import default_server

WARM_UP = 20


@contextmanager
def reader(model: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that reads with `model`, ready."""
    with subprocess.Popen(
        [str(BOT.python), "-m", "tests.benchmarks.reading", str(model)],
        cwd=ROOT,
        env=bot_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for line in process.stdout:
            if line.strip() == "ready":
                break
        try:
            yield process
        finally:
            process.stdin.close()


def ask(process: subprocess.Popen[str], text: str) -> tuple[float, float]:
    """Milliseconds that a message took, and those of the processor: what other work on the machine
    changes least."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(text) + "\n")
    process.stdin.flush()
    taken, spent = map(float, process.stdout.readline().split())
    return taken, spent


def messages(most: int) -> list[str]:
    """Citizens' messages that neither model was trained on."""
    folder = next(path for path in SETS if path.is_dir())
    return list(islice(cycle(line.text for line in MeasuringSet.read(folder).lines), most))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--messages", type=int, default=400)
    texts = messages(WARM_UP + arguments.parse_args().messages)
    models = {"default": default_server.ensure() / "model.tar.gz", "ours": model_path()}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in models}
    with reader(models["default"]) as default, reader(models["ours"]) as ours:
        for text in texts:
            times["default"].append(ask(default, text))
            times["ours"].append(ask(ours, text))
    print(
        f"{len(texts) - WARM_UP} messages in turn, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    middles = {}
    for name, taken in times.items():
        for at, kind in enumerate(("clock", "processor")):
            counted = [pair[at] for pair in taken[WARM_UP:]]
            middles[name, kind] = median(counted)
            p95 = quantiles(counted, n=20)[-1]
            print(f"{name:8} {kind:9} p50 {median(counted):7.2f} ms   p95 {p95:7.2f} ms")
    for kind in ("clock", "processor"):
        ratio = middles["default", kind] / middles["ours", kind]
        print(f"ours is {ratio:.1f} times as fast by the {kind} (goal: 3, and p50 up to 3 ms)")


if __name__ == "__main__":
    main()
