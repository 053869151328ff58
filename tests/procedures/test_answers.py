"""What citizens read: every procedure answers every aspect, plainly, with its source."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

import pytest

from language.blocks import (
    Block,
    Buttons,
    Checklist,
    Facts,
    Source,
    Steps,
    Table,
    Text,
    as_text,
    from_dict,
    to_dict,
)
from language.folding import has_marks
from procedures import money
from procedures.answers import answer, one_line, tell_estimate
from procedures.catalogue import Catalogue
from procedures.vocabulary import ASPECT_QUESTIONS, Aspect, Language

TODAY = date(2026, 11, 24)


def _lead(blocks: list[Block]) -> str:
    first = blocks[0]
    assert isinstance(first, Text)
    return first.text


_Kind = TypeVar("_Kind")


def _only(blocks: list[Block], kind: type[_Kind]) -> list[_Kind]:
    return [block for block in blocks if isinstance(block, kind)]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("aspect", list(Aspect))
def test_every_procedure_answers_every_aspect(
    catalogue: Catalogue, aspect: Aspect, language: Language
) -> None:
    for procedure_id in catalogue.ids():
        blocks = answer(catalogue, procedure_id, [aspect], as_of=TODAY, language=language)
        name = catalogue.name(procedure_id, language)
        assert _lead(blocks).startswith(f"{name}: "), procedure_id
        assert len(_lead(blocks)) > len(name) + 12, (procedure_id, _lead(blocks))
        (source,) = _only(blocks, Source)
        assert "Nguồn: " in source.text or "Source: " in source.text
        assert source.effective_from and source.checked_on, procedure_id
        (buttons,) = _only(blocks, Buttons)
        assert 1 <= len(buttons.buttons) <= 4
        for button in buttons.buttons:
            prefix, asked, other = button.payload.split(":")
            assert (prefix, asked) == ("ask", procedure_id)
            assert Aspect(other) is not aspect
        assert [from_dict(to_dict(block)) for block in blocks] == blocks


@pytest.mark.parametrize("aspect", list(Aspect))
def test_english_answers_are_in_english(catalogue: Catalogue, aspect: Aspect) -> None:
    """Names of laws, and the portal's own names beside a code, stay as they are."""
    for procedure_id in catalogue.ids():
        blocks = answer(catalogue, procedure_id, [aspect], as_of=TODAY, language="en")
        told = [b for b in blocks if not isinstance(b, Source)]
        if aspect is Aspect.LEGAL:
            continue
        words = as_text(told).replace("03/BĐS-TNCN", "")
        assert not has_marks(words), (procedure_id, words)


def test_answers_hold_no_markup_and_no_holes(catalogue: Catalogue) -> None:
    for procedure_id in catalogue.ids():
        for province in (None, "hai-phong", "gia-lai", "dong-thap", "can-tho", "ho-chi-minh"):
            text = as_text(
                answer(catalogue, procedure_id, list(Aspect), as_of=TODAY, province=province)
            )
            for wrong in ("None", "{", "<", "**", "  ", "..", ". .", " ,", "()", ";."):
                assert wrong not in text, (procedure_id, province, wrong, text)


# --- single aspects ------------------------------------------------------------------------------


def test_time_comes_first_and_straight(catalogue: Catalogue) -> None:
    blocks = answer(catalogue, "transfer", ["time"], as_of=TODAY)
    assert _lead(blocks) == (
        "Chuyển nhượng nhà đất (sang tên sổ đỏ): 8 ngày làm việc; "
        "xã miền núi, hải đảo, vùng khó khăn: 18 ngày làm việc."
    )
    text = as_text(blocks)
    assert "Những ngày chờ tính thuế và nộp thuế" in text
    assert "2 ngày hẹn" in text


def test_several_cases_make_a_table(catalogue: Catalogue) -> None:
    blocks = answer(catalogue, "replace_certificate", ["time"], as_of=TODAY)
    assert _lead(blocks) == "Cấp đổi sổ đỏ: 5 hoặc 10 ngày làm việc, tùy trường hợp."
    (table,) = _only(blocks, Table)
    assert [row[1] for row in table.rows] == [
        "5 ngày làm việc (miền núi, hải đảo, vùng khó khăn: 15)",
        "10 ngày làm việc (miền núi, hải đảo, vùng khó khăn: 20)",
    ]


