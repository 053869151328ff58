"""The drafts' files: sealed, edited by hand, faulty, changed while they are in use."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.drafts import (
    Draft,
    DraftPaper,
    DraftPapers,
    Drafts,
    DraftStep,
    DraftWay,
    code_of,
    id_of,
    is_edited,
    read_draft,
    render,
)

TODAY = date(2026, 11, 24)


def draft(code: str = "1.990001", **values: object) -> Draft:
    return Draft.model_validate(
        {"code": code, "title": "Dựng lại cột mốc", "imported_on": TODAY, **values}
    )


def put(folder: Path, *drafts: Draft) -> None:
    folder.mkdir(exist_ok=True)
    for one in drafts:
        (folder / f"{one.code}.yml").write_bytes(render(one))


_TEXT = st.text(min_size=1, max_size=60)
_LINE = _TEXT.map(lambda text: text.replace("\n", " "))


@given(text=_TEXT, line=_LINE, number=st.integers(0, 99))
def test_what_is_written_is_read_back(text: str, line: str, number: int) -> None:
    written = draft(
        title=line,
        conditions=text,
        ways=(DraftWay(way=line, note=text),),
        papers=(DraftPapers(papers=(DraftPaper(name=text, originals=number, copies=None),)),),
        steps=(DraftStep(text=text),),
        other={"Mục": text},
    )
    file = render(written)
    assert read_draft(file) == written
    assert not is_edited(file)


@pytest.mark.parametrize(
    "edit",
    [
        lambda file: file.replace(b"code:", b"code: "),
        lambda file: file + b"level: X\n",
        lambda file: b"# mine\n" + file,
        lambda file: file.rpartition(b"seal:")[0],
        lambda file: b"",
    ],
)
def test_any_edit_is_known(edit: object) -> None:
    assert is_edited(edit(render(draft())))  # type: ignore[operator]


def test_ids_are_no_ids_of_the_catalogue_and_lead_back() -> None:
    assert code_of(id_of("1.990001")) == "1.990001"
    assert code_of("transfer") is None
    assert code_of("portal_1_99") is None


def test_no_folder_holds_no_drafts(tmp_path: Path) -> None:
    drafts = Drafts.load(tmp_path / "nowhere")
    assert len(drafts) == 0
    assert drafts.get("1.990001") is None
    assert drafts.titles.find("dựng lại cột mốc") == []


def test_heads_are_read_whatever_the_order_of_an_edited_file(tmp_path: Path) -> None:
    put(tmp_path, draft())
    (tmp_path / "1.990001.yml").write_text(
        "ways:\n- {way: Trực tiếp, time: title}\nprovince: lao-cai\nimported_on: 2026-11-24\n"
        "title: Tên sau cùng\ncode: '1.990001'\n"
    )
    (head,) = Drafts.load(tmp_path).heads()
    assert (head.title, head.province) == ("Tên sau cùng", "lao-cai")


def test_a_change_shows_and_an_unchanged_folder_is_not_read_again(tmp_path: Path) -> None:
    put(tmp_path, draft(), draft("1.990002"))
    drafts = Drafts.load(tmp_path)
    assert drafts.refreshed() is drafts
    put(tmp_path, draft(title="Tên khác"))
    os.utime(tmp_path / "1.990001.yml", ns=(1, 1))
    (tmp_path / "1.990002.yml").unlink()
    fresh = drafts.refreshed()
    assert [head.title for head in fresh.heads()] == ["Tên khác"]
    assert len(drafts) == 2


@pytest.mark.parametrize("slip", ["title: [", "title: ''\nprovince: null\n", "a: 1", "\x00"])
def test_a_slip_of_the_pen_leaves_the_draft_as_it_was(tmp_path: Path, slip: str) -> None:
    put(tmp_path, draft(), draft("1.990002"))
    drafts = Drafts.load(tmp_path)
    (tmp_path / "1.990001.yml").write_text(slip)
    fresh = drafts.refreshed()
    assert fresh.get("1.990001") == draft()
    assert [code for code, _ in fresh.check()] == ["1.990001"]
    assert fresh.refreshed() is fresh
    assert Drafts.load(tmp_path).get("1.990001") is None


def test_a_fault_deep_in_a_draft_is_told_by_field_and_answered_by_nobody(tmp_path: Path) -> None:
    put(tmp_path, draft())
    with (tmp_path / "1.990001.yml").open("a") as stream:
        stream.write("ways:\n- {way: Trực tiếp, price: 5}\n")
    drafts = Drafts.load(tmp_path)
    assert drafts.get("1.990001") is None
    assert [(code, line.partition(":")[0]) for code, line in drafts.check()] == [
        ("1.990001", "ways.0.price")
    ]


def test_a_draft_under_another_name_is_a_fault(tmp_path: Path) -> None:
    tmp_path.joinpath("1.990009.yml").write_bytes(render(draft()))
    assert Drafts.load(tmp_path).get("1.990009") is None


def test_the_same_procedure_of_another_province_is_found_by_its_title(tmp_path: Path) -> None:
    put(
        tmp_path,
        draft(province="lao-cai"),
        draft("1.990002", province="gia-lai", title="DỰNG LẠI CỘT MỐC."),
        draft("1.990003", province="gia-lai", title="Việc khác hẳn"),
    )
    found = Drafts.load(tmp_path).sibling("1.990001", "gia-lai")
    assert found is not None and found.code == "1.990002"
    assert Drafts.load(tmp_path).sibling("1.990001", "hue") is None
