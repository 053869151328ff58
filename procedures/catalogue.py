"""The catalogue: reads the files of procedures, merges versions, and answers which one holds.

Files are read at once but parsed when first asked for, so that thousands of procedures cost a start
nothing. `check()` parses all and names every error with its file and field. What the facts sound
like is `answers`'; the shape of a file is `schema`'s.
"""

from __future__ import annotations

import re
import threading
import time as clock
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from core.observability import get_logger
from core.settings import ROOT
from language.folding import fold
from procedures.provinces import PROVINCES, find_province
from procedures.schema import (
    CommonFees,
    CommonInstruments,
    CommonRules,
    Contents,
    Fact,
    LocalFees,
    ProcedureFile,
    Rule,
    SummarySection,
    VersionHead,
)
from procedures.vocabulary import Aspect, Confidence, Language

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_log = get_logger(__name__)

DEFAULT_PATH = ROOT / "data" / "procedures"
PROVINCIAL_SINCE = date(2026, 7, 1)
"""By this day provinces were to have set their own procedures, times and forms; before it the
national baseline held everywhere (Nghị định 49/2026/NĐ-CP, Điều 14–16)."""

MOST_WARMED = 300
"""Procedures that are read ahead at a start: some seconds of one core, in the background."""

_ITS_OWN = frozenset({"effective_to", "began_unread"})
"""What a version does not take from the baseline."""

_CODE = re.compile(r"(\d\.\d{6})(?:\.\d{3}\.\d{2}\.\d{2})?(?:\.[A-Z]\d{2})?")
"""A code as exported: bare, with the old zero groups, with the province's suffix (.H36)."""


class CatalogueError(Exception):
    """The catalogue's files cannot be used; one line for each problem, with file and field."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class UnknownProcedure(KeyError):
    """No procedure of this id is in the catalogue."""


class NoVersion(LookupError):
    """The procedure has no version in force on the day asked for."""


@dataclass(frozen=True)
class Version:
    """What holds for one procedure, in one province, on one day."""

    id: str
    file: ProcedureFile
    contents: Contents
    province: str | None
    """Slug of the province asked for, or None."""
    is_provincial: bool
    """Whether the province's own rules were found; if not, the national ones stand in."""
    as_of: date
    rules: Mapping[str, Rule] = field(repr=False)
    local_fees: LocalFees | None = field(default=None, repr=False)

    @property
    def stands_in(self) -> bool:
        """True where the province may have rules of its own that the catalogue does not know."""
        return (
            self.file.set_by_province and not self.is_provincial and self.as_of >= PROVINCIAL_SINCE
        )

    @property
    def province_name(self) -> str:
        """Name of the province as read, or empty."""
        return PROVINCES.get(self.province or "", "")

    def confidence(self, aspect: Aspect) -> Confidence:
        """Return how sure the direct answer about `aspect` is."""
        return self._told_by(aspect).confidence or self.contents.confidence or Confidence.LOW

    def _told_by(self, aspect: Aspect) -> Fact:
        """The fact that the direct answer is read from."""
        if aspect is Aspect.LEGAL:
            return self.contents
        if aspect is Aspect.FORM:
            return next(iter(self.contents.forms.values()), self.contents.documents)
        section: Fact = getattr(self.contents, aspect.value)
        if section.confidence is not None or not isinstance(section, SummarySection):
            return section
        return section if section.summary is not None else self.rules[section.rules[0]]


class _Entry:
    """One procedure's file: its text, and what was made of it so far."""

    def __init__(self, path: Path, text: bytes, stamp: tuple[int, int], shown: str) -> None:
        self.path = path
        self.text = text
        self.stamp = stamp
        self.shown = shown
        self._merged: dict[int, Contents] = {}

    @cached_property
    def file(self) -> ProcedureFile:
        file = _validated(ProcedureFile, _parsed(self.text, self.shown), self.shown)
        if file.id != self.path.stem:
            raise CatalogueError([f"{self.shown}: id: {file.id!r} is not the file's name"])
        return file

    @cached_property
    def heads(self) -> tuple[VersionHead, ...]:
        """The versions in the file's order; the baseline comes first."""
        raw = (self.file.baseline, *self.file.versions)
        heads = [
            _validated(VersionHead, version, self.shown, self._place(n))
            for n, version in enumerate(raw)
        ]
        if heads[0].province is not None:
            raise CatalogueError([f"{self.shown}: baseline.province: the baseline is national"])
        return tuple(heads)

    def contents(self, n: int) -> Contents:
        """Return version `n` merged over the baseline (0 is the baseline itself)."""
        if n not in self._merged:
            raw = self.file.baseline if n == 0 else self._overlaid(self.file.versions[n - 1])
            self._merged[n] = _validated(Contents, raw, self.shown, self._place(n))
        return self._merged[n]

    def holding(self, province: str | None, as_of: date) -> int | None:
        """Return which version holds; of several the one that began last."""
        candidates = [
            n
            for n, head in enumerate(self.heads)
            if head.province == province
            and head.effective_from <= as_of
            and (head.effective_to is None or as_of <= head.effective_to)
        ]
        return max(candidates, key=lambda n: self.heads[n].effective_from, default=None)

    def _overlaid(self, version: Mapping[str, Any]) -> dict[str, Any]:
        own = {key: value for key, value in version.items() if key not in ("province", "unsure")}
        base = {k: v for k, v in self.file.baseline.items() if k not in _ITS_OWN}
        merged = _merge(base, own)
        for name in version.get("unsure", ()):
            section = merged.get(name)
            if not isinstance(section, dict):
                raise CatalogueError([f"{self.shown}: unsure: no section {name!r}"])
            merged[name] = {**section, "confidence": Confidence.LOW.value}
        return merged

    def _place(self, n: int) -> str:
        if n == 0:
            return "baseline"
        raw = self.file.versions[n - 1]
        which = ", ".join(
            str(raw[key]) for key in ("province", "effective_from") if raw.get(key) is not None
        )
        return f"versions[{n - 1}] ({which})"


