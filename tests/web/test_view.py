"""Language, size of letters and contrast: chosen without a script, kept, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core.settings import Settings
from language.blocks import Button, Buttons, Source, Text
from tests.fakes.rasa_server import FakeRasa
from tests.web.conftest import Visitor
from web.app import create_app
from web.view import COOKIE, EMBEDDED, PATH, View


def choose(client: TestClient, referer: str = "http://testserver/", **choice: str) -> str:
    """Choose, and return where that leads."""
    answer = client.post(PATH, data=choice, headers={"Referer": referer}, follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


def head(client: TestClient, path: str = "/") -> str:
    return client.get(path).text.split("<head>")[0]


def test_the_language_of_an_address_is_kept_for_the_next_page(visitor: Visitor) -> None:
    assert 'lang="vi"' in head(visitor.client)
    page = visitor.client.get("/?lang=en").text
    assert "What would you like to ask" in page
    assert "Ông/Bà" not in page
    assert "What would you like to ask" in visitor.open()
    assert "Sorry" in visitor.client.get("/khong-co").text
    assert "Ông/Bà cần hỏi" in visitor.client.get("/?lang=vi").text
    assert 'lang="vi"' in head(visitor.client)


def test_sizes_and_contrast_are_kept_together_and_with_the_language(visitor: Visitor) -> None:
    visitor.client.get("/?lang=en")
    assert choose(visitor.client, size="larger") == "/#hien-thi"
    choose(visitor.client, contrast="more")
    kept = '<html lang="en" data-size="larger" data-contrast="more">'
    assert kept in head(visitor.client)
    assert kept in head(visitor.client, "/khong-co")
    choose(visitor.client, size="normal")
    assert '<html lang="en" data-contrast="more">' in head(visitor.client)


@pytest.mark.parametrize("value", ["", "xx.huge.none", "en", "....", "vi.large.more.more", "%00"])
def test_a_cookie_that_is_nonsense_says_nothing(visitor: Visitor, value: str) -> None:
    visitor.client.cookies.set(COOKIE, value)
    page = visitor.client.get("/")
    assert page.status_code == 200
    assert "huge" not in page.text.split("<body>")[0]


@pytest.mark.parametrize(
    ("referer", "leads"),
    [
        ("http://testserver/thu-tuc/gift?tinh=hue", "/thu-tuc/gift?tinh=hue#hien-thi"),
        ("https://evil.example/ho-so/abc", "/ho-so/abc#hien-thi"),
        ("https://evil.example//other.example/x", "/#hien-thi"),
        ("http://testserver/chat", "/#hien-thi"),
        ("http://testserver/hien-thi", "/#hien-thi"),
        ("javascript:alert(1)", "/#hien-thi"),
        ("", "/#hien-thi"),
    ],
)
def test_a_choice_leads_back_and_nowhere_else(visitor: Visitor, referer: str, leads: str) -> None:
    assert choose(visitor.client, referer, size="large") == leads


def test_what_caches_keep_is_for_readers_who_chose_nothing(visitor: Visitor) -> None:
    plain = visitor.client.get("/thu-tuc?lang=en")
    assert plain.headers["cache-control"] == "public, max-age=300"
    assert "Cookie" in plain.headers["vary"]
    assert COOKIE not in plain.headers.get("set-cookie", "")
    choose(visitor.client, size="large")
    mine = visitor.client.get("/thu-tuc")
    assert mine.headers["cache-control"] == "private, no-cache"
    assert 'data-size="large"' in mine.text


def test_within_another_sites_page_the_choice_is_kept_apart(visitor: Visitor) -> None:
    answer = visitor.client.get("/embed?lang=en")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(EMBEDDED))
    assert "Partitioned" in cookie
    assert "SameSite=None" in cookie
    assert "What would you like to ask" in answer.text
    chosen = visitor.client.post(
        PATH,
        data={"contrast": "more"},
        headers={"Referer": "http://testserver/embed?lang=en"},
        follow_redirects=False,
    )
    assert chosen.headers["location"] == "/embed?lang=en#hien-thi"
    assert chosen.headers["set-cookie"].startswith(f"{EMBEDDED}=.normal.more")


def test_rasa_hears_the_language_of_a_button_and_of_a_page_that_was_chosen(
    visitor: Visitor, rasa: FakeRasa
) -> None:
    visitor.say("sang tên")
    visitor.say("", payload="ask:transfer:fee", title="Fees", lang="en")
    visitor.client.get("/?lang=en")
    visitor.say("ok")
    visitor.say("", payload="ask:transfer:fee", title="Lệ phí", lang="vi")
    visitor.say("ok", lang="fr")
    assert rasa.languages == [None, "en", "en", "vi", "en"]


def test_an_answer_is_framed_in_its_own_language(visitor: Visitor, rasa: FakeRasa) -> None:
    """Who writes English on the Vietnamese page reads no Vietnamese beside the answer."""
    rasa.answer = lambda _text: [
        Text("Gift of land: at the commune's one-stop desk (Bộ phận một cửa).", tone="lead"),
        Source("Nghị định 151/2025/NĐ-CP", "01/07/2025", "23/11/2026"),
        Buttons((Button("Fees", "ask:gift:fee"),)),
    ]
    page = visitor.say("where do I go to give land to my son")
    newest = page.split('id="newest"')[1].split("</article>")[0]
    assert newest.startswith(' lang="en"')
    assert "Legal basis" in newest
    assert "Căn cứ" not in newest
    assert 'name="lang" value="en"' in newest
    assert '<html lang="vi">' in page


def test_refusals_are_said_in_the_readers_language(visitor: Visitor) -> None:
    visitor.client.get("/?lang=en")
    data = {"token": "x" * 64, "message_id": "m" * 16, "text": "a"}
    refused = visitor.client.post("/chat", data=data)
    assert refused.status_code == 403
    assert "Please reload the page" in refused.text
    broken = visitor.client.post("/chat", data={"token": "x"})
    assert broken.status_code == 422
    assert "cannot be read" in broken.text


def test_an_offices_own_colours_come_last(settings: Settings, tmp_path: Path) -> None:
    with TestClient(create_app(settings)) as client:
        assert "theme.css" not in client.get("/khong-co").text
        assert client.get("/theme.css").status_code == 404
    file = tmp_path / "office.css"
    file.write_text(":root { --press: #7a1f1f; }")
    with TestClient(create_app(settings.model_copy(update={"theme_file": file}))) as client:
        page = client.get("/khong-co").text
        assert page.index("/static/site.css") < page.index("/theme.css")
        answer = client.get("/theme.css")
        assert "#7a1f1f" in answer.text
        assert answer.headers["content-type"].startswith("text/css")


def test_a_view_survives_its_cookie() -> None:
    view = View("en", "large", "more")
    assert View().changed(*view.kept().split(".")) == view
    assert View().changed(*View().kept().split(".")) == View()


def test_only_what_holds_nothing_personal_is_packed(visitor: Visitor) -> None:
    for path in ("/static/site.css", "/thu-tuc", "/thu-tuc/gift", "/thu-tuc/gift/giay-to"):
        assert visitor.client.get(path).headers["content-encoding"] == "gzip", path
    for path in ("/", "/embed", "/ho-so/aaaaaaaaaaaa", "/rieng-tu", "/thu-tuc/gift/giay-to.pdf"):
        assert "content-encoding" not in visitor.client.get(path).headers, path
