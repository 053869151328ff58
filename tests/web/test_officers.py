"""The officers' page and the citizen's side: who gets in, and a whole talk over the real site."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from core import clock
from core.clock import vietnam_date
from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from core.texts import Language
from dossiers.lifecycle import Status
from dossiers.proof import Sender
from helpdesk import ratings
from helpdesk.models import Rating, ServiceRating
from helpdesk.officers import make_hash
from helpdesk.vocabulary import CaseState, Reason
from procedures.catalogue import get_catalogue
from tests.fakes.rasa_server import FakeRasa
from tests.web.conftest import Visitor
from tests.web.dossiers import CODE, OFFICE, RIGHT, PageOf, add_dossier, link_to
from web import courier, officers
from web.app import create_app

PASSWORD = "một mật khẩu đủ dài"
HASH = make_hash(PASSWORD)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"desk_officers": {"lan": HASH, "minh": HASH}})


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    officers._limiter.storage.reset()
    yield


class Officer:
    """An officer's browser."""

    def __init__(self, app: FastAPI, name: str = "lan", address: str = "127.0.0.1") -> None:
        self.client = TestClient(app, client=(address, 50200))
        self.name = name

    def sign_in(self, password: str = PASSWORD, **headers: str) -> Response:
        data = {"name": self.name, "password": password}
        return self.client.post("/can-bo/vao", data=data, headers=headers)

    def do(self, reference: str, what: str, text: str = "", token: str | None = None) -> Response:
        page = self.client.get(f"/can-bo/{reference}").text
        found = re.search(r'name="token" value="([^"]+)"', page)
        given = token if token is not None else found[1] if found else ""
        data = {"token": given, "do": what, "text": text}
        return self.client.post(f"/can-bo/{reference}", data=data)


@pytest.fixture
def lan(app: FastAPI) -> Officer:
    made = Officer(app)
    assert made.sign_in().status_code == 200
    return made


def conversation_of(app: FastAPI, visitor: Visitor) -> str:
    cookie = visitor.client.cookies["motcua"]
    found: str = app.state.site.conversations._serialiser.loads(cookie)
    return found


def handed_over(app: FastAPI, visitor: Visitor, language: Language = "vi") -> str:
    visitor.open()
    sender = Sender("web", conversation_of(app, visitor))
    reference: str = app.state.site.cases.begin_talk(sender, clock.now(), language=language)
    return reference


def carry(app: FastAPI) -> None:
    asyncio.run(courier.carry_due(app.state.site))


def test_without_accounts_there_is_no_such_page(app: FastAPI, settings: Settings) -> None:
    off = create_app(settings.model_copy(update={"desk_officers": {}}))
    client = TestClient(off)
    for path in ("/can-bo", "/can-bo/vao", "/can-bo/K7M4-Q2XP"):
        assert client.get(path).status_code == 404
    assert client.post("/can-bo/vao", data={"name": "lan", "password": PASSWORD}).status_code == 404


def test_who_is_not_signed_in_sees_nothing(app: FastAPI, visitor: Visitor) -> None:
    reference = handed_over(app, visitor)
    stranger = Officer(app)
    for path in ("/can-bo", f"/can-bo/{reference}"):
        assert "Cán bộ đăng nhập" in stranger.client.get(path).text
    data = {"do": "take", "token": ""}
    assert "đăng nhập" in stranger.client.post(f"/can-bo/{reference}", data=data).text
    assert app.state.site.cases.show(reference).summary.officer is None
    for cookie in ("", "x", "WyJsYW4iLCJ4Il0.aaaa.bbbb"):
        stranger.client.cookies.set("motcua_officer", cookie, path="/can-bo")
        assert "đăng nhập" in stranger.client.get("/can-bo").text


def test_a_wrong_name_and_a_wrong_password_are_one_answer_and_soon_none(app: FastAPI) -> None:
    wrong, unknown = Officer(app), Officer(app, "nobody")
    first, second = wrong.sign_in("sai mật khẩu này"), unknown.sign_in(PASSWORD)
    assert first.status_code == second.status_code == 403
    assert first.text == second.text
    statuses = [wrong.sign_in("sai mật khẩu này").status_code for _ in range(11)]
    assert statuses[-1] == 429
    assert wrong.sign_in().status_code == 429  # the right one as well
    assert Officer(app, address="10.0.0.9").sign_in().status_code == 200


def test_a_new_password_ends_old_sessions(lan: Officer, app: FastAPI) -> None:
    assert "Người dân đang chờ" in lan.client.get("/can-bo").text
    app.state.site.settings.desk_officers["lan"] = make_hash("một mật khẩu khác hẳn")
    assert "đăng nhập" in lan.client.get("/can-bo").text


