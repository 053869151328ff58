"""The shape of an answer: blocks that every channel renders in its own way.

An answer is a list of blocks. They are made in `procedures` and `actions`, cross HTTP as plain
dictionaries, and are rendered by the web page, by a messenger or as one SMS. This module declares
the kinds and the plain-text rendering that any channel can fall back on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal


@dataclass(frozen=True)
class Text:
    """A paragraph. The first block of an answer is one, and holds the direct answer."""

    text: str
    tone: Literal["plain", "lead", "note", "warning"] = "plain"
    """`lead`: the direct answer; `note`: an aside; `warning`: what costs people a journey."""
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class Item:
    """A line of a checklist: a paper to bring, with what kind of copy."""

    text: str
    detail: str = ""
    """Originals and copies, form number, exception: one short phrase."""
    optional: bool = False
    """True where only some people need it."""


@dataclass(frozen=True)
class Checklist:
    """Things to bring or to have, to tick off."""

    items: tuple[Item, ...]
    title: str = ""
    kind: Literal["checklist"] = "checklist"


@dataclass(frozen=True)
class Step:
    """A step of a procedure and who takes it."""

    text: str
    actor: str = ""


@dataclass(frozen=True)
class Steps:
    """What happens, in order."""

    steps: tuple[Step, ...]
    title: str = ""
    kind: Literal["steps"] = "steps"


@dataclass(frozen=True)
class Table:
    """Rows under headings, such as fees: first column what, last column how much."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Stop:
    """A station on a dossier's way."""

    label: str
    state: Literal["done", "current", "ahead", "broken"]
    """`broken`: the way ended here (refused, stopped, withdrawn)."""
    on: str = ""
    """The date, as people read it (16/11/2026), or empty."""


@dataclass(frozen=True)
class Progress:
    """Where a dossier stands on its way: a line of stations."""

    stops: tuple[Stop, ...]
    kind: Literal["progress"] = "progress"


@dataclass(frozen=True)
class Facts:
    """Named values in short lines: appointment date, office, state."""

    facts: tuple[tuple[str, str], ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Source:
    """Where the answer comes from and since when it holds; shown folded."""

    text: str
    """The legal basis, and since when it holds, in the answer's language."""
    effective_from: str = ""
    """That date alone, as people read it."""
    checked_on: str = ""
    """The day on which the source was last read."""
    kind: Literal["source"] = "source"


@dataclass(frozen=True)
class Button:
    """A choice. `payload` is what comes back when it is pressed; it never authorises anything."""

    title: str
    payload: str


@dataclass(frozen=True)
class Buttons:
    """At most four choices; a channel without buttons numbers them."""

    buttons: tuple[Button, ...]
    kind: Literal["buttons"] = "buttons"


@dataclass(frozen=True)
class Link:
    """A page to open, such as one to print. A channel without links shows the address.

    It counts among the at most four choices of an answer, and stays good when they are spent.
    """

    title: str
    url: str
    """The whole address."""
    kind: Literal["link"] = "link"


@dataclass(frozen=True)
class AskProof:
    """Asks for the last four digits of the phone or ID on file.

    Channels with fields show one, so that the digits never travel as a chat message.
    """

    text: str
    kind: Literal["ask_proof"] = "ask_proof"


Block = Text | Checklist | Steps | Table | Progress | Facts | Source | Buttons | Link | AskProof

_KINDS: dict[str, type[Any]] = {
    "text": Text,
    "checklist": Checklist,
    "steps": Steps,
    "table": Table,
    "progress": Progress,
    "facts": Facts,
    "source": Source,
    "buttons": Buttons,
    "link": Link,
    "ask_proof": AskProof,
}
_PARTS: dict[str, tuple[str, type[Any]]] = {
    "checklist": ("items", Item),
    "steps": ("steps", Step),
    "progress": ("stops", Stop),
    "buttons": ("buttons", Button),
}


def to_dict(block: Block) -> dict[str, Any]:
    """Return the block as JSON-ready data; `kind` tells which it is."""
    return asdict(block)


def from_dict(data: dict[str, Any]) -> Block:
    """Read a block back from its data.

    Raises `ValueError` for a kind that is not declared here. Fields it does not know are left out,
    so that an older reader survives a newer writer.
    """
    kind = str(data.get("kind"))
    if kind not in _KINDS:
        raise ValueError(f"unknown kind of block: {kind!r}")
    made = _KINDS[kind]
    known = {f.name for f in fields(made)}
    values = {name: value for name, value in data.items() if name in known}
    if kind in _PARTS:
        name, part = _PARTS[kind]
        part_fields = {f.name for f in fields(part)}
        values[name] = tuple(
            part(**{key: value for key, value in item.items() if key in part_fields})
            for item in values[name]
        )
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(tuple(v) if isinstance(v, list) else v for v in value)
    block: Block = made(**values)
    return block


def as_text(blocks: Iterable[Block]) -> str:
    """Render an answer as plain lines, for a channel that has nothing better."""
    parts = [_as_text(block) for block in blocks]
    return "\n\n".join(part for part in parts if part)


def numbered(buttons: Sequence[Button]) -> dict[str, str]:
    """Map the numbers that a person may type ("1") to the payloads of the buttons offered."""
    return {str(n): button.payload for n, button in enumerate(buttons, start=1)}


def _row(columns: Sequence[str], row: Sequence[str]) -> str:
    """A row as a line: what it is of, the value, and further ones with their columns' names."""
    first, value, *others = (*row, "")
    named = zip(columns[2:], others, strict=False)
    told = (f"{name}: {one}" for name, one in named if one not in ("", "–"))
    return " · ".join((f"{first}: {value}", *told))


_IN_ENGLISH = "Source:"
"""How the English text of a source begins."""
_MARKS = {"done": "[x]", "current": "[>]", "ahead": "[ ]", "broken": "[!]"}


def _as_text(block: Block) -> str:
    match block:
        case Text() | AskProof():
            return block.text
        case Checklist():
            lines = [f"- {i.text}" + (f" ({i.detail})" if i.detail else "") for i in block.items]
        case Steps():
            lines = [
                f"{n}. " + (f"{s.actor}: " if s.actor else "") + s.text
                for n, s in enumerate(block.steps, start=1)
            ]
        case Table():
            lines = [_row(block.columns, row) for row in block.rows]
        case Progress():
            lines = [
                f"{_MARKS[s.state]} {s.label}" + (f" ({s.on})" if s.on else "") for s in block.stops
            ]
        case Facts():
            lines = [f"{name}: {value}" for name, value in block.facts]
        case Source():
            checked = "Checked on" if block.text.startswith(_IN_ENGLISH) else "Kiểm tra ngày"
            return block.text + (f" {checked} {block.checked_on}." if block.checked_on else "")
        case Link():
            return f"{block.title}: {block.url}"
        case Buttons():
            lines = [f"{n}. {b.title}" for n, b in enumerate(block.buttons, start=1)]
    title = getattr(block, "title", "")
    return "\n".join([title, *lines] if title else lines)


__all__ = [
    "AskProof",
    "Block",
    "Button",
    "Buttons",
    "Checklist",
    "Facts",
    "Item",
    "Link",
    "Progress",
    "Source",
    "Step",
    "Steps",
    "Stop",
    "Table",
    "Text",
    "as_text",
    "from_dict",
    "numbered",
    "to_dict",
]
