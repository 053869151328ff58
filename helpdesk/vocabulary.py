"""The words of the helpdesk, declared once: what a case is, where it stands, what is awaited, why
an answer was no help."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What somebody wants of an officer."""

    CHAT = "chat"
    """To talk here and now. While it lasts the bot is silent."""
    CALLBACK = "callback"
    """To be rung up."""
    COMPLAINT = "complaint"
    """To be heard by the hotline."""


class Topic(StrEnum):
    """What a complaint is about."""

    DELAY = "delay"
    MONEY = "money"
    """Money was asked for beside the fees."""
    OTHER = "other"


class CaseState(StrEnum):
    """Where a case stands: `open → taken → closed`, or `open → closed`."""

    OPEN = "open"
    """Nobody has taken it yet."""
    TAKEN = "taken"
    """One officer has, and nobody else can."""
    CLOSED = "closed"


class Author(StrEnum):
    """Who wrote a line."""

    CITIZEN = "citizen"
    OFFICER = "officer"
    SYSTEM = "system"


class Delivery(StrEnum):
    """What became of a line for the citizen."""

    WAITING = "waiting"
    """To be handed to the channel; tried again until it is taken, or surely never will be."""
    SENT = "sent"
    """The channel, or the page, has it."""
    FAILED = "failed"
    """Not delivered, or not known to be: the officer sees so and may write again."""


class Awaited(StrEnum):
    """What a sender was asked for, beside the conversation."""

    PHONE = "phone"
    """A number to ring back."""
    COMPLAINT = "complaint"
    """The words of a complaint."""
    STARS = "stars"
    """One to five, and a word, for the service on a dossier."""


class Reason(StrEnum):
    """Why an answer was no help."""

    OTHER_MATTER = "other_matter"
    """It answered something else."""
    UNCLEAR = "unclear"
    """It could not be understood."""
    INCOMPLETE = "incomplete"
    """Something was missing."""
    WRONG = "wrong"
    """It is not so."""


END = frozenset(
    {
        *("ket thuc", "ket thuc tro chuyen", "ket thuc trao doi", "thoat", "quay lai", "gap may"),
        *("quay lai hoi may", "bat dau lai", "end", "end chat", "quit", "exit", "start over"),
    }
)
"""What ends a talk with an officer, as a whole message, folded."""
CANCEL = END | {"thoi", "thoi khong", "huy", "huy bo", "khong", "khong can", "cancel", "no"}
"""What takes back a call-back or complaint before it is made, as a whole message, folded."""