class Catalogue:
    """The procedures as their files stood when this was loaded. Does not change; see `refreshed`.

    Use `load_catalogue` or `get_catalogue` to make one.
    """

    def __init__(
        self,
        path: Path,
        entries: dict[str, _Entry],
        rules: CommonRules,
        fees: CommonFees,
        instruments: CommonInstruments,
        stamps: dict[Path, tuple[int, int]],
    ) -> None:
        self.path = path
        self._entries = entries
        self._rules = rules
        self._fees = fees
        self._instruments = instruments
        self._stamps = stamps
        self._versions: dict[tuple[str, str | None, date], Version] = {}
        self._codes: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self._rules_on: dict[date, Mapping[str, Rule]] = {}

    # --- procedures ------------------------------------------------------------------------------

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all procedures, sorted."""
        return tuple(sorted(self._entries))

    def __contains__(self, procedure_id: object) -> bool:
        return procedure_id in self._entries

    def file(self, procedure_id: str) -> ProcedureFile:
        """Return what does not change with time or place: names, aliases, related procedures.

        Raises `UnknownProcedure`, or `CatalogueError` where the file is faulty.
        """
        return self._entry(procedure_id).file

    def name(self, procedure_id: str, language: Language = "vi") -> str:
        """Return the name citizens know the procedure by."""
        return self.file(procedure_id).name.say(language)

    def short(self, procedure_id: str, language: Language = "vi") -> str:
        """Return the name for buttons."""
        return self.file(procedure_id).short.say(language)

    def get(self, procedure_id: str, province: str | None = None, *, as_of: date) -> Version:
        """Return what holds for the procedure in `province` (slug or name) on `as_of`.

        Where the province has no version of its own the national one stands in, and the version
        says so. Raises `UnknownProcedure`, `NoVersion` where nothing was in force yet, `ValueError`
        for a province that does not exist, and `CatalogueError` where the file is faulty.
        """
        slug = _slug(province)
        key = (procedure_id, slug, as_of)
        if key not in self._versions:
            if len(self._versions) > 4096:
                self._versions.clear()
            self._versions[key] = self._find(procedure_id, slug, as_of)
        return self._versions[key]

    def versions(self, procedure_id: str) -> Iterator[tuple[VersionHead, Contents]]:
        """Yield every version of a procedure, merged; the national baseline first."""
        entry = self._entry(procedure_id)
        for n, head in enumerate(entry.heads):
            yield head, entry.contents(n)

    def warm(self, province: str | None, *, as_of: date, most: int = MOST_WARMED) -> int:
        """Read ahead what holds on `as_of`, for the whole country and in `province`; return in how
        many procedures. The first answer about each then costs no more than the next.

        At most `most` are read, the rest when they are asked for. Procedures with nothing in force
        or a faulty file are passed over: `check` names them. Raises `ValueError` for a province
        that does not exist.
        """
        read = 0
        for procedure_id in self.ids()[:most]:
            try:
                for place in dict.fromkeys((None, _slug(province))):
                    self.get(procedure_id, place, as_of=as_of)
            except (CatalogueError, NoVersion):
                continue
            read += 1
        return read

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rules that procedures share, by name."""
        return self._rules.rules

    def rules_on(self, day: date) -> Mapping[str, Rule]:
        """Return what each of the shared rules' names meant on `day`."""
        if day not in self._rules_on:
            if len(self._rules_on) > 64:
                self._rules_on.clear()
            self._rules_on[day] = self._rules.on(day)
        return self._rules_on[day]

    @property
    def fees(self) -> CommonFees:
        """What provinces charge."""
        return self._fees

    @property
    def instruments(self) -> CommonInstruments:
        """The documents that facts rest on, with their validity."""
        return self._instruments

    # --- codes -----------------------------------------------------------------------------------

    def find_codes(self, code: str) -> tuple[str, ...]:
        """Return the procedures that a portal code covers, national or provincial, sorted.

        One code may cover several: 1.013831 is sale, gift, inheritance and contribution. A
        province's suffix (``1.013978.H36``) and blanks round it do not matter.
        """
        return tuple(sorted(self._coded(code)))

    def find_code(self, code: str, name: str | None = None) -> str | None:
        """Return the one procedure that a code means, or None where that cannot be told.

        Where the code covers several, the procedure's name as the office exports it decides; where
        that does not either, the answer is None and never a guess.
        """
        coded = self._coded(code)
        if len(coded) == 1:
            return next(iter(coded))
        if not coded or not name:
            return None
        spoken = f" {re.sub(r'[^a-z0-9]+', ' ', fold(name))} "
        named = [
            procedure_id
            for procedure_id, keywords in coded.items()
            if any(f" {fold(word)} " in spoken for word in keywords)
        ]
        return named[0] if len(named) == 1 else None

    def _coded(self, code: str) -> Mapping[str, tuple[str, ...]]:
        """Return procedure → keywords for a code, looking only into the files that mention it."""
        bare = bare_code(code)
        if bare is None:
            return {}
        if bare not in self._codes:
            found: dict[str, tuple[str, ...]] = {}
            for procedure_id, entry in self._entries.items():
                if bare.encode() not in entry.text:
                    continue
                try:
                    raw = (entry.file.baseline, *entry.file.versions)
                except CatalogueError:
                    continue  # check() reports it; one bad file does not hide the others' codes
                for version in raw:
                    for item in version.get("codes", ()):
                        if item["code"] == bare:
                            words = (*found.get(procedure_id, ()), *item.get("keywords", ()))
                            found[procedure_id] = words
            self._codes[bare] = found
        return self._codes[bare]

    # --- health ----------------------------------------------------------------------------------

    def check(self) -> list[str]:
        """Parse and validate everything; return one line for each problem, with file and field."""
        problems: list[str] = []
        for procedure_id, entry in sorted(self._entries.items()):
            try:
                heads = entry.heads
            except CatalogueError as error:
                problems += error.problems
                continue
            problems += [
                f"{entry.shown}: related: no procedure {other!r}"
                for other in entry.file.related
                if other not in self._entries or other == procedure_id
            ]
            for n in range(len(heads)):
                try:
                    problems += self._broken_references(entry, n)
                except CatalogueError as error:
                    problems += error.problems
        return problems

    def _broken_references(self, entry: _Entry, n: int) -> list[str]:
        contents = entry.contents(n)
        problems = [
            f"{entry.shown}: {name}.rules: no rule {rule!r}"
            for name in ("time", "documents", "fee", "where", "conditions", "online")
            for rule in getattr(contents, name).rules
            if rule not in self._rules.rules
        ]
        problems += [
            f"{entry.shown}: conditions.cases.{case.value}: no rule {rule!r}"
            for case, rule in contents.conditions.cases.items()
            if rule is not None and rule not in self._rules.rules
        ]
        if contents.fee.local and contents.fee.local not in self._fees.kinds:
            problems.append(f"{entry.shown}: fee.local: no kind {contents.fee.local!r}")
        return problems

    def refreshed(self) -> Catalogue:
        """Return a catalogue of the files as they stand now; itself where nothing changed.

        A file that became faulty is left as it was and the fault is logged: an editor's slip does
        not take an answer away from citizens.
        """
        if _stamps(self.path) == self._stamps:
            return self
        try:
            fresh = _load(self.path, keep=self._entries)
        except CatalogueError as error:
            _log.error("catalogue_not_reloaded", problems=error.problems)
            self._stamps = _stamps(self.path)
            return self
        for procedure_id, entry in list(fresh._entries.items()):
            known = self._entries.get(procedure_id)
            if entry is known:
                continue
            try:
                for n in range(len(entry.heads)):
                    problems = fresh._broken_references(entry, n)
                    if problems:
                        raise CatalogueError(problems)
            except CatalogueError as error:
                _log.error("procedure_not_reloaded", id=procedure_id, problems=error.problems)
                if known is None:
                    del fresh._entries[procedure_id]
                else:
                    fresh._entries[procedure_id] = known
        _log.info("catalogue_reloaded", procedures=len(fresh._entries))
        return fresh

    # --- inside ----------------------------------------------------------------------------------

    def _entry(self, procedure_id: str) -> _Entry:
        try:
            return self._entries[procedure_id]
        except KeyError:
            raise UnknownProcedure(procedure_id) from None

    def _find(self, procedure_id: str, province: str | None, as_of: date) -> Version:
        entry = self._entry(procedure_id)
        own = entry.holding(province, as_of) if province else None
        n = own if own is not None else entry.holding(None, as_of)
        if n is None:
            raise NoVersion(f"{procedure_id} has no version in force on {as_of.isoformat()}")
        if problems := self._broken_references(entry, n):
            raise CatalogueError(problems)
        return Version(
            id=procedure_id,
            file=entry.file,
            contents=entry.contents(n),
            province=province,
            is_provincial=own is not None,
            as_of=as_of,
            rules=self.rules_on(as_of),
            local_fees=self._fees.provinces.get(province) if province else None,
        )


