"""The menu of procedures, from `data/texts/menu.yml`: groups as people think of them.

Read once; a name that lacks a language is found when a server starts, not when a citizen asks.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, RootModel

from core.settings import ROOT
from procedures.catalogue import Catalogue
from procedures.schema import Text

PATH = ROOT / "data" / "texts" / "menu.yml"


def _in_both(name: Text) -> Text:
    if not name.en:
        raise ValueError("the English name is missing")
    return name


class Group(BaseModel):
    """A group of the menu."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: Annotated[Text, AfterValidator(_in_both)]
    procedures: tuple[str, ...]


class _Menu(RootModel[tuple[Group, ...]]):
    """`menu.yml`."""


@lru_cache(maxsize=1)
def menu() -> tuple[Group, ...]:
    """Return the groups of the file, in their order. Raises `pydantic.ValidationError`."""
    return _Menu.model_validate(yaml.safe_load(PATH.read_text(encoding="utf-8"))).root


def groups_of(catalogue: Catalogue) -> tuple[Group, ...]:
    """Return the groups with what the catalogue really has; the last holds, sorted, what no group
    names, and may be empty. Other empty groups are left out.
    """
    known = set(catalogue.ids())
    named = {procedure for group in menu() for procedure in group.procedures}
    *groups, last = (
        group.model_copy(update={"procedures": tuple(p for p in group.procedures if p in known)})
        for group in menu()
    )
    others = last.model_copy(update={"procedures": (*last.procedures, *sorted(known - named))})
    return (*(group for group in groups if group.procedures), others)