def test_working_and_calendar_days_are_not_mixed_up(catalogue: Catalogue) -> None:
    blocks = answer(catalogue, "change_use", ["time"], as_of=TODAY)
    assert "15 ngày hoặc 7 ngày làm việc, tùy trường hợp." in _lead(blocks)


def test_same_day_procedures_tell_the_cut_off(catalogue: Catalogue) -> None:
    for procedure_id in ("mortgage", "release_mortgage", "debt_deletion"):
        blocks = answer(catalogue, procedure_id, ["time"], as_of=TODAY)
        assert "trong ngày làm việc nhận hồ sơ" in _lead(blocks)
        assert "15 giờ" in as_text(blocks)


def test_half_days_are_written_as_people_write_them(catalogue: Catalogue) -> None:
    vi = answer(catalogue, "split_parcel", ["time"], as_of=TODAY, province="hai-phong")
    en = answer(
        catalogue, "split_parcel", ["time"], as_of=TODAY, province="hai-phong", language="en"
    )
    assert "7,5 hoặc 9,5 ngày làm việc" in _lead(vi)
    assert "7.5 or 9.5 working days" in _lead(en)


def test_two_dates_where_the_province_set_them(catalogue: Catalogue) -> None:
    text = as_text(answer(catalogue, "transfer", ["time"], as_of=TODAY, province="Đồng Tháp"))
    assert "hẹn lần 1 sau 5 ngày làm việc" in text
    assert "hẹn lần 2 sau 3 ngày làm việc kể từ khi nộp xong tiền" in text


@pytest.mark.parametrize(
    ("procedure_id", "filed_on", "said"),
    [
        # Friday 20/11: 23, 25–27, 30, 1–3 are eight; ten more: 4, 7–11, 14–17.
        (
            "transfer",
            date(2026, 11, 20),
            "Nộp đủ giấy tờ ngày 20/11/2026 thì hẹn trả ngày 03/12/2026; "
            "xã miền núi, hải đảo, vùng khó khăn: 17/12/2026.",
        ),
        # Nobody receives it on Culture Day: it is handed in on the 25th.
        ("transfer", date(2026, 11, 24), "ngày 25/11/2026 thì hẹn trả ngày 07/12/2026;"),
        (
            "release_mortgage",
            date(2026, 11, 20),
            "trước 15 giờ ngày 20/11/2026 thì xong trong ngày; nộp sau đó thì ngày 23/11/2026.",
        ),
        (
            "replace_certificate",
            date(2026, 11, 20),
            "Nộp 20/11/2026 thì hẹn: 30/11/2026 (miền núi…: 14/12/2026)",
        ),
        ("transfer", date(2026, 12, 25), "Lịch nghỉ lễ năm 2027 chưa chốt"),
    ],
)
def test_what_is_filed_on_a_day_is_due_on_another(
    catalogue: Catalogue, procedure_id: str, filed_on: date, said: str
) -> None:
    told = answer(catalogue, procedure_id, ["time"], as_of=filed_on, filed_on=filed_on)
    assert said in as_text(told)


def test_a_limit_that_is_not_sure_gives_no_date(catalogue: Catalogue) -> None:
    day = date(2025, 3, 3)
    told = answer(catalogue, "replace_certificate", ["time"], as_of=day, filed_on=day)
    assert "thì hẹn" not in as_text(told)


def test_documents_part_what_all_need_from_what_some_need(catalogue: Catalogue) -> None:
    blocks = answer(catalogue, "transfer", ["documents"], as_of=TODAY)
    always, sometimes = _only(blocks, Checklist)
    assert always.items[0].text == "Đơn đăng ký biến động đất đai"
    assert always.items[0].detail == "Mẫu số 18; 1 bản gốc"
    assert always.items[1].detail == "1 bản gốc"
    assert not any(item.optional for item in always.items)
    assert all(item.optional and item.detail.startswith("nếu ") for item in sometimes.items)
    assert f"cần {len(always.items)} loại giấy tờ bắt buộc" in _lead(blocks)
    assert any(block.tone == "warning" for block in _only(blocks, Text))


