"""`./motcua catalogue import-portal` as an officer or a script runs it, and what `catalogue` then
knows of drafts: a process, its two outputs, its status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import ROOT
from tests.procedures.portal_pages import page

COMMAND = "from cli.catalogue import app; app()"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    for code in ("1.990001", "1.990002"):
        (folder / f"{code}.md").write_text(page(code), encoding="utf-8")
    (folder / "hong.md").write_bytes(b"\xff\xfe\x00")
    return folder


def run(tmp_path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "MOTCUA_STATE_DIR": str(tmp_path / "var"),
        "MOTCUA_PROVINCE": "",
        "COLUMNS": "160",
    }
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )


def test_pages_are_taken_in_reported_and_known_to_the_catalogue(
    tmp_path: Path, pages: Path
) -> None:
    first = run(tmp_path, "import-portal", pages, "--province", "Lào Cai", "--json")
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    assert (report["new"], report["unread"], report["province"]) == (2, 1, "lao-cai")
    assert report["pages_unread"][0]["file"] == "hong.md"
    again = run(tmp_path, "import-portal", pages, "--province", "lao-cai")
    assert "Không có gì thay đổi." in again.stdout
    assert "hong.md" in again.stdout

    listed = run(tmp_path, "list").stdout
    assert "1.990001" in listed and "draft" in listed and "transfer" in listed
    shown = run(tmp_path, "show", "1.990001", "--aspect", "documents").stdout
    assert "Ảnh chụp cột mốc cũ (3 bản sao)" in shown and "chưa rà lại" in shown
    checked = run(tmp_path, "check", "--json")
    found = [f for f in json.loads(checked.stdout) if f["procedure"].startswith("1.99")]
    assert [f["kind"] for f in found] == ["draft", "draft"]
    (tmp_path / "var" / "drafts" / "1.990001.yml").write_text("title: [")
    checked = run(tmp_path, "check")
    assert checked.returncode == 1
    assert "drafts/1.990001.yml" in checked.stdout


def test_a_dry_run_leaves_no_drafts(tmp_path: Path, pages: Path) -> None:
    dry = run(tmp_path, "import-portal", pages, "--province", "lao-cai", "--dry-run")
    assert "chưa ghi gì" in dry.stdout
    assert not (tmp_path / "var" / "drafts").exists()


def test_pages_of_nobody_knows_which_province_are_refused(tmp_path: Path, pages: Path) -> None:
    done = run(tmp_path, "import-portal", pages, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["unread"] == 3


@pytest.mark.parametrize(
    "arguments",
    [("nowhere",), (".", "--province", "Atlantis"), (".", "--index", "nowhere.tsv")],
)
def test_what_cannot_be_done_is_said_and_fails(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, "import-portal", *arguments)
    assert done.returncode != 0
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
