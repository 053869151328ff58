"""The first reading of an export: which rows count, what is wrong with the others.

Writes nothing, and keeps a few numbers a dossier rather than its values, so that the size of a file
hardly shows in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dossiers.lifecycle import rank
from dossiers.recording import Entry
from dossiers.reports import ImportSummary
from dossiers.rows import DEFECTS_VI, Defect, ExportRow, Finding, RowReader, shape
from dossiers.tables import Table

_AHEAD = timedelta(days=1)
"""A date further ahead of now than this is a slip of the pen, not the newest of a file."""
_REPORT_EVERY = 500


@dataclass(frozen=True, slots=True)
class _Seen:
    """The row of a dossier that counts so far."""

    number: int
    rank: int
    content: int
    """Hash of its values."""


class Survey:
    """What a first reading found."""

    def __init__(self, table: Table, reader: RowReader) -> None:
        self._table = table
        self._reader = reader
        self._seen: dict[str, _Seen] = {}
        self._left_out: set[int] = set()
        """Numbers of the rows that are not applied."""
        self._rejected: list[Finding] = []
        self._warnings: list[Finding] = []
        self._rows = 0
        self._duplicates = 0
        self._newest: datetime | None = None
        self._newest_past: datetime | None = None

    def read(self, now: datetime, on_rows: Callable[[int], None]) -> None:
        """Read the whole file. Raises `NotAnExport` where it turns out to be broken."""
        for record in self._table.records():
            self._rows += 1
            if self._rows % _REPORT_EVERY == 0:
                on_rows(self._rows)
            judged = self._reader.judge(record.number, record.cells)
            if judged.row is None:
                self._left_out.add(record.number)
                if judged.rejection:
                    self._rejected.append(judged.rejection)
                continue
            self._warnings.extend(judged.warnings)
            self._weigh(record.number, judged.row, hash(judged.content))
            self._date(judged.row, now)

    def summary(self, name: str) -> ImportSummary:
        """Return a report of the file, before anything of it is written."""
        return ImportSummary(
            file=name,
            rows=self._rows,
            dossiers=len(self._seen),
            duplicates=self._duplicates,
            rejected=list(self._rejected),
            warnings=[
                finding
                for finding in self._warnings
                if finding.row not in self._left_out or finding.defect is Defect.SUPERSEDED
            ],
            remarks=list(self._table.remarks),
            as_of=self._newest_past or self._newest,
        )

    def entries(self) -> Iterator[Entry]:
        """Read the file again and yield the rows that count."""
        for record in self._table.records():
            if record.number not in self._left_out:
                judged = self._reader.judge(record.number, record.cells)
                if judged.row is not None:
                    yield Entry(record.number, judged.row, judged.content)

    def _weigh(self, number: int, row: ExportRow, content: int) -> None:
        """Decide between this row and an earlier one of the same dossier.

        The state further along the life-cycle counts; between equals the later row does.
        """
        this = _Seen(number, rank(row.status), content)
        earlier = self._seen.setdefault(row.code, this)
        if earlier is this:
            return
        self._duplicates += 1
        if earlier.content == this.content:
            self._left_out.add(number)
            return
        loser = this if this.rank < earlier.rank else earlier
        self._left_out.add(loser.number)
        if loser is earlier:
            self._seen[row.code] = this
        self._warnings.append(
            Finding(
                loser.number,
                self._reader.heading("code"),
                shape(row.code),
                Defect.SUPERSEDED,
                f"{DEFECTS_VI[Defect.SUPERSEDED]} "
                f"(đã dùng dòng {this.number if loser is earlier else earlier.number})",
            )
        )

    def _date(self, row: ExportRow, now: datetime) -> None:
        for moment in (row.received_at, row.done_at, row.returned_at):
            if moment is None:
                continue
            if self._newest is None or moment > self._newest:
                self._newest = moment
            if moment <= now + _AHEAD and (self._newest_past is None or moment > self._newest_past):
                self._newest_past = moment
