"""Twilio's callbacks at the site's door: only genuine ones get in, and none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select, text
from twilio.request_validator import RequestValidator

from core.database import Base, Sessions
from core.privacy import Vault
from core.settings import Settings
from notifier.models import Receipt
from notifier.providers.twilio import callback_url
from notifier.vocabulary import Word
from web.app import create_app
from web.webhooks import FIELDS, FORGED, LARGEST

TOKEN = "a twilio token for tests only"
PUBLIC = "https://motcua.example.vn"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    changed = {"twilio_auth_token": SecretStr(TOKEN), "public_url": PUBLIC}
    return settings.model_copy(update=changed)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as made:
        yield made


def post(
    client: TestClient, url: str, form: dict[str, str], signed_with: str = TOKEN, **headers: str
) -> int:
    signature = RequestValidator(signed_with).compute_signature(url, form)
    parts = urlsplit(url)
    answer = client.post(
        f"{parts.path}?{parts.query}",
        data=form,
        headers={"X-Twilio-Signature": signature, **headers},
    )
    return answer.status_code


FORM = {"MessageSid": "SM1", "MessageStatus": "delivered", "AccountSid": "AC1"}


def test_a_genuine_receipt_is_stored_once(
    client: TestClient, sessions: Sessions, vault: Vault
) -> None:
    url = callback_url(PUBLIC, vault, "ref-1", 1)
    assert [post(client, url, FORM), post(client, url, FORM)] == [204, 204]
    with sessions() as session:
        [receipt] = session.scalars(select(Receipt)).all()
    assert (receipt.message_ref, receipt.attempt, receipt.word) == ("ref-1", 1, Word.DELIVERED)


def test_behind_a_proxy_the_public_address_counts(client: TestClient, vault: Vault) -> None:
    url = callback_url(PUBLIC, vault, "ref-1", 1)
    assert post(client, url, FORM, Host="10.0.0.7:8080") == 204


@pytest.mark.parametrize("case", ["other token", "changed form", "other message", "no signature"])
def test_forgeries_are_refused_and_counted(
    client: TestClient, sessions: Sessions, vault: Vault, case: str
) -> None:
    url = callback_url(PUBLIC, vault, "ref-1", 1)
    before = forged_count()
    if case == "other token":
        status = post(client, url, FORM, signed_with="guessed")
    elif case == "changed form":
        signature = RequestValidator(TOKEN).compute_signature(url, FORM)
        parts = urlsplit(url)
        status = client.post(
            f"{parts.path}?{parts.query}",
            data={**FORM, "MessageStatus": "failed"},
            headers={"X-Twilio-Signature": signature},
        ).status_code
    elif case == "other message":
        # Signed by Twilio's own key, for an address that we never gave out.
        status = post(client, url.replace("ref-1", "ref-2"), FORM)
    else:
        status = client.post(urlsplit(url).path, data=FORM).status_code
    assert status == 403
    with sessions() as session:
        assert session.scalars(select(Receipt)).all() == []
    assert forged_count() == before + 1


@pytest.mark.parametrize("attempt", ["²", "9" * 5000, "-1", ""])
def test_an_attempt_that_is_no_number_is_a_forgery_even_when_signed(
    client: TestClient, vault: Vault, attempt: str
) -> None:
    url = callback_url(PUBLIC, vault, "ref-1", 1).replace("n=1", "n=" + quote(attempt))
    assert post(client, url, FORM) == 403


@pytest.mark.parametrize("code", ["²", "9" * 5000, "x" * 500])
def test_an_error_code_that_is_no_number_is_stored_as_far_as_it_fits(
    client: TestClient, sessions: Sessions, vault: Vault, code: str
) -> None:
    url = callback_url(PUBLIC, vault, "ref-1", 1)
    form = {**FORM, "MessageStatus": "failed", "ErrorCode": code, "MessageSid": "S" * 500}
    assert post(client, url, form) == 204
    with sessions() as session:
        [receipt] = session.scalars(select(Receipt)).all()
    assert (receipt.code, receipt.provider_ref) == (code[:20], "S" * 80)


def forged_count() -> float:
    return sum(
        sample.value
        for metric in FORGED.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    )


def test_when_it_cannot_be_stored_twilio_is_asked_to_call_again(
    client: TestClient, sessions: Sessions, vault: Vault
) -> None:
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE receipt RENAME TO receipt_away"))
    url = callback_url(PUBLIC, vault, "ref-1", 1)
    assert post(client, url, FORM) == 503
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE receipt_away RENAME TO receipt"))
    assert post(client, url, FORM) == 204


def test_an_unsigned_site_takes_no_receipts(app: FastAPI, settings: Settings, vault: Vault) -> None:
    """Without a token an empty key would sign anything."""
    bare = create_app(settings.model_copy(update={"twilio_auth_token": SecretStr("")}))
    with bare.state.site.sessions.begin() as session:
        Base.metadata.create_all(session.connection())
    with TestClient(bare) as client:
        url = callback_url(PUBLIC, vault, "ref-1", 1)
        assert post(client, url, FORM, signed_with="") == 403


def test_what_is_too_much_is_not_read(client: TestClient, vault: Vault, sessions: Sessions) -> None:
    parts = urlsplit(callback_url(PUBLIC, vault, "ref-1", 1))
    flood = (b"x" * 1000 for _ in range(1 + LARGEST // 1000))  # its length is told by nobody
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(f"{parts.path}?{parts.query}", content=flood, headers=form)
    assert answer.status_code == 413
    many = {f"Field{n}": "" for n in range(FIELDS + 1)}
    assert post(client, f"{PUBLIC}{parts.path}?{parts.query}", many) == 400
    with sessions() as session:
        assert session.scalars(select(Receipt)).all() == []
