"""Zalo's tokens: refreshed once whoever asks, kept through a crash, and never shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from core.database import Sessions
from core.privacy import Vault
from notifier.models import ProviderToken
from notifier.providers.wire import Wire
from notifier.providers.zalo_tokens import (
    NotNow,
    NoToken,
    NotSignedIn,
    ZaloTokens,
    read_pair,
    sign_in,
)
from tests.fakes.zns_server import FIRST_REFRESH, FakeZns
from tests.notifier.conftest import route_settings

MakeTokens = Callable[..., ZaloTokens]


@pytest.fixture
async def make_tokens(
    zns: FakeZns, sessions: Sessions, vault: Vault, tmp_path: Path
) -> AsyncIterator[MakeTokens]:
    """Makes what each process has of its own."""
    wires: list[Wire] = []

    def make(timeout: float = 10.0) -> ZaloTokens:
        settings = route_settings(tmp_path, "zns", zns_oauth_url=zns.base_url, zns_timeout=timeout)
        wires.append(Wire(timeout, 4))
        return ZaloTokens(settings, sessions, vault, wires[-1])

    yield make
    for wire in wires:
        await wire.close()


def signed_in(sessions: Sessions, vault: Vault, given: str = FIRST_REFRESH) -> None:
    with sessions.begin() as session:
        sign_in(session, vault, given, datetime.now(UTC))


def expire(sessions: Sessions, left: timedelta = timedelta()) -> None:
    with sessions.begin() as session:
        session.execute(update(ProviderToken).values(expires_at=datetime.now(UTC) + left))


async def test_the_first_use_fetches_a_token_and_keeps_both(
    sessions: Sessions, vault: Vault, zns: FakeZns, make_tokens: MakeTokens
) -> None:
    signed_in(sessions, vault)
    tokens = make_tokens()
    assert await tokens.access() == await tokens.access() == zns.access
    # Another process reads what the first has written.
    assert await make_tokens().access() == zns.access
    assert zns.refreshed == {FIRST_REFRESH: 1}
    with sessions() as session:
        pair = read_pair(session, vault)
        (row,) = session.scalars(select(ProviderToken))
    assert pair is not None
    assert (pair.access, pair.refresh) == (zns.access, zns.refresh)
    assert zns.refresh not in row.refresh_enc
    assert zns.access not in row.access_enc
    assert zns.refresh not in repr(pair)


async def test_many_that_ask_at_once_in_several_processes_spend_it_once(
    sessions: Sessions, vault: Vault, zns: FakeZns, make_tokens: MakeTokens
) -> None:
    signed_in(sessions, vault)
    zns.delay = 0.2
    several = [make_tokens() for _ in range(3)]
    got = await asyncio.gather(*(tokens.access() for tokens in several for _ in range(10)))
    assert set(got) == {zns.access}
    assert zns.refreshed == {FIRST_REFRESH: 1}


async def test_it_is_refreshed_before_it_runs_out_and_serves_meanwhile(
    sessions: Sessions, vault: Vault, zns: FakeZns, make_tokens: MakeTokens
) -> None:
    signed_in(sessions, vault)
    old = await make_tokens().access()
    expire(sessions, timedelta(minutes=10))
    zns.delay = 0.5
    first, second = make_tokens(), make_tokens()
    got = await asyncio.gather(first.access(), second.access())
    assert zns.access in got
    assert set(got) <= {old, zns.access}
    assert set(zns.refreshed.values()) == {1}


async def test_a_token_that_zalo_refuses_is_replaced_once(
    sessions: Sessions, vault: Vault, zns: FakeZns, make_tokens: MakeTokens
) -> None:
    signed_in(sessions, vault)
    tokens = make_tokens()
    stale = await tokens.access()
    got = await asyncio.gather(*(tokens.access(stale=stale) for _ in range(5)))
    assert set(got) == {zns.access} != {stale}
    assert set(zns.refreshed.values()) == {1}


async def test_without_a_token_a_person_is_asked(
    sessions: Sessions, vault: Vault, zns: FakeZns, make_tokens: MakeTokens
) -> None:
    with pytest.raises(NotSignedIn, match="not_signed_in"):
        await make_tokens().access()
    signed_in(sessions, vault, "spent-long-ago")
    with pytest.raises(NotSignedIn, match="-14020"):
        await make_tokens().access()
    # The lease was given back: after signing in there is nothing to wait for.
    signed_in(sessions, vault)
    assert await make_tokens().access() == zns.access


async def test_a_service_in_trouble_costs_no_token(
    sessions: Sessions, vault: Vault, zns: FakeZns, make_tokens: MakeTokens
) -> None:
    signed_in(sessions, vault)
    zns.oauth = "error"
    tokens = make_tokens()
    with pytest.raises(NotNow):
        await tokens.access()
    with sessions() as session:
        pair = read_pair(session, vault)
    assert pair is not None
    assert pair.refresh == FIRST_REFRESH
    zns.oauth = "well"
    assert await tokens.access() == zns.access


async def test_a_sender_whose_time_runs_out_does_not_break_the_refreshing_off(
    sessions: Sessions, vault: Vault, zns: FakeZns, make_tokens: MakeTokens
) -> None:
    signed_in(sessions, vault)
    zns.delay = 0.6
    tokens = make_tokens(timeout=0.8)
    with pytest.raises(NotNow):
        await tokens.access()
    zns.delay = 0.0
    await tokens.settle()
    assert await tokens.access() == zns.access
    assert zns.refreshed == {FIRST_REFRESH: 1}


async def test_a_token_that_cannot_be_saved_is_used_and_saved_later(
    sessions: Sessions, vault: Vault, zns: FakeZns, make_tokens: MakeTokens
) -> None:
    """The old one is spent: the new one must not be lost for a database that is away."""
    signed_in(sessions, vault)
    tokens = make_tokens()
    real = tokens._save
    tries = 0

    async def saving(pair):  # type: ignore[no-untyped-def]
        nonlocal tries
        tries += 1
        if tries == 1:
            rename(sessions, "provider_token", "away")
        try:
            await real(pair)
        finally:
            if tries == 1:
                rename(sessions, "away", "provider_token")

    tokens._save = saving  # type: ignore[method-assign]
    assert await tokens.access() == zns.access
    with sessions() as session:
        before = read_pair(session, vault)
    assert before is not None
    assert before.refresh == FIRST_REFRESH
    assert await tokens.access() == zns.access
    with sessions() as session:
        pair = read_pair(session, vault)
    assert pair is not None
    assert (pair.refresh, tries) == (zns.refresh, 2)
    assert zns.refreshed == {FIRST_REFRESH: 1}


def rename(sessions: Sessions, old: str, new: str) -> None:
    with sessions.begin() as session:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_the_lease_of_a_process_that_died_runs_out(
    sessions: Sessions, vault: Vault, zns: FakeZns, make_tokens: MakeTokens
) -> None:
    signed_in(sessions, vault)
    now = datetime.now(UTC)
    with sessions.begin() as session:
        session.execute(
            update(ProviderToken).values(lease_by="dead", lease_until=now + timedelta(hours=1))
        )
    with pytest.raises(NotNow):
        await make_tokens(timeout=0.6).access()
    with sessions.begin() as session:
        session.execute(update(ProviderToken).values(lease_until=now - timedelta(seconds=1)))
    assert await make_tokens().access() == zns.access


@pytest.mark.parametrize("given", ["", "two words", "{}", '{"refresh_token": ""}', "[1]", "null"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_holds_no_token_is_refused(sessions: Sessions, vault: Vault, given: str) -> None:
    with sessions.begin() as session, pytest.raises(NoToken):
        sign_in(session, vault, given, datetime.now(UTC))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_both_tokens_may_be_given(
    sessions: Sessions, vault: Vault, zns: FakeZns, make_tokens: MakeTokens
) -> None:
    given = {"access_token": "access-0", "refresh_token": FIRST_REFRESH, "expires_in": "90000"}
    signed_in(sessions, vault, json.dumps(given))
    assert await make_tokens().access() == "access-0"
    assert zns.refreshed == {}
