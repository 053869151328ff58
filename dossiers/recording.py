"""Writing what an export tells into the registry, a batch of rows in one transaction.

A movement is written whole: the dossier, its event and the pending event together. A batch that
another importer overtook is undone and read again, so two imports at once leave what one would.
What a row means was judged in `rows`; which rows of a file count is `importing`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.clock import vietnam_date
from core.database import EVENTS, Sessions, hint
from core.privacy import Vault
from dossiers.inserting import insert_into, keep_out_writers
from dossiers.lifecycle import Language, Move, Status, classify, rank
from dossiers.models import (
    ChangedNumber,
    Dossier,
    DossierEvent,
    Erasure,
    ImportReport,
    ImportState,
    Office,
    PendingEvent,
)
from dossiers.phones import NoSms, phone_index, read_phones
from dossiers.proof import file_digits, proof_print
from dossiers.rows import Defect, ExportRow
from language.folding import fold

FirstImport = Literal["silent", "recent", "all"]
_TRIES = 8
_DOSSIER = cast(Table, Dossier.__table__)
_folded = lru_cache(maxsize=1024)(fold)


class RecordingConflict(Exception):
    """A batch could not be written: others kept changing the same dossiers."""


class _Overtaken(Exception):
    """Another writer changed a dossier between our reading and our writing."""


@dataclass(frozen=True)
class Entry:
    """A row that counts."""

    number: int
    row: ExportRow
    content: str
    erased: bool = False
    """Its person had their data erased: the row holds nothing of them any more."""


@dataclass(frozen=True)
class Context:
    """What holds for a whole import."""

    vault: Vault
    report_id: int
    now: datetime
    as_of: datetime
    """The moment up to which the file tells."""
    sample: bool
    first_import: FirstImport
    recent_days: int


@dataclass(frozen=True)
class Remark:
    """Something to report of a row that only the registry could tell."""

    row: int
    defect: Defect
    before: Status
    after: Status


@dataclass
class Tally:
    """What became of some rows."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    updated: int = 0
    """Of the unchanged: particulars other than the state are new."""
    remarks: list[Remark] = field(default_factory=list)
    no_sms: dict[str, NoSms] = field(default_factory=dict)
    """Dossier code → why its applicant cannot be texted."""
    old_numbers: int = 0
    """Mobile numbers newly written in, that the file has in their old form."""
    erased: int = 0
    """Dossiers of which nothing personal is taken in: their person had it erased."""


class OfficeIds:
    """Offices by folded name, made when an export first names them."""

    def __init__(self, sessions: Sessions, *, add: bool = True) -> None:
        """With `add` false a new office is not added: nothing is written, and it has no id."""
        self._sessions = sessions
        self._add = add
        self._known: dict[str, tuple[int | None, bool]] = {}
        with sessions() as session:
            complete = select(ImportReport.id).where(ImportReport.state == ImportState.COMPLETE)
            self._nothing_before = session.scalar(complete.limit(1)) is None

    def learn(self, names: Iterable[str]) -> None:
        """Look up the offices called `names`, adding those that are new, in its own transaction."""
        unknown = {_folded(name): name for name in names if name}
        unknown = {key: name for key, name in unknown.items() if key not in self._known}
        if not unknown:
            return
        if not self._add:
            self._known |= dict.fromkeys(unknown, (None, True))
        with self._sessions.begin() as session:
            if self._add:
                session.execute(
                    insert_into(session, Office).on_conflict_do_nothing(),
                    [{"key": key, "name": name} for key, name in sorted(unknown.items())],
                )
            found = select(Office.key, Office.id, Office.first_import_id).where(
                Office.key.in_(unknown)
            )
            for key, office_id, first_import_id in session.execute(found):
                self._known[key] = (office_id, first_import_id is None)

    def get(self, name: str) -> tuple[int | None, bool]:
        """Return (id, whether no import of this office has come to its end yet).

        A row that names no office belongs to none; for it, the registry's first import counts.
        """
        return self._known[_folded(name)] if name else (None, self._nothing_before)

    @property
    def ids(self) -> list[int]:
        """Ids of all offices met."""
        return [office_id for office_id, _ in self._known.values() if office_id is not None]

    @property
    def any_first(self) -> bool:
        """Whether this is the first import of one of the offices met."""
        return any(first for _, first in self._known.values()) or self._nothing_before