def test_another_sites_form_does_nothing(lan: Officer, app: FastAPI, visitor: Visitor) -> None:
    reference = handed_over(app, visitor)
    assert lan.do(reference, "take", token="0" * 64).status_code == 403
    page = lan.client.get(f"/can-bo/{reference}").text
    data = {"do": "take", "token": page.split('name="token" value="', 1)[1].split('"', 1)[0]}
    crossed = lan.client.post(
        f"/can-bo/{reference}", data=data, headers={"sec-fetch-site": "cross-site"}
    )
    assert crossed.status_code == 403
    assert Officer(app, "minh").sign_in(**{"sec-fetch-site": "cross-site"}).status_code == 403
    assert app.state.site.cases.show(reference).summary.officer is None


def test_a_whole_talk(
    app: FastAPI, visitor: Visitor, lan: Officer, rasa: FakeRasa, sessions: Sessions
) -> None:
    reference = handed_over(app, visitor)
    lan.do(reference, "take")
    nasty = "<img src=x onerror=alert(1)> tôi hỏi"
    page = visitor.say(nasty)
    assert "Đã gửi cho cán bộ" in page and "đang trao đổi với cán bộ" in page
    assert rasa.said == []
    shown = lan.client.get(f"/can-bo/{reference}").text
    assert html.escape(nasty) in shown and "<img" not in shown
    lan.do(reference, "answer", "<b>Mời Ông/Bà</b> đến quầy 3.")
    carry(app)
    carry(app)  # and nothing twice
    page = visitor.open()
    assert page.count("&lt;b&gt;Mời Ông/Bà&lt;/b&gt; đến quầy 3.") == 1
    assert "Cán bộ trả lời" in page
    assert "đã gửi" in lan.client.get(f"/can-bo/{reference}").text
    lan.do(reference, "close")
    carry(app)
    assert "Máy trả lời tự động đã hoạt động lại" in visitor.open()
    visitor.say("Sang tên cần gì?")
    assert [text for _, text in rasa.said] == ["Sang tên cần gì?"]


def test_digits_that_prove_a_dossier_reach_neither_officer_nor_page(
    app: FastAPI, visitor: Visitor, lan: Officer, rasa: FakeRasa
) -> None:
    reference = handed_over(app, visitor)
    sender = Sender("web", conversation_of(app, visitor))
    app.state.site.proofs.ask(sender, CODE, clock.now())
    lan.do(reference, "take")  # out of hours what nobody has becomes a call-back
    for text in (RIGHT, f"đây {RIGHT}", f"4 số cuối của tôi là {RIGHT}", f"{CODE} {RIGHT}"):
        assert RIGHT not in visitor.say(text)
    shown = lan.client.get(f"/can-bo/{reference}").text
    assert RIGHT not in shown and shown.count("là chữ số đã được che") == 4
    assert len(app.state.site.cases.show(reference).lines) == 4
    assert rasa.said == []
    visitor.say("kết thúc")
    visitor.say(RIGHT)  # a proof again, and told as one
    assert [text for _, text in rasa.said] == ["proof_given:refused"]


def test_a_house_number_is_read_where_it_is_called_one(
    app: FastAPI, visitor: Visitor, lan: Officer
) -> None:
    """As the officer is told to ask for it."""
    reference = handed_over(app, visitor)
    lan.do(reference, "take")
    visitor.say("số nhà 1234")
    shown = lan.client.get(f"/can-bo/{reference}").text
    assert "số nhà 1234" in shown and "đã được che" not in shown


def test_a_talk_in_english_and_its_file(app: FastAPI, visitor: Visitor, lan: Officer) -> None:
    reference = handed_over(app, visitor, "en")
    lan.do(reference, "take")
    page = visitor.client.get("/?lang=en").text
    assert "You are talking with an officer" in page
    assert 'name="text" value="end"' in page
    page = visitor.say("How long does a transfer of land take, please?")
    assert "Sent to the officer." in page
    lan.do(reference, "answer", "Ten working days.")
    carry(app)
    assert "News" in visitor.open()
    token = visitor.hidden(page, "token")
    file = visitor.client.post("/chat/save", data={"token": token}).content.decode("utf-8-sig")
    assert file.index("(Sent to the officer.)") < file.index("News:") < file.index("Ten working")
    assert "Answer:" not in file


def test_of_two_officers_the_second_is_told(app: FastAPI, visitor: Visitor, lan: Officer) -> None:
    reference = handed_over(app, visitor)
    minh = Officer(app, "minh")
    minh.sign_in()
    assert lan.do(reference, "take").status_code == 200
    late = minh.do(reference, "take")
    assert late.status_code == 409 and "lan đã nhận" in late.text
    answer = minh.do(reference, "answer", "chữ đã viết không mất")
    assert answer.status_code == 409
    assert app.state.site.cases.show(reference).lines == ()


