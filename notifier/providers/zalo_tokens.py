"""Zalo's tokens: an access token of about a day, and a refresh token that works once.

Every process sends with the same pair, so the pair lives in the database, encrypted. One process
at a time refreshes it: a lease on the row, not a transaction held open over HTTP. The old refresh
token is kept until its successor is committed; a successor that cannot be committed yet is kept in
memory and tried again, for it is the only one that works.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.clock import now as clock_now
from core.database import Sessions
from core.observability import get_logger
from core.privacy import UnreadableSecret, Vault
from core.settings import Settings
from notifier import outbox
from notifier.models import ProviderToken
from notifier.outbox import insert_new
from notifier.providers.wire import Broken, Wire

log = get_logger(__name__)

T = TypeVar("T")

PROVIDER = "zns"
REFRESH_PATH = "/v4/oa/access_token"

EARLY = timedelta(minutes=30)
"""Before an access token runs out, the next one is fetched."""
_LEASE = timedelta(seconds=30)
"""For which one process has the refreshing to itself; outlasts the request."""
_PATIENCE = 15.0
"""Seconds for which another process is waited for that has it."""
_LOOK = 0.1


class NotSignedIn(Exception):
    """There is no token that works; the text is a code of ours or Zalo's. A person must sign in."""


class NotNow(Exception):
    """The token could not be had just now. Nothing was sent."""


@dataclass(frozen=True)
class Pair:
    """What the database holds."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    version: int


class ZaloTokens:
    """Gives the access token to whoever sends, refreshed before it runs out."""

    def __init__(self, settings: Settings, sessions: Sessions, vault: Vault, wire: Wire) -> None:
        self._url = settings.zns_oauth_url.rstrip("/") + REFRESH_PATH
        self._app_id = settings.zns_app_id
        self._app_secret = settings.zns_app_secret
        self._sessions = sessions
        self._vault = vault
        self._wire = wire
        self._patience = settings.zns_timeout / 2
        self._me = secrets.token_hex(8)
        self._renewing: asyncio.Task[Pair] | None = None
        self._pair: Pair | None = None
        self._unsaved: Pair | None = None

    async def access(self, stale: str | None = None) -> str:
        """Return an access token that works, other than `stale`, which Zalo has refused.

        Raises `NotSignedIn` or `NotNow`.
        """
        pair = self._pair
        soon = clock_now() + EARLY
        if pair is None or not _good(pair, stale, soon) or self._unsaved is not None:
            # In a task of its own, one for all that wait: a sender whose time runs out must not
            # break off a request that spends the refresh token.
            if self._renewing is None or self._renewing.done():
                self._renewing = asyncio.create_task(self._renew(stale))
            try:
                async with asyncio.timeout(self._patience):
                    pair = await asyncio.shield(self._renewing)
            except TimeoutError:
                raise NotNow("slow") from None
        return pair.access

    async def settle(self) -> None:
        """Wait for a refreshing that is under way."""
        if self._renewing is not None:
            await asyncio.wait([self._renewing])

    async def close(self) -> None:
        """Let a refreshing end and close the connections, where nobody else uses them."""
        await self.settle()
        await self._wire.close()

    async def _renew(self, stale: str | None) -> Pair:
        if self._unsaved is not None:
            await self._save(self._unsaved)
        now = await self._in_database(outbox.database_now)
        if self._pair is None or not _good(self._pair, stale, now + EARLY):
            self._pair = await self._renewed(stale)
        return self._pair

    async def _renewed(self, stale: str | None) -> Pair:
        waited = 0.0
        while True:
            now = await self._in_database(outbox.database_now)
            pair = await self._in_database(lambda session: read_pair(session, self._vault))
            if pair is None:
                raise NotSignedIn("not_signed_in")
            if _good(pair, stale, now + EARLY):
                return pair
            if await asyncio.to_thread(self._lease, pair.version, now):
                return await self._refresh(pair)
            if _good(pair, stale, now):
                # Another process is at it, and this one serves meanwhile.
                return pair
            if waited >= _PATIENCE:
                raise NotNow("refreshing")
            await asyncio.sleep(_LOOK)
            waited += _LOOK

    def _lease(self, version: int, now: datetime) -> bool:
        row = ProviderToken
        with self._sessions.begin() as session:
            leased = session.execute(
                update(row)
                .where(
                    row.provider == PROVIDER,
                    row.version == version,
                    or_(row.lease_until.is_(None), row.lease_until < now),
                )
                .values(lease_until=now + _LEASE, lease_by=self._me)
                .returning(row.provider)
                .execution_options(synchronize_session=False)
            )
            return leased.first() is not None

    async def _refresh(self, old: Pair) -> Pair:
        form = {
            "refresh_token": old.refresh,
            "app_id": self._app_id,
            "grant_type": "refresh_token",
        }
        headers = {"secret_key": self._app_secret.get_secret_value()}
        try:
            reply = await self._wire.request("POST", self._url, data=form, headers=headers)
        except Broken as broken:
            # Whether it was spent shows with the next try.
            await self._give_back()
            raise NotNow(str(broken)) from broken
        said = reply.fields()
        access, refresh = said.get("access_token"), said.get("refresh_token")
        if not (isinstance(access, str) and isinstance(refresh, str) and access and refresh):
            await self._give_back()
            error = said.get("error")
            log.error("token refused", provider=PROVIDER, code=error, status=reply.status)
            if isinstance(error, int) and error != 0:
                raise NotSignedIn(str(error))
            raise NotNow(f"http_{reply.status}")
        now = await self._in_database(outbox.database_now)
        new = Pair(access, refresh, now + timedelta(seconds=_lasts(said)), old.version + 1)
        self._unsaved = new
        await self._save(new)
        return new

    async def _save(self, pair: Pair) -> None:
        """Commit a new pair. It is used even where that fails: it is the one that works."""

        def write(session: Session) -> bool:
            now = outbox.database_now(session)
            return write_pair(session, self._vault, pair, now)

        try:
            written = await self._in_database(write)
        except SQLAlchemyError as error:
            log.error("token not saved yet", provider=PROVIDER, error=type(error).__name__)
            return
        if not written:
            log.warning("token overtaken", provider=PROVIDER)
        self._unsaved = None

    async def _give_back(self) -> None:
        def release(session: Session) -> None:
            session.execute(
                update(ProviderToken)
                .where(ProviderToken.provider == PROVIDER, ProviderToken.lease_by == self._me)
                .values(lease_until=None, lease_by=None)
                .execution_options(synchronize_session=False)
            )

        await self._in_database(release)

    async def _in_database(self, work: Callable[[Session], T]) -> T:
        def run() -> T:
            with self._sessions.begin() as session:
                return work(session)

        return await asyncio.to_thread(run)


def _good(pair: Pair, stale: str | None, until: datetime) -> bool:
    return bool(pair.access) and pair.access != stale and pair.expires_at > until


def _lasts(said: dict[str, object]) -> float:
    """Return for how many seconds an access token holds: trusted where it is said, else a day."""
    try:
        return float(str(said.get("expires_in")))
    except ValueError:
        return 24 * 3600.0


def read_pair(session: Session, vault: Vault) -> Pair | None:
    """Return what the database holds, or None. Raises `NotSignedIn` for another key's text."""
    row = session.get(ProviderToken, PROVIDER, populate_existing=True)
    if row is None:
        return None
    try:
        access, refresh = vault.decrypt(row.access_enc), vault.decrypt(row.refresh_enc)
    except UnreadableSecret:
        raise NotSignedIn("unreadable") from None
    return Pair(access, refresh, row.expires_at, row.version)


