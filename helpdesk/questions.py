"""What a sender was asked for beside the conversation: a number, the words of a complaint, stars.

The answer never reaches Rasa: it is heard by `hearing`, which looks here. Functions of a session.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from core.privacy import Vault
from core.texts import Language
from dossiers.inserting import insert_into
from dossiers.proof import Sender
from helpdesk.models import DeskQuestion
from helpdesk.vocabulary import Awaited
from language.blocks import Block, from_dict, to_dict

ASKED_FOR = timedelta(minutes=30)
"""How long a question waits for its answer."""


def ask(
    session: Session,
    vault: Vault,
    sender: Sender,
    awaited: Awaited,
    now: datetime,
    *,
    language: Language,
    subject: str = "",
) -> None:
    """Await something of a sender; what was awaited before is not any more."""
    values = {
        "awaited": awaited,
        "subject": subject,
        "language": language,
        "until": now + ASKED_FOR,
        "answered_by": None,
        "reply": "",
    }
    row = {"channel": sender.channel, "sender": sender.key(vault), **values}
    put = insert_into(session, DeskQuestion).values(**row)
    session.execute(put.on_conflict_do_update(index_elements=["channel", "sender"], set_=values))


def asked(session: Session, vault: Vault, sender: Sender) -> DeskQuestion | None:
    """Return what was asked of a sender last, answered or not."""
    return session.get(DeskQuestion, (sender.channel, sender.key(vault)))


def answered(
    session: Session, vault: Vault, question: DeskQuestion, key: str, reply: Iterable[Block]
) -> bool:
    """Note that the message `key` answered a question, and by what it was replied to; tell whether
    it was the first to do so."""
    blocks = json.dumps([to_dict(block) for block in reply], ensure_ascii=False)
    done = session.execute(
        update(DeskQuestion)
        .where(
            DeskQuestion.channel == question.channel,
            DeskQuestion.sender == question.sender,
            DeskQuestion.until == question.until,
            DeskQuestion.answered_by.is_(None),
        )
        .values(answered_by=key, reply=vault.encrypt(blocks))
    )
    return int(done.rowcount) > 0  # type: ignore[attr-defined]


def reply_to(vault: Vault, question: DeskQuestion) -> tuple[Block, ...]:
    """Return what an answered question was replied with."""
    return tuple(from_dict(block) for block in json.loads(vault.decrypt(question.reply)))


def drop(session: Session, vault: Vault, sender: Sender) -> None:
    """Await nothing of a sender any more."""
    session.execute(
        delete(DeskQuestion).where(
            DeskQuestion.channel == sender.channel, DeskQuestion.sender == sender.key(vault)
        )
    )
