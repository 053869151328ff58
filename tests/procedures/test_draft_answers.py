"""What is told from a draft: the portal's words, what is not told, and the mark."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from language.blocks import Block, Buttons, Checklist, Facts, Source, Steps, Table, Text, as_text
from procedures.draft_answers import answer_draft
from procedures.drafts import Draft
from procedures.portal import read_page
from procedures.vocabulary import Aspect
from tests.procedures.portal_pages import PAPERS, page, paper_table

MARK = "lấy nguyên từ Cổng Dịch vụ công quốc gia, nơi tiếp nhận chưa rà lại"


def draft(
    *, taken_on: date | None = None, update: dict[str, Any] | None = None, **parts: Any
) -> Draft:
    made = Draft(
        imported_on=date(2026, 11, 24),
        province="lao-cai",
        taken_on=taken_on,
        **read_page(page(**parts).encode()).values,
    )
    return made.model_copy(update=update or {})


def kinds(blocks: list[Block], kind: type[Any]) -> list[Any]:
    return [block for block in blocks if isinstance(block, kind)]


@pytest.mark.parametrize("aspect", list(Aspect))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_aspect_names_the_procedure_marks_itself_and_tells_its_source(
    aspect: Aspect, language: Any
) -> None:
    blocks = answer_draft(draft(), [aspect], language=language)
    first = blocks[0]
    assert isinstance(first, Text) and first.tone == "lead"
    assert first.text.startswith("Dựng lại cột mốc ranh giới ruộng bậc thang: ")
    (source,) = kinds(blocks, Source)
    assert "1.990001" in source.text and "77/QĐ-UBND" in source.text and "Lào Cai" in source.text
    marks = [b for b in kinds(blocks, Text) if b.tone == "warning"]
    assert len(marks) == 1
    assert (MARK if language == "vi" else "has not reviewed it") in marks[0].text
    (buttons,) = kinds(blocks, Buttons)
    assert 1 <= len(buttons.buttons) <= 4
    assert all(button.payload.startswith("ask:portal_1_990001:") for button in buttons.buttons)


def test_an_english_answer_puts_into_english_what_the_portal_chooses_from_a_list() -> None:
    abroad = {"applicants": "Công dân Việt Nam, Người Việt Nam định cư ở nước ngoài, Hợp tác xã"}
    told = draft(update={**abroad, "level": "Cấp xã, Cấp tỉnh"})
    text = as_text(answer_draft(told, ["general", "time", "conditions"], language="en"))
    for said in (
        "Level: Commune, Province",
        "In person, By post",
        "6 working days or 5 working days, depending",
        "Vietnamese citizens, Vietnamese living abroad, cooperatives.",
        "What is in Vietnamese here is the portal's own text.",
    ):
        assert said in text
    for left in ("Cấp xã", "Trực tiếp", "Công dân", "6 ngày"):
        assert left not in text
    assert "Xã miền núi: 9 ngày làm việc" in text, "a note stays the portal's own"
    vietnamese = as_text(answer_draft(told, ["general", "time", "conditions"]))
    assert "Trực tiếp, Dịch vụ bưu chính" in vietnamese and "Cấp xã, Cấp tỉnh" in vietnamese


def test_papers_are_told_with_their_own_originals_and_copies() -> None:
    (papers,) = kinds(answer_draft(draft(), ["documents"]), Checklist)
    assert [(item.text, item.detail.partition(";")[0]) for item in papers.items] == [
        ("Đơn xin dựng cột mốc", "2 bản chính"),
        ("Ảnh chụp cột mốc cũ", "3 bản sao"),
        ("Biên bản họp xóm", "1 bản chính, 1 bản sao"),
    ]


def test_papers_of_cases_are_not_mixed_and_none_is_cut() -> None:
    rows = [(f"Giấy {n} " + "rất dài " * 100, "1", "0", "Không có") for n in range(30)]
    table = f"### Cột gỗ\n\n{paper_table(rows)}\n\n### Cột đá\n\n{paper_table(PAPERS)}"
    wood, stone = kinds(answer_draft(draft(papers=table), ["documents"]), Checklist)
    assert (wood.title, stone.title) == ("Cột gỗ", "Cột đá")
    assert [item.text for item in wood.items] == [row[0].strip() for row in rows]


def test_ways_with_one_time_and_note_share_a_row_and_others_do_not() -> None:
    blocks = answer_draft(draft(), ["time"])
    assert as_text(blocks[:1]).endswith(
        "6 ngày làm việc hoặc 5 ngày làm việc, tùy trường hợp và cách nộp."
    )
    (table,) = kinds(blocks, Table)
    assert table.rows == (
        ("Trực tiếp, Dịch vụ bưu chính", "6 ngày làm việc", "Xã miền núi: 9 ngày làm việc"),
        ("Trực tuyến", "5 ngày làm việc", "Xã miền núi: 8 ngày làm việc"),
    )


@pytest.mark.parametrize(
    ("published", "told"),
    [
        ("Không quá 10 ngày làm việc. ngày", "Không quá 10 ngày làm việc."),
        ("Theo mô tả ngày", "tùy trường hợp và cách nộp, như dưới đây."),
        ("30 ngày", "30 ngày."),
        ("7.5 ngày làm việc", "7.5 ngày làm việc."),
    ],
)
def test_the_unit_that_the_portal_puts_after_prose_is_not_told(published: str, told: str) -> None:
    blocks = answer_draft(draft(ways=[("Trực tiếp", published, "", "Ghi chú")]), ["time"])
    assert as_text(blocks[:1]).endswith(f": {told}")


def test_what_the_portal_does_not_tell_is_said_not_to_be_told() -> None:
    bare = draft(
        address="Không có thông tin",
        executor="Không có thông tin",
        papers=paper_table([]),
        ways=[("Trực tiếp", "Không có thông tin", "Không có thông tin", "Không có thông tin")],
        results="Không có thông tin",
        conditions="Không có thông tin",
    )
    for aspect in ("documents", "time", "fee", "where", "result"):
        assert "Cổng không ghi" in as_text(answer_draft(bare, [aspect])[:1]), aspect
    assert "Cổng không ghi yêu cầu" in as_text(answer_draft(bare, ["conditions"]))
    assert "Cổng không ghi nộp trực tuyến" in as_text(answer_draft(bare, ["online"]))
    assert "không kèm mẫu" in as_text(answer_draft(bare, ["form"]))


def test_steps_are_numbered_once_and_cases_stand_over_theirs() -> None:
    steps = "1. **Cột gỗ**\n\n   Bước 1: Chặt cây\n   Bước 2: Đóng cọc\n\n"
    steps += "2. **Cột đá**\n\n   Bước 1: Đẽo"
    wood, stone = kinds(answer_draft(draft(steps=steps), ["steps"]), Steps)
    assert (wood.title, [s.text for s in wood.steps]) == ("Cột gỗ", ["Chặt cây", "Đóng cọc"])
    assert (stone.title, [s.text for s in stone.steps]) == ("Cột đá", ["Đẽo"])


def test_a_number_that_the_list_would_contradict_stays() -> None:
    steps = "1. Chuẩn bị\n   Bước 1: Nộp đơn"
    (told,) = kinds(answer_draft(draft(steps=steps), ["steps"]), Steps)
    assert [step.text for step in told.steps] == ["Chuẩn bị", "Bước 1: Nộp đơn"]


def test_what_is_cut_is_said_to_be_cut() -> None:
    long = "1. Bước 1: " + "Cán bộ xem cột mốc. " * 100
    text = as_text(answer_draft(draft(steps=long), ["steps"]))
    assert " …" in text and "Có chỗ đã rút gọn" in text
    assert "rút gọn" not in as_text(answer_draft(draft(), ["steps"]))
    assert "rút gọn" not in as_text(answer_draft(draft(steps=long), ["general"]))


def test_the_decision_is_told_with_its_date_where_somebody_wrote_it_in() -> None:
    (source,) = kinds(answer_draft(draft(taken_on=date(2026, 7, 18))), Source)
    assert "77/QĐ-UBND (Cổng không ghi ngày)" in source.text
    assert "Trang lấy ngày 18/07/2026" in source.text
    dated = draft(update={"decided_on": date(2026, 6, 30)})
    (source,) = kinds(answer_draft(dated), Source)
    assert "77/QĐ-UBND ngày 30/06/2026" in source.text
    assert "Trang đưa vào ngày 24/11/2026" in source.text
    assert source.checked_on == ""  # nobody checked it


def test_an_edited_draft_does_not_claim_to_be_the_portals_word_alone() -> None:
    text = as_text(answer_draft(draft(), edited=True))
    assert MARK not in text
    assert "có chỗ đã sửa lại, nơi tiếp nhận chưa rà lại" in text


def test_a_reviewed_draft_says_when_and_warns_no_more() -> None:
    blocks = answer_draft(draft(update={"reviewed_on": date(2026, 11, 20)}), edited=True)
    assert "đã rà lại ngày 20/11/2026" in as_text(blocks)
    assert not [b for b in kinds(blocks, Text) if b.tone == "warning"]
    assert kinds(blocks, Source)[0].checked_on == "20/11/2026"


def test_a_title_too_long_for_a_line_is_told_whole_where_the_law_is_asked_for() -> None:
    title = "Dựng lại cột mốc " + "của ruộng bậc thang " * 30
    blocks = answer_draft(draft(title=title), ["legal"])
    assert len(as_text(blocks[:1])) < 260
    assert title.strip() in as_text(blocks)
    assert kinds(blocks, Facts)[0].facts == (("9/2099/QH99", "Luật Ruộng bậc thang"),)
