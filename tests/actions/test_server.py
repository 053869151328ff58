"""The action server over HTTP, as Rasa calls it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest
import yaml

from actions.server import read_ahead
from actions.table import ACTIONS
from actions.turn import Rooms, State
from core.settings import ROOT
from procedures.catalogue import Catalogue, load_catalogue

WORDS = "tôi tên là Đỗ Ngọc Trang"
"""A citizen's words, which no log may hold."""


def domain(name: str) -> dict[str, Any]:
    text = (ROOT / "bot" / "domain" / f"{name}.yml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


def test_the_domain_names_the_actions_there_are() -> None:
    assert set(domain("actions")["actions"]) == set(ACTIONS)


def test_the_domain_has_the_slots_that_are_kept() -> None:
    slots = domain("slots")["slots"]
    assert set(slots) == set(State.__dataclass_fields__)
    assert not any(slot["influence_conversation"] for slot in slots.values())


def test_every_rule_leads_from_an_intent_to_its_action() -> None:
    rules = [
        rule["steps"]
        for path in sorted((ROOT / "data" / "rules").glob("*.yml"))
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
    ]
    led = {steps[0]["intent"]: steps[1]["action"] for steps in rules}
    declared = {name for intent in domain("intents")["intents"] for name in intent}
    assert set(led) == declared | {"nlu_fallback"}
    assert all(led[intent] == f"action_{intent}" for intent in declared)


@contextmanager
def serving(state: Path) -> Iterator[str]:
    """Run the server as it is started in service, on an installation's folder; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MOTCUA_STATE_DIR": str(state),
        "MOTCUA_ACTIONS_PORT": str(port),
    }
    command = [sys.executable, "-m", "actions"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines: list[dict[str, Any]] = []
        for line in process.stdout:
            lines.append(json.loads(line))
            if "Worker ready" in lines[-1]["event"]:
                break
        assert lines, "it ended before it was ready"
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        rest = process.stdout.read().decode()
        assert process.wait() == 0
        assert WORDS not in rest


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server on an installation without any tables; gives its address."""
    with serving(tmp_path_factory.mktemp("state")) as address:
        yield address


def called(url: str, body: dict[str, Any] | None = None) -> str:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        text: str = response.read().decode()
    return text


def call(action: str, text: str, entities: list[dict[str, str]]) -> dict[str, Any]:
    message = {
        "text": text,
        "entities": entities,
        "intent_ranking": [{"name": action.removeprefix("action_"), "confidence": 0.9}],
    }
    return {
        "next_action": action,
        "sender_id": "web:visitor-0001",
        "tracker": {
            "sender_id": "web:visitor-0001",
            "slots": {},
            "latest_message": message,
            "events": [],
        },
        "domain": {},
        "version": "3.6.21",
    }


def test_the_procedures_are_read_ahead_for_the_offices_province(rooms: Rooms) -> None:
    catalogue = load_catalogue()
    settings = rooms.settings.model_copy(update={"province": "lao-cai"})
    app = Mock()
    own = replace(rooms, catalogue=lambda: catalogue, settings=settings)
    read_ahead(app, own, lambda: datetime(2026, 11, 24, 20, tzinfo=UTC))
    asyncio.run(app.add_task.call_args.args[0])
    tomorrow_in_vietnam = date(2026, 11, 25)
    with patch.object(Catalogue, "_find", side_effect=AssertionError("it was not read ahead")):
        for procedure_id in catalogue.ids():
            catalogue.get(procedure_id, "lao-cai", as_of=tomorrow_in_vietnam)


def test_it_is_well_and_measured(server: str) -> None:
    assert json.loads(called(f"{server}/health")) == {"status": "ok"}
    assert "motcua_answers_total" in called(f"{server}/metrics")


def test_an_action_is_called_as_rasa_calls_it(server: str) -> None:
    pressed = [{"entity": "payload", "value": "ask:transfer:time"}]
    body = call("action_ask_procedure", "ask:transfer:time", pressed)
    answer = json.loads(called(f"{server}/webhook", body))
    (response,) = answer["responses"]
    assert response["custom"]["blocks"][0]["text"].startswith("Chuyển nhượng nhà đất")
    assert {event["name"] for event in answer["events"]} >= {"context", "choices", "said"}


def test_a_failure_is_an_apology(server: str) -> None:
    """This database has no tables yet: what reaches for one fails."""
    body = call("action_rate", WORDS + " 5 sao", [])
    (response,) = json.loads(called(f"{server}/webhook", body))["responses"]
    assert "gặp trục trặc" in response["custom"]["blocks"][0]["text"]
