"""What a long message asks is found wherever it stands, and however it is written."""

from __future__ import annotations

import pytest

from bot.nlu.asking import STORY, asked
from language.folding import strip_marks

HISTORY = (
    "Năm 1998 ông bà tôi được chia thửa ruộng ngoài đồng Chum, có trưởng thôn chứng kiến. "
    "Năm 2007 bố tôi đổi thửa ấy lấy mảnh vườn của nhà bác Phúc, hai nhà ở với nhau yên ấm. "
    "Mảnh vườn ấy đã có sổ từ trước và bác đã giao sổ cho bố tôi cất. "
)
QUESTION = "Xin hỏi nay tôi phải nộp những giấy tờ gì?"
WISH = "Nhà tôi chỉ mong cho êm đẹp cả đôi bên."


@pytest.mark.parametrize("text", ["", "mất sổ", " ".join(["đất"] * STORY)])
def test_a_short_message_asks_as_a_whole(text: str) -> None:
    assert asked(text) is None


def test_the_question_at_the_end() -> None:
    assert asked(HISTORY + QUESTION) == QUESTION


def test_the_question_at_the_beginning_and_the_last_sentence() -> None:
    assert asked(f"{QUESTION} {HISTORY}{WISH}") == f"{QUESTION} {WISH}"


def test_thanks_do_not_stand_for_the_question() -> None:
    found = asked(HISTORY + QUESTION + " Em cảm ơn.")
    assert found is not None and found.startswith(QUESTION)


def test_without_diacritics_the_same_is_found() -> None:
    written = asked(HISTORY + QUESTION)
    assert written is not None
    assert asked(strip_marks(HISTORY + QUESTION)) == strip_marks(written)


def test_dictated_without_full_stops() -> None:
    told = (HISTORY + QUESTION).lower()
    for mark in ".,?":
        told = told.replace(mark, "")
    found = asked(told)
    assert found is not None and "những giấy tờ gì" in found
    assert len(found.split()) < len(told.split()) * 2 / 3


def test_english() -> None:
    story = (
        "My aunt bought the plot in 1999 and fenced it. Her son built on it ten years later. " * 3
    )
    assert asked(f"{story}What should we bring? ") == "What should we bring?"
