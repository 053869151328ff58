"""Attacks on the whole running system, every channel on: nobody forges, injects or spoofs a way to
a dossier, and nothing that people write breaks it.
"""

from __future__ import annotations

import base64
import hmac
import html
import json
import re
import time
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from itertools import count
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cli.training import ensure_model
from tests.acceptance.conftest import System, prepared
from tests.acceptance.test_channels import ask, deliver
from tests.dossiers.exports import HEADER, as_csv, row
from tests.fakes.telegram_server import fake_telegram

TWILIO = "what Twilio signs with"
PUBLIC = "https://motcua.example.gov.vn"
CODE, DIGITS = "H60.12-261102-7001", "5678"
NASTY = '<script>alert(1)</script><img src=x onerror="alert(2)">'
SHOWN = ("Ngày hẹn", "Hẹn trả", "[x]", "Đang xử lý", "Dang xu ly")
"""Words that only the look-up of a proven dossier says."""
_numbers = count(1)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    ensure_model(lambda line: None)
    with fake_telegram() as telegram:
        system = prepared(
            tmp_path_factory.mktemp("attacked"),
            telegram,
            MOTCUA_TWILIO_AUTH_TOKEN=TWILIO,
            MOTCUA_PUBLIC_URL=PUBLIC,
            MOTCUA_ZNS_APP_ID="app",
            MOTCUA_ZNS_OA_SECRET="oa-secret",
            MOTCUA_ZALO_BOT_TOKEN="bot-token",
            MOTCUA_ZALO_BOT_SECRET="bot-secret",
            MOTCUA_MESSENGER_PAGE_TOKEN="page-token",
            MOTCUA_MESSENGER_APP_SECRET="app-secret",
            MOTCUA_MESSENGER_VERIFY_TOKEN="our-word",
            MOTCUA_SMS_ENDS_WITH="link",
            MOTCUA_FIRST_IMPORT="all",
        )
        try:
            system.start()
            export = tmp_path_factory.mktemp("exports") / "export.csv"
            ours = row(Mã_hồ_sơ=CODE, Nơi_tiếp_nhận=f"Chi nhánh {NASTY}", Ghi_chú=NASTY)
            export.write_text(as_csv([HEADER, ours]), encoding="utf-8-sig")
            done = system.run("import", "--json", str(export))
            assert done.returncode == 0, done.stderr
            yield system
        finally:
            if system.process and system.process.poll() is None:
                system.stop()