def write_pair(session: Session, vault: Vault, pair: Pair, now: datetime) -> bool:
    """Write a pair over the one before it; return False if that one is there no more."""
    values = {
        "access_enc": vault.encrypt(pair.access),
        "refresh_enc": vault.encrypt(pair.refresh),
        "expires_at": pair.expires_at,
        "version": pair.version,
        "lease_until": None,
        "lease_by": None,
        "updated_at": now,
    }
    written = session.execute(
        update(ProviderToken)
        .where(ProviderToken.provider == PROVIDER, ProviderToken.version == pair.version - 1)
        .values(values)
        .returning(ProviderToken.provider)
        .execution_options(synchronize_session=False)
    )
    return written.first() is not None


class NoToken(ValueError):
    """What was given holds no refresh token."""


def sign_in(session: Session, vault: Vault, given: str, now: datetime) -> None:
    """Keep what Zalo's page gave: the JSON with both tokens, or the refresh token alone. Whatever
    was kept before is replaced. Raises `NoToken`."""
    text = given.strip()
    try:
        said = json.loads(text)
    except ValueError:
        said = {"refresh_token": text}
    refresh = said.get("refresh_token") if isinstance(said, dict) else None
    if not isinstance(refresh, str) or not refresh or refresh.split() != [refresh]:
        raise NoToken("no refresh_token in what was given")
    access = said.get("access_token")
    has_access = isinstance(access, str) and bool(access)
    row = session.get(ProviderToken, PROVIDER, with_for_update=True)
    version = row.version if row is not None else 0
    fresh = {
        "provider": PROVIDER,
        "access_enc": "",
        "refresh_enc": "",
        "expires_at": now,
        "version": 0,
        "updated_at": now,
    }
    session.execute(insert_new(session, ProviderToken, [fresh], "provider"))
    lasts = timedelta(seconds=_lasts(said)) if has_access else timedelta()
    pair = Pair(access if has_access else "", refresh, now + lasts, version + 1)
    if not write_pair(session, vault, pair, now):
        raise NoToken("the tokens were changed at the same moment: try again")
