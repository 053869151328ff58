"""An answer's blocks as messages that a platform can show: text within its length, buttons within
its number, or numbers to reply with. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.channels.base import Blocks
from language.blocks import Block, Button, Buttons, Progress, as_text, from_dict
from language.folding import has_marks


@dataclass(frozen=True)
class Style:
    """What a platform can show."""

    longest: int
    """Characters of a message."""
    buttons: int = 0
    """Buttons under a message; with none, options are numbered and chosen by replying a number."""
    title: int = 0
    """Characters of a button."""
    payload: int = 0
    """Bytes that a button sends back."""


@dataclass(frozen=True)
class Outgoing:
    """A message to send."""

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A picture to send after the answer that it shows."""

    png: bytes
    caption: str
    """What it comes to, for who does not see it; the answer has told it whole."""
    buttons: tuple[Button, ...] = ()
    """Those of the answer, for a platform on which they go away with the next message."""


PRESS_OR_TYPE = ("Ông/Bà trả lời bằng số để chọn.", "Reply with a number to choose.")
"""What is said under numbered options: in Vietnamese, in English."""


def render(answer: Iterable[Blocks], style: Style) -> list[Outgoing]:
    """Return an answer as one message where it fits, else as several; buttons go with the last."""
    blocks = [from_dict(block) for message in answer for block in message]
    said = [block for block in blocks if not isinstance(block, Buttons)]
    offered = [button for block in blocks if isinstance(block, Buttons) for button in block.buttons]
    text = as_text(said)
    shown = _shown(offered, style)
    if offered and not (shown and all(len(one.title) <= style.title for one in offered)):
        text = "\n\n".join(part for part in (text, _numbered(offered, text)) if part)
    *first, last = split(text, style.longest) or [""]
    return [*(Outgoing(part) for part in first), Outgoing(last, shown)]


def way_in(answer: Iterable[Blocks]) -> Progress | None:
    """Return the dossier's way in an answer, if it tells one."""
    blocks = [from_dict(block) for message in answer for block in message]
    ways = (block for block in blocks if isinstance(block, Progress) and block.stops)
    return next(ways, None)


def caption_of(way: Progress) -> str:
    """Return the step where a dossier is, and since when; without one, the last step."""
    at = next((one for one in way.stops if one.state in ("current", "broken")), way.stops[-1])
    return f"{at.label} ({at.on})" if at.on else at.label


def _shown(offered: list[Button], style: Style) -> tuple[Button, ...]:
    """Return the buttons that the platform shows: with their own titles, or with their numbers
    where a title is too long for it."""
    if not offered or len(offered) > style.buttons:
        return ()
    short = all(len(one.title) <= style.title for one in offered)
    return tuple(
        Button(
            one.title if short else str(n),
            # Where its own token is too long, a button stands for its place among the options.
            one.payload if len(one.payload.encode()) <= style.payload else f"choose:{n}",
        )
        for n, one in enumerate(offered, start=1)
    )


def _numbered(offered: list[Button], said: str) -> str:
    options: list[Block] = [Buttons(tuple(offered))]
    titles = " ".join(one.title for one in offered)
    hint = PRESS_OR_TYPE[0 if has_marks(said + titles) else 1]
    return f"{as_text(options)}\n{hint}"


_SEAMS = ("\n\n", "\n", ". ", " ")
"""Where a long text may be cut, the best first."""


def split(text: str, longest: int) -> list[str]:
    """Return `text` in parts of at most `longest` characters, cut where it hurts least."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > longest:
        place = longest
        for seam in _SEAMS:
            # Not in the first half: a part of two words reads worse than a cut within a paragraph.
            found = rest.rfind(seam, longest // 2, longest + 1 - len(seam.rstrip(" \n")))
            if found > 0:
                place = found + len(seam.rstrip(" \n"))
                break
        parts.append(rest[:place].strip())
        rest = rest[place:].strip()
    return [*parts, rest] if rest else parts
