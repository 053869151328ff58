"""What an import did, to be shown to officers, stored and printed as JSON.

Holds no personal value: rows are named by number, values by their shape, dossiers by their code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dossiers.columns import Header
from dossiers.lifecycle import official_name
from dossiers.phones import NoSms
from dossiers.recording import Tally
from dossiers.rows import DEFECTS_VI, Defect, Finding, shape

STORED_FINDINGS = 2000
"""Most findings of a kind that are kept with the stored report; counts are always whole."""


@dataclass
class ImportSummary:
    """What one import did. Counts are of rows but where said."""

    file: str
    sample: bool = False
    complete: bool = False
    """Every row was applied or reported."""
    rows: int = 0
    """Rows under the heading, but for blank ones. Each is new, changed, unchanged, a duplicate or
    rejected."""
    dossiers: int = 0
    """Distinct valid dossiers."""
    new: int = 0
    """Dossiers seen for the first time."""
    changed: int = 0
    """Dossiers whose state moved."""
    unchanged: int = 0
    """Dossiers whose state is as it was."""
    updated: int = 0
    """Of the unchanged: particulars other than the state are new."""
    duplicates: int = 0
    """Rows of a dossier that has another row in the file, which counts instead."""
    rejected: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    """Rows that were applied, or left for another, with something to look at."""
    remarks: list[str] = field(default_factory=list)
    """What to know of the file as a whole; in Vietnamese."""
    no_sms: dict[str, NoSms] = field(default_factory=dict)
    """Dossier code → why its applicant cannot be texted and must be told otherwise."""
    old_numbers: int = 0
    """Mobile numbers that were brought up to date from eleven digits as they were written."""
    erased: int = 0
    """Dossiers of which nothing personal was taken in: their person had it erased."""
    as_of: datetime | None = None
    """The moment up to which the file tells."""
    report_id: int = 0
    """Number of the stored report."""

    def add(self, tally: Tally, header: Header) -> None:
        """Add what became of a batch."""
        self.new += tally.new
        self.changed += tally.changed
        self.unchanged += tally.unchanged
        self.updated += tally.updated
        self.old_numbers += tally.old_numbers
        self.erased += tally.erased
        self.no_sms |= tally.no_sms
        for remark in tally.remarks:
            before, after = official_name(remark.before), official_name(remark.after)
            self.warnings.append(
                Finding(
                    remark.row,
                    header.heading("status"),
                    shape(after),
                    remark.defect,
                    f"{DEFECTS_VI[remark.defect]} (“{before}” → “{after}”)",
                )
            )

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-ready, findings and all."""
        unknown = [f for f in self.warnings if f.defect is Defect.UNKNOWN_PROCEDURE]
        return {
            "file": self.file,
            "sample": self.sample,
            "complete": self.complete,
            "rows": self.rows,
            "dossiers": self.dossiers,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "updated": self.updated,
            "duplicates": self.duplicates,
            "rejected": _as_dicts(self.rejected),
            "warnings": _as_dicts(self.warnings),
            "accepted_with_warning": _as_dicts(unknown),
            "remarks": list(self.remarks),
            "no_sms": {code: why.value for code, why in self.no_sms.items()},
            "old_numbers": self.old_numbers,
            "erased": self.erased,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "report_id": self.report_id,
        }

    def stored(self) -> dict[str, Any]:
        """Return what the stored report keeps: the same, with at most `STORED_FINDINGS` each."""
        whole = self.as_dict()
        for name in ("rejected", "warnings", "accepted_with_warning"):
            whole[name] = whole[name][:STORED_FINDINGS]
        whole["no_sms"] = dict(list(whole["no_sms"].items())[:STORED_FINDINGS])
        return whole


def _as_dicts(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [f.as_dict() for f in sorted(findings, key=lambda f: f.row)]
