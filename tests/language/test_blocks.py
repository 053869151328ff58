from __future__ import annotations

import json

import pytest

from language import blocks as b

ANSWER: list[b.Block] = [
    b.Text("Tách thửa: 12 ngày làm việc.", tone="lead"),
    b.Checklist(
        (b.Item("Đơn", "Mẫu 21, 1 bản chính"), b.Item("Giấy ủy quyền", "", True)), "Giấy tờ"
    ),
    b.Steps((b.Step("nộp hồ sơ", "Ông/Bà"), b.Step("kiểm tra"))),
    b.Table(("Khoản", "Mức"), (("Trước bạ", "0,5 %"),)),
    b.Progress((b.Stop("Tiếp nhận", "done", "16/11/2026"), b.Stop("Trả", "ahead"))),
    b.Facts((("Ngày hẹn", "30/11/2026"),)),
    b.Source("Nghị định 151/2025/NĐ-CP", "01/07/2025", "23/11/2026"),
    b.Buttons((b.Button("Lệ phí", "ask:split_parcel:fee"),)),
    b.Link("Bản in / PDF", "https://motcua.example/thu-tuc/split_parcel/giay-to"),
    b.AskProof("4 số cuối"),
]


@pytest.mark.parametrize("block", ANSWER, ids=lambda block: block.kind)
def test_every_kind_survives_the_wire(block: b.Block) -> None:
    assert b.from_dict(json.loads(json.dumps(b.to_dict(block)))) == block


def test_an_unknown_kind_is_refused_and_an_unknown_field_forgiven() -> None:
    with pytest.raises(ValueError, match="hologram"):
        b.from_dict({"kind": "hologram"})
    assert b.from_dict({"kind": "text", "text": "a", "since": 2030}) == b.Text("a")


def test_plain_text_says_everything() -> None:
    text = b.as_text(ANSWER)
    for words in (
        "12 ngày làm việc",
        "- Đơn (Mẫu 21, 1 bản chính)",
        "1. Ông/Bà: nộp hồ sơ",
        "Trước bạ: 0,5 %",
        "[x] Tiếp nhận (16/11/2026)",
        "Ngày hẹn: 30/11/2026",
        "1. Lệ phí",
        "Bản in / PDF: https://motcua.example/thu-tuc/split_parcel/giay-to",
    ):
        assert words in text


def test_numbers_stand_for_buttons() -> None:
    assert b.numbered([b.Button("A", "a:1"), b.Button("B", "b:2")]) == {"1": "a:1", "2": "b:2"}


def test_a_row_names_the_columns_beyond_the_second() -> None:
    table = b.Table(
        ("Khoản", "Số tiền", "Người nộp"),
        (("Trước bạ", "0,5 %", "Người mua"), ("Lệ phí", "12.000 đồng", "–")),
    )
    assert b.as_text([table]).splitlines() == [
        "Trước bạ: 0,5 % · Người nộp: Người mua",
        "Lệ phí: 12.000 đồng",
    ]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (b.Source("Nguồn: Luật Đất đai.", "", "18/07/2026"), "Kiểm tra ngày 18/07/2026."),
        (b.Source("Source: the Land Law.", "", "18/07/2026"), "Checked on 18/07/2026."),
    ],
)
def test_when_a_source_was_checked_is_said_in_its_own_language(
    source: b.Source, shown: str
) -> None:
    assert b.as_text([source]) == f"{source.text} {shown}"