# --- loading --------------------------------------------------------------------------------------


def load_catalogue(path: Path = DEFAULT_PATH) -> Catalogue:
    """Read the catalogue's files. Faults inside a procedure's file show when it is asked for, or
    all at once from `Catalogue.check`.

    Raises `CatalogueError` where the folder holds no procedure or the common files are faulty.
    """
    return _load(Path(path), keep={})


_CHECK_EVERY = 2.0
"""Seconds between two looks at whether a file changed."""
_lock = threading.Lock()
_current: Catalogue | None = None
_looked_at = 0.0


def get_catalogue() -> Catalogue:
    """Return this process's catalogue, as its files stood at most two seconds ago."""
    global _current, _looked_at
    with _lock:
        if _current is None:
            _current = load_catalogue()
            _looked_at = clock.monotonic()
        elif clock.monotonic() - _looked_at >= _CHECK_EVERY:
            _current = _current.refreshed()
            _looked_at = clock.monotonic()
        return _current


def _load(path: Path, keep: Mapping[str, _Entry]) -> Catalogue:
    stamps = _stamps(path)
    entries: dict[str, _Entry] = {}
    for file in sorted(stamps):
        if file.parent != path:
            continue
        known = keep.get(file.stem)
        if known is not None and known.stamp == stamps[file]:
            entries[file.stem] = known
        else:
            shown = f"{path.name}/{file.name}"
            entries[file.stem] = _Entry(file, file.read_bytes(), stamps[file], shown)
    if not entries:
        raise CatalogueError([f"{path}: no procedures here"])
    rules = _common(CommonRules, path, "rules.yml")
    fees = _common(CommonFees, path, "local_fees.yml")
    instruments = _common(CommonInstruments, path, "instruments.yml")
    return Catalogue(path, entries, rules, fees, instruments, stamps)


