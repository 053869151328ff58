"""Reading a page of the national portal: every word in its place, or a plain refusal."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.drafts import Draft
from procedures.portal import LARGEST, NotAPage, Page, read_page
from tests.procedures.portal_pages import PAPERS, WAYS, legal_table, page, paper_table

TODAY = date(2026, 11, 24)


def read(text: str) -> Page:
    return read_page(text.encode())


def refused(data: bytes | str) -> NotAPage:
    with pytest.raises(NotAPage) as caught:
        read_page(data if isinstance(data, bytes) else data.encode())
    return caught.value


def test_everything_on_a_page_is_read() -> None:
    values = read(page()).values
    assert values["code"] == "1.990001"
    assert values["title"] == "Dựng lại cột mốc ranh giới ruộng bậc thang"
    assert values["decision"] == "77/QĐ-UBND"
    assert values["level"] == "Cấp xã"
    assert values["applicants"] == "Công dân Việt Nam, Tổ chức (không bao gồm doanh nghiệp, HTX)"
    assert values["executor"] == "Phòng Kinh tế xã"
    assert values["address"] == "Trung tâm Phục vụ hành chính công xã"
    assert values["legal"] == [{"name": "Luật Ruộng bậc thang", "number": "9/2099/QH99"}]
    assert values["results"] == [{"name": "Biên bản dựng cột mốc", "code": "KQ.01"}]
    assert values["conditions"] == "- Ruộng đã có sổ;\n- Không có tranh chấp."
    Draft(imported_on=TODAY, **values)


def test_what_the_portal_does_not_tell_is_left_out_and_named() -> None:
    read_ = read(page(address="Không có thông tin", conditions="Không có thông tin"))
    assert "address" not in read_.values
    assert "authority" not in read_.values
    assert read_.missing == ("Địa chỉ tiếp nhận HS", "Yêu cầu, điều kiện thực hiện")


def test_no_conditions_is_an_answer_and_no_information_is_none() -> None:
    assert read(page(conditions="Không có")).values["conditions"] == "Không có"


def test_originals_and_copies_are_told_by_their_headings_wherever_they_stand() -> None:
    there = read(page()).values["papers"]
    assert [(p["name"], p["originals"], p["copies"]) for p in there[0]["papers"]] == [
        ("Đơn xin dựng cột mốc", 2, 0),
        ("Ảnh chụp cột mốc cũ", 0, 3),
        ("Biên bản họp xóm", 1, 1),
    ]
    moved = paper_table(
        [(copies, attached, name, originals) for name, originals, copies, attached in PAPERS],
        ("Bản sao", "Tệp đính kèm", "Tên giấy tờ", "Bản chính"),
    )
    assert read(page(papers=moved)).values["papers"] == there


def test_attached_files_are_told_by_name_and_those_on_the_web_with_their_address() -> None:
    papers = read(page()).values["papers"][0]["papers"]
    assert papers[0]["files"] == ["Mẫu cột.docx"]
    assert "files" not in papers[1]
    assert papers[2]["files"] == ["A.docx", "B.pdf (https://vd.vn/B.pdf)"]


def test_each_way_of_filing_keeps_its_own_time_fee_and_note() -> None:
    ways = read(page()).values["ways"]
    assert [(w["way"], w["time"], w["note"]) for w in ways] == [(w, t, n) for w, t, _, n in WAYS]
    assert [w.get("fee") for w in ways] == [None, None, "20.000 đồng"]


def test_cases_have_their_own_papers() -> None:
    first, second = (paper_table([row]) for row in PAPERS[:2])
    papers = read(page(papers=f"### a) Cột gỗ\n\n{first}\n\n### b) Cột đá\n\n{second}"))
    assert [
        (group["case"], [p["name"] for p in group["papers"]]) for group in papers.values["papers"]
    ] == [("a) Cột gỗ", ["Đơn xin dựng cột mốc"]), ("b) Cột đá", ["Ảnh chụp cột mốc cũ"])]


def test_a_table_without_heading_does_not_fall_to_the_case_before_it() -> None:
    first, second = (paper_table([row]) for row in PAPERS[:2])
    groups = read(page(papers=f"### a) Cột gỗ\n\n{first}\n\n{second}")).values["papers"]
    assert [group.get("case", "") for group in groups] == ["a) Cột gỗ", ""]


def test_steps_are_told_apart_bold_or_not() -> None:
    bold = read(page()).values["steps"]
    assert bold == [
        {"title": "Bước 1: Nộp đơn", "text": "Người dân nộp đơn tại xã.\n- Mang theo ảnh."},
        {"title": "Bước 2:", "text": "Cán bộ ra đồng xem cột mốc."},
    ]
    plain = "1. Bước 1: Nộp đơn\n   - Mang ảnh.\n   Bước 2: Xem cột\n   Theo Bước 1 nêu trên."
    assert read(page(steps=plain)).values["steps"] == [
        {"text": "Bước 1: Nộp đơn\n- Mang ảnh."},
        {"text": "Bước 2: Xem cột\nTheo Bước 1 nêu trên."},
    ]


def test_cases_within_the_steps_stand_before_their_steps() -> None:
    steps = "1. **Cột gỗ**\n\n   Bước 1: Chặt cây\n\n2. **Cột đá**\n\n   Bước 1: Đẽo đá"
    assert read(page(steps=steps)).values["steps"] == [
        {"title": "Cột gỗ"},
        {"text": "Bước 1: Chặt cây"},
        {"title": "Cột đá"},
        {"text": "Bước 1: Đẽo đá"},
    ]


def test_numbers_within_a_step_are_not_steps() -> None:
    steps = "1. 1. Nộp\n   2. Xem\n   3. Trả"
    assert read(page(steps=steps)).values["steps"] == [{"text": "1. Nộp\n2. Xem\n3. Trả"}]


def test_a_title_or_an_address_may_run_over_lines() -> None:
    values = read(page(title="Dựng lại\ncột mốc", address="- Xã A\n+ Số 1.\n- Xã B")).values
    assert values["title"] == "Dựng lại cột mốc"
    assert values["address"] == "- Xã A\n+ Số 1.\n- Xã B"


def test_a_description_is_kept_where_it_says_more_than_the_conditions() -> None:
    assert "description" not in read(page()).values
    assert read(page(description="Ruộng trên núi.")).values["description"] == "Ruộng trên núi."


def test_decomposed_letters_windows_lines_and_a_mark_at_the_start_read_the_same() -> None:
    plain = read(page()).values
    disguised = unicodedata.normalize("NFD", page()).replace("\n", "\r\n")
    assert read_page(b"\xef\xbb\xbf" + disguised.encode()).values == plain


def test_a_code_with_its_provinces_suffix_is_read_bare() -> None:
    assert read(page(code="1.990001.000.00.00.H36")).values["code"] == "1.990001"


def test_text_in_no_known_place_is_kept_and_remarked_on() -> None:
    odd = page().replace("## Từ khóa", "## Ghi chú mới\n\nCổng thêm mục này.\n\n## Từ khóa")
    odd = odd.replace("* Biên bản dựng", "Lời dặn lạc chỗ.\n\n* Biên bản dựng")
    read_ = read(odd)
    assert read_.values["other"] == {
        "Kết quả xử lý": "Lời dặn lạc chỗ.",
        "Ghi chú mới": "Cổng thêm mục này.",
    }
    assert {name for name, _ in read_.remarks} == {"Kết quả xử lý", "Ghi chú mới"}


def test_a_paper_without_a_name_is_remarked_on() -> None:
    read_ = read(page(papers=paper_table([*PAPERS, ("", "1", "0", "Không có")])))
    assert len(read_.values["papers"][0]["papers"]) == len(PAPERS)
    assert any("không có tên" in reason for _, reason in read_.remarks)


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        (b"", "tệp", "trống"),
        (b" \n\t\n", "tệp", "trống"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "tệp", "UTF-8"),
        (page().encode("utf-16"), "tệp", "UTF-8"),
        (page().encode("utf-8")[:-2] + b"\xff", "tệp", "UTF-8"),
        (b"x" * (LARGEST + 1), "tệp", "lớn hơn"),
        ("Chào ông bà.", "tên thủ tục", "không bắt đầu"),
        (page(title=""), "tên thủ tục", "không có tên"),
        ("# Chỉ có tên", "Mã thủ tục", "không có mã"),
        (page(code="Không có thông tin"), "Mã thủ tục", "không có mã"),
        (page(code="12345"), "Mã thủ tục", "không có mã"),
    ],
)
def test_what_is_no_page_is_refused_by_field_and_reason(
    data: bytes | str, field: str, reason: str
) -> None:
    error = refused(data)
    assert error.field == field
    assert reason in error.reason


@pytest.mark.parametrize(
    "broken",
    [
        "| Đơn | 1 | 0 |",  # a cell short
        "| Đơn | và | 1 | 0 | Không có |",  # a bar within a name
        "| Đơn | một | 0 | Không có |",  # no number
        "| Đơn | 1 | 0 | Không có",  # cut off
        "| Đơn xin\ndựng cột | 1 | 0 | Không có |",  # broken over two lines
        "| Đơn | -1 | 0 | Không có |",
    ],
)
def test_a_row_that_cannot_be_told_into_columns_is_never_guessed_at(broken: str) -> None:
    error = refused(page(papers=f"{paper_table(PAPERS)}\n{broken}"))
    assert error.field == "Thành phần hồ sơ"
    assert re.match(r"dòng \d+: ", error.reason)


def test_a_bar_that_was_escaped_is_part_of_its_cell() -> None:
    rows = [("Đơn A \\| B", "1", "0", "Không có")]
    papers = read(page(papers=paper_table(rows))).values["papers"]
    assert papers[0]["papers"][0]["name"] == "Đơn A | B"


def test_columns_that_are_not_known_are_not_guessed_at() -> None:
    strange = paper_table([("Đơn", "1", "0", "x")], ("Tên giấy tờ", "Bản gốc", "Bản sao", "Tệp"))
    assert "các cột" in refused(page(papers=strange)).reason


def test_a_section_that_stands_twice_is_refused() -> None:
    assert "hai lần" in refused(page() + "\n## Kết quả xử lý\n\n* Khác\n").reason


_WORDS = st.text(alphabet="ăâđêôơưàảãáạ abc 12,.;:()-+*“”/%&<>[]#_`~", min_size=1, max_size=30).map(
    lambda text: " ".join(text.split())
)
_NAME = _WORDS.filter(lambda text: text != "" and text.lower() != "không có" and "<br" not in text)


def _said(value: Any) -> list[str]:
    if isinstance(value, str):
        return re.findall(r"\w+", value)
    if isinstance(value, dict):
        value = list(value.values())
    return [word for item in value for word in _said(item)] if isinstance(value, list) else []


@given(
    rows=st.lists(st.tuples(_NAME, st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6),
    notes=st.lists(_NAME, min_size=1, max_size=4),
    lines=st.lists(_NAME, min_size=1, max_size=5),
)
def test_no_word_of_a_page_is_lost_or_moved(
    rows: list[tuple[str, int, int]], notes: list[str], lines: list[str]
) -> None:
    read_ = read(
        page(
            papers=paper_table([(name, str(o), str(c), "Không có") for name, o, c in rows]),
            ways=[("Trực tiếp", "3 ngày", "Không có thông tin", note) for note in notes],
            conditions="\n".join(f"- {line}" for line in lines),
            legal=legal_table([(note, "1/2099/NĐ-CP") for note in notes]),
            description="Không có thông tin",
        )
    ).values
    papers = [paper for group in read_["papers"] for paper in group["papers"]]
    assert [(p["name"], p["originals"], p["copies"]) for p in papers] == rows
    assert [way.get("note", "") for way in read_["ways"]] == notes
    assert [text.get("name", "") for text in read_["legal"]] == notes
    wanted = Counter(word for line in lines for word in _said(line))
    assert Counter(_said(read_["conditions"])) == wanted
