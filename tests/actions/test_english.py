"""Who writes English is answered in English: every button, sum, look-up and miss.

What stays Vietnamese stands in brackets beside the English, or is a name: of an act of law, of an
office, of what is printed on the receipt.
"""

from __future__ import annotations

import re

import pytest

from actions.turn import Rooms
from dossiers.lifecycle import Status
from language.folding import has_marks
from tests.actions.conftest import Conversation
from tests.actions.test_dossiers import RIGHT, add_dossier

_NAMES = re.compile(
    r"Luật|Nghị định|Nghị quyết|Quyết định|Thông tư|^Official name|^Code \d|BĐS|^Source"
    r"|^Office: |^The office's remark"
)
_PLACES = re.compile(r"^(?:Văn phòng|Chi nhánh|Trung tâm)[^·]*· ")


def vietnamese_lines(talk: Conversation) -> list[str]:
    """Lines of the last answer, and its buttons, that hold Vietnamese where English is due."""
    lines = [*talk.text.splitlines(), *talk.buttons]
    bare = [_PLACES.sub("", re.sub(r"\([^()]*\)", "", line)) for line in lines]
    return [line for line in bare if has_marks(line) and not _NAMES.search(line)]


def test_every_button_that_can_be_reached_answers_in_english(talk: Conversation) -> None:
    talk.act("action_greet", text="hello, good morning")
    waiting, seen = list(talk.buttons.values()), set[str]()
    while waiting:
        token = waiting.pop()
        if token in seen:
            continue
        seen.add(token)
        talk.slots["choices"] = [token]
        talk.act("action_choose", text="1", payload="choose:1")
        assert vietnamese_lines(talk) == [], token
        waiting += talk.buttons.values()
    assert len(seen) > 100


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("action_goodbye", "goodbye"),
        ("action_complain", "the officer was rude to me"),
        ("action_ask_human", "I want to talk to a person"),
        ("action_bot_challenge", "are you a robot"),
        ("action_deny", "no, that is not what I want"),
        ("action_affirm", "yes please"),
        ("action_fallback", "the qwe zxc"),
        ("action_office_info", "when is your office open"),
        ("action_rate", "what should I rate"),
        ("action_subscribe_sms", "please text me when it is ready"),
    ],
)
def test_whatever_is_said_in_english_is_answered_so(
    talk: Conversation, action: str, text: str
) -> None:
    talk.act("action_greet", text="hello, good morning")
    talk.act(action, text=text)
    assert vietnamese_lines(talk) == []


def test_three_misses_in_english(talk: Conversation) -> None:
    talk.act("action_greet", text="hello, good morning")
    for _ in range(3):
        talk.act("action_fallback", text="qwe zxc")
        assert vietnamese_lines(talk) == []


@pytest.mark.parametrize(
    ("asked", "procedure"),
    [
        ("how much tax when I sell my house for 2 billion", "transfer"),
        ("what does it cost to give my house worth 2 billion", "gift"),
        ("what is the tax when we inherit a house of 2 billion", "inheritance"),
        ("what would it cost to change the use of my land", "change_use"),
    ],
)
def test_a_sum_is_worked_out_in_english_though_its_answers_are_short(
    talk: Conversation, asked: str, procedure: str
) -> None:
    talk.act(
        "action_calculate_fee",
        text=asked,
        procedure_candidates=[{"procedure": procedure, "score": 0.95}],
        aspects=[{"aspect": "fee", "score": 0.99}],
    )
    for answer in ("my son", "120 m2", "5 million", "200 thousand", "yes", "150"):
        assert vietnamese_lines(talk) == [], answer
        talk.act("action_calculate_fee", text=answer)
    assert vietnamese_lines(talk) == []


@pytest.mark.parametrize("status", list(Status))
def test_a_dossier_is_told_in_english(talk: Conversation, rooms: Rooms, status: Status) -> None:
    code = "H60.12.01-261104-0077"
    add_dossier(rooms, code, status=status)
    talk.act("action_check_status", text=f"please check my dossier {code}, last digits {RIGHT}")
    assert vietnamese_lines(talk) == []
    assert "First certificate (Đăng ký, cấp Giấy chứng nhận lần đầu)" in talk.text


def test_vietnamese_without_diacritics_turns_the_talk_back(talk: Conversation) -> None:
    talk.act("action_greet", text="hello, good morning")
    talk.act("action_thank", text="cam on nhieu nha")
    assert "Không có gì" in talk.text


def test_hours_are_told_in_english_and_unknown_words_stay(talk: Conversation) -> None:
    talk.act("action_office_info", text="where is your office and when is it open")
    assert "Monday to Friday" in talk.text
    assert "Saturday morning only to hand dossiers in" in talk.text


@pytest.mark.parametrize("page", ["vi", "en"])
def test_a_button_answers_in_the_language_it_stands_in(talk: Conversation, page: str) -> None:
    other = {
        "vi": "how much is the fee for a gift of land",
        "en": "tặng cho đất mất bao nhiêu tiền",
    }
    talk.act("action_ask_procedure", text=other[page])
    talk.act("action_ask_procedure", payload="ask:gift:fee", metadata={"language": page})
    assert talk.text.startswith("Gift" if page == "en" else "Tặng cho")


def test_words_that_do_not_tell_are_answered_as_the_page_was_chosen(talk: Conversation) -> None:
    talk.act("action_help", text="ok", metadata={"language": "en"})
    assert not has_marks(talk.text)
    talk.act("action_help", text="cảm ơn nhiều nhé", metadata={"language": "en"})
    assert has_marks(talk.text), "what is written goes before the page"
