"""A whole site with a real database, and a Rasa on loopback in Rasa's place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

import dossiers.models
import notifier.models
import web.models  # noqa: F401
from core.database import Base, Sessions
from core.privacy import Vault
from core.settings import Settings
from tests.fakes.rasa_server import FakeRasa, fake_rasa
from web.app import create_app

_ = (dossiers.models, notifier.models)
SECRET = "a root secret for tests only"
CHANNEL_SECRET = "a channel secret for tests only"


@pytest.fixture
def rasa() -> Iterator[FakeRasa]:
    with fake_rasa(CHANNEL_SECRET) as fake:
        yield fake


@pytest.fixture
def settings(rasa: FakeRasa, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        state_dir=tmp_path,
        rasa_port=rasa.port,
        secret_key=SecretStr(SECRET),
        web_channel_secret=SecretStr(CHANNEL_SECRET),
        hotline="1900 0000",
    )


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    made = create_app(settings)
    with made.state.site.sessions.begin() as session:
        Base.metadata.create_all(session.connection())
    return made


@pytest.fixture
def sessions(app: FastAPI) -> Sessions:
    made: Sessions = app.state.site.sessions
    return made


@pytest.fixture
def vault() -> Vault:
    return Vault(SECRET)


@dataclass
class Visitor:
    """A browser without JavaScript: keeps cookies, reads forms off the page, follows redirects."""

    client: TestClient

    def open(self) -> str:
        return self.client.get("/").text

    def hidden(self, page: str, name: str) -> str:
        return page.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]

    def say(self, text: str, **fields: str) -> str:
        page = self.open()
        form = page.rsplit('class="ask"', 1)[1]
        data = {
            "token": self.hidden(form, "token"),
            "message_id": self.hidden(form, "message_id"),
            "text": text,
            **fields,
        }
        answer = self.client.post("/chat", data=data)
        return answer.text


@pytest.fixture
def visitor(app: FastAPI) -> Iterator[Visitor]:
    with TestClient(app, client=("127.0.0.1", 50000)) as client:
        yield Visitor(client)


@pytest.fixture
def other_visitor(app: FastAPI, settings: Settings) -> Iterator[Visitor]:
    """Another browser, before another process of the same site."""
    with TestClient(create_app(settings), client=("127.0.0.1", 50001)) as client:
        yield Visitor(client)
