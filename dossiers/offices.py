"""What citizens are told of an office: address, hours, telephone, by `data/offices/offices.yml`.

The registry's own list of offices grows from exports (`models.Office`); this file describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from core.observability import get_logger
from core.settings import get_settings
from language.dossier_code import parse_code
from language.folding import fold

_log = get_logger(__name__)


class OfficeInfo(BaseModel):
    """An office as citizens need to know it. Empty where the office has not said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    aliases: tuple[str, ...] = ()
    """Other spellings in exports."""
    sms_name: str = ""
    """How an SMS calls it, without diacritics."""
    agencies: tuple[str, ...] = ()
    """Agency parts of the dossier codes that it gives out, e.g. H60.12.01."""
    address: str = ""
    hours: str = ""
    hotline: str = ""
    mountainous: bool | None = None
    """Whether the communes that it serves have the longer limits (mountainous, island, remote or
    hard); None where the office has not said, or where some have and some have not."""
    sample: bool = False
    """Invented particulars: whoever shows them says so."""


class OfficeBook(BaseModel):
    """The offices file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    offices: tuple[OfficeInfo, ...] = Field(default=())

    @cached_property
    def _by_name(self) -> Mapping[str, OfficeInfo]:
        return {fold(n): office for office in self.offices for n in (*office.aliases, office.name)}

    @cached_property
    def _by_agency(self) -> Mapping[str, OfficeInfo]:
        return {agency: office for office in self.offices for agency in office.agencies}

    def find(self, name: str) -> OfficeInfo | None:
        """Return the office that an export calls `name`, in any of its spellings."""
        return self._by_name.get(fold(name))

    def of(self, name: str, code: str) -> OfficeInfo | None:
        """Return the office of a dossier: that which its export names, else by its code."""
        return self.find(name) or self.of_code(code)

    def of_code(self, code: str) -> OfficeInfo | None:
        """Return the office that gave out a dossier code, by its agency part or the nearest above.

        Raises `ValueError` where `code` is none.
        """
        agency = parse_code(code).agency
        while agency:
            if office := self._by_agency.get(agency):
                return office
            agency = agency.rpartition(".")[0]
        return None


def load_offices(path: Path) -> OfficeBook:
    """Read an offices file. Raises `OSError` or `ValueError` where it cannot be used."""
    return OfficeBook.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def offices_of(path: Path) -> OfficeBook:
    """Return the offices of a file as it stands now; none where it cannot be used.

    A slip in that file costs the addresses and is logged; it never costs an answer.
    """
    try:
        return load_offices(path)
    except (OSError, ValueError, yaml.YAMLError) as problem:
        _log.error("offices_unreadable", problem=type(problem).__name__)
        return OfficeBook()


@lru_cache(maxsize=1)
def get_offices() -> OfficeBook:
    """Return this installation's offices."""
    return load_offices(get_settings().offices_file)
