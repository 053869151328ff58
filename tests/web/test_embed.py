"""The chat within an office's own page, in a real Chromium, the two on different sites."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect
from pydantic import ValidationError

from core.settings import ROOT, Settings
from tests.browser import chromium, serving
from tests.fakes.rasa_server import FakeRasa
from web.app import create_app


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def office() -> Iterator[tuple[FastAPI, str]]:
    """An office's own site; what it shows is set by the test. `localhost` is another site than
    127.0.0.1, where ours is."""
    site = FastAPI()
    with serving(site) as address:
        yield site, address.replace("127.0.0.1", "localhost")


@pytest.fixture
def settings(settings: Settings, office: tuple[FastAPI, str]) -> Settings:
    return settings.model_copy(update={"embed_origins": (office[1],)})


@pytest.fixture
def ours(app: FastAPI) -> Iterator[str]:
    with serving(app) as address:
        yield address


def show(office: tuple[FastAPI, str], ours: str, lang: str = "vi") -> str:
    site, address = office
    html = f"""<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Office</title>
        <h1>Văn phòng</h1><script async src="{ours}/static/widget.js"></script>
        <motcua-widget><a href="{ours}/">Hỏi đáp thủ tục đất đai</a></motcua-widget></html>"""

    @site.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(html)

    return address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_page(viewport={"width": 1280, "height": 900}) as made:
        yield made


def test_a_citizen_asks_within_the_offices_page(
    page: Page, office: tuple[FastAPI, str], ours: str, rasa: FakeRasa
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(show(office, ours))
    opener = page.get_by_role("button", name="Hỏi đáp đất đai")
    expect(opener).to_be_visible()
    assert not any("/embed" in url for url in asked), "asked for before anybody wanted it"
    opener.click()
    frame = page.frame_locator("iframe")
    for words in ("tách thửa cần gì", "bao lâu"):
        frame.get_by_label("Câu hỏi của Ông/Bà").fill(words)
        frame.get_by_role("button", name="Gửi", exact=True).click()
        expect(frame.locator(".answer").last).to_contain_text(f"Câu trả lời cho: {words}")
    conversations = {conversation for conversation, _ in rasa.said}
    assert len(conversations) == 1, "the second message was another visitor's"
    expect(frame.locator(".said")).to_have_count(2)


def test_it_opens_and_closes_by_keyboard_and_gives_the_focus_back(
    page: Page, office: tuple[FastAPI, str], ours: str
) -> None:
    page.goto(show(office, ours))
    opener = page.get_by_role("button", name="Hỏi đáp đất đai")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()


def test_it_fills_a_small_screen_and_speaks_the_pages_language(
    browser: Browser, office: tuple[FastAPI, str], ours: str
) -> None:
    with browser.new_page(viewport={"width": 320, "height": 568}) as page:
        page.goto(show(office, ours, lang="en"))
        page.get_by_role("button", name="Ask about land").click()
        box = page.get_by_role("dialog").bounding_box()
        assert box is not None
        assert (round(box["width"]), round(box["height"])) == (320, 568)
        expect(page.get_by_role("button", name="Close")).to_be_visible()


def test_without_scripts_the_office_has_a_link(
    browser: Browser, office: tuple[FastAPI, str], ours: str
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(show(office, ours))
        page.get_by_role("link", name="Hỏi đáp thủ tục đất đai").click()
        expect(page.get_by_label("Câu hỏi của Ông/Bà")).to_be_visible()


def test_no_other_site_may_show_it(
    page: Page, office: tuple[FastAPI, str], app: FastAPI, settings: Settings
) -> None:
    closed = create_app(settings.model_copy(update={"embed_origins": ()}))
    with serving(closed) as ours:
        page.goto(show(office, ours))
        page.get_by_role("button", name="Hỏi đáp đất đai").click()
        page.wait_for_timeout(500)
        assert page.frame_locator("iframe").get_by_label("Câu hỏi của Ông/Bà").count() == 0


def test_the_page_itself_is_framed_by_nobody(app: FastAPI, settings: Settings) -> None:
    with TestClient(app) as client:
        assert "frame-ancestors 'none'" in client.get("/").headers["content-security-policy"]
        policy = client.get("/embed").headers["content-security-policy"]
        assert f"frame-ancestors 'self' {settings.embed_origins[0]};" in f"{policy};"
        assert policy.count("frame-ancestors") == 1


@pytest.mark.parametrize("origin", ["*", "https://a.vn/path", "https://a.vn; script-src *", "a.vn"])
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError, match="no origin"):
        Settings(_env_file=None, embed_origins=(origin,))  # type: ignore[call-arg]


def test_scripts_and_styles_stay_small() -> None:
    """Fifteen kilobytes in all: they are read over 3G."""
    names = ("chat.js", "widget.js", "site.css", "tokens.css")
    files = [(ROOT / "web" / "static" / name).read_bytes() for name in names]
    assert sum(len(gzip.compress(file)) for file in files) <= 15 * 1024
