"""The dossier's page in a real Chromium without JavaScript, in each of its states, under axe."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from sqlalchemy import update

from core.clock import now, vietnam_date
from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.lifecycle import Status
from dossiers.models import Dossier
from tests.browser import chromium, serving
from tests.web.dossiers import (
    CODE,
    NOWHERE,
    OFFICE,
    RIGHT,
    WRONG,
    add_dossier,
    code_in_message,
    link_to,
)
from tests.web.test_browser import overflow, small_targets, violations


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with serving(app) as url:
        yield url


SHOTS = os.environ.get("MOTCUA_SHOTS", "")
"""Where pictures go, for who wants to look at the pages."""


def assert_good(page: Page, name: str = "") -> None:
    if SHOTS and name:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    assert violations(page) == []
    assert overflow(page) == 0
    assert small_targets(page) == []


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_from_the_link_to_messages_turned_off(
    browser: Browser, address: str, sessions: Sessions, vault: Vault, width: int, language: str
) -> None:
    path = link_to(sessions, vault, add_dossier(sessions, vault, Status.TAX_DUE))
    english = language == "en"
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{address}{path}?lang={language}")
        assert_good(page)
        page.locator("[name=given]").fill(WRONG)
        page.get_by_role("button", name="Show it" if english else "Xem hồ sơ").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert_good(page)
        page.locator("[name=given]").fill(RIGHT)
        page.keyboard.press("Enter")
        expect(page.locator(".tone-lead").first).to_contain_text(CODE)
        assert_good(page)
        page.get_by_role("button", name="Send a code" if english else "Gửi mã đến").click()
        expect(page.get_by_role("status")).to_contain_text("6")
        assert_good(page)
        page.locator("#code").fill(code_in_message(sessions, vault))
        page.keyboard.press("Enter")
        off = page.get_by_role("button", name="Turn messages off" if english else "Tắt tin nhắn")
        expect(off).to_be_visible()
        assert_good(page)
        off.click()
        expect(page.locator("#tin-nhan")).to_contain_text("OFF" if english else "TẮT")
        assert_good(page)
        assert page.locator("html").get_attribute("lang") == language


def test_it_works_without_javascript_and_prints_without_its_buttons(
    browser: Browser, address: str, sessions: Sessions, vault: Vault
) -> None:
    path = link_to(sessions, vault, add_dossier(sessions, vault))
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        prove(page, address + path)
        expect(page.locator(".way")).to_be_visible()
        expect(page.get_by_role("button", name="In trang này")).to_have_count(0)
        page.emulate_media(media="print")
        expect(page.locator(".way")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)


def prove(page: Page, url: str) -> None:
    """Open a dossier's page and give what it asks for."""
    page.goto(url)
    page.locator("[name=given]").fill(RIGHT)
    page.keyboard.press("Enter")
    expect(page.locator(".way")).to_be_visible()


PRINTED = (
    Status.TAX_DUE,
    Status.SUPPLEMENT_NEEDED,
    Status.PROCESSING,
    Status.DONE,
    Status.RETURNED,
)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("status", PRINTED)
def test_it_prints_on_one_sheet(
    browser: Browser,
    address: str,
    sessions: Sessions,
    vault: Vault,
    status: Status,
    language: str,
) -> None:
    path = link_to(sessions, vault, add_dossier(sessions, vault, status))
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        prove(page, f"{address}{path}?lang={language}")
        sheet = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
        assert len(sheet.pages) == 1
        width, height = (round(float(side) / 72 * 25.4) for side in sheet.pages[0].mediabox[2:])
        assert (width, height) == (210, 297)
        printed = " ".join(sheet.pages[0].extract_text().split())
        asked = [CODE, OFFICE, "1900 0000", "30/12/2026"]
        if status is Status.TAX_DUE:
            asked += ["In person:" if language == "en" else "Nộp trực tiếp:"]
        assert [words for words in asked if words not in printed] == []
        unwanted = ["In trang này", "Print this page", "Tin nhắn", "Messages", "English"]
        assert [words for words in unwanted if words in printed] == []


