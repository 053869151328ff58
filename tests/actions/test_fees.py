"""Working out a sum in a conversation: what is asked for, and what comes out."""

from __future__ import annotations

import pytest

from actions.turn import Rooms
from language.blocks import Table
from tests.actions.conftest import Conversation


def press(talk: Conversation, title: str) -> None:
    talk.act("action_calculate_fee", payload=talk.buttons[title])


def write(talk: Conversation, text: str) -> None:
    """Write what the understanding makes nothing of; a question that is open takes it."""
    talk.act("action_fallback", text=text)


def sums(talk: Conversation) -> dict[str, str]:
    table = next(block for block in talk.answer if isinstance(block, Table))
    return {row[0]: row[1] for row in table.rows}


def test_it_asks_what_for(talk: Conversation) -> None:
    talk.act("action_calculate_fee", payload="calculate")
    assert talk.buttons["Sang tên"] == "calculate:transfer"


def test_a_sale_needs_a_price_alone(talk: Conversation) -> None:
    talk.act("action_calculate_fee", payload="calculate:transfer")
    assert "Giá mua bán" in talk.text
    write(talk, "2 tỷ 3")
    assert sums(talk)["Lệ phí trước bạ"] == "11.500.000 đồng"
    assert sums(talk)["Thuế thu nhập cá nhân"] == "46.000.000 đồng"
    assert "tính cho: 2.300.000.000 đồng" in talk.text


@pytest.mark.parametrize("title", ["Bán cho người thân", "Nhà đất duy nhất"])
def test_what_frees_of_income_tax_is_pressed(talk: Conversation, title: str) -> None:
    talk.act("action_calculate_fee", payload="calculate:transfer")
    write(talk, "2 tỷ")
    press(talk, title)
    assert sums(talk)["Thuế thu nhập cá nhân"] == "0 đồng"
    assert sums(talk)["Lệ phí trước bạ"] == "10.000.000 đồng"


def test_a_number_without_a_unit_is_asked_about(talk: Conversation) -> None:
    talk.act("action_calculate_fee", payload="calculate:transfer")
    write(talk, "2")
    assert "chưa rõ đơn vị" in talk.text
    write(talk, "2 tỷ")
    assert sums(talk)["Lệ phí trước bạ"] == "10.000.000 đồng"


def test_a_gift_asks_for_kinship_then_value(talk: Conversation) -> None:
    talk.act("action_calculate_fee", payload="calculate:gift")
    press(talk, "Không phải")
    assert "trị giá khoảng bao nhiêu" in talk.text
    write(talk, "500 triệu")
    # 10 % of what exceeds 20 million, since 1 July 2026.
    assert sums(talk)["Thuế thu nhập cá nhân"] == "48.000.000 đồng"


@pytest.mark.parametrize("answer", ["mẹ cho con", "có", "Vâng ạ"])
def test_kinship_may_be_written(talk: Conversation, answer: str) -> None:
    talk.act("action_calculate_fee", payload="calculate:gift")
    write(talk, answer)
    write(talk, "1 tỷ")
    assert sums(talk)["Lệ phí trước bạ"] == "0 đồng"
    assert "giữa người thân" in talk.text


def test_a_levy_is_asked_for_step_by_step(talk: Conversation) -> None:
    talk.act("action_calculate_fee", payload="calculate:change_use")
    for answer in ("120", "3 triệu", "200 nghìn", "có", "100 m2"):
        write(talk, answer)
    # 2,800,000 a square metre: 30 % of 100 m², 50 % of the 20 above the quota.
    assert sums(talk)["Tiền sử dụng đất"] == "112.000.000 đồng"


def test_without_the_numbers_the_rule_is_told(talk: Conversation) -> None:
    talk.act("action_calculate_fee", payload="calculate:change_use")
    write(talk, "tôi không biết")
    assert "chưa tính được" in talk.text
    assert talk.slots["sum"] is None


def test_another_question_ends_the_asking(talk: Conversation) -> None:
    talk.act("action_calculate_fee", payload="calculate:transfer")
    talk.act("action_greet", text="chào bạn")
    assert talk.slots["sum"] is None


def test_an_unknown_procedure_in_a_token_is_asked_about(talk: Conversation) -> None:
    talk.act("action_calculate_fee", payload="calculate:dispute:kin")
    assert "tính tiền cho việc nào" in talk.text


def test_english(rooms: Rooms) -> None:
    talk = Conversation(rooms, slots={"language": "en"})
    talk.act("action_calculate_fee", payload="calculate:transfer")
    write(talk, "2 billion")
    assert "Estimate: about" in talk.text
