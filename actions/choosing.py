"""Choices made in words: "cái thứ hai", "số 2", or what stands on a button.

Pure: from what was written and what was offered to the token of the choice. A bare digit is a
token already when it comes from the channel (bot/channels/tokens.py).
"""

from __future__ import annotations

from actions import phrases
from actions.turn import Turn
from language.abbreviations import plain_words
from language.blocks import Buttons, from_dict

_BESIDE_TITLE = 3
"""Words that may stand beside those of a button's title: "cho tôi xem lệ phí"."""


def choice_in(turn: Turn) -> str | None:
    """Return the token of the one choice that the message points at, or None.

    Procedures that were enumerated or offered are picked by `understanding`, which also knows what
    was asked of them; here it is what the last answer put on its buttons.
    """
    words = [word for word in plain_words(turn.text) if word != "?"]
    titled = _by_title(turn, words)
    if titled is not None:
        return titled
    if turn.context.offered or turn.context.listed:
        return None
    return _by_place(turn.state.choices, words)


def _by_title(turn: Turn, words: list[str]) -> str | None:
    """The one button all of whose words are in the message, with few beside them."""
    found = set()
    for block in map(from_dict, turn.state.said):
        for button in block.buttons if isinstance(block, Buttons) else ():
            title = plain_words(button.title)
            if set(title) <= set(words) and len(words) <= len(title) + _BESIDE_TITLE:
                beside = [word for word in words if word not in title]
                if all(word in phrases.FILLERS for word in beside):
                    found.add(button.payload)
    return found.pop() if len(found) == 1 else None


def _by_place(choices: tuple[str, ...], words: list[str]) -> str | None:
    """The choice at the place that is named, where nothing else is said."""
    text = " ".join(words)
    found = phrases.BARE_NUMBER.match(text) or phrases.ORDINAL.search(text)
    if found is None:
        return None
    rest = (text[: found.start()] + " " + text[found.end() :]).split()
    if any(word not in phrases.FILLERS for word in rest):
        return None
    place = phrases.ORDINALS[next(group for group in found.groups() if group)]
    return choices[place] if -len(choices) <= place < len(choices) else None
