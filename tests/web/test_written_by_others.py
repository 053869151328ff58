"""What others have written (an office's export, a citizen, an officer), in a real Chromium: shown
as it was typed, on every page that shows it, and no script of it runs.

Each test runs once more without the pages' own policy, which would keep a script from running even
where it got into a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import update

from core import clock
from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.lifecycle import Status
from dossiers.models import Dossier, Office
from dossiers.proof import Sender
from helpdesk.officers import make_hash
from notifier.outbox import Draft, put
from notifier.states import State
from notifier.templates import get_templates, render
from tests.browser import chromium, serving
from tests.web.dossiers import (
    CODE,
    PHONE,
    RIGHT,
    add_dossier,
    code_in_message,
    link_to,
)
from web import officers

PASSWORD = "một mật khẩu đủ dài"
ATTACKS = (
    "<script>window.attacked = 1</script>",
    '<img src=x onerror="window.attacked = 1">',
    "<svg/onload=window.attacked=1>",
    "</textarea></p></article><b>đậm</b>",
    '"><input autofocus onfocus=window.attacked=1 x="',
    "' onmouseover='window.attacked = 1",
    "{{ 7 * 7 }} {% raw %} ${7*7} &lt;b&gt; &amp;",
    "<a href='javascript:window.attacked=1'>bấm</a>",
)
ALL = " ".join(ATTACKS)


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


@pytest.fixture(params=[False, True], ids=["with our policy", "without it"])
def bypassed(request: pytest.FixtureRequest) -> bool:
    off: bool = request.param
    return off


@pytest.fixture
def context(browser: Browser, bypassed: bool) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 320, "height": 800}, bypass_csp=bypassed) as made:
        yield made


def assert_harmless(page: Page) -> None:
    """Nothing of what was written has become part of the page."""
    assert page.evaluate("window.attacked") is None
    grown = page.evaluate(
        """[...document.querySelectorAll("main *")].filter(e =>
             ["SCRIPT", "IMG", "B", "IFRAME"].includes(e.tagName)
             || [...e.attributes].some(a => a.name.startsWith("on") || /attacked/.test(a.value)))
           .map(e => e.outerHTML.slice(0, 90))"""
    )
    assert grown == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def write(page: Page, text: str) -> None:
    """Send a message from the chat page, and wait until it is acknowledged."""
    field = page.get_by_label("Câu hỏi của Ông/Bà")
    before = page.locator(".said").count()
    field.fill(text)
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.locator(".said")).to_have_count(before + 1)
    expect(page.locator(".said").last).to_contain_text(text)
    expect(field).to_have_value("")


def test_the_measure_would_see_a_script_that_runs(context: BrowserContext, bypassed: bool) -> None:
    page = context.new_page()
    page.set_content(f"<main>{ALL}</main>")
    with pytest.raises(AssertionError):
        assert_harmless(page)


def test_what_an_export_says_of_a_dossier(
    context: BrowserContext, address: str, sessions: Sessions, vault: Vault
) -> None:
    """Office, procedure and remark on the dossier's page, and the office in its SMS."""
    id_ = add_dossier(sessions, vault, Status.SUPPLEMENT_NEEDED)
    now = clock.now()
    with sessions.begin() as session:
        session.execute(update(Office).values(name=ALL[:200]))
        session.execute(
            update(Dossier).where(Dossier.id == id_).values(procedure_name=ALL, note=ALL)
        )
        template = get_templates()["processing"]
        values = {"sign": "VPDKDD", "code": CODE, "due": ""}
        draft = Draft(
            dedupe_key="nasty",
            template=template,
            rendered=render(template, values, (ATTACKS[1],)),
            to=PHONE,
            priority=1,
            not_before=now,
            expires_at=now + timedelta(days=1),
            dossier_id=id_,
            status_version=1,
            office_id=None,
            sample=False,
            state=State.QUEUED,
        )
        put(session, [draft], vault, now)
    page = context.new_page()
    page.goto(address + link_to(sessions, vault, id_))
    page.locator("[name=given]").fill(RIGHT)
    page.keyboard.press("Enter")
    expect(page.locator(".way")).to_be_visible()
    for summary in page.locator("main summary").all():
        summary.click()
    shown = page.locator("main").inner_text()
    for attack in ATTACKS[:4]:
        assert attack in shown
    assert_harmless(page)
    page.get_by_role("button", name="Gửi mã đến").click()
    page.locator("#code").fill(code_in_message(sessions, vault))
    page.keyboard.press("Enter")
    expect(page.locator(".texted .sms").first).to_be_visible()
    assert ATTACKS[1] in page.locator(".texted").inner_text()
    assert_harmless(page)


def test_what_a_citizen_and_an_officer_write_to_each_other(
    context: BrowserContext, browser: Browser, bypassed: bool, address: str, app: FastAPI
) -> None:
    page = context.new_page()
    page.goto(address)
    cookie = next(one["value"] for one in context.cookies() if one["name"] == "motcua")
    sender = Sender("web", app.state.site.conversations._serialiser.loads(cookie))
    cases = app.state.site.cases
    reference = cases.begin_talk(sender, clock.now(), language="vi", question=ALL)
    cases.take(reference, "lan", clock.now())
    page.reload()
    for attack in ATTACKS:
        write(page, attack)
    assert_harmless(page)

    with browser.new_context(viewport={"width": 320, "height": 800}, bypass_csp=bypassed) as other:
        desk = other.new_page()
        desk.goto(f"{address}/can-bo")
        desk.get_by_label("Tên tài khoản").fill("lan")
        desk.get_by_label("Mật khẩu").fill(PASSWORD)
        desk.get_by_role("button", name="Đăng nhập").click()
        desk.get_by_role("link", name=reference).click()
        assert desk.locator(".written").all_inner_texts() == [ALL, *ATTACKS]
        assert_harmless(desk)
        # Put in place by the page's script, when it looks again, it is the same words.
        write(page, ATTACKS[1] + " nữa")
        expect(desk.locator(".written").last).to_have_text(ATTACKS[1] + " nữa", timeout=30_000)
        assert_harmless(desk)
        desk.get_by_label("Trả lời người dân").fill(ATTACKS[1])
        desk.get_by_role("button", name="Gửi", exact=True).click()
        expect(desk.locator(".written").last).to_have_text(ATTACKS[1])
        assert_harmless(desk)
    expect(page.locator(".answer").last).to_contain_text(ATTACKS[1], timeout=20_000)
    assert_harmless(page)
