"""The notifier's words that more than one module uses: outcomes of a request, words of a receipt,
and why a message stands where it stands. Each is declared here once, with its meaning.
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a request to a provider ended. What follows is decided in `policy.after_answer`."""

    ACCEPTED = "accepted"
    """The provider has taken the message over. Wait for receipts."""
    NOT_SENT = "not_sent"
    """Surely nothing was taken over: no connection, or a refusal that is about us or the moment,
    not about the message. Try again later."""
    THROTTLED = "throttled"
    """The provider asks for patience and has taken nothing over. Try again when it says."""
    REJECTED = "rejected"
    """The provider will never take this message. Do not try again."""
    AMBIGUOUS = "ambiguous"
    """It may have been taken over: a time-out, a broken connection or answer. Ask, do not send."""


class Advice(StrEnum):
    """What else a provider's answer calls for, besides what becomes of the message."""

    NOTHING = "nothing"
    """Nothing else."""
    PAUSE_PROVIDER = "pause_provider"
    """The provider refuses us whatever we send: stop, tell the operator, keep messages queued."""
    OPT_OUT = "opt_out"
    """The recipient has told the provider that they want no messages: remember it."""
    OTHER_CHANNEL = "other_channel"
    """Refused for what this channel cannot do (no such account there, no approved template): surely
    not sent, and another channel may well."""


class CircuitChange(StrEnum):
    """What happened to the circuit of a provider."""

    OPENED = "opened"
    """It refuses us, or fails too often: left alone for a while."""
    PROBED = "probed"
    """Its while is over: a few messages try whether it is well."""
    CLOSED = "closed"
    """It is well again."""
    STOPPED = "stopped"
    """A person has taken it out of use."""
    RESUMED = "resumed"
    """A person has put it back into use."""


class Word(StrEnum):
    """What a receipt says, whatever the provider calls it."""

    ACCEPTED = "accepted"
    """It has the message."""
    SENT = "sent"
    """Handed to the network."""
    UNREACHABLE = "unreachable"
    """Not delivered: the handset was off or out of reach. Worth another try."""
    REFUSED = "refused"
    """Not delivered: the provider took it over and then refused us, whatever we send (an account
    suspended, a sender not registered). Leave the provider alone, and try again."""
    LOST = "lost"
    """Not delivered, by the provider's account, and it cannot say why. Worth one more try where
    twice beats never."""
    OPTED_OUT = "opted_out"
    """Not delivered: the recipient has told the provider that they want no messages."""
    UNDELIVERED = "undelivered"
    """Not delivered, and trying again would not help."""
    DELIVERED = "delivered"
    """Delivered, by the network's account."""


FAILING = frozenset({Word.UNREACHABLE, Word.REFUSED, Word.LOST, Word.OPTED_OUT, Word.UNDELIVERED})
"""Words that say that a request reached nobody."""

RANK = {Word.ACCEPTED: 0, Word.SENT: 1, **dict.fromkeys(FAILING, 2), Word.DELIVERED: 3}
"""Receipts come in any order: of one request, only what outranks what was heard before counts."""


class Verdict(StrEnum):
    """What a receipt did."""

    APPLIED = "applied"
    """It changed its message's state."""
    OVERTAKEN = "overtaken"
    """The same or better was known already."""
    CONFLICT = "conflict"
    """It contradicts the message's final state, which stands."""
    UNKNOWN = "unknown"
    """No message of ours has its reference."""


class Why(StrEnum):
    """Why an event was told or not, and why a message stands where it stands."""

    # --- of events -----------------------------------------------------------------------------
    TOLD = "told"
    """A message of its own tells of it."""
    IN_DIGEST = "in_digest"
    """One message tells of it and of other dossiers of the same person."""
    BACKLOG = "backlog"
    """Old news found by an office's first import: nobody is told."""
    NO_MOBILE = "no_mobile"
    """The applicant has no mobile number on file."""
    SUPERSEDED = "superseded"
    """Newer news of the same dossier was there before this could be told."""

    # --- of messages ---------------------------------------------------------------------------
    SAMPLE_DATA = "sample_data"
    """Invented data and a real provider."""
    OPTED_OUT = "opted_out"
    """The recipient wants no messages."""
    QUIET_HOURS = "quiet_hours"
    """People sleep."""
    HOURLY_CAP = "hourly_cap"
    """The recipient has had enough for this hour."""
    PROVIDER_PAUSED = "provider_paused"
    """Every provider that could take it is out of use for now."""
    RATE_LIMITED = "rate_limited"
    """Its provider takes no more just now."""
    OTHER_CHANNEL = "other_channel"
    """One channel cannot reach its recipient; the next one is tried."""
    NO_CHANNEL = "no_channel"
    """No provider of the route can carry it."""
    TOO_LATE = "too_late"
    """No longer news."""
    OPERATOR = "operator"
    """A person wanted it so."""
    BUDGET = "budget"
    """The day's budget is used up: it waits for the next day's, or for a person."""
    NUMBER_CHANGED = "number_changed"
    """The dossier has another number by now: what it says goes there instead."""
    UNREADABLE = "unreadable"
    """Its number or text cannot be decrypted with this installation's key, or be put together."""
    TRIED_ENOUGH = "tried_enough"
    """Every attempt that there is was made."""
    PROVIDER_REFUSED = "provider_refused"
    """The provider's code says why."""
    RETRYING = "retrying"
    """An attempt failed; another follows."""
    ASKING = "asking"
    """The provider is being asked whether it arrived."""
    WORKER_LOST = "worker_lost"
    """Its worker died or was too slow."""
    SHUTTING_DOWN = "shutting_down"
    """Its worker put it back before it ended."""
    NO_WORD = "no_word"
    """No receipt came."""
