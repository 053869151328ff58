"""How seldom Python looks for circles of objects in processes that serve many requests."""

from __future__ import annotations

import gc

_BETWEEN_COLLECTIONS = 50_000
"""Objects more than before, after which circles of them are looked for (Python's own: 700)."""


def collect_seldom() -> None:
    """Let the collector look seldom, and no more at what start-up has made.

    Requests make and drop many objects, hardly any of them in circles: looking for those took a
    quarter of the processor time of a message.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_BETWEEN_COLLECTIONS)
