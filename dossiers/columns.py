"""Which column of an export holds what: headings to fields, by a file that the office may edit.

Also the office's own names for the ten states. Reading rows is left to `tables`, judging their
values to `rows`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dossiers.lifecycle import STATUS_BY_NAME, Status
from language.folding import fold

FieldName = Literal[
    "code",
    "procedure_code",
    "procedure_name",
    "applicant",
    "id_number",
    "phone",
    "submitted_by",
    "language",
    "office",
    "received_at",
    "due_on",
    "new_due_on",
    "done_at",
    "returned_at",
    "status",
    "note",
]
"""What a row may tell of a dossier. Other columns of an export (the parcel's address, say) are not
read: what is not needed is not kept."""

REQUIRED: tuple[FieldName, ...] = ("code", "received_at", "status")
"""Without these a file is no export."""

_SEVERAL: frozenset[FieldName] = frozenset({"phone", "id_number"})
"""Fields that may be spread over several columns, whose values are then read together."""


class BadColumnsFile(Exception):
    """The columns file cannot be used; the message says where it is wrong."""


@dataclass(frozen=True)
class Header:
    """The heading row of one file, understood."""

    places: Mapping[FieldName, tuple[int, ...]]
    """Field → the columns that hold it, counted from 0."""
    headings: Mapping[FieldName, str]
    """Field → its heading as written, for reports."""
    width: int
    """Number of columns up to the last that has a heading."""

    def heading(self, field: FieldName) -> str:
        """Return how the file calls a field; its usual name where the file has no such column."""
        return self.headings.get(field, field)

    @cached_property
    def last_field(self) -> FieldName | None:
        """The field of the last column, if it is one that is read."""
        for field, places in self.places.items():
            if self.width - 1 in places:
                return field
        return None

    def pick(self, cells: Sequence[str]) -> dict[FieldName, str]:
        """Return the row's values by field; a cell that is missing is empty."""
        count = len(cells)
        values: dict[FieldName, str] = {}
        for field, places in self.places.items():
            if len(places) == 1:
                place = places[0]
                values[field] = cells[place] if place < count else ""
            else:
                values[field] = " / ".join(cells[p] for p in places if p < count and cells[p])
        return values


class Columns(BaseModel):
    """The columns file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: Mapping[FieldName, tuple[str, ...]]
    """Field → its headings; the first is the one that messages use."""
    statuses: Mapping[Status, tuple[str, ...]] = Field(default_factory=dict)
    """State → further names of it."""

    @model_validator(mode="after")
    def _no_heading_twice(self) -> Self:
        owner: dict[str, str] = {}
        for field, headings in self.columns.items():
            for heading in headings:
                other = owner.setdefault(_key(heading), field)
                if other != field:
                    raise ValueError(f"heading {heading!r} stands under {other} and {field}")
        missing = [field for field in REQUIRED if not self.columns.get(field)]
        if missing:
            raise ValueError(f"no headings for {', '.join(missing)}")
        return self

    @cached_property
    def _field_by_key(self) -> Mapping[str, FieldName]:
        return {_key(h): field for field, headings in self.columns.items() for h in headings}

    @cached_property
    def status_by_name(self) -> Mapping[str, Status]:
        """Folded name → state, official names first."""
        own = {fold(name): status for status, names in self.statuses.items() for name in names}
        return {**own, **STATUS_BY_NAME}

    def usual_heading(self, field: FieldName) -> str:
        """Return the heading by which messages call a field."""
        return self.columns[field][0]

    def known(self, cells: Sequence[str]) -> Header:
        """Return what can be recognised in a row of headings; perhaps nothing."""
        places: dict[FieldName, tuple[int, ...]] = {}
        headings: dict[FieldName, str] = {}
        width = 0
        for place, cell in enumerate(cells):
            key = _key(cell)
            if not key:
                continue
            width = place + 1
            field = self._field_by_key.get(key)
            if field is None:
                continue
            if field not in places:
                places[field] = (place,)
                headings[field] = " ".join(cell.split())
            elif field in _SEVERAL:
                places[field] += (place,)
        usual = {f: h[0] for f, h in self.columns.items()}
        return Header(places, {**usual, **headings}, width)

    def missing(self, header: Header) -> list[str]:
        """Return the usual headings of the required columns that `header` lacks."""
        return [self.usual_heading(f) for f in REQUIRED if f not in header.places]


def load_columns(path: Path) -> Columns:
    """Read a columns file. Raises `BadColumnsFile` where it is wrong, `OSError` where missing."""
    try:
        return Columns.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise BadColumnsFile(f"{path.name}: {error}") from None


def _key(heading: str) -> str:
    """Return what the spellings of one heading share: folded letters and digits."""
    return re.sub(r"[^a-z0-9]+", " ", fold(heading)).strip()
