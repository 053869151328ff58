"""A conversation with the real actions: the real catalogue, a database of its own, a clock that a
test winds. A message goes the way it goes in service: tracker in, events and blocks out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

import actions.models
import dossiers.models
import notifier.models  # noqa: F401  (each room's tables are known once its models are imported)
from actions.server import Answer
from actions.turn import Rooms
from core.database import Base, make_engine, session_factory
from core.privacy import Vault
from core.settings import ROOT, Settings
from language.blocks import Block, Buttons, as_text, from_dict
from procedures.appointments import Reckoner
from procedures.catalogue import load_catalogue
from procedures.deadlines import load_calendar
from procedures.drafts import get_drafts

_ = (actions.models, dossiers.models)
NOW = datetime(2026, 11, 17, 3, 0, tzinfo=UTC)
"""Ten o'clock on a Tuesday in Vietnam."""
CATALOGUE = load_catalogue(ROOT / "data" / "procedures")


@dataclass
class Conversation:
    """One sender's talk. Keeps slots between turns, as Rasa does."""

    rooms: Rooms
    sender: str = "web:visitor-0001"
    now: datetime = NOW
    slots: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    answer: tuple[Block, ...] = ()

    def act(
        self, action: str, text: str = "", payload: str = "", **parse: Any
    ) -> tuple[Block, ...]:
        """Let Rasa's `action` answer a message, and return the blocks.

        What is written is understood as the intent of that action; `parse` says what else is.
        """
        intent = action.removeprefix("action_")
        entities = [{"entity": "payload", "value": payload}] if payload else []
        message = {
            "text": text or payload,
            "entities": entities,
            "intent_ranking": [{"name": intent, "confidence": 0.9}],
            **parse,
        }
        parsed = {**message, "intent": {"name": intent}}
        self.events.append({"event": "user", "text": message["text"], "parse_data": parsed})
        tracker = Tracker.from_dict(
            {
                "sender_id": self.sender,
                "slots": dict(self.slots),
                "latest_message": message,
                "events": list(self.events),
            }
        )
        dispatcher = CollectingDispatcher()
        handler = Answer(action, self.rooms, lambda: self.now)
        events = asyncio.run(handler.run(dispatcher, tracker, {}))
        self.slots.update({event["name"]: event["value"] for event in events})
        (message_out,) = dispatcher.messages
        self.answer = tuple(from_dict(block) for block in message_out["custom"]["blocks"])
        return self.answer

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    @property
    def text(self) -> str:
        """The last answer as plain lines."""
        return as_text(self.answer)

    @property
    def kinds(self) -> list[str]:
        """The kinds of the last answer's blocks."""
        return [block.kind for block in self.answer]

    @property
    def buttons(self) -> dict[str, str]:
        """The last answer's buttons: title → token."""
        shown = [block for block in self.answer if isinstance(block, Buttons)]
        return {button.title: button.payload for block in shown for button in block.buttons}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        state_dir=tmp_path,
        secret_key="a root secret for tests",
        hotline="0207 123 4567",
    )


@pytest.fixture
def rooms(settings: Settings) -> Iterator[Rooms]:
    engine = make_engine(settings.database)
    Base.metadata.create_all(engine)
    yield Rooms(
        catalogue=lambda: CATALOGUE,
        drafts=lambda: get_drafts(settings.state_dir),
        sessions=session_factory(engine),
        settings=settings,
        vault=Vault(settings.secret_key.get_secret_value()),
        reckon=Reckoner(lambda: CATALOGUE, load_calendar()).reckon,
    )
    engine.dispose()


@pytest.fixture
def talk(rooms: Rooms) -> Conversation:
    return Conversation(rooms)
