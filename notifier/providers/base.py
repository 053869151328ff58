"""What the notifier asks of a provider, and the closed set of what it may answer.

A provider's module turns its contract's codes and accidents into these words; what follows from
them is decided in `notifier.policy`, the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.privacy import Vault
from notifier.vocabulary import Advice, Outcome, Word


@dataclass(frozen=True)
class Request:
    """A message as a provider gets it. Never logged: it holds a number."""

    ref: str
    """Our name for the message: goes with every request, and comes back with every receipt."""
    attempt: int
    """Its number within the message, from 1."""
    to: str = field(repr=False)
    """E.164."""
    body: str = field(repr=False)
    valid_for: float
    """Seconds after which it is no longer news: the provider should not deliver it then."""
    delivery: int = 1
    """Which delivery of the message this is, from 1: a second one begins when a provider took the
    message over and could not reach the handset. A provider that takes a request under one id
    once must be given another id for another delivery, and for nothing else."""
    template: str = ""
    """Its template's key."""
    values: Mapping[str, str] | None = field(default=None, repr=False)
    """What fills its template, for providers that hold templates of their own; None where the
    template has no such form."""


@dataclass(frozen=True)
class Answer:
    """How a request ended."""

    outcome: Outcome
    provider_ref: str | None = None
    """The provider's name for the message, where it gave one."""
    code: str | None = None
    """The provider's error code, or the name of what broke."""
    http_status: int | None = None
    retry_after: float | None = None
    """Seconds that the provider asks us to wait."""
    advice: Advice = Advice.NOTHING


@dataclass(frozen=True)
class Inquiry:
    """A request that may have arrived, to be asked after."""

    request: Request
    started_at: datetime
    known_refs: frozenset[str] = frozenset()
    """The provider's names for what we know it has for this number: not the one sought."""
    may_send: bool = False
    """True if nothing forbids the message to leave now: then a provider that takes a request under
    one id once may be asked by sending it again."""


@dataclass(frozen=True)
class Found:
    """The provider has the message."""

    provider_ref: str
    word: Word
    code: str | None = None


@dataclass(frozen=True)
class Absent:
    """The provider answered, and does not have the message: it never arrived."""


@dataclass(frozen=True)
class NoTelling:
    """The provider could not be asked, or its answer does not settle it."""


Report = Found | Absent | NoTelling


class Forged(Exception):
    """A receipt whose signature or token is not what the provider would have sent."""


class Provider(Protocol):
    """One way of sending messages."""

    @property
    def name(self) -> str:
        """How settings and tables call it."""
        ...

    @property
    def real(self) -> bool:
        """True if messages reach people: then night is quiet and sample data stays at home."""
        ...

    @property
    def rate(self) -> float:
        """Messages per second that it takes from all processes together; 0: no limit known."""
        ...

    def carries(self, request: Request) -> bool:
        """Tell whether it has a form for this message at all."""
        ...

    async def send(self, request: Request) -> Answer:
        """Send once. Never raises for what a network or a provider may do, never retries."""
        ...

    async def look_up(self, inquiry: Inquiry) -> Report:
        """Find out whether a request arrived. Never raises either."""
        ...

    async def tend(self) -> None:
        """See to what runs out by itself, such as a token. Called now and then; never raises."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def receipt_token(vault: Vault, ref: str, attempt: int) -> str:
    """Return the proof, carried in an address called back, that we asked for this receipt."""
    return vault.index(f"{ref}:{attempt}", purpose="receipt")[:32]


def called_back_at(address: str, vault: Vault, ref: str, attempt: int) -> str:
    """Return `address` with the query by which a receipt for this request is known again.

    All of it is letters, digits, `-` and `_`: nothing is to be escaped.
    """
    return f"{address}?m={ref}&n={attempt}&k={receipt_token(vault, ref, attempt)}"


@dataclass(frozen=True)
class Heard:
    """A receipt as a provider's module has read it, proven genuine."""

    provider: str
    message_ref: str
    attempt: int
    provider_ref: str
    word: Word
    code: str | None = None
