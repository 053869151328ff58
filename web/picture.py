"""A dossier's way as a picture, for talks on platforms that show one beside the text.

It holds steps and their dates: no name, no code. Drawn by Typst, which gets them as JSON and never
as source, so that no text can be read as markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import typst

from language.blocks import Stop

TEMPLATE = Path(__file__).parent / "templates" / "way.typ"
_SHARPNESS = 180
"""Pixels an inch: 780 across, which a phone shows without blur."""
_KEPT = 64
"""Pictures kept in memory, of some 30 KB each: many dossiers stand at the same step."""


def as_png(stops: Iterable[Stop]) -> bytes:
    """Return the way drawn from top to bottom. It takes some tens of milliseconds; call it off the
    event loop."""
    return _drawn(json.dumps([asdict(stop) for stop in stops], ensure_ascii=False))


@lru_cache(maxsize=_KEPT)
def _drawn(stops: str) -> bytes:
    # Typst's own fonts have every Vietnamese letter; a machine's fonts would make pictures differ.
    made = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        ignore_system_fonts=True,
        sys_inputs={"data": stops},
        format="png",
        ppi=_SHARPNESS,
    )
    assert isinstance(made, bytes)
    return made