def test_the_form_of_the_province(catalogue: Catalogue) -> None:
    for province, number in (("thanh-hoa", "Mẫu số 29"), ("dak-lak", "Mẫu số 36")):
        blocks = answer(catalogue, "gift", ["form"], as_of=TODAY, province=province)
        assert _lead(blocks).endswith(f"Đơn đăng ký biến động đất đai, {number}.")
    unknown = answer(catalogue, "gift", ["form"], as_of=TODAY, province="bac-ninh")
    assert _lead(unknown).endswith("Mẫu số 18, cần hỏi lại số mẫu.")


def test_fees_tell_who_pays_and_where_the_province_stands(catalogue: Catalogue) -> None:
    blocks = answer(catalogue, "transfer", ["fee"], as_of=TODAY, province="ho-chi-minh")
    taxes, local = _only(blocks, Table)
    assert taxes.rows[0][0] == "Lệ phí trước bạ" and taxes.rows[0][2] == "Người mua"
    assert "0,5%" in taxes.rows[0][1] and "2%" in taxes.rows[1][1]
    assert taxes.rows[2][1].endswith("(cần hỏi lại)"), "the notary's fee is not confirmed"
    assert "810.000" in local.rows[0][1]
    assert "có thể đã thay đổi" in as_text(blocks)


def test_a_province_whose_amounts_are_not_known_names_its_resolution(
    catalogue: Catalogue,
) -> None:
    text = as_text(answer(catalogue, "transfer", ["fee"], as_of=TODAY, province="hue"))
    assert "32/2024" in text and "0 đồng" in text


def test_special_cases_are_told_and_the_unknown_ones_sent_to_the_desk(
    catalogue: Catalogue,
) -> None:
    text = as_text(answer(catalogue, "split_parcel", ["conditions"], as_of=TODAY))
    assert "- Nhiều người cùng đứng tên: Mỗi người được cấp một sổ" in text
    assert "cần hỏi lại nơi tiếp nhận, nếu: đất đang thế chấp." in text
    assert "Một bên vắng mặt" not in text, "there is no other side"
    english = as_text(answer(catalogue, "transfer", ["conditions"], as_of=TODAY, language="en"))
    assert "- Mortgaged land: The lender's written consent is needed" in english


def test_the_first_step_names_who_takes_it_if_not_the_reader(catalogue: Catalogue) -> None:
    split = answer(catalogue, "split_parcel", ["steps"], as_of=TODAY, language="en")
    assert "First, the surveyor: measures the land" in _lead(split)
    first = answer(catalogue, "first_certificate", ["steps"], as_of=TODAY)
    assert "Việc đầu tiên: nộp hồ sơ" in _lead(first)
    sale = answer(catalogue, "transfer", ["steps"], as_of=TODAY)
    assert "Việc đầu tiên: hai bên ký hợp đồng" in _lead(sale), "at the notary's too it is they"


def test_the_first_step_is_told_by_its_first_sentence(catalogue: Catalogue) -> None:
    for procedure in catalogue.ids():
        for language in ("vi", "en"):
            blocks = answer(catalogue, procedure, ["steps"], as_of=TODAY, language=language)
            told = _lead(blocks).split(": ", 1)[1]
            assert told.count(". ") == 1 and told.endswith("."), told


def test_one_paper_that_all_need_is_named_at_once(catalogue: Catalogue) -> None:
    blocks = answer(catalogue, "dispute", ["documents"], as_of=TODAY)
    assert "Ông/Bà nhất định phải có đơn yêu cầu hòa giải" in _lead(blocks)
    english = answer(catalogue, "dispute", ["documents"], as_of=TODAY, language="en")
    assert "everybody needs the " in _lead(english)


def test_what_counts_from_the_end_of_another_limit_is_no_choice_between_two(
    catalogue: Catalogue,
) -> None:
    """A certificate is revoked in 25 days, and then re-issued in another 20."""
    blocks = answer(catalogue, "revoke", ["time"], as_of=TODAY, filed_on=TODAY)
    assert _lead(blocks).endswith(
        "thu hồi sổ: 25 ngày làm việc; cấp lại sau khi thu hồi: thêm 20 ngày làm việc."
    )
    (limits,) = _only(blocks, Table)
    assert limits.rows[1][2] == "–", "nobody knows yet from when it counts"
    english = answer(catalogue, "revoke", ["time"], as_of=TODAY, language="en")
    assert "another 20 working days" in _lead(english)