def test_the_button_prints(
    browser: Browser, address: str, sessions: Sessions, vault: Vault
) -> None:
    path = link_to(sessions, vault, add_dossier(sessions, vault))
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
        prove(page, address + path)
        page.get_by_role("button", name="In trang này").click()
        assert page.evaluate("window.printed") == 1


@pytest.mark.parametrize(
    ("width", "size", "contrast"),
    [
        (320, "larger", "more"),
        (1280, "larger", "more"),
        (320, "large", "normal"),
        (1280, "normal", "more"),
    ],
)
def test_every_state_fits_and_passes_axe_however_it_is_read(
    browser: Browser,
    address: str,
    sessions: Sessions,
    vault: Vault,
    width: int,
    size: str,
    contrast: str,
) -> None:
    """The question for proof, a refusal, the whole page with its sections open, the code awaited,
    the messages."""
    path = link_to(sessions, vault, add_dossier(sessions, vault, Status.RETURNED))
    kept = {"name": "motcua_view", "value": f"vi.{size}.{contrast}", "url": address}
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        context.add_cookies([kept])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(address + path)
        assert page.locator("html").get_attribute("data-size") == (
            size if size != "normal" else None
        )
        assert_good(page)
        page.locator("[name=given]").fill(WRONG)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        assert_good(page)
        prove(page, address + path)
        for summary in page.locator("main summary").all():
            summary.click()
        expect(page.get_by_role("button", name="In trang này")).to_be_visible()
        assert_good(page)
        page.get_by_role("button", name="Gửi mã đến").click()
        assert_good(page)
        page.locator("#code").fill(code_in_message(sessions, vault))
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Tắt tin nhắn")).to_be_visible()
        assert_good(page)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_way_a_dossier_stands_fits_and_passes_axe_at_its_largest(
    browser: Browser,
    address: str,
    sessions: Sessions,
    vault: Vault,
    settings: Settings,
    language: str,
) -> None:
    """On the way, late, each end, without a number, rated; and what leads to none: 320 px, the
    largest letters, high contrast, all sections open."""
    id_ = add_dossier(sessions, vault)
    path = f"{link_to(sessions, vault, id_)}?lang={language}"
    kept = {"name": "motcua_view", "value": f"{language}.larger.more", "url": address}
    today = vietnam_date(now())

    def changed(**values: object) -> None:
        with sessions.begin() as session:
            session.execute(update(Dossier).where(Dossier.id == id_).values(**values))

    with browser.new_context(viewport={"width": 320, "height": 800}) as context:
        context.add_cookies([kept])  # type: ignore[list-item]
        page = context.new_page()
        prove(page, address + path)
        for status in Status:
            changed(status=status, note="Thiếu trích đo địa chính, xin bổ sung trước 15/12/2026")
            page.reload()
            open_all(page)
            expect(page.locator(".tone-lead").first).to_contain_text(CODE)
            assert_good(page, f"dossier-{language}-{status}")
        changed(status=Status.PROCESSING, due_on=today - timedelta(days=9))
        page.reload()
        expect(page.locator("main")).to_contain_text(
            "past its appointment date" if language == "en" else "đã quá ngày hẹn"
        )
        assert_good(page, f"dossier-{language}-late")
        changed(phone_enc=None, phone_index=None, due_on=None)
        page.reload()
        assert_good(page, f"dossier-{language}-bare")
        changed(status=Status.RETURNED)
        page.reload()
        page.locator("input[type=radio][value='4']").check()
        page.locator("#words").fill("nhanh gọn")
        assert_good(page, f"dossier-{language}-rating")
        page.locator("button[value=rate]").click()
        expect(page.locator("#cham button")).to_have_count(0)
        assert_good(page, f"dossier-{language}-rated")
        page.goto(f"{address}{NOWHERE}?lang={language}")
        for _ in range(settings.proof_attempts + 1):
            page.locator("[name=given]").fill(WRONG)
            page.keyboard.press("Enter")
            expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text(
            "paused" if language == "en" else "tạm dừng"
        )
        assert_good(page, f"dossier-{language}-nowhere")


def open_all(page: Page) -> None:
    """Open every section that is closed."""
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
