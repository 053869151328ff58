"""A message's life: its states, what moves it from one to another, and why; nothing else.

One table, read by everything that changes a message. The change itself, compare-and-set on
(state, epoch), is made in `outbox`; what to do about a provider's answer is decided in `policy`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    """Planned; goes out when its time has come."""
    HELD = "held"
    """Kept back by a person, or for want of budget, until released."""
    LEASED = "leased"
    """Claimed by one worker; nothing has left the house."""
    SENDING = "sending"
    """Its request is on the wire, or was when the worker died."""
    UNCERTAIN = "uncertain"
    """The request may have arrived: to be asked after, not sent again."""
    ACCEPTED = "accepted"
    """The provider has taken it over and named it."""
    SENT = "sent"
    """The provider has handed it to the network."""
    DELIVERED = "delivered"
    """The network says it has it. In Vietnam that is the operator's word, not the handset's."""
    UNDELIVERED = "undelivered"
    """The network says it could not deliver it."""
    UNCONFIRMED = "unconfirmed"
    """No word came after acceptance. Not a failure: receipts are not guaranteed."""
    UNCERTAIN_FINAL = "uncertain_final"
    """Nobody can tell whether it left, and sending twice is worse: for a person to look at."""
    FAILED = "failed"
    """The provider refused it for good, or it could not be put together."""
    SUPPRESSED = "suppressed"
    """Must not be sent: opted out, or sample data."""
    EXPIRED = "expired"
    """Too old to be news before it could be sent."""
    CANCELLED = "cancelled"
    """Overtaken by newer news, taken into a digest, or withdrawn by a person."""
    INVALID = "invalid"
    """Its number cannot be a mobile number."""


class Cause(StrEnum):
    """What makes a message change its state."""

    CLAIM = "claim"
    """A worker takes it."""
    LAPSE = "lapse"
    """Its worker did not come back in time."""
    GIVE_BACK = "give_back"
    """Its worker puts it back unsent: shutting down, or the hour or the recipient forbids now."""
    HOLD = "hold"
    """A person or the budget keeps it back."""
    RELEASE = "release"
    """A person or the budget lets it go."""
    SUPPRESS = "suppress"
    """The recipient wants none, or the data is sample data."""
    EXPIRE = "expire"
    """It has outlived its use."""
    CANCEL = "cancel"
    """It has been overtaken or withdrawn."""
    REFUSE_NUMBER = "refuse_number"
    """Its number is none."""
    SEND = "send"
    """Its request is about to leave; committed before it does."""
    ACCEPT = "accept"
    """The provider says yes, now or when asked afterwards."""
    NOT_SENT = "not_sent"
    """Surely nothing reached the provider, or it said: not now."""
    REJECT = "reject"
    """The provider says no for good."""
    DOUBT = "doubt"
    """No telling whether the request arrived."""
    ABSENT = "absent"
    """The provider, asked afterwards, does not have it; or policy prefers twice to never."""
    GIVE_UP = "give_up"
    """It cannot be found out, and policy prefers never to twice."""
    HEAR_SENT = "hear_sent"
    """A receipt: handed to the network."""
    HEAR_DELIVERED = "hear_delivered"
    """A receipt: delivered."""
    HEAR_UNDELIVERED = "hear_undelivered"
    """A receipt: not delivered, for good."""
    UNREACHABLE = "unreachable"
    """A receipt: not delivered, but worth another try later: the handset was off, or the provider
    refused us and not the message."""
    SILENCE = "silence"
    """No receipt within the time that receipts take."""


class Transition(NamedTuple):
    """A line of the table."""

    origin: State
    cause: Cause
    target: State
    why: str


_S, _C = State, Cause


def _from(
    origins: Iterable[State], cause: Cause, target: State, why: str
) -> tuple[Transition, ...]:
    return tuple(Transition(origin, cause, target, why) for origin in origins)


_WAITING = (_S.QUEUED, _S.HELD)
_UNSENT = (*_WAITING, _S.LEASED)
_ON_THE_WAY = (_S.SENDING, _S.UNCERTAIN)
# A request that was in doubt, or whose handset was off, may have gone back to wait: word that it
# arrived after all comes in time to stop the second one.
_BEFORE_WORD = (*_UNSENT, *_ON_THE_WAY)
_LATE = (_S.UNCONFIRMED, _S.UNCERTAIN_FINAL)

TABLE: tuple[Transition, ...] = (
    Transition(_S.QUEUED, _C.CLAIM, _S.LEASED, "a worker takes it"),
    Transition(_S.QUEUED, _C.HOLD, _S.HELD, "kept back"),
    Transition(_S.HELD, _C.RELEASE, _S.QUEUED, "let go"),
    Transition(_S.LEASED, _C.LAPSE, _S.QUEUED, "nothing left the house: always safe"),
    Transition(_S.LEASED, _C.GIVE_BACK, _S.QUEUED, "put back unsent"),
    *_from(_UNSENT, _C.SUPPRESS, _S.SUPPRESSED, "must not be sent"),
    *_from(_UNSENT, _C.EXPIRE, _S.EXPIRED, "no longer news"),
    *_from(_UNSENT, _C.CANCEL, _S.CANCELLED, "overtaken or withdrawn"),
    *_from(_UNSENT, _C.REFUSE_NUMBER, _S.INVALID, "no mobile number"),
    Transition(_S.LEASED, _C.REJECT, _S.FAILED, "could not be put together"),
    Transition(_S.LEASED, _C.SEND, _S.SENDING, "intent is durable before the effect"),
    Transition(_S.SENDING, _C.ACCEPT, _S.ACCEPTED, "the provider has it"),
    Transition(_S.SENDING, _C.NOT_SENT, _S.QUEUED, "surely not sent: try again later"),
    Transition(_S.SENDING, _C.REJECT, _S.FAILED, "refused for good"),
    Transition(_S.SENDING, _C.DOUBT, _S.UNCERTAIN, "time-out, reset or a broken answer"),
    Transition(_S.SENDING, _C.LAPSE, _S.UNCERTAIN, "the worker died with the request on the wire"),
    Transition(_S.UNCERTAIN, _C.ACCEPT, _S.ACCEPTED, "found at the provider"),
    Transition(_S.UNCERTAIN, _C.ABSENT, _S.QUEUED, "not at the provider, or twice beats never"),
    Transition(_S.UNCERTAIN, _C.GIVE_UP, _S.UNCERTAIN_FINAL, "never beats twice"),
    *_from(_UNSENT, _C.ACCEPT, _S.ACCEPTED, "an earlier request had arrived after all"),
    *_from(_BEFORE_WORD, _C.HEAR_SENT, _S.SENT, "word came before, or instead of, the answer"),
    *_from(_BEFORE_WORD, _C.HEAR_DELIVERED, _S.DELIVERED, "word came before the answer"),
    *_from(_ON_THE_WAY, _C.HEAR_UNDELIVERED, _S.UNDELIVERED, "word came before the answer"),
    Transition(_S.ACCEPTED, _C.HEAR_SENT, _S.SENT, "handed to the network"),
    *_from((_S.ACCEPTED, _S.SENT), _C.HEAR_DELIVERED, _S.DELIVERED, "the network has it"),
    *_from((_S.ACCEPTED, _S.SENT), _C.HEAR_UNDELIVERED, _S.UNDELIVERED, "the network gave up"),
    *_from(
        (*_ON_THE_WAY, _S.ACCEPTED, _S.SENT),
        _C.UNREACHABLE,
        _S.QUEUED,
        "surely not delivered, and worth another try",
    ),
    *_from((_S.ACCEPTED, _S.SENT), _C.SILENCE, _S.UNCONFIRMED, "receipts are not guaranteed"),
    *_from(_LATE, _C.HEAR_DELIVERED, _S.DELIVERED, "the truth came late"),
    *_from(_LATE, _C.HEAR_UNDELIVERED, _S.UNDELIVERED, "the truth came late"),
    Transition(_S.UNCERTAIN_FINAL, _C.HEAR_SENT, _S.UNCONFIRMED, "it left, as we now know"),
    Transition(_S.UNCERTAIN_FINAL, _C.ACCEPT, _S.UNCONFIRMED, "it left, as we now know"),
)
"""Every change there is. What is not in it does not happen."""

_NEXT = {(line.origin, line.cause): line.target for line in TABLE}

FINAL = frozenset(
    {
        _S.DELIVERED,
        _S.UNDELIVERED,
        _S.UNCONFIRMED,
        _S.UNCERTAIN_FINAL,
        _S.FAILED,
        _S.SUPPRESSED,
        _S.EXPIRED,
        _S.CANCELLED,
        _S.INVALID,
    }
)
"""From here nothing is ever sent. `unconfirmed` and `uncertain_final` still learn from a late
receipt; the others change no more."""

UNSENT = frozenset(_UNSENT)
"""Nothing of the present attempt has left the house: may still be cancelled, held or dropped."""


class IllegalTransition(Exception):
    """The table knows no such change."""


def next_state(origin: State, cause: Cause) -> State | None:
    """Return where `cause` takes a message in `origin`, or None where it changes nothing."""
    return _NEXT.get((origin, cause))


def require(origin: State, cause: Cause) -> State:
    """Return where `cause` takes a message in `origin`. Raises `IllegalTransition` if nowhere."""
    target = next_state(origin, cause)
    if target is None:
        raise IllegalTransition(f"{origin} does not change by {cause}")
    return target


def origins(cause: Cause) -> frozenset[State]:
    """Return the states that `cause` changes."""
    return frozenset(line.origin for line in TABLE if line.cause is cause)
