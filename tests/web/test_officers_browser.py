"""A talk between a citizen's page and an officer's, both in a real Chromium, and both under axe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from core import clock
from core.clock import vietnam_date
from core.settings import Settings
from dossiers.proof import Sender
from helpdesk.models import Rating, ServiceRating
from helpdesk.officers import make_hash
from helpdesk.vocabulary import Reason
from tests.browser import chromium, serving
from tests.web.test_browser import overflow, small_targets, violations
from web import officers

PASSWORD = "một mật khẩu đủ dài"
SHOTS = os.environ.get("MOTCUA_SHOTS", "")
"""Where pictures go, for who wants to look at the pages."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def settings(settings: Settings) -> Settings:
    officers._limiter.storage.reset()
    return settings.model_copy(update={"desk_officers": {"lan": make_hash(PASSWORD)}})


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with serving(app) as url:
        yield url


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/can-bo")
    shoot(page, "officer-sign-in")
    assert violations(page) == []
    page.get_by_label("Tên tài khoản").fill("lan")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_talk_seen_from_both_sides(
    browser: Browser, address: str, app: FastAPI, script: bool
) -> None:
    citizen = browser.new_context(
        viewport={"width": 320, "height": 700}, java_script_enabled=script
    )
    officer = browser.new_context(viewport={"width": 1280, "height": 900})
    page, desk = citizen.new_page(), officer.new_page()
    try:
        page.goto(address)
        cookie = next(one["value"] for one in citizen.cookies() if one["name"] == "motcua")
        conversation = app.state.site.conversations._serialiser.loads(cookie)
        sender = Sender("web", conversation)
        question = "Sang tên mất bao lâu?"
        reference = app.state.site.cases.begin_talk(
            sender, clock.now(), language="vi", question=question
        )
        app.state.site.cases.take(reference, "lan", clock.now())
        page.reload()
        expect(page.get_by_text("Ông/Bà đang trao đổi với cán bộ")).to_be_visible()
        page.get_by_label("Câu hỏi của Ông/Bà").fill("Tôi cần gặp <b>cán bộ</b>")
        page.get_by_role("button", name="Gửi", exact=True).click()
        expect(page.get_by_text("Đã gửi cho cán bộ.")).to_be_visible()

        sign_in(desk, address)
        assert violations(desk) == []
        shoot(desk, "officer-queue")
        desk.get_by_role("link", name=reference).click()
        expect(desk.get_by_text("Tôi cần gặp <b>cán bộ</b>")).to_be_visible()
        desk.get_by_label("Trả lời người dân").fill("Mời Ông/Bà đến quầy số 3.")
        desk.get_by_role("button", name="Gửi", exact=True).click()
        expect(desk.get_by_text("Mời Ông/Bà đến quầy số 3.")).to_be_visible()

        if not script:
            desk.wait_for_timeout(2500)  # the carrier looks every second
            page.get_by_role("link", name="Xem tin mới").click()
        expect(page.get_by_text("Mời Ông/Bà đến quầy số 3.")).to_be_visible(timeout=20_000)
        width = page.evaluate("document.documentElement.scrollWidth") if script else 320
        assert width <= 320
        if script:
            assert violations(page) == []
        shoot(page, f"citizen-{'script' if script else 'plain'}")
        desk.reload()
        expect(desk.get_by_text("đã gửi")).to_be_visible()
        assert violations(desk) == []
        shoot(desk, "officer-case")
        desk.set_viewport_size({"width": 320, "height": 700})
        shoot(desk, "officer-case-320")
        assert desk.evaluate("document.documentElement.scrollWidth") <= 320

        desk.get_by_role("button", name="Đóng việc này").click()
        expect(desk.get_by_text("Hiện không có ai chờ.")).to_be_visible()
        if not script:
            desk.wait_for_timeout(2500)
            page.reload()
        expect(page.get_by_text("Máy trả lời tự động đã hoạt động lại")).to_be_visible(
            timeout=20_000
        )
        expect(page.get_by_text("Ông/Bà đang trao đổi với cán bộ")).to_be_hidden(timeout=20_000)
    finally:
        citizen.close()
        officer.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_what_people_say_is_read_on_any_screen(
    browser: Browser, address: str, app: FastAPI, width: int
) -> None:
    with app.state.site.sessions.begin() as session:
        for procedure, score, reason in (
            ("first_certificate", 0, Reason.UNCLEAR),
            ("first_certificate", 0, Reason.OTHER_MATTER),
            ("transfer", 100, None),
            (None, 0, None),
        ):
            at = clock.now()
            session.add(
                Rating(at=at, channel="web", score=score, procedure=procedure, reason=reason)
            )
        vault = app.state.site.vault
        session.add(
            ServiceRating(
                on=vietnam_date(clock.now()),
                channel="web",
                office="Chi nhánh Văn phòng đăng ký đất đai khu vực 3",
                procedure_code="1.013978",
                stars=2,
                words_enc=vault.encrypt("Chờ lâu, cán bộ nhiệt tình"),
            )
        )
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        sign_in(page, address)
        page.get_by_role("link", name="Ý kiến người dân").click()
        page.get_by_text("Các lần đánh giá mới nhất").click()
        expect(page.get_by_text("Chờ lâu, cán bộ nhiệt tình")).to_be_visible()
        shoot(page, f"officer-opinions-{width}")
        assert violations(page) == []
        assert overflow(page) == 0
        assert small_targets(page) == []
