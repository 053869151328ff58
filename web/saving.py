"""A conversation as plain text, for its citizen to keep: what was asked and answered, and when.

Plain text opens on every telephone and prints on every printer. Choices that could be pressed and
fields that could be filled in are left out: on paper they are no use.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.clock import VIETNAM
from core.texts import Language
from language.blocks import as_text
from web.history import Turn
from web.words import tell

_RULE = "-" * 40
_SPENT = ("buttons", "ask_proof")


def saved(turns: Iterable[Turn], now: datetime, language: Language, site: str) -> str:
    """Return the text. The frame is in `language`, every turn as it was said; `site` is the address
    of the chat."""
    parts = [
        "\n".join(
            (
                tell("saved_title", language),
                tell("saved_at", language, at=_moment(now)),
                tell("saved_force", language),
                f"{site}/",
            )
        )
    ]
    for turn in turns:
        answer = as_text(block for block in turn.answer if block.kind not in _SPENT)
        at = _moment(turn.at)
        if not turn.said:  # an officer's answer, which comes by itself
            parts.append(f"{_RULE}\n{tell('saved_news', language, at=at)}\n{answer}")
            continue
        asked = f"{_RULE}\n{tell('saved_asked', language, at=at)}\n{turn.said}\n\n"
        if turn.answer:
            parts.append(f"{asked}{tell('saved_answered', language)}\n{answer}")
        else:
            parts.append(f"{asked}{tell('saved_to_officer', language)}")
    if len(parts) == 1:
        parts.append(tell("saved_nothing", language))
    # The editors of old Windows read lines that end like this.
    return ("\n\n".join(parts) + "\n").replace("\n", "\r\n")


def _moment(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")
