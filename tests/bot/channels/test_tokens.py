"""The closed table of tokens."""

from __future__ import annotations

import pytest

from bot.channels.tokens import read


@pytest.mark.parametrize(
    ("text", "intent", "payload"),
    [
        ("ask:transfer", "ask_procedure", "ask:transfer"),
        ("ask:transfer:fee+time", "ask_procedure", "ask:transfer:fee+time"),
        ("choose:2", "choose", "choose:2"),
        ("2", "choose", "choose:2"),
        ("(3)", "choose", "choose:3"),
        ("số 1", "choose", "choose:1"),
        ("So 4.", "choose", "choose:4"),
        ("calculate:gift:parent_child", "calculate_fee", "calculate:gift:parent_child"),
        ("status:H60.12.01-261016-0001", "check_status", "status:H60.12.01-261016-0001"),
        ("proof_given", "proof_given", "proof_given"),
        ("proof_given:too_many", "proof_given", "proof_given:too_many"),
        ("menu:papers", "help", "menu:papers"),
        ("rate:bad", "rate", "rate:bad"),
        ("start_over", "start_over", "start_over"),
        ("Nhắc lại đi!", "repeat", "repeat"),
        ("bat dau lai", "start_over", "start_over"),
        ("Restart", "start_over", "start_over"),
    ],
)
def test_a_token_becomes_its_intent(text: str, intent: str, payload: str) -> None:
    data = read(text)
    assert data is not None
    assert data["intent"] == {"name": intent, "confidence": 1.0}
    assert data["entities"] == [{"entity": "payload", "value": payload}]
    assert data["text"] == text


@pytest.mark.parametrize(
    "text",
    [
        "sang tên sổ đỏ",
        "10",
        "0",
        "123",
        "0678",  # the base takes digits out before
        "12345",
        "2 tỷ",
        "bắt đầu lại thì hồ sơ cũ có mất không",
        "ask",
        "ask:",
        "ask:transfer; drop",
        "ask:transfer:fee:extra:more",
        "ask:Transfer",
        "choose:12",
        "proof_given:Yes!",
        "status:' or 1=1",
        "inform:x",
        "greet",
        "ask_procedure",
        'ask_procedure{"procedure": "gift"}',
        "rate:excellent",
        "",
    ],
)
def test_everything_else_is_text(text: str) -> None:
    assert read(text) is None
