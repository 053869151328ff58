"""Taking in an office's export: every row is applied or reported, and none of it twice.

A file is read twice. The first reading (`survey`) judges it whole: is it an export, which rows
count, what is its newest date; until it is over nothing is written, so a file that cannot be read
leaves nothing behind. The second writes the rows that count (`recording`), in batches, each with
all its consequences in one transaction. An import that is killed leaves whole batches; importing
the file again applies the rest and tells nobody twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from core.database import Sessions
from core.privacy import Vault
from core.settings import ROOT, Settings
from dossiers.columns import Columns, load_columns
from dossiers.models import ImportReport, ImportState, Office
from dossiers.offices import OfficeBook, load_offices
from dossiers.recording import Context, FirstImport, Foretold, OfficeIds, foretell, record
from dossiers.reports import ImportSummary
from dossiers.rows import RowReader
from dossiers.survey import Survey
from dossiers.tables import open_table

BATCH_ROWS = 500
"""Rows of one transaction: few enough that no other writer waits long on SQLite."""
SAMPLE_SUMS = ROOT / "data" / "demo" / "SHA256SUMS"
"""Checksums of the sample exports that come with the project."""

Progress = Callable[[int, int], None]
"""Is told (rows done, rows in all). Both readings count; in the first the whole is not known yet,
and is told as 0."""


class FileChanged(Exception):
    """The file was changed between the two readings; importing it again puts things right."""


class Declined(Exception):
    """Whoever was asked did not agree to what the import would tell; nothing was written."""


@dataclass(frozen=True)
class Forecast:
    """The news that a file would make."""

    first_import: bool
    """It is the first import of one of its offices."""
    sample: bool
    news: tuple[Foretold, ...]


@dataclass(frozen=True)
class Importer:
    """Imports exports into one registry by one installation's rules."""

    sessions: Sessions
    vault: Vault
    columns: Columns
    offices: OfficeBook
    known_procedure: Callable[[str], bool]
    """Tells whether the catalogue has a procedure with this code. A dossier of another is accepted
    with a warning: its applicant must be told all the same."""
    first_import: FirstImport = "recent"
    """Whom an office's first import tells: see `Settings.first_import`."""
    recent_days: int = 1
    sample_sums: frozenset[str] = frozenset()
    """SHA-256 of files whose dossiers are samples."""
    batch_rows: int = BATCH_ROWS

    def run(
        self,
        path: Path,
        *,
        now: datetime,
        name: str = "",
        sample: bool = False,
        office: str = "",
        as_of: datetime | None = None,
        on_progress: Progress = lambda done, total: None,
        agree: Callable[[Forecast], bool] | None = None,
    ) -> ImportSummary:
        """Import one file.

        `agree` is asked, before anything is written, whether the news that the file makes may be
        told. Raises `Declined`, with nothing written, where it says no.

        `name` is what reports call it, if not by its path. `office` names the office of rows that
        name none. `as_of` is the moment up to which the file tells, if its newest date is not it.

        Raises `NotAnExport` for another kind of file, with nothing written; `OSError` where it
        cannot be read; `FileChanged`, or what the database raises, where it breaks off midway:
        then the report says so and whole batches stand.
        """
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        with open_table(path, self.columns) as table:
            reader = RowReader(
                table.header,
                self.columns.status_by_name,
                self.known_procedure,
                lambda code: office or self._office_of(code),
            )
            survey = Survey(table, reader)
            survey.read(now, lambda rows: on_progress(rows, 0))
            summary = survey.summary(name or path.name)
            summary.sample = sample or digest in self.sample_sums
            summary.as_of = as_of or summary.as_of or now
            if agree is not None:
                forecast = self._foretell(survey, summary, now)
                if not agree(forecast):
                    raise Declined("telling the news of this file was not agreed to")
            summary.report_id = self._open_report(summary, digest, now)
            context = self._context(summary, now)
            offices = OfficeIds(self.sessions)
            try:
                written = 0
                entries = survey.entries()
                while batch := list(islice(entries, self.batch_rows)):
                    summary.add(record(self.sessions, batch, offices, context), table.header)
                    written += len(batch)
                    on_progress(summary.rows + written, summary.rows + summary.dossiers)
                if written != summary.dossiers:
                    raise FileChanged("the file changed while it was being read")
                summary.complete = True
                self._close_report(summary, ImportState.COMPLETE, now, offices)
            except BaseException:
                summary.complete = False
                # The database may be what failed; what went wrong first is what counts.
                with suppress(SQLAlchemyError):
                    self._close_report(summary, ImportState.FAILED, now)
                raise
        return summary

    def _context(self, summary: ImportSummary, now: datetime) -> Context:
        return Context(
            vault=self.vault,
            report_id=summary.report_id,
            now=now,
            as_of=summary.as_of or now,
            sample=summary.sample,
            first_import=self.first_import,
            recent_days=self.recent_days,
        )

    def _foretell(self, survey: Survey, summary: ImportSummary, now: datetime) -> Forecast:
        offices = OfficeIds(self.sessions, add=False)
        context = self._context(summary, now)
        news: list[Foretold] = []
        entries = survey.entries()
        while batch := list(islice(entries, self.batch_rows)):
            news += foretell(self.sessions, batch, offices, context)
        return Forecast(offices.any_first, summary.sample, tuple(news))

    def _office_of(self, code: str) -> str:
        found = self.offices.of_code(code)
        return found.name if found else ""

    def _open_report(self, summary: ImportSummary, digest: str, now: datetime) -> int:
        with self.sessions.begin() as session:
            report = ImportReport(
                file_name=summary.file[:255],
                sha256=digest,
                state=ImportState.RUNNING,
                sample=summary.sample,
                as_of=summary.as_of or now,
                started_at=now,
                rows=summary.rows,
                duplicates=summary.duplicates,
                rejected=len(summary.rejected),
            )
            session.add(report)
            session.flush()
            return report.id

    def _close_report(
        self,
        summary: ImportSummary,
        state: ImportState,
        now: datetime,
        offices: OfficeIds | None = None,
    ) -> None:
        """Close the report; with it ends the first import of every office that was met."""
        with self.sessions.begin() as session:
            session.execute(
                update(ImportReport)
                .where(ImportReport.id == summary.report_id)
                .values(state=state, finished_at=now, details=summary.stored())
            )
            if offices is not None:
                session.execute(
                    update(Office)
                    .where(Office.id.in_(offices.ids), Office.first_import_id.is_(None))
                    .values(first_import_id=summary.report_id)
                )


def make_importer(
    settings: Settings,
    sessions: Sessions,
    vault: Vault,
    known_procedure: Callable[[str], bool],
) -> Importer:
    """Return the importer of an installation, with the columns and offices its settings name.

    Raises `BadColumnsFile`, `ValueError` or `OSError` where those files cannot be used.
    """
    return Importer(
        sessions=sessions,
        vault=vault,
        columns=load_columns(settings.columns_file),
        offices=load_offices(settings.offices_file),
        known_procedure=known_procedure,
        first_import=settings.first_import,
        recent_days=settings.recent_days,
        sample_sums=read_sums(SAMPLE_SUMS),
    )


def read_sums(path: Path) -> frozenset[str]:
    """Return the checksums of a `sha256sum` list; none where there is no such file."""
    if not path.exists():
        return frozenset()
    lines = path.read_text(encoding="ascii").splitlines()
    return frozenset(line.split()[0] for line in lines if line.strip())