def test_news_reach_the_page_that_looks_for_them(
    app: FastAPI, visitor: Visitor, other_visitor: Visitor, lan: Officer
) -> None:
    reference = handed_over(app, visitor)
    lan.do(reference, "take")  # out of hours what nobody has becomes a call-back
    token = visitor.hidden(visitor.open(), "token")
    accept = {"accept": "text/vnd.motcua.turn+html"}
    data = {"token": token, "message_id": "message-1", "text": "chào"}
    for _ in range(2):  # the line broke, and the page sent it again
        sent = visitor.client.post("/chat", data=data, headers=accept)
        assert sent.headers["x-motcua-live"] == "1"
    assert len(app.state.site.cases.show(reference).lines) == 1

    def look(after: str) -> Response:
        return visitor.client.get(
            "/chat/news", params={"after": after}, headers={"x-motcua-token": token}
        )

    assert look("message-1").text.strip() == ""
    lan.do(reference, "answer", "xin chờ")
    lan.do(reference, "close")
    for _ in range(2):
        carry(app)
    news = look("message-1")
    assert "xin chờ" in news.text and "hoạt động lại" in news.text
    assert news.headers["x-motcua-live"] == "0"
    other_visitor.open()
    stolen = {"x-motcua-token": token}
    assert other_visitor.client.get("/chat/news", headers=stolen).status_code == 403


def test_deleting_the_conversation_ends_the_talk(app: FastAPI, visitor: Visitor) -> None:
    reference = handed_over(app, visitor)
    token = visitor.hidden(visitor.open(), "token")
    visitor.client.post("/chat/forget", data={"token": token})
    assert app.state.site.cases.show(reference).summary.state is CaseState.CLOSED


def test_a_returned_dossier_is_rated_on_its_page_once(
    app: FastAPI, sessions: Sessions, vault: Vault
) -> None:
    dossier = add_dossier(sessions, vault, Status.RETURNED)
    with TestClient(app, client=("127.0.0.1", 50300)) as client:
        page = PageOf(client, link_to(sessions, vault, dossier))
        page.do("prove", RIGHT)
        assert "Chấm từ 1" in page.open().text
        for stars in ("9", "5", "1"):
            page.do("rate", stars)
        assert "đã được chấm" in page.open().text
    with sessions() as session:
        (kept,) = session.query(ServiceRating).all()
        assert kept.stars == 5


# --- what people say -----------------------------------------------------------------------------


def rate(sessions: Sessions, procedure: str | None, score: int, **more: Any) -> None:
    given = {"at": clock.now(), "channel": "zalo", **more}
    with sessions.begin() as session:
        session.add(Rating(procedure=procedure, score=score, **given))


def test_opinions_are_for_who_is_signed_in(app: FastAPI, sessions: Sessions) -> None:
    rate(sessions, "transfer", 0, reason=Reason.WRONG)
    page = Officer(app).client.get("/can-bo/y-kien").text
    assert "Cán bộ đăng nhập" in page and "Có ích" not in page


def test_opinions_are_told_by_procedure_with_their_reasons(
    lan: Officer, sessions: Sessions
) -> None:
    assert "Chưa có đánh giá nào." in lan.client.get("/can-bo/y-kien").text
    rate(sessions, "gift", 100)
    rate(sessions, "gift", 0, reason=Reason.UNCLEAR)
    rate(sessions, "gift", 20, reason=Reason.UNCLEAR)
    rate(sessions, "transfer", 100)
    rate(sessions, None, 0)
    rate(sessions, "mortgage", 0, at=clock.now() - timedelta(days=20))
    page = lan.client.get("/can-bo/y-kien?ngay=7").text
    rows = [re.sub(r"\s*<[^>]+>\s*", "|", row) for row in page.split("<tr>")[2:]]
    assert [row.strip("|\n").split("||")[1:4] for row in rows[:3]] == [
        ["1", "2", "khó hiểu (2)"],
        ["0", "1", "–"],
        ["1", "0", "–"],
    ]
    assert rows[1].startswith("|Chưa rõ thủ tục")
    assert page.count("không có ích (khó hiểu)") == 2
    mortgage = get_catalogue().short("mortgage", "vi")
    assert mortgage not in page
    assert mortgage in lan.client.get("/can-bo/y-kien?ngay=30").text
    for odd in ("0", "-5", "100000"):
        assert "Trong 30 ngày qua" in lan.client.get(f"/can-bo/y-kien?ngay={odd}").text


def test_words_on_the_service_are_masked_and_do_nothing(
    lan: Officer, sessions: Sessions, vault: Vault
) -> None:
    dossier = add_dossier(sessions, vault, Status.RETURNED)
    nasty = "<b>chậm</b> gọi tôi 0912345678, hồ sơ " + CODE
    with sessions.begin() as session:
        assert ratings.rate(session, vault, dossier, 2, nasty, "web", clock.now())
        # As one might stand there that was taken before numbers were known to be hidden.
        session.add(
            ServiceRating(
                on=vietnam_date(clock.now()),
                channel="web",
                office=OFFICE,
                procedure_code="1.013978",
                stars=1,
                words_enc=vault.encrypt("số tôi 0987654321"),
            )
        )
    page = lan.client.get("/can-bo/y-kien").text
    assert "&lt;b&gt;chậm&lt;/b&gt;" in page and "<b>chậm" not in page
    for told in ("0912345678", "0987654321", CODE):
        assert told not in page
    assert OFFICE in page and 'data-column="Trung bình">1,5</td>' in page
    assert get_catalogue().short("first_certificate", "vi") in page
