"""A training line: what was said, what was meant by it, and whose words they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, Optional


@dataclass(frozen=True)
class Example:
    """A labelled line."""

    text: str
    intent: str
    procedure: Optional[str] = None
    """Id of the catalogue; None where the line is about none or does not say which."""
    aspects: FrozenSet[str] = frozenset()
    author: Optional[str] = None
    """Who wrote the line, as its file's name tells; None for what the program made."""
    theme: Optional[str] = None
    """What a line that is none of the office's business is about, where its file says so."""
