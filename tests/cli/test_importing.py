"""`./motcua import` as an officer or a script runs it: a process, its two outputs, its status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import ROOT
from tests.dossiers.exports import HEADER, as_csv, row

COMMAND = "import typer; from cli.importing import import_exports; typer.run(import_exports)"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    rows = [
        row(),
        row(),
        row(Mã_hồ_sơ="chưa cấp mã"),
        row(Mã_TTHC="9.999999", Mã_hồ_sơ="H60.12-261102-0002"),
    ]
    path.write_text(as_csv([HEADER, *rows]), encoding="utf-8")
    return path


def run(tmp_path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "MOTCUA_STATE_DIR": str(tmp_path / "var"),
        "MOTCUA_DATABASE_URL": "",
        "COLUMNS": "120",
    }
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )


def test_one_file_as_json_then_again(tmp_path: Path, export: Path) -> None:
    first = run(tmp_path, export, "--json", "--sample")
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    counts = {name: report[name] for name in ("rows", "new", "changed", "unchanged", "duplicates")}
    assert counts == {"rows": 4, "new": 2, "changed": 0, "unchanged": 0, "duplicates": 1}
    assert [(r["row"], r["column"]) for r in report["rejected"]] == [(4, "Mã hồ sơ")]
    assert report["rejected"][0]["reason"]
    assert [w["row"] for w in report["accepted_with_warning"]] == [5]
    assert report["sample"] is True
    again = json.loads(run(tmp_path, export, "--json", "--sample").stdout)
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 2)


def test_a_refused_file_stops_no_other_and_shows_in_the_status(
    tmp_path: Path, export: Path
) -> None:
    other = tmp_path / "letter.pdf"
    other.write_bytes(b"%PDF-1.7\n")
    result = run(tmp_path, other, export, tmp_path / "missing.csv", "--json")
    assert result.returncode == 2
    report = json.loads(result.stdout)
    assert (report["rows"], report["new"]) == (4, 2)
    assert [(r["file"], r["row"]) for r in report["rejected"]] == [("export.csv", 4)]
    refused = [file.get("refused", "") for file in report["files"]]
    assert "PDF" in refused[0] and refused[1] == "" and "Không tìm thấy" in refused[2]


def test_the_screen_is_vietnamese_and_shows_no_value(tmp_path: Path, export: Path) -> None:
    result = run(tmp_path, export)
    assert result.returncode == 0, result.stderr
    assert "Hồ sơ mới" in result.stdout
    assert "Mã hồ sơ không đúng dạng" in result.stdout
    for secret in ("0912345678", "Nguyễn Thị Mẫu", "008123456789"):
        assert secret not in result.stdout + result.stderr


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    """A first export whose news is for five people."""
    path = tmp_path / "crowd.csv"
    rows = [
        row(
            Mã_hồ_sơ=f"H60.12-261102-000{n}",
            Số_điện_thoại=f"091234567{n}",
            Trạng_thái="Đã xử lý xong",
            Ngày_có_kết_quả="03/11/2026 09:00",
        )
        for n in range(5)
    ]
    path.write_text(as_csv([HEADER, *rows]), encoding="utf-8")
    return path


def test_a_first_import_that_would_text_many_asks_first(
    tmp_path: Path, crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SMS_PROVIDER": "twilio",
        "SMS_LARGE_BATCH": "4",
        "SMS_PRICES": "twilio=1500",
    }.items():
        monkeypatch.setenv(f"MOTCUA_{name}", value)
    refused = run(tmp_path, crowd, "--json")
    assert refused.returncode == 2
    assert "5 người, 5 tin, 5 phần tin; chi phí: 7.500 đ" in refused.stderr
    assert "--yes" in json.loads(refused.stdout)["refused"]

    agreed = run(tmp_path, crowd, "--json", "--yes")
    assert agreed.returncode == 0, agreed.stderr
    assert "7.500 đ" in agreed.stderr
    assert json.loads(agreed.stdout)["new"] == 5
    # What comes after the first import is told without asking.
    again = run(tmp_path, crowd, "--json")
    assert again.returncode == 0 and again.stderr == ""


def test_a_small_first_import_and_the_demonstration_phone_do_not_ask(
    tmp_path: Path, crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_SMS_LARGE_BATCH", "4")
    shown = run(tmp_path, crowd, "--json")
    assert shown.returncode == 0
    assert "chi phí: chưa biết giá" in shown.stderr
