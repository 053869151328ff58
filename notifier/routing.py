"""The route: which provider a message goes to. Pure, but for the providers that it holds.

A route has tiers, tried in order, and weights inside a tier: `zns, esms:70 twilio:30`. A message
moves on to another provider only when it surely did not leave through the last one: what may have
arrived is asked after where it may have arrived, and goes nowhere else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifier.policy import chance
from notifier.providers.base import Provider, Request
from notifier.vocabulary import Outcome

_WAY = re.compile(r"(?P<name>[a-z]+)(?::(?P<weight>\d+))?")


class InvalidRoute(ValueError):
    """A route that cannot be read; the text says why."""


@dataclass(frozen=True)
class Route:
    """Providers by tier: names with their weights. A weight of 0 keeps one for when the others of
    its tier are out of use."""

    tiers: tuple[Mapping[str, int], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every provider, in order."""
        return tuple(name for tier in self.tiers for name in tier)


def parse_route(text: str) -> Route:
    """Read a route: `zns, esms:70 twilio:30`. Raises `InvalidRoute`."""
    tiers: list[dict[str, int]] = []
    for part in text.split(","):
        tier: dict[str, int] = {}
        for word in part.split():
            match = _WAY.fullmatch(word)
            if match is None:
                raise InvalidRoute(f"{word!r} is not a provider, or a provider and its weight")
            if match["name"] in tier or any(match["name"] in known for known in tiers):
                raise InvalidRoute(f"{match['name']} stands twice")
            tier[match["name"]] = int(match["weight"] or 1)
        if not tier:
            raise InvalidRoute("a tier without a provider")
        tiers.append(tier)
    return Route(tuple(tiers))


@dataclass(frozen=True)
class Tried:
    """An earlier request of a message."""

    provider: str
    outcome: Outcome | None
    """None where nobody knows: the worker died."""


@dataclass(frozen=True)
class Choice:
    """Where a message goes."""

    provider: str
    elsewhere: bool = False
    """Another provider stands ready that has not failed with this message: should this one fail,
    the message need not wait."""
    last: bool = True
    """No other provider remains, should this one refuse the message for its own reasons."""


@dataclass(frozen=True)
class Wait:
    """Every provider that could take the message is out of use until then."""

    until: datetime


def choose(
    route: Route,
    *,
    key: str,
    carriers: frozenset[str],
    tried: Sequence[Tried] = (),
    closed: Mapping[str, datetime],
) -> Choice | Wait | None:
    """Return where a message goes, or None where no provider of the route can carry it.

    `key` is the message's: chance that is the same with every attempt. `carriers` have a form for
    it. `closed` names the providers out of use, and until when.
    """
    bound = _bound(tried)
    refused = {one.provider for one in tried if one.outcome is Outcome.REJECTED}
    able = [name for name in route.names if name in carriers and name not in refused]
    if bound is not None:
        # It may have arrived there: there or nowhere.
        able = [name for name in able if name == bound]
    if not able:
        return None
    ready = [name for name in able if name not in closed]
    if not ready:
        return Wait(min(closed[name] for name in able))
    failures = Counter(
        one.provider for one in tried if one.outcome in (Outcome.NOT_SENT, Outcome.THROTTLED)
    )
    fewest = min(failures[name] for name in ready)
    candidates = {name for name in ready if failures[name] == fewest}
    tier = next(tier for tier in route.tiers if candidates & tier.keys())
    provider = _draw({name: tier[name] for name in tier if name in candidates}, key)
    others = [name for name in ready if name != provider]
    return Choice(
        provider,
        elsewhere=any(not failures[name] for name in others),
        last=len(able) == 1,
    )


def _bound(tried: Sequence[Tried]) -> str | None:
    """Return the provider that may have the message, the latest if there were several."""
    for one in reversed(tried):
        if one.outcome in (Outcome.AMBIGUOUS, None):
            return one.provider
    return None


def _draw(weights: Mapping[str, int], key: str) -> str:
    """Return one of the names: by its weight, and always the same for the same key."""
    total = sum(weights.values())
    place = chance(f"route:{key}") * total
    for name, weight in weights.items():
        place -= weight
        if place < 0:
            return name
    # All weights are 0, or the place is the very end: the last that weighs anything.
    weighty = [name for name, weight in weights.items() if weight]
    return weighty[-1] if weighty else next(iter(weights))


@dataclass(frozen=True)
class Gateways:
    """The providers of an installation, and the route through them."""

    route: Route
    providers: Mapping[str, Provider]

    @classmethod
    def alone(cls, provider: Provider) -> Gateways:
        """Return a route of one."""
        return cls(Route(({provider.name: 1},)), {provider.name: provider})

    @property
    def real(self) -> bool:
        """True if messages reach people."""
        return any(provider.real for provider in self.providers.values())

    def carriers(self, request: Request) -> frozenset[str]:
        """Return which providers have a form for a message."""
        return frozenset(name for name, one in self.providers.items() if one.carries(request))

    async def tend(self) -> None:
        """See to what runs out by itself."""
        for provider in self.providers.values():
            await provider.tend()

    async def close(self) -> None:
        """Let go of connections."""
        for provider in self.providers.values():
            await provider.close()
