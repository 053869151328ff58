"""The headers that protect every page, and what the page for another site's frame has instead."""

from __future__ import annotations

from collections.abc import Iterable

HEADERS = {
    # Nothing from outside is ever loaded, framed or embedded; scripts are our own files.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def framed_by(origins: Iterable[str]) -> str:
    """Return the policy of a page that `origins` may show within theirs."""
    ancestors = " ".join(("'self'", *origins))
    policy = HEADERS["Content-Security-Policy"]
    return policy.replace("frame-ancestors 'none'", f"frame-ancestors {ancestors}")
