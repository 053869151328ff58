"""The pages of procedures in a real Chromium: small and large screens, axe, paper, no script."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import zxingcpp
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.browser import chromium, serving
from tests.web.test_browser import overflow, violations

PAGES = {
    "list": "/thu-tuc",
    "found": "/thu-tuc?q=tach thua",
    "nothing found": "/thu-tuc?q=xyzzy",
    "procedure": "/thu-tuc/transfer?tinh=hai-phong",
    "many cases": "/thu-tuc/first_certificate?tinh=ho-chi-minh",
    "english": "/thu-tuc/change_use?lang=en",
    "no such province": "/thu-tuc/gift?tinh=Atlantis",
    "missing": "/thu-tuc/tranfer",
    "checklist": "/thu-tuc/transfer/giay-to?tinh=hai-phong",
    "calculator": "/thu-tuc/inheritance/tinh-tien",
    "result": "/thu-tuc/transfer/tinh-tien?gia=1 tỷ 2&bang_gia=2 tỷ",
    "errors": "/thu-tuc/change_use/tinh-tien?dien_tich=2 sào&gia_dat_o=3&gia_dat_nay=&co_nha=co",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with serving(app) as url:
        yield url


def low_targets(page: Page) -> list[str]:
    """What can be pressed and is lower than 44 pixels; a tick is pressed by its whole label."""
    low: list[str] = page.evaluate(
        """[...document.querySelectorAll("main button, main input:not([type=hidden]), main select,"
              + "main summary, main .as-button, main .entries a, main nav a")]
           .map(e => e.matches("[type=checkbox], [type=radio]") ? e.closest("label") : e)
           .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44)
           .map(e => e.outerHTML.slice(0, 80))"""
    )
    return low


@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_fits_the_screen_and_passes_axe(
    browser: Browser, address: str, width: int
) -> None:
    with browser.new_page(viewport={"width": width, "height": 800}) as page:
        refused: list[str] = []
        page.on("console", lambda line: "policy" in line.text.lower() and refused.append(line.text))
        for name, path in PAGES.items():
            page.goto(address + path)
            for fold in page.locator("summary").all():
                fold.click()
            assert violations(page) == [], name
            assert overflow(page) == 0, name
            assert low_targets(page) == [], name
        assert refused == []


def test_it_all_works_without_a_script_and_by_the_chat_s_own_way_in(
    browser: Browser, address: str
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address)
        page.get_by_role("link", name="Các thủ tục", exact=True).click()
        page.get_by_label("Tìm thủ tục").fill("sang ten")
        page.get_by_role("button", name="Tìm").click()
        page.get_by_role("link", name="Chuyển nhượng nhà đất").click()
        page.get_by_label("Đất ở tỉnh nào?").select_option("hai-phong")
        page.get_by_role("button", name="Xem").click()
        expect(page.locator("#whose")).to_have_text("Theo quy định của Hải Phòng.")
        page.get_by_role("link", name="Tính thuế, lệ phí").first.click()
        page.get_by_role("button", name="Tính", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("Xin ghi số tiền.")
        page.get_by_label("Giá ghi trong hợp đồng").fill("1 tỷ 2")
        page.get_by_role("button", name="Tính", exact=True).click()
        expect(page.locator(".sum")).to_contain_text("24.000.000 đồng")
        page.get_by_role("link", name="Giấy tờ cần mang").click()
        assert page.url.endswith("/thu-tuc/transfer/giay-to?tinh=hai-phong")
        page.get_by_role("checkbox").first.check()
        pdf = page.get_by_role("link", name="Tải PDF").get_attribute("href") or ""
        answer = page.request.get(address + pdf)
        assert answer.body().startswith(b"%PDF-")


def test_the_first_page_is_light_and_loads_nothing_foreign(browser: Browser, address: str) -> None:
    with browser.new_page() as page:
        loaded: dict[str, int] = {}
        page.on("response", lambda r: loaded.update({r.url: len(r.body())}))
        page.goto(f"{address}/thu-tuc/transfer", wait_until="networkidle")
        assert all(url.startswith(address) for url in loaded)
        assert not any(url.endswith(".js") for url in loaded)
        assert sum(loaded.values()) < 60_000


def test_the_checklist_prints_on_one_page_with_its_code(browser: Browser, address: str) -> None:
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{address}/thu-tuc/transfer/giay-to?tinh=hai-phong")
        shot = Image.open(io.BytesIO(page.locator(".qr").screenshot()))
        (code,) = zxingcpp.read_barcodes(shot.convert("RGB"))
        assert code.text == "http://127.0.0.1:8080/thu-tuc/transfer/giay-to?tinh=hai-phong"
        printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
        assert len(printed.pages) == 1
        text = printed.pages[0].extract_text()
        assert "Tải PDF" not in text
        assert code.text in text