@dataclass(frozen=True)
class Foretold:
    """News that writing a row would make, of somebody who can be told."""

    code: str
    status: Status
    person: str
    """Index of the number."""
    language: Language


def foretell(
    sessions: Sessions, entries: Sequence[Entry], offices: OfficeIds, context: Context
) -> list[Foretold]:
    """Return the news that `record` would make of a batch; writes nothing."""
    offices.learn({entry.row.office for entry in entries})
    with sessions() as session:
        return _Batch(session, offices, context).foretell(entries)


@dataclass(frozen=True)
class _Known:
    """What the registry holds of a dossier before the batch."""

    id: int
    status: Status
    version: int
    moved_at: datetime
    as_of: datetime | None
    content: str
    sample: bool
    no_sms: NoSms | None
    phone_index: str | None
    new_due_on: date | None
    new_due_seen_at: datetime | None
    language: Language


def record(
    sessions: Sessions, entries: Sequence[Entry], offices: OfficeIds, context: Context
) -> Tally:
    """Write a batch in one transaction, together with the report's running counts.

    Dossier codes within a batch are distinct. Raises `RecordingConflict` where other writers win
    every time, and whatever the database raises.
    """
    ordered = sorted(entries, key=lambda entry: entry.row.code)  # one order of locks for all
    offices.learn({entry.row.office for entry in ordered})
    for _ in range(_TRIES):
        try:
            with sessions.begin() as session:
                tally = _Batch(session, offices, context).write(ordered)
                _count(session, context.report_id, tally)
            return tally
        except _Overtaken:
            continue
        except OperationalError as error:
            if "deadlock" not in str(error.orig):
                raise
    raise RecordingConflict(f"a batch was overtaken {_TRIES} times")


def _count(session: Session, report_id: int, tally: Tally) -> None:
    session.execute(
        update(ImportReport)
        .where(ImportReport.id == report_id)
        .values(
            new=ImportReport.new + tally.new,
            changed=ImportReport.changed + tally.changed,
            unchanged=ImportReport.unchanged + tally.unchanged,
        )
    )


