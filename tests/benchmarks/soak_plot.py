"""Draws the memory of a soak, read as JSON from standard input; runs where matplotlib is.

python -m tests.benchmarks.soak_plot PICTURE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from matplotlib import pyplot as plt

from tests.comparison.plots import save


def main() -> None:
    held = json.load(sys.stdin)
    figure, axes = plt.subplots(figsize=(7.5, 4))
    minutes = [second / 60 for second in held["seconds"]]
    for number, (name, values) in enumerate(held["memory"].items(), start=1):
        axes.plot(minutes, values)
        # Each at another place of its line: three of the lines lie close together.
        at = max(0, len(minutes) * number // len(held["memory"]) - 1)
        label = f"{name} {values[-1]:.0f}"
        axes.annotate(
            label, (minutes[at], values[at]), (0, 4), textcoords="offset points", ha="right"
        )
    axes.set_ylim(bottom=0)
    axes.set_xlabel("minutes")
    axes.set_ylabel("MiB in memory")
    axes.set_title(f"{held['at_once']} conversations at once", loc="left")
    save(figure, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
