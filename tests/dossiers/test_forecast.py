"""What an import foretells before it writes, and what it leaves for the notifier besides events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Sessions
from dossiers.importing import Declined, Forecast, Importer
from dossiers.models import ChangedNumber, Dossier, DossierEvent, Office, PendingEvent
from tests.dossiers.exports import DAYS, DEMO, HEADER, NOW, MakeExport, as_csv, row
from tests.dossiers.registry import contents, count, on_sqlite


def foresee(importer: Importer, path: Path) -> Forecast:
    """Return the forecast of a file, and agree to it."""
    seen: list[Forecast] = []

    def agree(forecast: Forecast) -> bool:
        seen.append(forecast)
        return True

    importer.run(path, now=NOW, agree=agree)
    return seen[0]


@on_sqlite
@pytest.mark.parametrize("policy", ["recent", "all", "silent"])
def test_what_is_foretold_is_what_becomes_news(
    importer: Importer, sessions: Sessions, policy: str
) -> None:
    importer = replace(importer, first_import=policy)  # type: ignore[arg-type]
    told = 0
    for n, day in enumerate(DAYS):
        forecast = foresee(importer, DEMO / day)
        told += len(forecast.news)
        assert forecast.sample
        assert forecast.first_import is (n == 0) or n > 0
    with sessions() as session:
        pending = (
            select(DossierEvent.id)
            .join(PendingEvent, PendingEvent.event_id == DossierEvent.id)
            .join(Dossier, Dossier.id == DossierEvent.dossier_id)
            .where(~DossierEvent.is_backlog, Dossier.phone_index.is_not(None))
        )
        assert len(session.scalars(pending).all()) == told > 0


def test_who_does_not_agree_leaves_nothing_behind(
    real_importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    path = make_export(row())
    before = contents(sessions)
    with pytest.raises(Declined):
        real_importer.run(path, now=NOW, agree=lambda forecast: False)
    assert contents(sessions) == before
    assert count(sessions, Office) == 0


def test_a_corrected_number_leaves_a_mark_and_other_changes_none(
    real_importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    def marks() -> int:
        return count(sessions, ChangedNumber)

    real_importer.run(make_export(row()), now=NOW)
    real_importer.run(make_export(row(Ghi_chú="mới")), now=NOW)
    assert marks() == 0
    for phone in ("0987654321", "0987654322"):
        real_importer.run(make_export(row(Số_điện_thoại=phone)), now=NOW)
    assert marks() == 1
    real_importer.run(make_export(row(Số_điện_thoại="")), now=NOW)
    assert marks() == 1


@pytest.fixture
def make_wide(tmp_path: Path) -> Callable[..., Path]:
    """Write a row with the columns of the new date and the language."""

    def make(new_due: str, language: str, **changes: str) -> Path:
        path = tmp_path / "wide.csv"
        rows = [[*HEADER, "Ngày hẹn lại", "Ngôn ngữ"], [*row(**changes), new_due, language]]
        path.write_text(as_csv(rows), encoding="utf-8")
        return path

    return make


@on_sqlite
def test_the_offices_new_date_and_the_applicants_language_are_read(
    real_importer: Importer,
    sessions: Sessions,
    make_wide: Callable[..., Path],
    make_export: MakeExport,
) -> None:
    def standing() -> tuple[date | None, str, bool]:
        with sessions() as session:
            dossier = session.scalars(select(Dossier)).one()
            return dossier.new_due_on, dossier.language, dossier.new_due_seen_at is not None

    real_importer.run(make_export(row()), now=NOW)
    assert standing() == (None, "vi", False)
    real_importer.run(make_wide("07/12/2026", "Tiếng Anh"), now=NOW)
    assert standing() == (date(2026, 12, 7), "en", True)
    # An export without these columns takes nothing back.
    real_importer.run(make_export(row(Ghi_chú="mới")), now=NOW)
    assert standing() == (date(2026, 12, 7), "en", True)
    summary = real_importer.run(make_wide("mai", "English"), now=NOW)
    assert standing()[0] == date(2026, 12, 7)
    assert [w.column for w in summary.warnings] == ["Ngày hẹn lại"]
