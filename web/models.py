"""The chat page's own memory: the turns of a conversation, so that the page is whole without
JavaScript and survives a reload.

Encrypted, because people write of their families, and short-lived (`web.history.KEPT_FOR`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class ChatTurn(Base):
    """What a citizen said, and what was answered."""

    __tablename__ = "chat_turn"
    __table_args__ = (
        UniqueConstraint("conversation", "message_id"),
        Index(None, "conversation", "id"),
        Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(64))
    """Chosen by the page that sent it: a message sent twice is one turn."""
    said: Mapped[str] = mapped_column(Text)
    """Encrypted. What is shown as the citizen's words; never proof digits."""
    answered: Mapped[str] = mapped_column(Text)
    """Encrypted JSON: the list of blocks."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
