"""Draws the curves of `cli.comparing` as small SVG files. matplotlib comes with Rasa.

python -m tests.comparison.plots CURVES.json FOLDER
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # the back end must be chosen first

INK, ACCENT, SOFT = "#1a1a1a", "#0b5394", "#9aa5b1"
plt.rcParams.update(
    {
        "svg.fonttype": "none",  # letters, not outlines: small files that can be searched
        "svg.hashsalt": "motcua",
        "font.family": "sans-serif",
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": SOFT,
        "text.color": INK,
        "axes.labelcolor": INK,
        "lines.linewidth": 1.8,
        "path.simplify_threshold": 1.0,
    }
)


def reliability(held: dict[str, Any]) -> plt.Figure:
    """Confidence against truth, for intents and procedures; the size of a dot is how many."""
    figure, axes = plt.subplots(1, len(held), figsize=(8, 4), sharey=True)
    for axis, (title, curve) in zip(axes, held.items(), strict=True):
        axis.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle="--")
        bins = curve["bins"]
        most = max(b["count"] for b in bins)
        axis.plot([b["confidence"] for b in bins], [b["right"] for b in bins], color=ACCENT)
        axis.scatter(
            [b["confidence"] for b in bins],
            [b["right"] for b in bins],
            s=[10 + 150 * b["count"] / most for b in bins],
            color=ACCENT,
            clip_on=False,
            zorder=3,
        )
        axis.set_title(f"{title}: off by {100 * curve['error']:.1f} points", fontsize=11)
        axis.set_xlabel("confidence")
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.02)
    axes[0].set_ylabel("share right")
    return figure


def risk(held: dict[str, Any]) -> plt.Figure:
    """Risk against coverage, with the thresholds in force."""
    figure, axis = plt.subplots(figsize=(6, 4))
    looks = ((ACCENT, (6, -12), "left"), (SOFT, (-6, 5), "right"))
    for (title, curve), (colour, shift, side) in zip(held.items(), looks, strict=True):
        axis.plot(
            [100 * p["coverage"] for p in curve["points"]],
            [100 * p["risk"] for p in curve["points"]],
            color=colour,
            label=title,
        )
        for point in curve["marks"]:
            axis.plot(100 * point["coverage"], 100 * point["risk"], "o", color=colour)
            axis.annotate(
                f"{point['threshold']:g}",
                (100 * point["coverage"], 100 * point["risk"]),
                textcoords="offset points",
                xytext=shift,
                ha=side,
            )
    axis.set_xlabel("messages answered outright, % (beside dots: the threshold)")
    axis.set_ylabel("of these wrong, %")
    axis.set_ylim(bottom=0)
    axis.legend(frameon=False)
    return figure


def cost(held: dict[str, Any]) -> plt.Figure:
    """Expected cost of a message over the threshold of answering, a line for each of offering."""
    figure, axis = plt.subplots(figsize=(6, 4))
    shades = plt.get_cmap("Blues")
    lines = held["lines"]
    for number, line in enumerate(lines):
        axis.plot(
            held["answer"],
            line["cost"],
            color=shades(0.35 + 0.6 * number / max(1, len(lines) - 1)),
            label=f"offered from {line['offer']:g}",
        )
    for name, point in held["marks"].items():
        axis.plot(point["answer"], point["cost"], "o", color=INK)
        axis.annotate(
            name,
            (point["answer"], point["cost"]),
            textcoords="offset points",
            xytext=(0, -16),
            ha="center",
        )
    axis.set_xlabel("answered from")
    axis.set_ylabel("cost of a message, in askings back")
    axis.set_ylim(bottom=0)
    axis.legend(frameon=False, fontsize=9)
    return figure


def save(figure: plt.Figure, path: Path) -> None:
    """Write an SVG without date, program or any other trace of where it was made."""
    figure.tight_layout()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(path, format="svg", metadata=nothing)
    plt.close(figure)
    text = path.read_text(encoding="utf-8")
    text = re.sub(r" *<metadata>.*?</metadata>\n", "", text, flags=re.DOTALL)
    text = re.sub(r"(\d+\.\d\d)\d+", r"\1", text)
    text = text.replace("'sans-serif'", "sans-serif")  # in quotes it is no family at all
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")


def main() -> None:
    """Draw every curve of a file into a folder."""
    curves = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(sys.argv[2])
    save(reliability(curves["reliability"]), folder / "confidence-reliability.svg")
    save(risk(curves["risk"]), folder / "confidence-risk.svg")
    save(cost(curves["cost"]), folder / "confidence-cost.svg")


if __name__ == "__main__":
    main()
