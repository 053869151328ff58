"""The public door of the channels, and what Rasa's server may ask of the site."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.lifecycle import Status
from dossiers.models import Dossier
from dossiers.proof import Sender, proof_print
from language import signing
from notifier.models import Receipt
from notifier.providers.zalo_tokens import sign_in
from tests.fakes.rasa_server import FakeRasa
from tests.web.conftest import CHANNEL_SECRET
from tests.web.dossiers import CODE as DOSSIER
from tests.web.dossiers import RIGHT, add_dossier
from web.app import create_app
from web.platforms import CHANNELS, LARGEST

CODE = "H60.12.01-261016-0001"


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as made:
        yield made


# --- the door ------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_an_event_goes_on_to_rasa_as_it_came(
    client: TestClient, rasa: FakeRasa, channel: str
) -> None:
    body = '{"text": "Sổ đỏ",  "x": 1}'.encode()
    answer = client.post(
        f"/webhooks/{channel}/webhook?a=1&b=%20",
        content=body,
        headers={"X-Hub-Signature-256": "sha256=00", "Cookie": "a=b", "Content-Type": "text/x"},
    )
    (event,) = rasa.events
    assert answer.status_code == 200
    assert (event.channel, event.query, event.body) == (channel, "a=1&b=%20", body)
    headers = {name.lower(): value for name, value in event.headers.items()}
    assert headers["x-hub-signature-256"] == "sha256=00"
    assert headers["content-type"] == "text/x"
    assert "cookie" not in headers


@pytest.mark.parametrize("channel", ["web", "rest", "socketio", "..%2fmodel", "conversations"])
def test_nothing_else_of_rasas_is_reached(client: TestClient, rasa: FakeRasa, channel: str) -> None:
    assert client.post(f"/webhooks/{channel}/webhook", content=b"{}").status_code in (404, 405)
    assert rasa.events == []


def test_an_oversized_event_is_refused_here(client: TestClient, rasa: FakeRasa) -> None:
    def without_length() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * (LARGEST // 10)

    for content in (b"x" * (LARGEST + 1), without_length()):
        assert client.post("/webhooks/zalo/webhook", content=content).status_code == 413
    assert rasa.events == []


def test_while_rasa_is_away_the_platform_is_to_try_again(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    app = create_app(settings.model_copy(update={"rasa_port": free}))
    with TestClient(app) as client:
        assert client.post("/webhooks/zalo/webhook", content=b"{}").status_code == 503


# --- what Rasa's server asks ----------------------------------------------------------------------


def ask(client: TestClient, question: dict[str, Any], header: str | None = None) -> Any:
    body = json.dumps(question).encode()
    signed = signing.sign(body, CHANNEL_SECRET, int(time.time())) if header is None else header
    return client.post("/internal/proof", content=body, headers={signing.HEADER: signed})


def test_digits_are_checked_where_they_were_asked_for(
    client: TestClient, app: FastAPI, sessions: Sessions, vault: Vault
) -> None:
    now = datetime.now(UTC)
    with sessions.begin() as session:
        session.add(
            Dossier(
                code=CODE,
                procedure_code="1.013978",
                procedure_name="Đăng ký lần đầu",
                status=Status.PROCESSING,
                received_at=now,
                moved_at=now,
                proofs=[proof_print(vault, CODE, "4321")],
                created_at=now,
                updated_at=now,
            )
        )
    said = {"channel": "zalo", "sender": "7001", "nonce": "1"}
    assert ask(client, {**said, "digits": "4321"}).json() == {"outcome": None}
    app.state.site.proofs.ask(Sender("zalo", "7001"), CODE, now)
    assert ask(client, {**said, "digits": "1111"}).json() == {"outcome": "refused"}
    assert ask(client, {**said, "digits": "0912 004 321"}).json() == {"outcome": "verified"}
    # Beside a code they need not have been asked for, and count for that code alone.
    unasked = {"channel": "zalo", "sender": "7003", "code": CODE, "digits": "4321"}
    other_code = CODE[:-1] + ("1" if CODE[-1] != "1" else "2")
    assert ask(client, {**unasked, "code": other_code}).json() == {"outcome": "refused"}
    assert ask(client, unasked).json() == {"outcome": "verified"}
    with sessions() as session:
        seen = app.state.site.proofs.seen_by(session, Sender("zalo", "7001"), datetime.now(UTC))
        other = app.state.site.proofs.seen_by(session, Sender("zalo", "7002"), datetime.now(UTC))
    assert (len(seen), len(other)) == (1, 0)


def test_a_one_time_code_is_tried_before_the_four_digits(
    client: TestClient, app: FastAPI, sessions: Sessions, vault: Vault
) -> None:
    id_, now = add_dossier(sessions, vault), datetime.now(UTC)
    sender = Sender("zalo", "7001")
    with sessions.begin() as session:
        made = app.state.site.codes.make(session, sender, id_, now)
    wrong = f"{(int(made.code) + 1) % 10**6:06}"
    said = {"channel": "zalo", "sender": "7001"}
    outcomes = [
        ask(client, {**said, "nonce": given, "digits": given}).json()["outcome"]
        for given in (wrong, f" {made.code[:3]} {made.code[3:]} ", made.code)
    ]
    assert outcomes == ["code_wrong", "code_verified", None]
    with sessions() as session:
        assert app.state.site.codes.may_decide(session, sender, id_, datetime.now(UTC))


def test_four_digits_go_to_the_dossier_asked_about_though_a_code_is_awaited(
    client: TestClient, app: FastAPI, sessions: Sessions, vault: Vault
) -> None:
    id_, now = add_dossier(sessions, vault), datetime.now(UTC)
    sender = Sender("zalo", "7001")
    with sessions.begin() as session:
        app.state.site.codes.make(session, sender, id_, now)
    app.state.site.proofs.ask(sender, DOSSIER, now)
    question = {"channel": "zalo", "sender": "7001", "nonce": "1", "digits": RIGHT}
    assert ask(client, question).json() == {"outcome": "verified"}


@pytest.mark.parametrize("case", ["none", "forged", "stale", "twice"])
def test_nobody_else_may_ask(client: TestClient, case: str) -> None:
    question = {"channel": "zalo", "sender": "7001", "digits": "4321", "nonce": case}
    body, now = json.dumps(question).encode(), int(time.time())
    header = {
        "none": "",
        "forged": signing.sign(body, "another secret", now),
        "stale": signing.sign(body, CHANNEL_SECRET, now - 1000),
        "twice": signing.sign(body, CHANNEL_SECRET, now),
    }[case]
    if case == "twice":
        assert ask(client, question, header).status_code == 200
    assert ask(client, question, header).status_code == 404


# --- Zalo: one app that chats and sends -----------------------------------------------------------


@pytest.fixture
def zalo(app: FastAPI) -> FastAPI:
    """The site of an office whose Official Account is set up."""
    changed = {"zns_app_id": "app", "zns_oa_secret": SecretStr("oa-secret")}
    for name, value in changed.items():
        setattr(app.state.site.settings, name, value)
    return app


def zalo_event(name: str, **message: str) -> tuple[bytes, dict[str, str]]:
    event = {"event_name": name, "app_id": "app", "message": message, "timestamp": "1"}
    body = json.dumps(event).encode()
    mac = sha256(b"app" + body + b"1" + b"oa-secret").hexdigest()
    return body, {"X-ZEvent-Signature": f"mac={mac}"}


@pytest.mark.usefixtures("zalo")
def test_receipts_that_come_to_the_chats_address_are_taken(
    client: TestClient, rasa: FakeRasa, sessions: Sessions
) -> None:
    body, headers = zalo_event("user_received_message", tracking_id="ref-0123456789-1", msg_id="m")
    url = "/webhooks/zalo/webhook"
    assert client.post(url, content=body, headers=headers).status_code == 200
    assert client.post(url, content=body).status_code == 403
    with sessions() as session:
        assert len(session.scalars(select(Receipt)).all()) == 1
    body, headers = zalo_event("user_send_text", text="chào", msg_id="m")
    assert client.post(url, content=body, headers=headers).status_code == 200
    assert [event.body for event in rasa.events] == [body]


def test_the_chat_gets_the_accounts_token_and_nobody_else(
    client: TestClient, sessions: Sessions, vault: Vault
) -> None:
    def token(question: dict[str, str], secret: str = CHANNEL_SECRET) -> Any:
        body = json.dumps(question).encode()
        signed = signing.sign(body, secret, int(time.time()))
        return client.post("/internal/zalo-token", content=body, headers={signing.HEADER: signed})

    assert token({"refused": "", "nonce": "1"}).status_code == 503, "nobody has signed in"
    given = json.dumps({"access_token": "a-1", "refresh_token": "r-1", "expires_in": "90000"})
    with sessions.begin() as session:
        sign_in(session, vault, given, datetime.now(UTC))
    assert token({"refused": "", "nonce": "2"}).json() == {"token": "a-1"}
    assert token({"refused": "", "nonce": "3"}, "another secret").status_code == 404