class _Batch:
    """One try at writing a batch."""

    def __init__(self, session: Session, offices: OfficeIds, context: Context) -> None:
        self._session = session
        self._offices = offices
        self._context = context
        self._tally = Tally()
        self._updates: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self._renumbered: list[int] = []

    def write(self, entries: Sequence[Entry]) -> Tally:
        # Nobody is erased between our looking who was and our writing the others.
        keep_out_writers(self._session, Erasure)
        known = self._read([entry.row.code for entry in entries])
        entries = self._without_all_erased(entries, known)
        fresh: dict[str, tuple[Entry, dict[str, Any]]] = {}
        for entry in entries:
            before = known.get(entry.row.code)
            if before is None:
                fresh[entry.row.code] = (entry, self._open(entry))
            else:
                self._follow(entry, before)
        ids = self._insert(list(fresh.values()))
        for code, (entry, values) in fresh.items():
            self._event(ids[code], 1, entry, values["moved_at"], Move.FIRST)
        self._update()
        self._publish()
        return self._tally

    def foretell(self, entries: Sequence[Entry]) -> list[Foretold]:
        """Decide about rows as `write` does, and write nothing."""
        known = self._read([entry.row.code for entry in entries])
        entries = self._without_all_erased(entries, known)
        news: list[Foretold] = []
        for entry in entries:
            events = len(self._events)
            before = known.get(entry.row.code)
            if before is None:
                values = self._open(entry)
                self._event(0, 1, entry, values["moved_at"], Move.FIRST)
            else:
                self._follow(entry, before)
                values = self._updates[-1] if len(self._events) > events else {}
            if len(self._events) > events and not self._events[-1]["is_backlog"]:
                person = values["phone_index"]
                if person is not None:
                    row = entry.row
                    news.append(Foretold(row.code, row.status, person, values["language"]))
        return news

    def _read(self, codes: Sequence[str]) -> dict[str, _Known]:
        found = select(
            Dossier.code,
            Dossier.id,
            Dossier.status,
            Dossier.status_version,
            Dossier.moved_at,
            Dossier.as_of,
            Dossier.content,
            Dossier.sample,
            Dossier.no_sms_reason,
            Dossier.phone_index,
            Dossier.new_due_on,
            Dossier.new_due_seen_at,
            Dossier.language,
        ).where(Dossier.code.in_(codes))
        return {code: _Known(*values) for code, *values in self._session.execute(found)}

    # --- deciding ---------------------------------------------------------------------------------

    def _without_all_erased(
        self, entries: Sequence[Entry], known: Mapping[str, _Known]
    ) -> list[Entry]:
        gone = frozenset(self._session.scalars(select(Erasure.fingerprint)))
        return [self._without_erased(entry, known.get(entry.row.code), gone) for entry in entries]

    def _without_erased(self, entry: Entry, before: _Known | None, gone: frozenset[str]) -> Entry:
        """Take a row's person out, if they had their data erased, under any number or name."""
        if before is None or before.no_sms is not NoSms.ERASED:
            if not gone or (before is not None and before.content == self._print(entry)):
                return entry
            vault = self._context.vault
            mobile, ids = read_phones(entry.row.phone).mobile, file_digits(entry.row.id_number)
            theirs = {vault.index(digits, "id") for digits in ids}
            if mobile:
                theirs.add(phone_index(vault, mobile))
            if not theirs & gone:
                return entry
        self._tally.erased += 1
        row = entry.row.model_copy(
            update={"applicant": "", "id_number": "", "phone": "", "note": ""}
        )
        # What is compared with the next export is what is kept, not what the row held.
        return replace(entry, row=row, content=row.model_dump_json(), erased=True)

    def _open(self, entry: Entry) -> dict[str, Any]:
        """Take in a dossier that was not known."""
        self._tally.new += 1
        own = _own_moment(entry.row)
        return {
            **self._particulars(entry),
            "code": entry.row.code,
            "status": entry.row.status,
            "status_version": 1,
            "moved_at": own or self._context.as_of,
            "created_at": self._context.now,
            "new_due_seen_at": self._context.now if entry.row.new_due_on else None,
        }

    def _follow(self, entry: Entry, before: _Known) -> None:
        """Apply a row to a dossier that is known."""
        context, tally, row = self._context, self._tally, entry.row

        def remark(defect: Defect) -> None:
            tally.remarks.append(Remark(entry.number, defect, before.status, row.status))

        if before.no_sms and not entry.erased:
            tally.no_sms[row.code] = before.no_sms
        if before.sample == context.sample and before.content == self._print(entry):
            tally.unchanged += 1
            return
        if context.sample and not before.sample:
            tally.unchanged += 1
            remark(Defect.NOT_SAMPLE)
            return
        move = classify(before.status, row.status)
        onwards = rank(row.status) > rank(before.status)
        older = vietnam_date(context.as_of) < vietnam_date(before.as_of or before.moved_at)
        if older and not onwards:
            tally.unchanged += 1
            remark(Defect.STALE)
            return
        values = {
            **self._particulars(entry),
            "b_id": before.id,
            "b_version": before.version,
            "status": row.status,
            "status_version": before.version,
            "moved_at": before.moved_at,
            # A date given by hand outlives exports that have no column for it.
            "new_due_on": row.new_due_on or before.new_due_on,
            "new_due_seen_at": (
                context.now
                if row.new_due_on not in (None, before.new_due_on)
                else before.new_due_seen_at
            ),
            "language": row.language if row.language != "vi" else before.language,
        }
        if before.phone_index is not None and values["phone_index"] != before.phone_index:
            self._renumbered.append(before.id)
        if move is Move.SAME:
            tally.unchanged += 1
            tally.updated += 1
        else:
            tally.changed += 1
            if move is Move.BACK:
                remark(Defect.MOVED_BACK)
            version = before.version + 1
            moved_at = _own_moment(row, after=before.status) or context.as_of
            values |= {"status_version": version, "moved_at": moved_at}
            self._event(before.id, version, entry, moved_at, move)
        self._updates.append(values)

    def _event(
        self, dossier_id: int, version: int, entry: Entry, occurred_at: datetime, move: Move
    ) -> None:
        context = self._context
        # A change between two exports happened by the day of the later one; of what an export
        # shows for the first time, only a date of its own tells when.
        dated = move is not Move.FIRST or _own_moment(entry.row) is not None
        _, first_import = self._offices.get(entry.row.office)
        backlog = move is Move.FIRST and first_import and not self._is_news(occurred_at, dated)
        self._events.append(
            {
                "dossier_id": dossier_id,
                "version": version,
                "status": entry.row.status,
                "move": move,
                "occurred_at": occurred_at,
                "dated": dated,
                "recorded_at": context.now,
                "note": entry.row.note,
                "source": f"import:{context.report_id}",
                "is_backlog": backlog,
            }
        )

    def _is_news(self, occurred_at: datetime, dated: bool) -> bool:
        """Tell whether a first import tells the applicant of this, by `Settings.first_import`."""
        match self._context.first_import:
            case "all":
                return True
            case "silent":
                return False
            case "recent":
                age = vietnam_date(self._context.as_of) - vietnam_date(occurred_at)
                return dated and age.days <= self._context.recent_days

    def _print(self, entry: Entry) -> str:
        return self._context.vault.index(entry.content, "row")

    def _particulars(self, entry: Entry) -> dict[str, Any]:
        """Return what a row tells, in the form in which it is kept."""
        vault, row = self._context.vault, entry.row
        phones = read_phones(row.phone)
        self._tally.old_numbers += phones.migrated
        self._tally.no_sms.pop(row.code, None)
        if phones.no_sms and not entry.erased:
            self._tally.no_sms[row.code] = phones.no_sms
        ids = file_digits(row.id_number)
        last_fours = dict.fromkeys([*phones.last_fours, *(digits[-4:] for digits in ids)])
        return {
            "procedure_code": row.procedure_code,
            "procedure_name": row.procedure_name,
            "office_id": self._offices.get(row.office)[0],
            "received_at": row.received_at,
            "due_on": row.due_on,
            "new_due_on": row.new_due_on,
            "done_at": row.done_at,
            "returned_at": row.returned_at,
            "submitted_by": row.submitted_by,
            "language": row.language,
            "note": row.note,
            "phone_enc": vault.encrypt(phones.mobile) if phones.mobile else None,
            "phone_index": phone_index(vault, phones.mobile) if phones.mobile else None,
            "no_sms_reason": NoSms.ERASED if entry.erased else phones.no_sms,
            "id_index": vault.index(ids[0], "id") if ids else None,
            "applicant_enc": vault.encrypt(row.applicant) if row.applicant else None,
            "proofs": [proof_print(vault, row.code, digits) for digits in last_fours],
            "content": self._print(entry),
            "sample": self._context.sample,
            "as_of": self._context.as_of,
            "updated_at": self._context.now,
        }

    # --- writing ----------------------------------------------------------------------------------

    def _insert(self, fresh: Sequence[tuple[Entry, dict[str, Any]]]) -> dict[str, int]:
        if not fresh:
            return {}
        statement = (
            insert_into(self._session, Dossier)
            .on_conflict_do_nothing(index_elements=["code"])
            .returning(_DOSSIER.c.code, _DOSSIER.c.id)
        )
        made = self._session.execute(statement, [values for _, values in fresh])
        ids = {code: dossier_id for code, dossier_id in made}  # noqa: C416 (a row is no pair to dict)
        if len(ids) < len(fresh):
            raise _Overtaken
        return ids

    def _update(self) -> None:
        if not self._updates:
            return
        columns = [name for name in self._updates[0] if not name.startswith("b_")]
        statement = (
            update(_DOSSIER)
            .where(_DOSSIER.c.id == bindparam("b_id"))
            .where(_DOSSIER.c.status_version == bindparam("b_version"))
            .values({name: bindparam(name) for name in columns})
        )
        result = self._session.connection().execute(statement, self._updates)
        if result.rowcount != len(self._updates):
            raise _Overtaken

    def _publish(self) -> None:
        if self._renumbered:
            self._session.execute(
                insert_into(self._session, ChangedNumber).on_conflict_do_nothing(),
                [{"dossier_id": dossier_id} for dossier_id in self._renumbered],
            )
            hint(self._session, EVENTS)
        if not self._events:
            return
        hint(self._session, EVENTS)
        made = self._session.scalars(
            insert_into(self._session, DossierEvent).returning(DossierEvent.__table__.c.id),
            self._events,
        )
        pending = [{"event_id": event_id} for event_id in made]
        self._session.execute(insert_into(self._session, PendingEvent), pending)


def _own_moment(row: ExportRow, after: Status | None = None) -> datetime | None:
    """Return the date that the row itself gives for its present state, if any.

    The day of reception dates a dossier first seen as registered or accepted; where a dossier was
    seen registered before, it says nothing of the day of acceptance.
    """
    match row.status:
        case Status.DONE:
            return row.done_at
        case Status.RETURNED:
            return row.returned_at
        case Status.REGISTERED | Status.ACCEPTED:
            return row.received_at if after is None else None
        case _:
            return None
