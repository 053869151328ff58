"""A citizen on Telegram, through the whole running system; and nobody is served who is not one."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import TELEGRAM_SECRET, System
from tests.dossiers.exports import HEADER, as_csv, row

_updates = count(1)


def deliver(system: System, chat: int, text: str, secret: str = TELEGRAM_SECRET) -> int:
    """Have Telegram deliver a message; return what it is answered."""
    update = {
        "update_id": next(_updates),
        "message": {
            "message_id": 1,
            "from": {"id": chat},
            "chat": {"id": chat, "type": "private"},
            "text": text,
        },
    }
    request = urllib.request.Request(
        f"{system.address}/webhooks/telegram/webhook",
        json.dumps(update).encode(),
        {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def ask(system: System, chat: int, text: str) -> dict[str, Any]:
    """Say something and return the answer that Telegram was given."""
    before = len(system.telegram.sent)
    assert deliver(system, chat, text) == 200
    system.until(lambda: len(system.telegram.sent) > before, 30)
    return system.telegram.sent[-1]


def test_a_question_without_diacritics(system: System) -> None:
    answer = ask(system, 501, "sang ten so do can giay to gi")
    assert answer["chat_id"] == 501
    assert "Chuyển nhượng" in answer["text"] or "Sang tên" in answer["text"]
    assert answer["reply_markup"]["inline_keyboard"]
    fee = ask(system, 501, "the con le phi")
    assert "%" in fee["text"] or "đồng" in fee["text"]


def test_a_dossier_is_shown_to_who_proves_it_and_to_nobody_else(
    system: System, tmp_path: Path
) -> None:
    code, digits = "H60.12-261102-7001", "5678"
    export = tmp_path / "export.csv"
    ours = row(Mã_hồ_sơ=code, Nơi_tiếp_nhận="Chi nhánh của riêng bài này")
    export.write_text(as_csv([HEADER, ours]), encoding="utf-8-sig")
    done = system.run("import", "--json", str(export))
    assert done.returncode == 0, done.stderr
    assert "4 số" in ask(system, 502, code)["text"]
    wrong = f"{(int(digits) + 1) % 10_000:04}"
    refused = ask(system, 502, wrong)["text"]
    shown = ask(system, 502, digits)["text"]
    assert "Ngày hẹn" in shown or "Hẹn trả" in shown or "[x]" in shown
    assert "[x]" not in refused
    stranger = ask(system, 503, code)["text"]
    assert "[x]" not in stranger


def test_the_platforms_forgers_are_refused_and_rasa_stays_unheard(system: System) -> None:
    before = len(system.telegram.sent)
    assert deliver(system, 504, "chào", secret="a guess") == 403
    assert deliver(system, 504, "chào", secret="") == 403
    assert len(system.telegram.sent) == before


@pytest.mark.parametrize("channel", ["zalo", "messenger", "sms"])
def test_a_platform_of_which_nothing_is_set_is_off(system: System, channel: str) -> None:
    request = urllib.request.Request(f"{system.address}/webhooks/{channel}/webhook", b"{}")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code in (404, 405)
