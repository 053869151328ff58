"""What pages need to speak two languages and to link within the site. Words that templates say
stand in them, side by side; those that the programme chooses are in `data/texts/site.yml`.
"""

from __future__ import annotations

from fastapi import HTTPException
from jinja2 import pass_context
from jinja2.runtime import Context

from core.settings import ROOT
from core.texts import Texts

TEXTS = Texts(ROOT / "data" / "texts" / "site.yml")
tell = TEXTS.say


class Refusal(HTTPException):
    """A request that is not taken; its page says `words`, the name of a text, in its language."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(status)
        self.words = words


@pass_context
def say(context: Context, vi: str, en: str) -> str:
    """Return the words in the page's language, which is Vietnamese unless the page says."""
    return en if context.get("language") == "en" else vi


def own_path(url: str, base: str) -> str:
    """Return the path of an address of this site; empty for any other.

    Answers hold whole addresses, for every channel; on the site itself the path is enough, by
    whatever name the visitor reached it, and nothing else may be linked to.
    """
    path = url.removeprefix(base)
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else ""
