"""The plotted curves: small files that say nothing of when or where they were made."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.comparison import plots

CURVES = {
    "reliability": {
        name: {
            "bins": [
                {"count": 10 * n, "confidence": n / 10, "right": n / 11} for n in range(1, 10)
            ],
            "error": 0.042,
        }
        for name in ("intent", "procedure")
    },
    "risk": {
        name: {
            "points": [
                {"threshold": 1 - n / 150, "coverage": n / 150, "risk": n / 1000}
                for n in range(1, 151)
            ],
            "marks": [{"threshold": 0.7, "coverage": 0.8, "risk": 0.05}],
        }
        for name in ("intent", "procedure")
    },
    "cost": {
        "answer": [0.5, 0.7, 0.9],
        "lines": [{"offer": offer, "cost": [1.0, 0.8, 0.9]} for offer in (0.05, 0.2)],
        "marks": {"in force": {"answer": 0.7, "offer": 0.05, "cost": 0.8}},
    },
}


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    held = tmp_path / "curves.json"
    held.write_text(json.dumps(CURVES), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["plots", str(held), str(tmp_path)])
    plots.main()
    return sorted(tmp_path.glob("*.svg"))


def test_each_curve_is_a_small_svg_without_a_trace_of_its_making(
    drawn: list[Path], tmp_path: Path
) -> None:
    assert [path.stem for path in drawn] == [
        "confidence-cost",
        "confidence-reliability",
        "confidence-risk",
    ]
    for path in drawn:
        text = path.read_text(encoding="utf-8")
        ElementTree.fromstring(text)
        assert path.stat().st_size < 60_000
        assert not {word for word in ("metadata", "rdf:", str(tmp_path)) if word in text}


def test_they_say_what_was_measured(drawn: list[Path]) -> None:
    cost, reliability, risk = (path.read_text(encoding="utf-8") for path in drawn)
    assert "procedure: off by 4.2 points" in reliability
    assert "in force" in cost and "offered from 0.2" in cost
    assert "0.7" in risk
