"""Drafts: procedures as the National Public Service Portal published them, not yet reviewed.

One YAML file a draft, named by its code, in the office's own data folder and never in the
project's. It keeps the portal's words, may be edited by an officer, and carries a seal by which an
edit is known. Reading pages is `portal`'s, taking them in `portal_import`'s, telling them
`draft_answers`'.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
import time as clock
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core.observability import get_logger
from procedures.provinces import PROVINCES
from procedures.schema import Code, Province
from procedures.titles import TitleIndex, same_title

_log = get_logger(__name__)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

FOLDER = "drafts"
"""Name of the folder of drafts within an installation's state folder."""
_ID = re.compile(r"portal_(\d)_(\d{6})")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("must be one line")
    return text


Line = Annotated[str, AfterValidator(_one_line)]


class DraftStep(_Model):
    """A step, or the heading of a case with the steps that follow it."""

    title: str = ""
    text: str = ""


class DraftWay(_Model):
    """One row of the ways of filing: how, within what time, for what fee."""

    way: Line = Field(min_length=1)
    time: str = ""
    fee: str = ""
    note: str = ""


class DraftPaper(_Model):
    """A paper, with as many originals and copies as the portal asks for."""

    name: str = Field(min_length=1)
    originals: int | None = Field(default=None, ge=0)
    """None where the portal gives no number."""
    copies: int | None = Field(default=None, ge=0)
    files: tuple[Line, ...] = ()
    """Forms attached on the portal, by the names of their files."""


class DraftPapers(_Model):
    """The papers of one case."""

    case: str = ""
    """Which case; empty where the portal names none."""
    papers: tuple[DraftPaper, ...] = ()


class DraftText(_Model):
    """A legal text that the procedure rests on."""

    name: str = ""
    number: str = ""


class DraftResult(_Model):
    """What one gets."""

    name: str = Field(min_length=1)
    code: str = ""


class Draft(_Model):
    """A procedure as a page of the portal tells it. What the page does not tell is empty."""

    code: Code
    title: Line = Field(min_length=1)
    province: Province | None = None
    """Slug of the province whose procedure it is; None where it is the whole country's."""
    decision: str = ""
    """Number of the decision that published it."""
    decided_on: date | None = None
    """The day of that decision. Pages do not tell it: an officer may write it in."""
    taken_on: date | None = None
    """The day on which the page was taken from the portal, where that was told."""
    imported_on: date
    """The day on which the page was read into this draft."""
    page: str = ""
    """Name of the file that was read."""
    reviewed_on: date | None = None
    """The day on which the office compared it with its own rules; None: not reviewed."""
    level: str = ""
    kind: str = ""
    field: str = ""
    applicants: str = ""
    """Who may ask."""
    authority: str = ""
    """Who decides."""
    executor: str = ""
    """Who does the work."""
    delegated: str = ""
    partners: str = ""
    address: str = ""
    """Where dossiers are received."""
    related: str = ""
    ways: tuple[DraftWay, ...] = ()
    papers: tuple[DraftPapers, ...] = ()
    steps: tuple[DraftStep, ...] = ()
    conditions: str = ""
    results: tuple[DraftResult, ...] = ()
    legal: tuple[DraftText, ...] = ()
    keywords: str = ""
    description: str = ""
    """What the page describes beside its conditions; most pages repeat them, which is left out."""
    other: dict[str, str] = Field(default_factory=dict)
    """What stood on the page in no place that is known, by section: kept, and told to nobody."""

    @property
    def id(self) -> str:
        """The name by which conversations and buttons refer to it: ``portal_1_115496``."""
        return id_of(self.code)

    @property
    def place(self) -> str:
        """Name of the province, or empty for the whole country."""
        return PROVINCES.get(self.province or "", "")


def id_of(code: str) -> str:
    """Return the id of the draft with `code`. No procedure of the catalogue can have it."""
    return f"portal_{code.replace('.', '_')}"


