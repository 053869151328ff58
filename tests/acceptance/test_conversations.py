"""The kept conversations (`talks.yml`), through the real Rasa server and the real actions.

Before `test_main_job` by name: that one stops the system in the end.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import pytest
import yaml

from language.blocks import as_text
from tests.acceptance.conftest import System
from web.rasa import RasaClient

TALKS = yaml.safe_load(Path(__file__).with_name("talks.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk["talk"])
def test_a_conversation_goes_as_it_should(system: System, talk: dict[str, Any]) -> None:
    answers = asyncio.run(spoken(system, [turn["say"] for turn in talk["turns"]]))
    for turn, answer in zip(talk["turns"], answers, strict=True):
        folded = answer.casefold()
        for words in turn.get("has", ()):
            assert words.casefold() in folded, f"{turn['say']}\n→ {answer}"
        for words in turn.get("lacks", ()):
            assert words.casefold() not in folded, f"{turn['say']}\n→ {answer}"


async def spoken(system: System, messages: list[str]) -> list[str]:
    """Say the messages in a conversation of their own, as the site does, and return the answers."""
    kept = Path(system.environment["MOTCUA_STATE_DIR"]) / "secrets.json"
    secret = json.loads(kept.read_text(encoding="utf-8"))["web_channel_secret"]
    rasa = RasaClient(f"http://127.0.0.1:{system.environment['MOTCUA_RASA_PORT']}", secret)
    conversation = secrets.token_hex(12)
    try:
        return [
            as_text(await rasa.say(conversation, f"message-{at:03}", words))
            for at, words in enumerate(messages)
        ]
    finally:
        await rasa.close()