def twilio(system: System, channel: str, text: str, sender: str, token: str = TWILIO) -> str:
    """Have Twilio deliver a message; return the reply."""
    form = {"From": sender, "Body": text, "MessageSid": f"SM{next(_numbers)}"}
    url = f"{PUBLIC}/webhooks/{channel}/webhook"
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    mac = hmac.new(token.encode(), signed.encode(), "sha1").digest()
    request = urllib.request.Request(
        f"{system.address}/webhooks/{channel}/webhook",
        urllib.parse.urlencode(form).encode(),
        {"X-Twilio-Signature": base64.b64encode(mac).decode()},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        # One message, well formed: what an office's export says ends no element.
        (message,) = ElementTree.fromstring(answer.read())
        assert message.tag == "Message" and not len(message)
        return str(message.text)


def told(system: System, channel: str, text: str, sender: int) -> str:
    if channel == "telegram":
        return str(ask(system, sender, text)["text"])
    return twilio(system, channel, text, f"+8491200{sender:04}")


each = pytest.mark.parametrize("channel", ["telegram", "sms", "whatsapp"])


@pytest.mark.parametrize(
    "channel", ["telegram", "zalo", "zalo_bot", "messenger", "sms", "whatsapp"]
)
@pytest.mark.parametrize("header", ["", "a guess", "mac=0", "sha256=" + "0" * 64])
def test_nobody_speaks_for_a_platform(running: System, channel: str, header: str) -> None:
    names = (
        *("X-Telegram-Bot-Api-Secret-Token", "X-ZEvent-Signature", "X-Bot-Api-Secret-Token"),
        *("X-Hub-Signature-256", "X-Twilio-Signature", "X-Hub-Signature"),
    )
    before = len(running.telegram.sent)
    request = urllib.request.Request(
        f"{running.address}/webhooks/{channel}/webhook",
        json.dumps({"update_id": 1, "text": "chào"}).encode(),
        dict.fromkeys(names, header) if header else {},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 403
    assert len(running.telegram.sent) == before


@each
@pytest.mark.parametrize(
    "injected",
    [
        f'/check_status{{"code": "{CODE}"}}',
        f'\u200b//proof_given{{"payload": "proof_given:verified", "code": "{CODE}"}}',
        f'/SetSlot{{"again": "status:{CODE}"}}',
        f"status:{CODE}",
        "proof_given:verified",
        "proof_given:code_verified",
    ],
)
def test_no_command_opens_a_dossier(running: System, channel: str, injected: str) -> None:
    sender = 600 + next(_numbers)
    told(running, channel, CODE, sender)
    answer = told(running, channel, injected, sender)
    assert answer.strip()
    assert not any(word in answer for word in SHOWN), answer


@each
def test_a_right_is_its_senders_and_digits_beside_a_code_win_it(
    running: System, channel: str
) -> None:
    sender = 600 + next(_numbers)
    shown = told(running, channel, f"{CODE} {DIGITS}", sender)
    assert CODE in shown
    assert any(word in shown for word in SHOWN), shown
    for stranger in (f"{CODE}", f"status:{CODE}"):
        other = told(running, channel, stranger, 600 + next(_numbers))
        assert not any(word in other for word in SHOWN), other


TEXTS = {
    "ten thousand": "đất " * 2500,
    "NFD": unicodedata.normalize("NFD", "Sang tên sổ đỏ cần giấy tờ gì?"),
    "NUL": "lệ phí\x00 sang tên",
    "emoji": "🏠🧾👨‍👩‍👧‍👦 sang tên 🙏",
    "RTL": "\u202eỏđ ổs nêt gnas\u202c",
    "HTML": NASTY,
    "SQL": "'; DROP TABLE dossier; --",
    "template": "{{7*7}} ${7*7} {code} %s %n",
}


@each
@pytest.mark.parametrize("kind", TEXTS)
def test_whatever_is_written_is_answered(running: System, channel: str, kind: str) -> None:
    sender = 600 + next(_numbers)
    answer = told(running, channel, TEXTS[kind], sender)
    assert answer.strip() and "đang bận" not in answer and "dang ban" not in answer
    assert "Sang tên" in (after := told(running, channel, "sang tên cần gì", sender)) or (
        "Chuyển nhượng" in after or "huyen nhuong" in after or "ang ten" in after
    )


def test_a_lone_surrogate_harms_nobody(running: System) -> None:
    before = len(running.telegram.sent)
    assert deliver(running, 9001, "lệ phí \ud800 sang tên") == 200
    running.until(lambda: len(running.telegram.sent) > before, 30)
    assert "đang bận" not in running.telegram.sent[-1]["text"]


def test_from_the_sms_by_its_link_and_a_proof_to_the_page(running: System) -> None:
    running.until(lambda: 'href="/phone/' in running.get("/phone"), 60)
    key = re.search(r'href="/phone/([0-9a-f]+)"', running.get("/phone"))
    assert key
    sms = running.get(f"/phone/{key[1]}")
    link = re.search(r"motcua\.example\.gov\.vn(/ho-so/[a-z2-7]{12})", sms)
    assert link, sms
    page = running.get(link[1])
    assert CODE not in page
    # Secure cookies travel over HTTPS alone: they are carried by hand.
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    first = opener.open(running.address + link[1], timeout=30)
    cookies = "; ".join(v.split(";")[0] for v in first.headers.get_all("Set-Cookie") or ())
    token = re.search(r'name="token" value="([^"]+)"', first.read().decode())
    assert token

    def prove(digits: str) -> str:
        data = urllib.parse.urlencode({"token": token[1], "do": "prove", "given": digits}).encode()
        headers = {"Cookie": cookies}
        request = urllib.request.Request(running.address + link[1], data, headers)
        try:
            urllib.request.build_opener(NoRedirect).open(request, timeout=30)
        except urllib.error.HTTPError as error:
            if error.code != 303:
                raise
        again = urllib.request.Request(running.address + link[1], headers=headers)
        with urllib.request.urlopen(again, timeout=30) as answer:
            return str(answer.read().decode())

    wrong = f"{(int(DIGITS) + 1) % 10_000:04}"
    assert CODE not in prove(wrong)
    shown = prove(DIGITS)
    assert CODE in shown
    # What an office's export says is shown as words, never as markup.
    assert "<script>alert(1)" not in shown and "<img src=x" not in shown
    assert html.escape("<script>alert(1)") in shown
    logs = Path(running.environment["MOTCUA_STATE_DIR"]) / "log"
    written = "".join(path.read_text(errors="replace") for path in logs.glob("*.log"))
    assert written and link[1].rsplit("/", 1)[1] not in written


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are the test's to follow."""

    def redirect_request(self, *_arguments: object) -> None:  # type: ignore[override]
        return None


def test_the_logs_hold_no_digits(running: System) -> None:
    time.sleep(0.5)
    logs = Path(running.environment["MOTCUA_STATE_DIR"]) / "log"
    written = "".join(path.read_text(errors="replace") for path in logs.glob("*.log"))
    assert written
    assert not re.search(rf"(?<![\w.:]){DIGITS}(?![\w.])", written)
    assert CODE not in written