def test_where_one_case_is_enough_it_is_not_called_a_condition(catalogue: Catalogue) -> None:
    blocks = answer(catalogue, "replace_certificate", ["conditions"], as_of=TODAY)
    assert "Một trong các trường hợp sau:" in as_text(blocks)
    assert "Điều kiện:" not in as_text(blocks)


def test_an_estimate_tells_what_the_province_charges_besides(catalogue: Catalogue) -> None:
    estimate = money.transfer(1_200_000_000, as_of=TODAY)
    plain = tell_estimate(estimate)
    for province, said in (
        ("ho-chi-minh", "600.000 hoặc 900.000 đồng"),
        ("hue", "theo Nghị quyết 32/2024"),
    ):
        version = catalogue.get("transfer", province, as_of=TODAY)
        told = tell_estimate(estimate, version=version)
        assert said in as_text(told) and said not in as_text(plain)
        assert told[0] == plain[0], "the total is what is known for certain"
    elsewhere = catalogue.get("transfer", "son-la", as_of=TODAY)
    assert tell_estimate(estimate, version=elsewhere) == plain


def test_steps_say_who_acts(catalogue: Catalogue) -> None:
    (steps,) = _only(answer(catalogue, "reissue_lost", ["steps"], as_of=TODAY), Steps)
    assert steps.steps[0].actor == "Ông/Bà"
    assert any("15 ngày" in step.text and "cấp xã" in step.actor for step in steps.steps)


def test_the_overview_has_the_facts_people_ask_for(catalogue: Catalogue) -> None:
    (facts,) = _only(answer(catalogue, "transfer", as_of=TODAY), Facts)
    assert [name for name, _ in facts.facts] == ["Thời gian", "Tiền phải nộp", "Nơi nộp", "Kết quả"]
    assert facts.facts[0][1].startswith("8 ngày làm việc")


def test_several_aspects_in_one_answer(catalogue: Catalogue) -> None:
    blocks = answer(catalogue, "gift", ["fee", "time", "fee"], as_of=TODAY)
    leads = [block.text for block in _only(blocks, Text) if block.tone == "lead"]
    assert len(leads) == 2
    assert leads[0].startswith("Tặng cho nhà đất") and leads[1].startswith("Thời gian: 8 ngày")
    assert len(_only(blocks, Source)) == 1 and isinstance(blocks[-1], Buttons)
    offered = {button.payload.rsplit(":")[-1] for button in _only(blocks, Buttons)[0].buttons}
    assert offered.isdisjoint({"fee", "time"})


def test_the_line_alone_for_an_sms(catalogue: Catalogue) -> None:
    line = one_line(catalogue, "transfer", Aspect.TIME, as_of=TODAY, province="hai-phong")
    assert line.startswith("5 ngày làm việc")


def test_an_aspect_that_does_not_exist_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="weather"):
        answer(catalogue, "transfer", ["weather"], as_of=TODAY)


def test_buttons_fit_the_narrowest_channel() -> None:
    assert all(len(text) <= 20 for both in ASPECT_QUESTIONS.values() for text in both.values())


# --- whose rules, and how sure -------------------------------------------------------------------


def test_where_the_nation_stands_in_it_says_so(catalogue: Catalogue) -> None:
    unknown = as_text(answer(catalogue, "transfer", ["time"], as_of=TODAY))
    assert "quy định chung cả nước" in unknown and "cho tôi biết tỉnh" in unknown
    named = as_text(answer(catalogue, "transfer", ["time"], as_of=TODAY, province="can-tho"))
    assert "chưa có quy định riêng của Cần Thơ" in named and "hỏi lại nơi tiếp nhận" in named
    own = as_text(answer(catalogue, "transfer", ["time"], as_of=TODAY, province="hai-phong"))
    assert "Theo quy định của Hải Phòng." in own and "chung cả nước" not in own
    before = as_text(answer(catalogue, "transfer", ["time"], as_of=date(2026, 1, 5)))
    assert "chung cả nước" not in before


