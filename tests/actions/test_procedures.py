"""Questions on procedures: answered, asked back, or said not to be in the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from actions.models import Unanswered, Why
from language.blocks import Link
from tests.actions.conftest import Conversation

ASK = "action_ask_procedure"


def said(*procedures: tuple[str, float], aspects: tuple[str, ...] = ("general",)) -> dict[str, Any]:
    """What the model says of a message."""
    return {
        "procedure_candidates": [{"procedure": p, "score": score} for p, score in procedures],
        "aspects": [{"aspect": aspect, "score": 0.95} for aspect in aspects],
    }


def first_line(talk: Conversation) -> str:
    return talk.text.splitlines()[0]


def test_a_sure_question_is_answered_and_names_its_procedure(talk: Conversation) -> None:
    talk.act(ASK, "sang tên mất bao lâu", **said(("transfer", 0.9), aspects=("time",)))
    assert first_line(talk).startswith("Chuyển nhượng nhà đất")
    assert "8 ngày làm việc" in first_line(talk)


def test_a_near_tie_is_asked_about_and_a_number_answers(talk: Conversation) -> None:
    near = said(("transfer", 0.4), ("gift", 0.38), ("none", 0.1), aspects=("fee",))
    talk.act(ASK, "sang tên cho con hết bao nhiêu", **near)
    assert list(talk.buttons.values()) == ["ask:transfer:fee", "ask:gift:fee"]
    talk.act("action_choose", text="2", payload="choose:2")
    assert first_line(talk).startswith("Tặng cho")


def test_what_is_not_in_the_catalogue_is_said_and_kept(talk: Conversation) -> None:
    talk.act(ASK, "xây nhà không phép phạt bao nhiêu", **said(("other_land", 0.9)))
    assert "chưa có trong danh mục" in talk.text
    with talk.rooms.sessions() as session:
        assert [kept.why for kept in session.scalars(select(Unanswered))] == [Why.NOT_IN_CATALOGUE]


def test_a_question_without_a_procedure_is_asked_which(talk: Conversation) -> None:
    talk.act(ASK, "cần những giấy tờ gì", **said(("none", 0.9), aspects=("documents",)))
    assert "hỏi về thủ tục nào" in talk.text
    assert talk.buttons["Sang tên"] == "ask:transfer:documents"


def test_the_topic_carries_over(talk: Conversation) -> None:
    talk.act(ASK, payload="ask:transfer:documents")
    talk.act(ASK, "thế còn thời gian?", **said(("none", 0.8), aspects=("time",)))
    assert first_line(talk).startswith("Chuyển nhượng nhà đất")
    assert "ngày làm việc" in first_line(talk)


@pytest.mark.parametrize("written", ["Hải Phòng", "tôi ở hai phong"])
def test_a_province_named_alone_answers_anew_and_is_remembered(
    talk: Conversation, written: str
) -> None:
    talk.act(ASK, payload="ask:transfer:time")
    talk.act("action_fallback", text=written)
    assert "5 ngày làm việc" in first_line(talk)
    talk.act(ASK, payload="ask:split_parcel:time")
    assert "Hải Phòng" in talk.text


def test_a_province_within_a_question_counts(talk: Conversation) -> None:
    parse = said(("transfer", 0.9), aspects=("time",))
    talk.act(ASK, "sang tên ở Hải Phòng mất bao lâu", **parse)
    assert "5 ngày làm việc" in first_line(talk)


def test_a_guess_is_not_answered_from(talk: Conversation) -> None:
    talk.act(ASK, "abc", intent_ranking=[{"name": "ask_procedure", "confidence": 0.2}])
    assert "chưa hiểu" in talk.text


def test_the_conversation_decides_over_the_message(talk: Conversation) -> None:
    """Rasa chose by the message alone; a follow-up belongs to what was spoken of."""
    talk.act(ASK, payload="ask:transfer:documents")
    ranking = [{"name": "out_of_scope", "confidence": 0.5}]
    talk.act(
        "action_out_of_scope", "còn thời gian?", intent_ranking=ranking, **said(aspects=("time",))
    )
    assert "ngày làm việc" in first_line(talk)


def test_fees_lead_to_the_sum(talk: Conversation) -> None:
    talk.act(ASK, payload="ask:transfer:fee")
    assert talk.buttons["Tính thuế, lệ phí"] == "calculate:transfer"
    talk.act("action_out_of_scope", text="2 tỷ")
    assert "Tạm tính: khoảng" in first_line(talk)


def test_a_sum_of_another_procedure_is_answered_with_its_fees(talk: Conversation) -> None:
    parse = said(("reissue_lost", 0.9), aspects=("fee",))
    talk.act("action_calculate_fee", "làm lại sổ mất hết bao nhiêu", **parse)
    assert "sổ" in first_line(talk)
    assert "Tạm tính" not in talk.text


def test_an_unknown_procedure_in_a_token_is_asked_about(talk: Conversation) -> None:
    talk.act(ASK, payload="ask:no_such_thing:fee")
    assert "hỏi về thủ tục nào" in talk.text


@pytest.mark.parametrize("aspects", ["documents", "documents+fee", "fee+documents"])
def test_papers_lead_to_a_page_to_print_and_four_choices_are_the_most(
    talk: Conversation, aspects: str
) -> None:
    talk.act(ASK, payload=f"ask:transfer:{aspects}")
    (link,) = (block for block in talk.answer if isinstance(block, Link))
    assert link.title == "Bản in / PDF"
    assert link.url == f"{talk.rooms.settings.public_base}/thu-tuc/transfer/giay-to"
    assert 1 + len(talk.buttons) == 4
    assert talk.kinds[-3:] == ["source", "link", "buttons"]
    assert f"Bản in / PDF: {link.url}" in talk.text


def test_the_page_to_print_is_of_the_province_and_the_language_spoken_of(
    talk: Conversation,
) -> None:
    talk.act(ASK, payload="ask:transfer:documents")
    talk.act("action_fallback", text="Hải Phòng")
    (link,) = (block for block in talk.answer if isinstance(block, Link))
    assert link.url.endswith("/thu-tuc/transfer/giay-to?tinh=hai-phong")
    english = Conversation(talk.rooms, slots={"language": "en"})
    english.act(ASK, payload="ask:gift:documents")
    (link,) = (block for block in english.answer if isinstance(block, Link))
    assert link.url.endswith("/thu-tuc/gift/giay-to?lang=en")


def test_an_answer_without_papers_has_nothing_to_print(talk: Conversation) -> None:
    talk.act(ASK, payload="ask:transfer:time")
    assert "link" not in talk.kinds