def code_of(draft_id: str) -> str | None:
    """Return the code of a draft's id, or None where `draft_id` is no such id."""
    match = _ID.fullmatch(draft_id)
    return f"{match[1]}.{match[2]}" if match else None


# --- the file -------------------------------------------------------------------------------------

_SEAL = "\nseal: "


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes texts of several lines as blocks, so that an officer can edit them."""


def _text(dumper: Any, value: str) -> Any:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def render(draft: Draft) -> bytes:
    """Return the file of a draft, sealed. What is empty is left out."""
    data = draft.model_dump(mode="python", exclude_defaults=True)
    # The province stands there even where there is none: what a draft is found by comes first.
    head = {key: data.pop(key, None) for key in ("code", "title", "province")}
    ordered = {**head, **_plain(data)}
    text = yaml.dump(ordered, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    if text.endswith("\n...\n"):
        # So YAML ends a file whose last text ends in empty lines; the seal still follows.
        text = text.removesuffix("...\n")
    sealed: bytes = text.removesuffix("\n").encode()
    return sealed + f"{_SEAL}{hashlib.sha256(sealed).hexdigest()}\n".encode()


def is_edited(text: bytes) -> bool:
    """Tell whether a draft's file is other than `render` left it."""
    body, _, seal = text.rpartition(_SEAL.encode())
    return seal.strip() != hashlib.sha256(body).hexdigest().encode()


def read_draft(text: bytes) -> Draft:
    """Read a draft's file. Raises `ValueError` (which pydantic's is), telling field and reason."""
    try:
        data = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"not YAML: {error}") from error
    if not isinstance(data, dict):
        raise ValueError("not a draft")
    data.pop("seal", None)
    return Draft.model_validate(data)


def write_whole(path: Path, text: bytes) -> None:
    """Write a file so that whoever reads it, at whatever moment, finds the old or the new whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


# --- all of them ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """What is needed of a draft to find it."""

    code: str
    title: str
    province: str | None

    @property
    def id(self) -> str:
        """As `Draft.id`."""
        return id_of(self.code)


class _Kept:
    """A draft's file, read when first asked for."""

    def __init__(self, path: Path, stamp: tuple[int, int]) -> None:
        self.path = path
        self.stamp = stamp
        self.text = path.read_bytes()
        self.head = _head(self.text, path.stem)

    @cached_property
    def draft(self) -> Draft:
        draft = read_draft(self.text)
        if draft.code != self.path.stem:
            raise ValueError(f"code: {draft.code!r} is not the file's name")
        return draft

    @property
    def is_edited(self) -> bool:
        return is_edited(self.text)


