"""eSMS's and Zalo's callbacks at the site's door: only genuine ones get in, and none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select, text

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from notifier.models import Receipt
from notifier.providers import esms, zns
from notifier.vocabulary import Word
from tests.fakes.zns_server import APP_ID, OA_SECRET, FakeZns, Taken, signed
from web.webhooks import FORGED, LARGEST

PUBLIC = "https://motcua.example.vn"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    changed = {
        "public_url": PUBLIC,
        "zns_app_id": APP_ID,
        "zns_oa_secret": SecretStr(OA_SECRET),
    }
    return settings.model_copy(update=changed)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as made:
        yield made


def receipts(sessions: Sessions) -> list[tuple[str, str, int, Word]]:
    with sessions() as session:
        rows = session.scalars(select(Receipt).order_by(Receipt.id))
        return [(one.provider, one.message_ref, one.attempt, one.word) for one in rows]


def forged(provider: str) -> float:
    return sum(
        sample.value
        for metric in FORGED.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["provider"] == provider
    )


def esms_call(client: TestClient, vault: Vault, said: str = "", **changes: str) -> int:
    parts = urlsplit(esms.callback_url(PUBLIC, vault, "ref-1", 1))
    query = parts.query
    for name, wrong in changes.items():
        query = query.replace(f"{name}=", f"{name}={wrong}")
    tail = said or "SendStatus=5&SendSuccess=1&SendFailed=0&RequestId=&TypeId=2"
    return client.get(f"{parts.path}?{query}&SMSID=abc&{tail}").status_code


def test_an_esms_callback_is_stored_once(
    client: TestClient, sessions: Sessions, vault: Vault
) -> None:
    assert [esms_call(client, vault) for _ in range(5)] == [200] * 5
    assert receipts(sessions) == [("esms", "ref", 1, Word.DELIVERED)]


@pytest.mark.parametrize("count", ["9" * 5000, "²", ""])
def test_a_count_that_is_no_number_is_none(
    client: TestClient, sessions: Sessions, vault: Vault, count: str
) -> None:
    said = f"SendStatus=5&SendSuccess={count}&SendFailed=0"
    assert esms_call(client, vault, said) == 200
    assert receipts(sessions) == [("esms", "ref", 1, Word.SENT)]


@pytest.mark.parametrize("changes", [{"k": "0"}, {"m": "x"}, {"n": "1"}])
def test_an_esms_callback_that_was_guessed_is_refused_and_counted(
    client: TestClient, sessions: Sessions, vault: Vault, changes: dict[str, str]
) -> None:
    before = forged("esms")
    assert esms_call(client, vault, **changes) == 403
    assert client.get(f"{esms.CALLBACK_PATH}?SendStatus=5&SendSuccess=1").status_code == 403
    assert receipts(sessions) == []
    assert forged("esms") == before + 2


TAKEN = Taken("15a0cc0bbb13bd4ce403", "84912345678", "101", {"code": "H60-1"}, "ref-1")
BODY = FakeZns().event(TAKEN)


def zalo_call(client: TestClient, body: bytes = BODY, headers: dict[str, str] | None = None) -> int:
    sent = signed(body) if headers is None else headers
    return client.post(zns.CALLBACK_PATH, content=body, headers=sent).status_code


def test_a_zalo_event_is_stored_once(client: TestClient, sessions: Sessions) -> None:
    assert [zalo_call(client) for _ in range(3)] == [200] * 3
    assert receipts(sessions) == [("zns", "ref", 1, Word.DELIVERED)]


def test_what_is_not_about_our_messages_is_only_acknowledged(
    client: TestClient, sessions: Sessions
) -> None:
    """Else Zalo would send it for twelve hours, and then switch the webhook off."""
    assert zalo_call(client, FakeZns().event(TAKEN, name="follow")) == 200
    assert receipts(sessions) == []


@pytest.mark.parametrize("case", ["other secret", "changed body", "no signature", "no JSON"])
def test_a_forged_zalo_event_is_refused_and_counted(
    client: TestClient, sessions: Sessions, case: str
) -> None:
    before = forged("zns")
    status = {
        "other secret": lambda: zalo_call(client, headers=signed(BODY, "guessed")),
        "changed body": lambda: zalo_call(client, BODY.replace(b"ref-1", b"ref-2"), signed(BODY)),
        "no signature": lambda: zalo_call(client, headers={}),
        "no JSON": lambda: zalo_call(client, b"{"),
    }[case]()
    assert status == 403
    assert receipts(sessions) == []
    assert forged("zns") == before + 1


def test_a_site_without_zalos_secret_takes_no_events(app: FastAPI, settings: Settings) -> None:
    """Without a secret anybody could sign."""
    bare = settings.model_copy(update={"zns_oa_secret": SecretStr("")})
    headers = {name.lower(): value for name, value in signed(BODY, "").items()}
    with pytest.raises(zns.Forged):
        zns.read_event(bare, BODY, headers)


def test_an_endless_event_is_not_read(client: TestClient) -> None:
    body = b"x" * (LARGEST + 1)
    assert zalo_call(client, body) == 413
    assert client.post(zns.CALLBACK_PATH, content=iter([body])).status_code == 413


def test_when_it_cannot_be_stored_the_provider_is_asked_to_call_again(
    client: TestClient, sessions: Sessions, vault: Vault
) -> None:
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE receipt RENAME TO receipt_away"))
    assert (zalo_call(client), esms_call(client, vault)) == (503, 503)
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE receipt_away RENAME TO receipt"))
    assert (zalo_call(client), esms_call(client, vault)) == (200, 200)
    assert len(receipts(sessions)) == 2
