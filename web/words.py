"""What templates need to speak two languages and to link within the site."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context


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
