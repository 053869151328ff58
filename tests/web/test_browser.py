"""The chat page in a real Chromium: with and without JavaScript, on a small screen, by keyboard,
on a breaking line, and under axe."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, Route, expect
from pypdf import PdfReader

from language.blocks import (
    AskProof,
    Block,
    Checklist,
    Facts,
    Item,
    Link,
    Progress,
    Stop,
    Table,
    Text,
)
from tests.browser import chromium, serving
from tests.fakes.rasa_server import FakeRasa, default_answer

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
RICH: list[Block] = [
    Text("Tách thửa: 12 ngày làm việc.", tone="lead"),
    Checklist((Item("Đơn đề nghị tách thửa", "Mẫu 21, 1 bản chính"),), "Giấy tờ cần mang"),
    Table(("Khoản", "Mức"), (("Lệ phí trước bạ", "0,5 %"),), "Tiền phải nộp"),
    Facts((("Ngày hẹn trả", "30/11/2026"),)),
    Progress(
        (
            Stop("Được tiếp nhận", "done", "16/11/2026"),
            Stop("Đang xử lý", "current"),
            Stop("Đã trả kết quả", "ahead"),
        )
    ),
    Text("Xin hỏi lại nơi tiếp nhận.", tone="warning"),
    AskProof("Xin nhập 4 số cuối của số điện thoại hoặc căn cước"),
    Link("Bản in / PDF", "http://127.0.0.1:8080/thu-tuc/transfer/giay-to"),
    *default_answer("x"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with serving(app) as url:
        yield url


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def script(request: pytest.FixtureRequest) -> bool:
    on: bool = request.param
    return on


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with browser.new_page(viewport={"width": 1280, "height": 900}) as made:
        made.goto(address)
        yield made


def ask(page: Page, words: str) -> None:
    page.get_by_label("Câu hỏi của Ông/Bà").fill(words)
    page.get_by_role("button", name="Gửi", exact=True).click()


def test_a_question_is_answered(
    browser: Browser, address: str, rasa: FakeRasa, script: bool
) -> None:
    with browser.new_context(java_script_enabled=script) as context:
        page = context.new_page()
        page.goto(address)
        ask(page, "tach thua can gi")
        expect(page.locator(".answer").last).to_contain_text("Câu trả lời cho: tach thua can gi")
        expect(page.locator(".said")).to_have_text("Ông/Bà hỏi tach thua can gi")
        page.get_by_role("button", name="Lệ phí").click()
        expect(page.locator(".answer").last).to_contain_text("Câu trả lời cho: ask:transfer:fee")
        expect(page.locator(".said").last).to_contain_text("Lệ phí")
        expect(page.locator(".choices")).to_have_count(1)
        assert [text for _, text in rasa.said] == ["tach thua can gi", "ask:transfer:fee"]


def test_the_keyboard_is_enough(page: Page) -> None:
    field = page.get_by_label("Câu hỏi của Ông/Bà")
    field.focus()
    page.keyboard.type("làm sổ lần đầu")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("mất bao lâu")
    page.keyboard.press("Enter")
    expect(page.locator(".answer").last).to_contain_text("mất bao lâu")
    expect(field).to_be_focused()
    expect(field).to_have_value("")


def test_a_line_that_breaks_for_a_moment_is_mended_unseen(page: Page, rasa: FakeRasa) -> None:
    cut = {"left": 1}

    def flaky(route: object) -> None:
        if cut["left"]:
            cut["left"] -= 1
            route.abort("connectionreset")  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route("**/chat", flaky)
    ask(page, "sang tên")
    expect(page.locator(".answer").last).to_contain_text("Câu trả lời cho: sang tên")
    assert len(rasa.said) == 1


def test_offline_nothing_is_lost_and_nothing_is_sent_twice(page: Page, rasa: FakeRasa) -> None:
    page.context.set_offline(True)
    ask(page, "sang tên cho con")
    expect(page.get_by_role("status")).to_contain_text("Mất kết nối", timeout=15_000)
    expect(page.get_by_label("Câu hỏi của Ông/Bà")).to_have_value("sang tên cho con")
    expect(page.locator(".said")).to_have_count(0)
    page.context.set_offline(False)
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.locator(".answer").last).to_contain_text("sang tên cho con")
    assert len(rasa.said) == 1


def test_other_words_after_a_lost_line_are_another_message(page: Page, rasa: FakeRasa) -> None:
    """The first words reached the site and only the answer was lost: the second are no retry."""
    page.route("**/chat", answer_lost)
    ask(page, "sang tên cho con")
    expect(page.get_by_role("status")).to_contain_text("Mất kết nối", timeout=15_000)
    page.unroute("**/chat")
    ask(page, "tách thửa")
    expect(page.locator(".answer").last).to_contain_text("Câu trả lời cho: tách thửa")
    assert [text for _, text in rasa.said] == ["sang tên cho con", "tách thửa"]


def test_the_same_words_after_a_lost_answer_are_said_once(page: Page, rasa: FakeRasa) -> None:
    page.route("**/chat", answer_lost)
    ask(page, "sang tên cho con")
    expect(page.get_by_role("status")).to_contain_text("Mất kết nối", timeout=15_000)
    page.unroute("**/chat")
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.locator(".answer").last).to_contain_text("sang tên cho con")
    assert len(rasa.said) == 1


def answer_lost(route: Route) -> None:
    """Let a request through and drop what comes back."""
    route.fetch()
    route.abort("connectionreset")


def test_the_focus_goes_on_when_what_was_pressed_is_gone(page: Page) -> None:
    ask(page, "sang tên")
    expect(page.locator(".choices")).to_be_visible()
    page.get_by_role("button", name="Lệ phí").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".answer").last).to_contain_text("ask:transfer:fee")
    expect(page.locator("#newest .who")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#newest summary")).to_be_focused()


def test_the_send_button_keeps_the_focus_while_the_answer_comes(page: Page) -> None:
    page.get_by_label("Câu hỏi của Ông/Bà").fill("sang tên")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_have_count(2)
    expect(page.get_by_role("button", name="Gửi", exact=True)).to_be_focused()


def test_characters_are_counted_towards_the_end(page: Page) -> None:
    field = page.get_by_label("Câu hỏi của Ông/Bà")
    expect(page.locator("#count")).to_have_text("tối đa 1000 ký tự")
    field.fill("a" * 850)
    expect(page.locator("#count")).to_have_text("còn 150 ký tự")
    field.fill("a" * 1500)
    expect(page.locator("#count")).to_have_text("còn 0 ký tự")


def test_a_conversation_is_saved_and_deleted_from_its_page(
    browser: Browser, address: str, script: bool
) -> None:
    with browser.new_context(java_script_enabled=script) as context:
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("button", name="Lưu về máy")).to_be_hidden()
        ask(page, "tách thửa")
        expect(page.locator(".said")).to_have_count(1)
        with page.expect_download() as started:
            page.get_by_role("button", name="Lưu về máy").click()
        assert "tách thửa" in Path(started.value.path()).read_text(encoding="utf-8-sig")
        assert page.get_by_role("button", name="In", exact=True).is_visible() == script
        page.get_by_role("button", name="Xóa cuộc trò chuyện này").click()
        expect(page.locator(".said")).to_have_count(0)
        page.reload()
        expect(page.locator(".said")).to_have_count(0)


def test_on_paper_there_are_the_answers_and_their_basis_alone(page: Page) -> None:
    ask(page, "tách thửa")
    expect(page.locator(".said")).to_have_count(1)
    page.emulate_media(media="print")
    for gone in (".ask", ".choices", ".top", ".keep"):
        expect(page.locator(gone).first).to_be_hidden()
    text = "".join(p.extract_text() for p in PdfReader(io.BytesIO(page.pdf())).pages)
    assert "Câu trả lời cho: tách thửa" in text
    assert "151/2025" in text, "what was folded is printed"


def test_what_was_asked_for_stays_to_be_read_when_its_field_is_gone(
    browser: Browser, address: str, rasa: FakeRasa, script: bool
) -> None:
    words = "Xin nhập 4 số cuối của số điện thoại"
    with browser.new_context(java_script_enabled=script) as context:
        page = context.new_page()
        page.goto(address)
        rasa.answer = lambda _text: [AskProof(words)]
        ask(page, "hồ sơ của tôi đâu")
        expect(page.locator(".proof input[name=digits]")).to_be_visible()
        rasa.answer = default_answer
        ask(page, "thôi, sang tên cần gì")
        expect(page.locator(".answer").last).to_contain_text("thôi, sang tên cần gì")
        expect(page.get_by_text(words)).to_be_visible()
        expect(page.locator("[name=digits]")).to_have_count(0)


def test_the_answer_is_announced_once_by_the_log(page: Page) -> None:
    assert page.locator('[role="log"][aria-live="polite"]').count() == 1
    ask(page, "a")
    expect(page.locator(".answer")).to_have_count(2)
    assert page.locator('[aria-live="assertive"]').count() == 0


@pytest.mark.parametrize("width", [320, 1280])
def test_every_kind_of_answer_fits_the_screen_and_passes_axe(
    browser: Browser, address: str, rasa: FakeRasa, width: int
) -> None:
    rasa.answer = lambda _text: RICH
    with browser.new_page(viewport={"width": width, "height": 800}) as page:
        page.goto(address)
        assert violations(page) == []
        ask(page, "tách thửa")
        expect(page.locator(".way")).to_be_visible()
        page.locator(".source summary").click()
        assert violations(page) == []
        assert overflow(page) == 0
        assert small_targets(page) == []


def choose(page: Page, size: str, contrast: str) -> None:
    """Press what the reader would."""
    for words in (size, contrast):
        page.locator(".reading summary").click()
        page.get_by_role("button", name=words).click()


@pytest.mark.parametrize("width", [320, 1280])
def test_very_large_letters_in_high_contrast_fit_and_pass_axe(
    browser: Browser, address: str, rasa: FakeRasa, width: int
) -> None:
    rasa.answer = lambda _text: RICH
    with browser.new_page(viewport={"width": width, "height": 800}) as page:
        page.goto(f"{address}/?lang=en")
        choose(page, "Very large text", "High contrast")
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "27px"
        page.get_by_label("Your question").fill("tách thửa")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator(".way")).to_be_visible()
        for path in ("", "/embed", "/rieng-tu", "/khong-co", "/thu-tuc?lang=en"):
            if path:
                page.goto(address + path)
            page.locator(".reading summary").click()
            assert violations(page) == [], path
            assert overflow(page) == 0, path
            assert small_targets(page) == [], path


def test_a_choice_shows_at_once_on_a_page_that_is_cached(page: Page, address: str) -> None:
    page.goto(f"{address}/thu-tuc/gift")
    choose(page, "Chữ to", "Tương phản cao")
    expect(page.locator("html")).to_have_attribute("data-size", "large")
    expect(page.locator("html")).to_have_attribute("data-contrast", "more")
    assert page.url.endswith("/thu-tuc/gift#hien-thi")


@pytest.mark.parametrize("path", ["/", "/?lang=en", "/embed"])
def test_the_colours_of_the_readers_system_and_no_motion(
    browser: Browser, address: str, rasa: FakeRasa, path: str
) -> None:
    rasa.answer = lambda _text: RICH
    with browser.new_context(forced_colors="active", reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(address + path)
        page.locator("#text").fill("tách thửa")
        page.keyboard.press("Enter")
        expect(page.locator(".way")).to_be_visible()
        assert violations(page) == []
        dots = page.evaluate(
            """[...document.querySelectorAll(".way li")].map(
                 e => getComputedStyle(e, "::before").backgroundColor)"""
        )
        assert len(set(dots)) == len(dots), "done, here and ahead look alike"
        moved = page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")
        assert moved == "auto"


@pytest.mark.parametrize(
    "path", ["/rieng-tu", "/rieng-tu?lang=en", "/khong-co-trang-nay", "/phone", "/embed"]
)
def test_other_pages_pass_axe_at_320(browser: Browser, address: str, path: str) -> None:
    with browser.new_page(viewport={"width": 320, "height": 700}) as page:
        page.goto(address + path)
        assert violations(page) == []
        assert overflow(page) == 0


def test_the_page_asks_nobody_else_for_anything(browser: Browser, address: str) -> None:
    with browser.new_page() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and errors.append(line.text))
        page.goto(address)
        ask(page, "a")
        expect(page.locator(".answer")).to_have_count(2)
        assert {url for url in asked if not url.startswith(address)} == set()
        assert errors == []


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, a line a finding."""
    # Through the protocol: the page's own policy, rightly, lets no script be put in.
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    run = f"axe.run({{runOnly: {json.dumps(tags)}}}).then(r => JSON.stringify(r.violations))"
    answer = session.send(
        "Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True}
    )
    found = json.loads(answer["result"]["value"])
    return [f"{v['id']}: {node['target']}" for v in found for node in v["nodes"]]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


def small_targets(page: Page) -> list[str]:
    """Buttons and fields lower than 44 pixels."""
    low: list[str] = page.evaluate(
        """[...document.querySelectorAll("button, input:not([type=hidden]), textarea, summary")]
           .filter(e => e.getBoundingClientRect().height < 44 && e.offsetParent)
           .map(e => e.outerHTML.slice(0, 80))"""
    )
    return low
