"""Taking pages in: whose they are, what a second run does, edits by hand, and being killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from core.settings import ROOT
from procedures.drafts import Drafts, is_edited, read_draft
from procedures.portal_import import (
    BadIndex,
    Outcome,
    Report,
    Wanted,
    find_index,
    read_index,
    take_in,
)
from tests.procedures.portal_pages import page

TODAY = date(2026, 11, 24)
LAO_CAI = Wanted(province="lao-cai")


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    return folder


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    return tmp_path / "drafts"


@pytest.fixture
def put(pages: Path) -> Callable[..., Path]:
    """Put a page down by its code."""

    def write(code: str = "1.990001", **parts: str) -> Path:
        path = pages / f"{code}.md"
        path.write_text(page(code, **parts), encoding="utf-8")
        return path

    return write


def run(pages: Path, drafts: Path, wanted: Wanted = LAO_CAI, **more: object) -> Report:
    arguments = {"today": TODAY, **more}
    return take_in(sorted(pages.glob("*.md")), drafts, wanted=wanted, **arguments)  # type: ignore[arg-type]


def test_a_page_becomes_a_draft(pages: Path, drafts: Path, put: Callable[..., Path]) -> None:
    put()
    report = run(pages, drafts, taken_on=date(2026, 7, 18))
    assert report.counts == {Outcome.NEW: 1}
    draft = Drafts.load(drafts).get("1.990001")
    assert draft is not None
    assert (draft.province, draft.imported_on) == ("lao-cai", TODAY)
    assert (draft.taken_on, draft.page) == (date(2026, 7, 18), "1.990001.md")


def test_the_same_pages_again_change_nothing_on_another_day_either(
    pages: Path, drafts: Path, put: Callable[..., Path]
) -> None:
    put(), put("1.990002")
    run(pages, drafts, taken_on=date(2026, 7, 18))
    before = {path: path.read_bytes() for path in drafts.glob("*.yml")}
    report = run(pages, drafts, today=TODAY + timedelta(days=3))
    assert report.counts == {Outcome.UNCHANGED: 2}
    assert {path: path.read_bytes() for path in drafts.glob("*.yml")} == before


def test_a_page_that_changed_brings_its_draft_up_to_date(
    pages: Path, drafts: Path, put: Callable[..., Path]
) -> None:
    put(), put("1.990002")
    run(pages, drafts)
    put(executor="Phòng Nông nghiệp")
    assert run(pages, drafts).counts == {Outcome.UPDATED: 1, Outcome.UNCHANGED: 1}
    draft = Drafts.load(drafts).get("1.990001")
    assert draft is not None and draft.executor == "Phòng Nông nghiệp"


def test_an_edit_by_hand_is_kept_until_told_otherwise(
    pages: Path, drafts: Path, put: Callable[..., Path]
) -> None:
    put()
    run(pages, drafts)
    path = drafts / "1.990001.yml"
    edited = path.read_bytes().replace("Phòng Kinh tế xã".encode(), "Phòng Địa chính".encode())
    path.write_bytes(edited)
    put(title="Tên mới hẳn của thủ tục")
    report = run(pages, drafts)
    assert report.counts == {Outcome.KEPT: 1}
    assert [(kept.file, kept.field) for kept in report.kept] == [("1.990001.md", "1.990001")]
    assert path.read_bytes() == edited
    report = run(pages, drafts, Wanted(province="lao-cai", replace=True))
    assert report.counts == {Outcome.UPDATED: 1}
    assert not is_edited(path.read_bytes())
    assert (drafts / "1.990001.bak").read_bytes() == edited


def test_a_draft_broken_by_hand_is_not_overwritten_either(
    pages: Path, drafts: Path, put: Callable[..., Path]
) -> None:
    put()
    run(pages, drafts)
    (drafts / "1.990001.yml").write_text("title: [")
    assert run(pages, drafts).counts == {Outcome.KEPT: 1}


def test_a_dry_run_says_the_same_and_writes_nothing(
    pages: Path, drafts: Path, put: Callable[..., Path]
) -> None:
    put()
    dry = Wanted(province="lao-cai", replace=True, dry_run=True)
    assert run(pages, drafts, dry).counts == {Outcome.NEW: 1}
    assert not drafts.exists()
    run(pages, drafts)
    path = drafts / "1.990001.yml"
    path.write_bytes(path.read_bytes().replace(b"level:", b"# mine\nlevel:"))
    before = path.read_bytes()
    assert run(pages, drafts, dry).counts == {Outcome.UPDATED: 1}
    assert path.read_bytes() == before
    assert not path.with_suffix(".bak").exists()


def test_bad_pages_are_reported_one_by_one_and_the_good_are_taken(
    pages: Path, drafts: Path, put: Callable[..., Path]
) -> None:
    put()
    (pages / "a.md").write_bytes(b"")
    (pages / "b.md").write_bytes(b"\x00\x01")
    (pages / "c.md").write_text("# Không có mã\n")
    (pages / "d.md").write_bytes(page("1.990003").encode("utf-16"))
    (pages / "e.md").mkdir()
    report = run(pages, drafts)
    assert report.counts == {Outcome.NEW: 1, Outcome.UNREAD: 5}
    assert [remark.file for remark in report.unread] == ["a.md", "b.md", "c.md", "d.md", "e.md"]
    assert all(remark.field and remark.reason for remark in report.unread)


def test_two_pages_of_one_code_do_not_overwrite_each_other(
    pages: Path, drafts: Path, put: Callable[..., Path]
) -> None:
    put()
    (pages / "again.md").write_text(page(title="Thủ tục khác cùng mã số"), encoding="utf-8")
    report = run(pages, drafts)
    assert report.counts == {Outcome.NEW: 1, Outcome.UNREAD: 1}
    assert "1.990001.md" in report.unread[0].reason


def test_another_field_is_left_out_unless_it_is_asked_for(
    pages: Path, drafts: Path, put: Callable[..., Path]
) -> None:
    put(field="Chứng khoán")
    assert run(pages, drafts).counts == {Outcome.OTHER_FIELD: 1}
    every = Wanted(province="lao-cai", fields=())
    assert run(pages, drafts, every).counts == {Outcome.NEW: 1}


# --- whose a page is ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "listed", "becomes", "province"),
    [
        ({}, "Lào Cai", Outcome.NEW, "lao-cai"),
        ({}, "TP Đồng Nai", Outcome.OTHER_PROVINCE, None),
        ({}, "Quốc gia", Outcome.NEW, None),
        ({}, "(tỉnh chưa xác định)", Outcome.UNREAD, None),
        ({}, None, Outcome.NEW, "lao-cai"),
        ({"executor": "Sở NN và MT tỉnh Lào Cai"}, None, Outcome.NEW, "lao-cai"),
        ({"executor": "Sở NN và MT tỉnh Gia Lai"}, None, Outcome.OTHER_PROVINCE, None),
        ({"executor": "Sở NN và MT tỉnh Gia Lai"}, "Lào Cai", Outcome.UNREAD, None),
        ({"decision": "12/QĐ-BNNMT"}, None, Outcome.NEW, None),
        ({"decision": "12/QĐ-VP"}, None, Outcome.NEW, "lao-cai"),
        ({"conditions": "Đã nộp thuế."}, None, Outcome.NEW, "lao-cai"),  # no Huế in "thuế"
    ],
)
def test_pages_of_other_provinces_are_told_apart(
    pages: Path,
    drafts: Path,
    put: Callable[..., Path],
    parts: dict[str, str],
    listed: str | None,
    becomes: Outcome,
    province: str | None,
) -> None:
    put(**parts)
    index = {"1.990001": listed} if listed is not None else {}
    assert run(pages, drafts, index=index).counts == {becomes: 1}
    draft = Drafts.load(drafts).get("1.990001")
    assert (draft is not None) == (becomes is Outcome.NEW)
    assert draft is None or draft.province == province


def test_without_a_province_every_page_must_tell_its_own(
    pages: Path, drafts: Path, put: Callable[..., Path]
) -> None:
    put(), put("1.990002", executor="Sở NN và MT tỉnh Gia Lai")
    report = run(pages, drafts, Wanted())
    assert report.counts == {Outcome.NEW: 1, Outcome.UNREAD: 1}
    assert report.unread[0].field == "tỉnh"


def test_the_table_is_found_beside_the_pages_and_read_by_its_headings(pages: Path) -> None:
    assert find_index(pages) is None
    table = pages.parent / "portal_land_procedures.tsv"
    table.write_text('name\tprovince\tcode\nTên "lạ\tLào Cai\t1.990001\n', encoding="utf-8")
    assert find_index(pages) == table
    assert read_index(table) == {"1.990001": "Lào Cai"}


@pytest.mark.parametrize("content", [b"", b"code\tname\n", b"\xff\xfe\x00"])
def test_a_table_that_cannot_be_used_is_said_to_be_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(content)
    with pytest.raises(BadIndex, match=r"t\.tsv"):
        read_index(path)


# --- being killed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [1, 7, 23])
def test_a_killed_run_leaves_whole_drafts_and_the_next_finishes(
    pages: Path, drafts: Path, put: Callable[..., Path], after: int
) -> None:
    codes = [f"1.99{n:04}" for n in range(40)]
    for code in codes:
        put(code)
    run(pages, drafts)
    for code in codes:  # every draft is to be written anew
        put(code, title=f"Tên mới của {code} " + "dài " * 2000)
    command = [sys.executable, "-m", "tests.procedures.import_portal_in_child"]
    child = subprocess.Popen(
        [*command, str(pages), str(drafts)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for _ in range(after):
        child.stdout.readline()
    child.kill()
    child.wait()
    child.stdout.close()
    titles = {}
    for path in drafts.glob("*.yml"):
        assert not is_edited(path.read_bytes())
        titles[path.stem] = read_draft(path.read_bytes()).title
    assert set(titles) == set(codes)
    assert sum(title.startswith("Tên mới") for title in titles.values()) >= after
    (drafts / ".1.990000.yml.1.tmp").write_bytes(b"half")  # what a kill may leave
    report = run(pages, drafts)
    assert report.counts[Outcome.UPDATED] + report.counts[Outcome.UNCHANGED] == len(codes)
    assert not list(drafts.glob(".*.tmp"))
    assert run(pages, drafts).counts == {Outcome.UNCHANGED: len(codes)}


def test_a_disk_that_is_full_leaves_the_old_draft(
    pages: Path, drafts: Path, put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    run(pages, drafts)
    before = (drafts / "1.990001.yml").read_bytes()
    put(title="Tên mới hẳn của thủ tục")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("procedures.drafts.os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            run(pages, drafts)
    assert (drafts / "1.990001.yml").read_bytes() == before
    assert not list(drafts.glob(".*.tmp"))


def test_a_draft_is_plain_yaml_with_what_it_is_found_by_first(
    pages: Path, drafts: Path, put: Callable[..., Path]
) -> None:
    put()
    run(pages, drafts)
    data = yaml.safe_load((drafts / "1.990001.yml").read_text(encoding="utf-8"))
    assert list(data)[:3] == ["code", "title", "province"]
    assert data["papers"][0]["papers"][0]["originals"] == 2
