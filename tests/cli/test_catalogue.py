"""`./motcua catalogue`: what is shown, what is compared, and what makes it exit with an error."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli.catalogue
from cli.catalogue import app
from core.settings import Settings
from procedures.catalogue import DEFAULT_PATH, load_catalogue

Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    catalogue = load_catalogue(DEFAULT_PATH)
    monkeypatch.setattr(cli.catalogue, "get_catalogue", lambda: catalogue)
    monkeypatch.setattr(cli.catalogue, "today", lambda: date(2026, 11, 24))
    monkeypatch.setattr(cli.catalogue, "get_settings", lambda: Settings(_env_file=None))

    def invoke(*arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == status, result.output
        return result.output

    return invoke


def test_what_holds_in_a_province_on_a_day(run: Run) -> None:
    shown = run("show", "transfer", "--province", "hai-phong", "--as-of", "2026-08-01")
    assert "5 ngày làm việc; xã miền núi, hải đảo, vùng khó khăn: 15 ngày làm việc." in shown
    assert "Mẫu số 24" in shown
    # Saturday 1/8: handed in on Monday the 3rd, due on the 10th.
    assert "Nộp đủ giấy tờ ngày 03/08/2026 thì hẹn trả ngày 10/08/2026" in shown
    data = json.loads(run("show", "transfer", "--aspect", "time", "--json"))
    assert list(data) == ["time"]
    assert data["time"][0]["text"].startswith("Chuyển nhượng")
    assert "working days" in run("show", "transfer", "--aspect", "time", "--english")


def test_what_differs_between_provinces_and_between_days(run: Run) -> None:
    provinces = run("diff", "transfer", "--to-province", "hai-phong")
    assert "+[time] Chuyển nhượng nhà đất (sang tên sổ đỏ): 5 ngày làm việc" in provinces
    assert "-[time] Chuyển nhượng nhà đất (sang tên sổ đỏ): 8 ngày làm việc" in provinces
    days = run("diff", "gift", "--as-of", "2026-06-30", "--to-as-of", "2026-07-01")
    assert "10 triệu" in days and "20 triệu" in days
    assert "no difference" in run("diff", "mortgage", "--to-as-of", "2026-12-01")
    assert "@@" not in provinces and "Nguồn: " not in provinces
    assert provinces.count("Theo quy định của Hải Phòng.") == 1, "what all aspects say, once"
    data = json.loads(run("diff", "transfer", "--to-province", "hai-phong", "--json"))
    assert data["to"].startswith("hai-phong")
    assert any("5 ngày làm việc" in line for line in data["only_to"])
    assert not set(data["only_from"]) & set(data["only_to"])


def test_the_table_of_gaps(run: Run) -> None:
    told = json.loads(run("gaps", "--json"))
    assert told["transfer"]["minors"] == "told"
    assert told["split_parcel"]["mortgaged"] == "ask"
    shown = run("gaps")
    assert "residential_area" in shown and "added_area" in shown
    assert "✗ not looked into: 1" in shown
    assert (
        json.loads(run("gaps", "--province", "hai-phong", "--json"))["transfer"]["time"] == "told"
    )


def test_checks_find_work_but_no_fault(run: Run) -> None:
    findings = json.loads(run("check", "--json"))
    assert {finding["kind"] for finding in findings} == {"unconfirmed", "not_told"}
    shown = run("check").splitlines()
    assert shown[-1].startswith(f"unconfirmed: {len(findings) - 1}, not_told: 1")
    rows = [line for line in shown if line.startswith(" ") and line[1:2].strip()]
    assert len(rows) < len(findings) / 2, "what several versions share is told in one row"
    assert run("stale").strip() == "nothing to mend"
    assert {f["kind"] for f in json.loads(run("stale", "--older-than", "1", "--json"))} == {"stale"}


def test_a_law_told_before_its_day_is_a_fault(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "procedures"
    shutil.copytree(DEFAULT_PATH, folder)
    path = folder / "split_parcel.yml"
    text = path.read_text(encoding="utf-8")
    assert "effective_from: 2026-01-01" in text
    path.write_text(text.replace("effective_from: 2026-01-01", "effective_from: 2025-12-30", 1))
    early = load_catalogue(folder)
    monkeypatch.setattr(cli.catalogue, "get_catalogue", lambda: early)
    assert "early_basis: 1" in run("check", status=1)


def test_what_does_not_exist_is_said(run: Run) -> None:
    assert "no such procedure" in run("show", "nothing", status=2)
    assert "no such province" in run("show", "transfer", "--province", "atlantis", status=2)
    assert "no version" in run("diff", "transfer", "--as-of", "2020-01-01", status=2)
    run("show", "transfer", "--as-of", "2020-01-01", status=2)
