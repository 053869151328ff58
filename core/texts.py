"""Texts in Vietnamese and in English, kept in a file that an office may edit.

Read once; a missing text or language is found when the server starts, not when a citizen asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, RootModel

Language = Literal["vi", "en"]


class Words(BaseModel):
    """One text in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vi: str
    en: str

    def say(self, language: Language) -> str:
        """Return the words in `language`."""
        return self.en if language == "en" else self.vi


class _File(RootModel[dict[str, Words]]):
    """A file of texts."""


class Texts:
    """The texts of one file, by name."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def words(self) -> Mapping[str, Words]:
        """All texts. Raises `pydantic.ValidationError` where one lacks a language."""
        return _File.model_validate(yaml.safe_load(self._path.read_text(encoding="utf-8"))).root

    def say(self, name: str, language: Language, **values: object) -> str:
        """Return the text called `name`, filled in. Raises `KeyError` for an unknown name or
        value."""
        return self.words[name].say(language).format(**values)