def test_the_source_names_the_provinces_decision_and_its_dates(catalogue: Catalogue) -> None:
    blocks = answer(catalogue, "transfer", ["time"], as_of=TODAY, province="hai-phong")
    (source,) = _only(blocks, Source)
    assert source.text.startswith("Nguồn: Quyết định 52/2026/QĐ-UBND")
    assert (source.effective_from, source.checked_on) == ("01/07/2026", "18/07/2026")


def test_a_newer_tax_law_dates_the_answer(catalogue: Catalogue) -> None:
    old, new = (
        _only(answer(catalogue, "gift", ["fee"], as_of=on), Source)[0]
        for on in (date(2026, 6, 30), date(2026, 7, 1))
    )
    assert (old.effective_from, new.effective_from) == ("15/08/2025", "01/07/2026")
    assert "04/2007" in old.text and "109/2025" in new.text


def test_a_mortgage_is_told_by_the_decree_of_its_day(catalogue: Catalogue) -> None:
    """Nghị định 18/2026 put the land database in the certificate's place, some day of 2026."""
    told = {
        day: as_text(answer(catalogue, "mortgage", ["documents"], as_of=day))
        for day in (date(2025, 7, 1), date(2026, 3, 1), TODAY)
    }
    old, between, new = told.values()
    only_if = "nếu Văn phòng đăng ký đất đai không tra được"
    assert "- Giấy chứng nhận" in old and only_if not in old
    assert "18/2026" not in old and "254/2025" not in old
    assert "18/2026" not in between and "cần hỏi lại nơi tiếp nhận" in between
    assert only_if in new and "18/2026" in new
    assert "Áp dụng từ" not in new, "the day it began was not read"
    assert "Đang áp dụng vào ngày 18/07/2026." in new


def test_what_is_unconfirmed_is_never_spoken_as_certain(catalogue: Catalogue) -> None:
    told = 0
    for procedure_id in catalogue.ids():
        for province in (None, "lai-chau", "dong-thap"):
            for on in (TODAY, date(2025, 1, 15)):
                try:
                    version = catalogue.get(procedure_id, province, as_of=on)
                except LookupError:
                    continue
                for aspect in Aspect:
                    if version.confidence(aspect) != "low":
                        continue
                    told += 1
                    lead = one_line(catalogue, procedure_id, aspect, as_of=on, province=province)
                    assert "hỏi lại" in lead, (procedure_id, aspect, lead)
                    english = one_line(
                        catalogue, procedure_id, aspect, as_of=on, province=province, language="en"
                    )
                    assert "please ask" in english, (procedure_id, aspect, english)
    assert told > 20


def test_an_old_figure_that_was_not_read_is_hedged(catalogue: Catalogue) -> None:
    line = one_line(catalogue, "replace_certificate", Aspect.TIME, as_of=date(2025, 1, 15))
    assert line == (
        "5 hoặc 10 ngày làm việc, tùy trường hợp (chưa xác nhận, cần hỏi lại nơi tiếp nhận)."
    )


def test_a_derived_figure_advises_to_ask(catalogue: Catalogue) -> None:
    text = as_text(answer(catalogue, "transfer", ["time"], as_of=TODAY, province="gia-lai"))
    assert "7,5 ngày làm việc" in text and "Nên hỏi lại nơi tiếp nhận" in text


# --- estimates -----------------------------------------------------------------------------------


def test_an_estimate_is_told_with_its_limits() -> None:
    blocks = tell_estimate(money.transfer(1_200_000_000, as_of=TODAY))
    assert _lead(blocks) == "Tạm tính: khoảng 31.120.000 đồng."
    (table,) = _only(blocks, Table)
    assert table.rows[0][:3] == ("Lệ phí trước bạ", "6.000.000 đồng", "Người nhận")
    assert table.rows[2][1].endswith("(cần hỏi lại)")
    text = as_text(blocks)
    assert "theo thông báo của cơ quan thuế" in text and "do tỉnh quy định" in text
    english = as_text(tell_estimate(money.transfer(1_200_000_000, as_of=TODAY), "en")[:-1])
    assert "about 31,120,000 dong" in english and not has_marks(english)
