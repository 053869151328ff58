"""The main job, from an office's exports to SMS and answers, on the whole running system."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.settings import ROOT
from tests.acceptance.conftest import System
from tests.browser import chromium

DEMO = ROOT / "data" / "demo"
TRUTH = json.loads((ROOT / "tests" / "dossiers" / "truth.json").read_text(encoding="utf-8"))
FIELD = "Câu hỏi của Ông/Bà"


def test_it_is_ready_and_says_where(system: System) -> None:
    assert system.health()["status"] == "ready"
    assert system.heard(f"chat:   {system.address}/")
    assert system.heard(f"phone:  {system.address}/phone")


@pytest.mark.parametrize("day", TRUTH["days"], ids=lambda day: day["file"])
def test_an_export_is_taken_in_and_its_applicants_are_told(
    system: System, day: dict[str, object]
) -> None:
    before = system.get("/phone")
    done = system.run("import", "--json", str(DEMO / str(day["file"])))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    for figure in ("rows", "new", "changed", "unchanged", "duplicates"):
        assert report[figure] == day[figure], figure
    assert [row["row"] for row in report["rejected"]] == [
        row["row"]
        for row in day["rejected"]  # type: ignore[attr-defined]
    ]
    system.until(lambda: system.get("/phone") != before, 30)


def test_what_is_on_the_phone_is_plain_and_short(system: System) -> None:
    page = system.get("/phone")
    assert "không gửi đến ai" in page
    read = re.sub(r"<[^>]+>", " ", page)
    assert not re.search(r"(?<!\d)0\d{9}(?!\d)", read), "numbers are masked"
    key = re.search(r'href="/phone/([0-9a-f]+)"', page)
    assert key
    one = system.get(f"/phone/{key[1]}")
    [text] = re.findall(r'<article class="sms">\s*<p>(.*?)</p>', one)[:1]
    assert text.isascii()
    assert len(text) <= 160
    assert "1 đoạn SMS" in one


def test_a_conversation_in_the_browser(system: System) -> None:
    with chromium() as browser, browser.new_page() as page:
        page.goto(system.address)
        say(page, "thu tuc sang ten so do can giay to gi")
        answer_has(page, "Chuyển nhượng", "Giấy chứng nhận")
        say(page, "thế còn lệ phí?")
        answer_has(page, "Chuyển nhượng", "0,5%")
        say(page, "mấy ngày thì xong")
        answer_has(page, "Chuyển nhượng", "8 ngày làm việc")
        page.locator(".answer").last.get_by_role("button").first.click()
        expect(page.locator(".said")).to_have_count(4)
        say(page, "đất ông bà để lại chưa có sổ, làm sổ lần đầu ở đâu")
        answer_has(page, "lần đầu")


def test_a_dossier_is_shown_to_who_proves_it_and_to_nobody_else(system: System) -> None:
    row = next(
        csv.DictReader((DEMO / "export-2026-11-18.csv").open(encoding="utf-8-sig"), delimiter=";")
    )
    code, last_four = row["Mã hồ sơ"], row["Số CCCD"][-4:]
    wrong = "0000" if last_four != "0000" else "1111"
    with chromium() as browser, browser.new_page() as page:
        page.goto(system.address)
        say(page, f"hồ sơ {code.lower().replace('.', ' ')} tới đâu rồi")
        prove(page, wrong)
        refusal = page.locator(".answer").last.inner_text()
        assert "không khớp" in refusal
        expect(page.locator(".way")).to_have_count(0)

        say(page, "H60.12.03-261102-9999")  # no such dossier
        prove(page, wrong)
        answered = page.locator(".answer").last.inner_text()
        assert answered.replace("H60.12.03-261102-9999", code) == refusal

        say(page, code)
        prove(page, last_four)
        expect(page.locator(".way")).to_be_visible()
        answer_has(page, code)
    with chromium() as browser, browser.new_page() as hurried:
        hurried.goto(system.address)
        say(hurried, f"{code}, 4 số cuối căn cước là {last_four}")
        expect(hurried.locator(".way")).to_be_visible()
    with chromium() as browser, browser.new_page() as stranger:
        stranger.goto(system.address)
        say(stranger, code)
        expect(stranger.locator(".proof")).to_be_visible()
        expect(stranger.locator(".way")).to_have_count(0)


def test_proof_digits_reach_no_log_and_no_file(system: System) -> None:
    """Digits that appear in nothing else, looked for in everything that was written."""
    with chromium() as browser, browser.new_page() as page:
        page.goto(system.address)
        say(page, "H60.12.03-261102-0001")
        prove(page, "97531864209753"[:12])
    state = Path(system.environment["MOTCUA_STATE_DIR"])
    written = [path for path in state.rglob("*") if path.is_file() and "models" not in path.parts]
    assert len(written) > 4
    for path in written:
        assert b"975318642097" not in path.read_bytes(), path.name


def test_rasa_is_closed_to_whoever_is_not_the_site(system: System) -> None:
    port = system.environment["MOTCUA_RASA_PORT"]
    url = f"http://127.0.0.1:{port}/webhooks/web/webhook"
    body = '{"conversation": "x", "message_id": "m1", "text": "chào"}'
    for header in ("X-Nothing: 1", f"X-Motcua-Signature: t=1,v1={'0' * 64}"):
        asked = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", header, "-d", body]
        done = subprocess.run([*asked, url], capture_output=True, text=True, check=True)
        assert done.stdout == "403"
    for path in ("/webhooks/rest/webhook", "/conversations/x/tracker", "/model/parse"):
        asked = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", "{}"]
        done = subprocess.run(
            [*asked, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
        )
        assert done.stdout in ("401", "404", "405"), path


@pytest.mark.parametrize("name", ["web", "notifier", "actions", "rasa"])
def test_a_killed_process_comes_back(system: System, name: str) -> None:
    old = system.children()[name]
    os.kill(old, signal.SIGKILL)
    system.until(lambda: system.children().get(name, old) != old)
    system.until(lambda: system.health()["status"] == "ready", 120)


def test_a_second_start_says_which_port_is_taken(system: System) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "up"],
        cwd=ROOT,
        env=system.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "is taken" in done.stderr
    assert "MOTCUA_ACTIONS_PORT" in done.stderr


def test_ctrl_c_stops_everything(system: System) -> None:
    """Last in this file: the system is gone afterwards."""
    children = system.children()
    assert set(children) == {"web", "notifier", "actions", "rasa"}
    assert system.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in children.values())


def say(page: Page, words: str) -> None:
    said = page.locator(".said").count()
    page.get_by_label(FIELD).fill(words)
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.locator(".said")).to_have_count(said + 1, timeout=30_000)
    expect(page.locator(".answer")).to_have_count(said + 2, timeout=30_000)


def prove(page: Page, digits: str) -> None:
    answers = page.locator(".answer").count()
    page.locator(".proof input[name=digits]").fill(digits)
    page.get_by_role("button", name="Xác nhận").click()
    expect(page.locator(".answer")).to_have_count(answers + 1, timeout=30_000)


def answer_has(page: Page, *words: str) -> None:
    for word in words:
        expect(page.locator(".answer").last).to_contain_text(word)