class Drafts:
    """The drafts of an installation as their files stood when this was loaded. Does not change;
    see `refreshed`. A folder that is not there holds none."""

    def __init__(
        self,
        folder: Path,
        kept: Mapping[str, _Kept],
        faults: Mapping[str, str],
        stamps: Mapping[Path, tuple[int, int]],
    ) -> None:
        self.folder = folder
        self._kept = dict(kept)
        self._faults = dict(faults)
        self._stamps = dict(stamps)

    @classmethod
    def load(cls, folder: Path, known: Mapping[str, _Kept] | None = None) -> Drafts:
        """Read the heads of all drafts; what `known` already holds as it stands is not read again.

        A file whose head cannot be read is left as it was known before, or out, and is logged.
        """
        kept: dict[str, _Kept] = {}
        faults: dict[str, str] = {}
        stamps = _stamps(folder)
        for path, stamp in sorted(stamps.items()):
            before = (known or {}).get(path.stem)
            if before is not None and before.stamp == stamp:
                kept[path.stem] = before
                continue
            try:
                kept[path.stem] = _Kept(path, stamp)
            except FileNotFoundError:
                continue  # taken away meanwhile
            except (ValueError, OSError) as error:
                _log.error("draft_not_read", file=path.name, problem=str(error))
                faults[path.stem] = str(error)
                if before is not None:
                    kept[path.stem] = before
        return cls(folder, kept, faults, stamps)

    def refreshed(self) -> Drafts:
        """Return the drafts as their files stand now; itself where nothing changed."""
        if _stamps(self.folder) == self._stamps:
            return self
        return Drafts.load(self.folder, self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, code: object) -> bool:
        return code in self._kept

    def heads(self) -> Iterator[Head]:
        """Yield what each draft is found by, in the order of their codes."""
        for kept in self._kept.values():
            yield kept.head

    def get(self, code: str) -> Draft | None:
        """Return the draft with `code`; None where there is none, or its file is faulty."""
        kept = self._kept.get(code)
        if kept is None:
            return None
        try:
            return kept.draft
        except ValueError as error:
            _log.error("draft_faulty", code=code, problem=_told(error)[0])
            return None

    def is_edited(self, code: str) -> bool:
        """Tell whether somebody edited the draft with `code` by hand."""
        kept = self._kept.get(code)
        return kept is not None and kept.is_edited

    @cached_property
    def titles(self) -> TitleIndex[Head]:
        """The titles of all drafts, to be searched."""
        return TitleIndex((head, head.title) for head in self.heads())

    def provinces(self) -> set[str]:
        """Return the slugs of the provinces that have drafts here."""
        return {head.province for head in self.heads() if head.province is not None}

    def sibling(self, code: str, province: str) -> Head | None:
        """Return the draft of `province` that bears the same title as the draft with `code`."""
        kept = self._kept.get(code)
        if kept is None:
            return None
        return next(
            (
                head
                for head in self.heads()
                if head.province == province and same_title(head.title, kept.head.title)
            ),
            None,
        )

    def check(self) -> list[tuple[str, str]]:
        """Read every draft whole; return (code, problem) for each that is faulty."""
        problems = list(self._faults.items())
        for code, kept in self._kept.items():
            try:
                _ = kept.draft
            except ValueError as error:
                problems += [(code, line) for line in _told(error)]
        return problems


def _stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    stamps = {}
    for path in folder.glob("*.yml"):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            stamps[path] = (status.st_mtime_ns, status.st_size)
    return stamps


def _told(error: ValueError) -> list[str]:
    if not isinstance(error, ValidationError):
        return [str(error)]
    return [
        f"{'.'.join(str(part) for part in fault['loc']) or 'file'}: {fault['msg']}"
        for fault in error.errors()
    ]


def _head(text: bytes, code: str) -> Head:
    """Read title and province without reading the rest, which is a hundred times as long."""
    wanted: dict[str, str] = {}
    depth, key = 0, None
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                depth += 1
                key = None
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                depth -= 1
            elif isinstance(event, yaml.ScalarEvent) and depth == 1:
                if key is None:
                    key = event.value
                else:
                    wanted[key] = event.value
                    key = None
            if {"title", "province"} <= wanted.keys():
                break
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"not YAML: {error}") from error
    if not wanted.get("title"):
        raise ValueError("title: missing")
    province = wanted.get("province", "")
    if province in ("", "~", "null"):
        return Head(code, wanted["title"], None)
    if province not in PROVINCES:
        raise ValueError(f"province: unknown: {province!r}")
    return Head(code, wanted["title"], province)


_CHECK_EVERY = 2.0
"""Seconds between two looks at whether a file changed."""
_lock = threading.Lock()
_current: dict[Path, tuple[Drafts, float]] = {}


def get_drafts(state_dir: Path) -> Drafts:
    """Return this process's drafts, as their files stood at most two seconds ago."""
    folder = state_dir / FOLDER
    with _lock:
        drafts, looked_at = _current.get(folder, (None, 0.0))
        if drafts is None:
            drafts = Drafts.load(folder)
        elif clock.monotonic() - looked_at < _CHECK_EVERY:
            return drafts
        else:
            drafts = drafts.refreshed()
        _current[folder] = (drafts, clock.monotonic())
        return drafts