_M = TypeVar("_M", bound=BaseModel)


def _common(model: type[_M], path: Path, name: str) -> _M:
    shown = f"{path.name}/common/{name}"
    try:
        text = (path / "common" / name).read_bytes()
    except FileNotFoundError:
        raise CatalogueError([f"{shown}: missing"]) from None
    return _validated(model, _parsed(text, shown), shown)


def _stamps(path: Path) -> dict[Path, tuple[int, int]]:
    """When each file was last written, and how long it is."""
    files = (*path.glob("*.yml"), *path.glob("common/*.yml"))
    return {f: (s.st_mtime_ns, s.st_size) for f in files for s in (f.stat(),)}


def _parsed(text: bytes, shown: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or error
        raise CatalogueError([f"{shown}{line}: not YAML: {reason}"]) from error


def _validated(model: type[_M], raw: Any, shown: str, place: str = "") -> _M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = []
        for fault in error.errors():
            parts = [place] if place else []
            parts += [str(part) for part in fault["loc"]]
            problems.append(f"{shown}: {'.'.join(parts) or 'file'}: {fault['msg']}")
        raise CatalogueError(problems) from error


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `over` on `base`: mappings merge, null takes away, all else (lists too) replaces."""
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(known, Mapping):
            merged[key] = _merge(known, value)
        else:
            merged[key] = value
    return merged


def bare_code(code: str) -> str | None:
    """Return a code as the national portal has it, without zero groups and province; None where
    `code` is none."""
    match = _CODE.fullmatch(code.strip())
    return match[1] if match else None


def _slug(province: str | None) -> str | None:
    if not province:
        return None
    slug = find_province(province)
    if slug is None:
        raise ValueError(f"unknown province: {province!r}")
    return slug


__all__ = [
    "DEFAULT_PATH",
    "PROVINCIAL_SINCE",
    "Aspect",
    "Catalogue",
    "CatalogueError",
    "NoVersion",
    "UnknownProcedure",
    "Version",
    "bare_code",
    "get_catalogue",
    "load_catalogue",
]
