"""What went unanswered is kept without saying who asked, and comes back in groups."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import inspect, select, text

from actions.gaps import Question, group, groups_since, settle
from actions.models import UNANSWERED_KEPT, Unanswered, Why
from actions.turn import Rooms
from core.privacy import Vault
from tests.actions.conftest import NOW, Conversation

PERSONAL = (
    "tôi tên là Vũ Đình Trọng Khôi 0912.345.678 cccd 079203001234 nhà số 12 ngõ 5 đường Láng"
    " mail khoi.vu@thu.vn hỏi zzz yyy xxx"
)


def questions(*words: str) -> list[Question]:
    return [
        Question(at, NOW, Why.NOT_UNDERSTOOD, said, None, "") for at, said in enumerate(words, 1)
    ]


def test_the_same_asked_in_other_hands_is_one_group() -> None:
    found = group(
        questions(
            "Trồng cây lâu năm trên đất lúa có bị phạt không",
            "xin phép xây chuồng heo",
            "trong cay lau nam tren dat lua bi phat ko",
            "cho hỏi trồng cây lâu năm trên đất lúa thì bị phạt bao nhiêu",
            "xây chuồng heo xin phép ai vậy",
            "đổi biển số xe",
        )
    )
    assert [len(one.questions) for one in found] == [3, 2, 1]
    assert found[0].leader.words.startswith("Trồng cây")


def test_names_and_codes_that_were_taken_out_bring_nothing_together() -> None:
    found = group(questions("[tên] bị lấn đất [mã hồ sơ]", "[tên] xây chuồng heo [mã hồ sơ]"))
    assert len(found) == 2


def test_a_group_keeps_its_name_as_it_grows() -> None:
    few = group(questions("trồng cây trên đất lúa", "xây chuồng heo"))
    more = group(questions("trồng cây trên đất lúa", "xây chuồng heo", "xay chuong heo o dau"))
    assert {one.name for one in few} == {one.name for one in more}
    assert more[0].questions[0].words == "xây chuồng heo"


def test_a_miss_is_kept_with_what_it_was_near_to(talk: Conversation, rooms: Rooms) -> None:
    talk.act(
        "action_fallback",
        text="đất hương hỏa làm sao",
        intent_ranking=[{"name": "ask_procedure", "confidence": 0.9}],
        procedure_candidates=[{"procedure": "other_land", "score": 0.9}],
        aspects=[{"aspect": "steps", "score": 0.9}],
    )
    (kept,) = stored(rooms)
    assert (kept.why, kept.procedure, kept.aspects) == (
        Why.NOT_IN_CATALOGUE,
        "other_land",
        "steps",
    )


def test_what_was_rated_unhelpful_joins_the_groups(talk: Conversation, rooms: Rooms) -> None:
    talk.act(
        "action_ask_procedure",
        text="đất nhà tôi tên Lò Văn Pó sang cho con thì tốn bao nhiêu",
        procedure_candidates=[{"procedure": "gift", "score": 0.95}],
        aspects=[{"aspect": "fee", "score": 0.99}],
    )
    talk.act("action_goodbye", text="chào nhé")
    talk.act("action_rate", payload="rate:bad")
    (kept,) = stored(rooms)
    assert (kept.why, kept.procedure, kept.aspects) == (Why.UNHELPFUL, "gift", "fee")
    words = rooms.vault.decrypt(kept.words_enc)
    assert "tốn bao nhiêu" in words and "Pó" not in words


def test_a_good_word_keeps_no_question(talk: Conversation, rooms: Rooms) -> None:
    talk.act("action_ask_procedure", text="x", payload="ask:gift:fee")
    talk.act("action_rate", payload="rate:good")
    assert stored(rooms) == []


def test_nothing_personal_is_in_the_table_even_for_who_has_the_key(
    talk: Conversation, rooms: Rooms
) -> None:
    talk.act("action_fallback", text=PERSONAL)
    with rooms.sessions() as session:
        columns = [column["name"] for column in inspect(session.connection()).get_columns(TABLE)]
        rows = session.execute(text(f"SELECT * FROM {TABLE}")).all()
    assert "sender" not in columns
    (row,) = rows
    readable = " ".join(map(str, row)) + rooms.vault.decrypt(row[columns.index("words_enc")])
    for piece in ("Khôi", "Trọng", "0912", "345", "0792", "Láng", "khoi", talk.sender):
        assert piece not in readable
    assert "zzz yyy xxx" in readable


TABLE = Unanswered.__tablename__


def test_what_is_settled_or_old_is_listed_no_more(talk: Conversation, rooms: Rooms) -> None:
    talk.act("action_fallback", text="qwe rty uio")
    with rooms.sessions.begin() as session:
        (one,) = groups_since(session, rooms.vault, NOW, days=30)
        assert groups_since(session, rooms.vault, NOW + timedelta(days=31), days=30) == []
        settle(session, one.questions, NOW)
        assert groups_since(session, rooms.vault, NOW, days=30) == []


def test_another_keys_words_are_left_out(talk: Conversation, rooms: Rooms) -> None:
    talk.act("action_fallback", text="qwe rty uio")
    with rooms.sessions() as session:
        assert groups_since(session, Vault("another root secret"), NOW, days=30) == []


def test_old_questions_are_deleted(talk: Conversation, rooms: Rooms) -> None:
    talk.act("action_fallback", text="qwe rty uio")
    talk.now += UNANSWERED_KEPT + timedelta(days=1)
    talk.act("action_fallback", text="asd fgh jkl")
    assert [rooms.vault.decrypt(row.words_enc) for row in stored(rooms)] == ["asd fgh jkl"]


@pytest.mark.parametrize("size", [400])
def test_hundreds_of_questions_are_grouped(size: int) -> None:
    subjects = [f"{a}{b}ương {b}{a}ình" for a in "bcdgh" for b in "klmn"]
    made = questions(*(f"{subjects[n % 20]} về mảnh đất" for n in range(size)))
    found = group(made)
    assert [len(one.questions) for one in found] == [size // 20] * 20


def stored(rooms: Rooms) -> list[Unanswered]:
    with rooms.sessions() as session:
        return list(session.scalars(select(Unanswered)))
