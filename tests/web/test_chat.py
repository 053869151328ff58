"""The chat page as a plain form: conversations, double sends, forgeries, Rasa's bad days."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import select

from core import clock
from core.database import Sessions
from language.blocks import (
    AskProof,
    Block,
    Button,
    Buttons,
    Link,
    Progress,
    Stop,
    Table,
    Text,
)
from tests.fakes.rasa_server import FakeRasa
from tests.web.conftest import Visitor
from web.history import KEPT_FOR, SHOWN, Turn
from web.models import ChatTurn
from web.session import COOKIE


def test_a_question_is_answered_on_the_next_page(visitor: Visitor, rasa: FakeRasa) -> None:
    page = visitor.say("thủ tục sang tên cần giấy tờ gì")
    assert "Câu trả lời cho: thủ tục sang tên cần giấy tờ gì" in page
    assert "Nghị định 151/2025/NĐ-CP" in page
    assert 'value="ask:transfer:fee"' in page
    assert page.count('role="log"') == 1
    assert '<html lang="vi">' in page
    [(conversation, _)] = rasa.said
    assert len(conversation) >= 20


def test_the_conversation_survives_a_reload_and_is_one(visitor: Visitor, rasa: FakeRasa) -> None:
    visitor.say("câu một")
    page = visitor.say("câu hai")
    assert page.index("câu một") < page.index("câu hai")
    assert len({conversation for conversation, _ in rasa.said}) == 1
    assert page.count('class="choices"') == 1, "only the newest answer's buttons can be pressed"


def test_two_visitors_do_not_see_each_other(
    visitor: Visitor, other_visitor: Visitor, rasa: FakeRasa
) -> None:
    visitor.say("chuyện riêng của tôi")
    assert "chuyện riêng" not in other_visitor.say("chào")
    assert len({conversation for conversation, _ in rasa.said}) == 2


def test_a_button_says_its_title_and_sends_its_payload(visitor: Visitor, rasa: FakeRasa) -> None:
    page = visitor.say("", payload="ask:transfer:fee", title="Lệ phí")
    assert "<p>Lệ phí</p>" in page
    assert rasa.said[0][1] == "ask:transfer:fee"


def test_a_message_sent_twice_is_said_once(visitor: Visitor, rasa: FakeRasa) -> None:
    page = visitor.open()
    data = {"token": visitor.hidden(page, "token"), "message_id": "m" * 16, "text": "một lần"}
    first = visitor.client.post("/chat", data=data).text
    second = visitor.client.post("/chat", data=data).text
    assert len(rasa.said) == 1
    assert first.count("<p>một lần</p>") == second.count("<p>một lần</p>") == 1


@pytest.mark.parametrize("forged", ["", "x" * 40, "IndvbGYi.Zx"])
def test_a_forged_cookie_is_nobody(visitor: Visitor, rasa: FakeRasa, forged: str) -> None:
    page = visitor.open()
    token = visitor.hidden(page, "token")
    visitor.client.cookies.clear()
    visitor.client.cookies.set(COOKIE, forged)
    data = {"token": token, "message_id": "m" * 16, "text": "a"}
    answer = visitor.client.post("/chat", data=data)
    assert answer.status_code == 403
    assert "Xin tải lại trang" in answer.text
    assert rasa.said == []


def test_a_form_made_for_another_conversation_is_refused(
    visitor: Visitor, other_visitor: Visitor, rasa: FakeRasa
) -> None:
    foreign = other_visitor.hidden(other_visitor.open(), "token")
    visitor.open()
    data = {"token": foreign, "message_id": "m" * 16, "text": "a"}
    assert visitor.client.post("/chat", data=data).status_code == 403
    assert rasa.said == []


@pytest.mark.parametrize("mood", ["error", "broken", "forgetful"])
def test_when_rasa_fails_the_citizen_gets_a_plain_word(
    visitor: Visitor, rasa: FakeRasa, mood: str
) -> None:
    rasa.mood = mood  # type: ignore[assignment]
    page = visitor.say("sang tên")
    assert "hệ thống trả lời đang bận" in page
    assert "1900 0000" in page
    rasa.mood = "well"
    assert "Câu trả lời cho: sang tên" in visitor.say("sang tên")


def test_what_people_write_is_shown_as_text(visitor: Visitor) -> None:
    page = visitor.say("<script>alert(1)</script><img src=x onerror=alert(1)>")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_what_an_answer_says_is_shown_as_text(visitor: Visitor, rasa: FakeRasa) -> None:
    nasty = '"><b onload=x>'
    rasa.answer = lambda _text: [
        Text(nasty),
        Table((nasty,), ((nasty, nasty),), nasty),
        Progress((Stop(nasty, "current", nasty),)),
    ]
    assert "<b onload" not in visitor.say("a")


@pytest.mark.parametrize(
    "text", ["\x00\x01", "đ" * 5000, "H\u00f4\u0300 sơ \U0001f3e0", "/intent{}"]
)
def test_odd_messages_are_answered(visitor: Visitor, text: str) -> None:
    page = visitor.say(text)
    assert "Trả lời" in page


def test_an_empty_message_says_nothing(visitor: Visitor, rasa: FakeRasa) -> None:
    assert "Kính chào Ông/Bà" in visitor.say("   ")
    assert rasa.said == []


def test_too_many_messages_are_slowed_down(visitor: Visitor, rasa: FakeRasa) -> None:
    answers = [visitor.say(f"câu {n}") for n in range(25)]
    assert "Ông/Bà gửi hơi nhanh" in answers[-1]
    assert len(rasa.said) == 20


def test_turns_are_stored_encrypted_and_forgotten_in_time(
    visitor: Visitor, sessions: Sessions
) -> None:
    visitor.say("bí mật gia đình")
    with sessions() as session:
        row = session.scalars(select(ChatTurn)).one()
        assert "bí mật" not in row.said + row.answered
        assert "Câu trả lời" not in row.answered
    history = visitor.client.app.state.site.history  # type: ignore[attr-defined]
    assert history.forget_old(clock.now()) == 0
    assert history.forget_old(clock.now() + KEPT_FOR + timedelta(seconds=1)) == 1


def test_a_conversation_can_be_deleted(visitor: Visitor, sessions: Sessions) -> None:
    page = visitor.say("xin quên tôi đi")
    answer = visitor.client.post("/chat/forget", data={"token": visitor.hidden(page, "token")})
    assert "xin quên" not in answer.text
    with sessions() as session:
        assert session.scalars(select(ChatTurn)).all() == []


def test_a_conversation_can_be_saved_as_plain_text(visitor: Visitor, rasa: FakeRasa) -> None:
    rasa.answer = lambda _text: [
        Text("Tách thửa: 12 ngày làm việc.", tone="lead"),
        Link("Bản in / PDF", "http://127.0.0.1:8080/thu-tuc/transfer/giay-to"),
        AskProof("Xin nhập 4 số cuối"),
        Buttons((Button("Lệ phí", "ask:transfer:fee"),)),
    ]
    visitor.say("câu một <b>")
    page = visitor.say("câu hai")
    answer = visitor.client.post("/chat/save", data={"token": visitor.hidden(page, "token")})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert re.fullmatch(
        r'attachment; filename="hoi-dap-dat-dai-\d{4}-\d\d-\d\d.txt"',
        answer.headers["content-disposition"],
    )
    text = answer.content.decode("utf-8-sig")
    assert text.index("câu một <b>") < text.index("câu hai")
    assert text.count("Tách thửa: 12 ngày làm việc.") == 2
    assert "Bản in / PDF: http://127.0.0.1:8080/thu-tuc/transfer/giay-to" in text
    for spent in ("Lệ phí", "4 số cuối"):
        assert spent not in text, "what can be pressed or filled in is no use on paper"


def test_only_its_own_visitor_saves_a_conversation(
    visitor: Visitor, other_visitor: Visitor
) -> None:
    token = visitor.hidden(visitor.say("bí mật gia đình"), "token")
    other_visitor.open()
    stolen = other_visitor.client.post("/chat/save", data={"token": token})
    assert stolen.status_code == 403
    assert "bí mật" not in stolen.text


def test_more_than_a_page_shows_is_saved(visitor: Visitor, app: FastAPI) -> None:
    page = visitor.open()
    conversation = app.state.site.conversations.of(
        Request({"type": "http", "path": "/", "headers": [(b"cookie", _cookies(visitor))]})
    )
    for number in range(SHOWN + 5):
        turn = Turn(f"message-{number}", f"câu {number}.", (Text("Vâng."),), clock.now())
        app.state.site.history.keep(conversation, turn)
    token = visitor.hidden(page, "token")
    assert "câu 0." not in visitor.open()
    assert "câu 0." in visitor.client.post("/chat/save", data={"token": token}).text


def _cookies(visitor: Visitor) -> bytes:
    return "; ".join(f"{c.name}={c.value}" for c in visitor.client.cookies.jar).encode()


def test_the_script_gets_the_turn_alone(visitor: Visitor) -> None:
    page = visitor.open()
    data = {"token": visitor.hidden(page, "token"), "message_id": "m" * 16, "text": "sang tên"}
    answer = visitor.client.post(
        "/chat", data=data, headers={"Accept": "text/vnd.motcua.turn+html"}
    )
    assert answer.text.lstrip().startswith('<article class="said"')
    assert "<html" not in answer.text


def test_digits_typed_beside_a_code_are_not_shown_again(visitor: Visitor, rasa: FakeRasa) -> None:
    rasa.answer = lambda _text: [Text("vâng")]
    shown = visitor.say("hồ sơ H60.12.01-261016-0001, 4 số cuối là 5678")
    assert "4 số cuối là ••••" in shown
    assert "5678" not in shown


def test_an_asked_proof_has_a_field_of_its_own(visitor: Visitor, rasa: FakeRasa) -> None:
    blocks: list[Block] = [AskProof("Xin nhập 4 số cuối")]
    rasa.answer = lambda _text: blocks
    page = visitor.say("H60.12-261014-0001")
    assert 'action="/chat/proof"' in page
    assert 'inputmode="numeric"' in page
    assert "one-time-code" not in page, "four digits are not what the telephone has just received"


def test_pages_carry_the_headers_that_protect(visitor: Visitor) -> None:
    for path in ("/", "/rieng-tu", "/khong-co"):
        headers = visitor.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    cookie = visitor.client.get("/").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_nothing_else_is_public(visitor: Visitor) -> None:
    for path in ("/docs", "/openapi.json", "/webhooks/web/webhook", "/conversations/x/tracker"):
        assert visitor.client.get(path).status_code in (404, 405)


def test_measures_are_for_this_machine_only(app: object) -> None:
    with TestClient(app, client=("203.0.113.5", 1)) as stranger:  # type: ignore[arg-type]
        assert stranger.get("/metrics").status_code == 403
    with TestClient(app, client=("127.0.0.1", 1)) as local:  # type: ignore[arg-type]
        assert "python_info" in local.get("/metrics").text


def test_health_names_the_parts_that_are_down(visitor: Visitor) -> None:
    answer = visitor.client.get("/healthz")
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert (parts["database"], parts["rasa"]) == ("ready", "ready")
    assert parts["notifier"] == parts["actions"] == "down"


def test_a_link_to_a_page_of_ours_stays_on_the_site(visitor: Visitor, rasa: FakeRasa) -> None:
    rasa.answer = lambda _text: [
        Link("Bản in / PDF", "http://127.0.0.1:8080/thu-tuc/transfer/giay-to?tinh=hue&lang=en")
    ]
    page = visitor.say("giấy tờ sang tên")
    assert 'href="/thu-tuc/transfer/giay-to?tinh=hue&amp;lang=en">Bản in / PDF</a>' in page
    assert "/thu-tuc/transfer/giay-to" in visitor.say("câu khác"), "it stays good afterwards"


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "javascript:alert(1)", "//evil.example", "/\\evil.example", ""]
)
def test_a_link_to_anywhere_else_is_not_drawn(visitor: Visitor, rasa: FakeRasa, url: str) -> None:
    rasa.answer = lambda _text: [Text("Trả lời"), Link("Bấm vào", url)]
    page = visitor.say("a")
    assert "Trả lời" in page
    assert "Bấm vào" not in page
