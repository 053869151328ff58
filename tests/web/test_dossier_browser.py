"""The dossier's page in a real Chromium without JavaScript, in each of its states, under axe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from core.database import Sessions
from core.privacy import Vault
from dossiers.lifecycle import Status
from tests.browser import chromium, serving
from tests.web.dossiers import (
    CODE,
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


def assert_good(page: Page) -> None:
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
        page.goto(address + path)
        page.locator("[name=given]").fill(RIGHT)
        page.get_by_role("button", name="Xem hồ sơ").click()
        expect(page.locator(".way")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator(".way")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)
