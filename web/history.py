"""Keeps and reads the turns of a conversation, and forgets them in time."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from core.database import Sessions
from core.privacy import Vault
from core.texts import Language
from language.blocks import Block, from_dict, to_dict
from language.english import is_english
from language.folding import has_marks
from web.models import ChatTurn

KEPT_FOR = timedelta(hours=24)
"""How long a turn stays readable on the page. Said in the page's privacy notice."""
SHOWN = 50
"""The latest turns that a page shows."""
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Turn:
    """A turn as the page shows it."""

    message_id: str
    said: str
    answer: tuple[Block, ...]
    at: datetime

    @property
    def language(self) -> Language:
        """The language of the answer, or of words that only an officer is to answer; a page must
        name it. English answers hold Vietnamese names of offices and papers; Vietnamese without
        most of its marks is none of ours."""
        if not self.answer:
            return "en" if is_english(self.said) else "vi"
        said = " ".join(block.text for block in self.answer if block.kind in ("text", "ask_proof"))
        words = _WORD.findall(said)
        unmarked = sum(map(has_marks, words)) < len(words) / 3
        return "en" if unmarked or is_english(said) else "vi"


class History:
    """The turns of all conversations, by conversation."""

    def __init__(self, sessions: Sessions, vault: Vault) -> None:
        self._sessions = sessions
        self._vault = vault

    def turns(self, conversation: str, now: datetime, most: int | None = SHOWN) -> list[Turn]:
        """Return the latest turns of a conversation, or with None all, the oldest first."""
        query = (
            select(ChatTurn)
            .where(ChatTurn.conversation == conversation, ChatTurn.at > now - KEPT_FOR)
            .order_by(ChatTurn.id.desc())
            .limit(most)
        )
        with self._sessions() as session:
            return [self._read(row) for row in reversed(session.scalars(query).all())]

    def turn(self, conversation: str, message_id: str) -> Turn | None:
        """Return the turn that this message already made, if it did."""
        query = select(ChatTurn).where(
            ChatTurn.conversation == conversation, ChatTurn.message_id == message_id
        )
        with self._sessions() as session:
            row = session.scalar(query)
            return self._read(row) if row else None

    def keep(self, conversation: str, turn: Turn) -> Turn:
        """Store a turn; where the same message was stored meanwhile, return that one."""
        blocks = json.dumps([to_dict(block) for block in turn.answer], ensure_ascii=False)
        row = ChatTurn(
            conversation=conversation,
            message_id=turn.message_id,
            said=self._vault.encrypt(turn.said),
            answered=self._vault.encrypt(blocks),
            at=turn.at,
        )
        try:
            with self._sessions.begin() as session:
                session.add(row)
        except IntegrityError:
            return self.turn(conversation, turn.message_id) or turn
        return turn

    def forget(self, conversation: str) -> None:
        """Delete a conversation."""
        with self._sessions.begin() as session:
            session.execute(delete(ChatTurn).where(ChatTurn.conversation == conversation))

    def forget_old(self, now: datetime) -> int:
        """Delete the turns whose time is over; return how many."""
        with self._sessions.begin() as session:
            gone = session.execute(delete(ChatTurn).where(ChatTurn.at <= now - KEPT_FOR))
        return int(gone.rowcount)  # type: ignore[attr-defined]

    def _read(self, row: ChatTurn) -> Turn:
        blocks = json.loads(self._vault.decrypt(row.answered))
        return Turn(
            message_id=row.message_id,
            said=self._vault.decrypt(row.said),
            answer=tuple(from_dict(block) for block in blocks),
            at=row.at,
        )
