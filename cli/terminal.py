"""What people have written, on its way to a terminal: shown, and never obeyed."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return words without what a terminal would obey, such as the beginnings of its commands;
    lines stay lines."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
