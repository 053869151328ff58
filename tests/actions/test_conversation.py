"""Greeting, menu, choosing, repeating, and what happens when nothing is understood."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from actions.models import Unanswered
from actions.table import ACTIONS, VERBS
from bot.channels import tokens
from language.blocks import Table
from tests.actions.conftest import CATALOGUE, Conversation


def every_token(talk: Conversation) -> set[str]:
    """Press every button that can be reached from the greeting, and return their tokens."""
    talk.act("action_greet", text="xin chào")
    waiting = list(talk.buttons.values())
    seen: set[str] = set()
    while waiting:
        token = waiting.pop()
        if token in seen:
            continue
        seen.add(token)
        assert tokens.read(token) is not None, token
        talk.slots["choices"] = [token]
        talk.act("action_choose", text="1", payload="choose:1")
        waiting += talk.buttons.values()
    return seen


def test_every_button_that_can_be_reached_answers(talk: Conversation) -> None:
    reached = every_token(talk)
    procedures = {token.split(":")[1] for token in reached if token.startswith("ask:")}
    assert procedures == set(CATALOGUE.ids())


def test_the_greeting_offers_four_ways(talk: Conversation) -> None:
    talk.act("action_greet", text="chào")
    assert list(talk.buttons.values()) == ["menu:procedures", "calculate", "status", "human"]


def test_a_number_follows_the_choice(talk: Conversation) -> None:
    talk.act("action_greet", text="chào")
    talk.act("action_choose", text="3", payload="choose:3")
    assert "mã hồ sơ" in talk.text


@pytest.mark.parametrize("written", ["cái thứ ba", "chọn số 3 nhé", "the third one please"])
def test_a_choice_is_followed_by_its_place_in_words(talk: Conversation, written: str) -> None:
    talk.act("action_greet", text="chào")
    talk.act("action_affirm", text=written)
    assert talk.kinds == ["text", "text"], talk.text
    assert "H60.12.01-261016-0001" in talk.text


def test_a_choice_is_followed_by_the_words_on_its_button(talk: Conversation) -> None:
    talk.act("action_greet", text="chào")
    title = next(title for title, token in talk.buttons.items() if token == "menu:procedures")
    talk.act("action_out_of_scope", text=f"cho tôi {title.lower()}")
    assert "nhóm thủ tục" in talk.text


def test_a_place_in_a_longer_sentence_is_no_choice(talk: Conversation) -> None:
    talk.act("action_greet", text="chào")
    talk.act("action_office_info", text="thứ ba tuần sau cơ quan có làm việc không")
    assert "H60.12.01-261016-0001" not in talk.text


def test_of_two_things_the_first_is_told_and_the_other_offered(talk: Conversation) -> None:
    both = [{"procedure": name, "score": 0.9} for name in ("split_parcel", "gift")]
    talk.act(
        "action_ask_procedure",
        text="hỏi hai việc: một là cắt đất, hai là cho cháu, thủ tục bao lâu",
        procedure_candidates=both,
        procedure_parts=both,
        aspects=[{"aspect": "time", "score": 0.99}],
    )
    assert "Tách thửa" in talk.text
    assert next(iter(talk.buttons.values())) == "ask:gift:time"
    talk.act("action_ask_procedure", text="còn cái thứ hai thì sao", aspects=[])
    assert "Tặng cho" in talk.text


def test_a_number_without_choices_is_told(talk: Conversation) -> None:
    talk.act("action_choose", text="3", payload="choose:3")
    assert "không có lựa chọn" in talk.text


def test_yes_follows_a_single_offer(talk: Conversation) -> None:
    talk.act("action_bot_challenge", text="bạn là ai")
    talk.act("action_affirm", text="vâng")
    assert "chưa nối máy" in talk.text


def test_yes_to_several_asks_which(talk: Conversation) -> None:
    talk.act("action_greet", text="chào")
    talk.act("action_affirm", text="vâng")
    assert "chọn giúp tôi một mục" in talk.text
    talk.act("action_choose", text="2", payload="choose:2")
    assert "tính tiền" in talk.text


def test_thanks_leave_the_choices_standing(talk: Conversation) -> None:
    talk.act("action_greet", text="chào")
    talk.act("action_thank", text="cảm ơn")
    talk.act("action_choose", text="3", payload="choose:3")
    assert "mã hồ sơ" in talk.text


def test_an_answer_is_repeated_word_for_word(talk: Conversation) -> None:
    said = talk.act("action_ask_procedure", payload="ask:transfer:fee")
    assert talk.act("action_repeat", payload="repeat") == said


def test_nothing_to_repeat_is_said(talk: Conversation) -> None:
    talk.act("action_repeat", payload="repeat")
    assert "chưa có câu trả lời nào" in talk.text


def test_starting_over_forgets(talk: Conversation) -> None:
    talk.act("action_ask_procedure", payload="ask:transfer:fee")
    talk.act("action_start_over", payload="start_over")
    assert talk.slots["context"] is None
    talk.act("action_repeat", payload="repeat")
    assert "chưa có câu trả lời nào" in talk.text


def test_not_understanding_goes_from_examples_to_options_to_a_person(talk: Conversation) -> None:
    talk.act("action_fallback", text="asdf")
    assert "Ví dụ" in talk.text
    talk.act("action_fallback", text="qwer")
    assert talk.buttons
    talk.act("action_fallback", text="zxcv")
    assert "0207 123 4567" in talk.text
    with talk.rooms.sessions() as session:
        assert len(session.scalars(select(Unanswered)).all()) == 3


def test_an_answer_in_between_starts_the_steps_anew(talk: Conversation) -> None:
    talk.act("action_fallback", text="asdf")
    talk.act("action_greet", text="chào")
    talk.act("action_fallback", text="asdf")
    assert "Ví dụ" in talk.text


def test_offices_are_told_and_samples_said_to_be_such(talk: Conversation) -> None:
    talk.act("action_office_info", text="mấy giờ mở cửa")
    assert "thông tin mẫu" in talk.text
    table = next(block for block in talk.answer if isinstance(block, Table))
    assert len(table.rows) >= 1


def test_an_office_file_that_is_missing_is_no_reason_to_fail(talk: Conversation) -> None:
    talk.rooms.settings.offices_file = talk.rooms.settings.state_dir / "none.yml"
    talk.act("action_office_info", text="mấy giờ mở cửa")
    assert "không dám nói chắc" in talk.text


def test_a_failure_is_answered_and_logged_without_the_citizens_words(
    talk: Conversation,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Not written out where it is raised: a trace quotes source lines, and may.
    words = "tôi tên là Xuyến"

    def broken(*_args: object) -> None:
        raise RuntimeError(f"could not answer: {words}")

    monkeypatch.setitem(ACTIONS, "action_greet", broken)  # type: ignore[arg-type]
    talk.act("action_greet", text=words)
    assert "gặp trục trặc" in talk.text
    # Where the lines go depends on whether logging was set up before this test.
    logged = caplog.text + capsys.readouterr().out
    assert "action_failed" in logged
    assert "Xuyến" not in logged


def test_every_verb_is_a_token_that_the_channel_lets_through() -> None:
    known = {shape.split("(")[0].split(":")[0] for _, shape in tokens.SHAPES}
    assert set(VERBS) <= known
