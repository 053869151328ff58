"""Look-up: nothing without proof, everything the applicant may know with it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from core.database import Sessions
from core.settings import ROOT
from dossiers.appointments import Lateness, Timing, Wait
from dossiers.importing import Importer
from dossiers.lifecycle import Status
from dossiers.lookup import DossierView, Lookup, ProofNeeded
from dossiers.proof import Limits, Outcome, Proofs, Sender
from procedures.appointments import Reckoner
from procedures.catalogue import load_catalogue
from procedures.deadlines import load_calendar
from tests.dossiers.exports import NOW, MakeExport, row
from tests.dossiers.registry import on_sqlite

CODE = "H60.12-261102-0001"
NO_SUCH_CODE = "H60.12-261102-9999"
WEB = Sender("web", "visitor-1")

pytestmark = on_sqlite


@pytest.fixture
def proofs(importer: Importer) -> Proofs:
    return Proofs(importer.sessions, importer.vault, Limits())


@pytest.fixture
def lookup(importer: Importer, proofs: Proofs) -> Lookup:
    catalogue = load_catalogue(ROOT / "data" / "procedures")
    reckoner = Reckoner(lambda: catalogue, load_calendar())
    return Lookup(proofs, importer.offices, reckoner.reckon, reckoner.calendar.between)


def prove(proofs: Proofs, code: str = CODE) -> None:
    proofs.ask(WEB, code, NOW)
    assert proofs.check(WEB, "5678", NOW) is Outcome.VERIFIED


def seen(lookup: Lookup, sessions: Sessions, **how: Any) -> DossierView:
    with sessions() as session:
        view = lookup.look_up(session, WEB, CODE, NOW, **how)
    assert isinstance(view, DossierView)
    return view


def test_without_proof_a_dossier_and_no_dossier_are_one_answer_after_one_work(
    importer: Importer,
    lookup: Lookup,
    sessions: Sessions,
    engine: Engine,
    make_export: MakeExport,
) -> None:
    importer.run(make_export(row()), now=NOW)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    work = []
    for code in (CODE, NO_SUCH_CODE):
        with sessions() as session:
            assert lookup.look_up(session, WEB, code, NOW) == ProofNeeded(code)
        work.append(list(statements))
        statements.clear()
    assert work[0] == work[1]


def test_with_proof_all_is_told(
    importer: Importer,
    proofs: Proofs,
    lookup: Lookup,
    sessions: Sessions,
    make_export: MakeExport,
) -> None:
    importer.run(make_export(row(Trạng_thái="Được tiếp nhận")), now=NOW)
    tax = row(Trạng_thái="Yêu cầu thực hiện nghĩa vụ tài chính", Ghi_chú="Thông báo nộp tiền số 1")
    newer = row(Mã_hồ_sơ="H60.12-261117-0002", Ngày_tiếp_nhận="17/11/2026")
    importer.run(make_export(tax, newer), now=NOW)
    prove(proofs)
    view = seen(lookup, sessions)
    assert (view.code, view.status) == (CODE, Status.TAX_DUE)
    assert view.meaning.name == "Yêu cầu thực hiện nghĩa vụ tài chính"
    assert "cơ quan thuế" in view.meaning.what_to_do
    assert view.note == "Thông báo nộp tiền số 1"
    assert [(stop.state, stop.on) for stop in view.stops] == [
        ("done", "02/11/2026"),
        ("done", "02/11/2026"),
        ("done", ""),
        ("current", "17/11/2026"),
        ("ahead", ""),
        ("ahead", ""),
    ]
    assert (view.received_on, view.appointment.given) == (date(2026, 11, 2), date(2026, 11, 30))
    assert view.moved_on == date(2026, 11, 17)
    assert view.appointment.lateness == Lateness(Timing.PAUSED)
    assert view.appointment.waiting == Wait(Status.TAX_DUE, date(2026, 11, 17))
    assert view.office_name == "Văn phòng Đăng ký đất đai tỉnh"
    assert view.office is not None and view.office.hours and view.office.sample
    english = seen(lookup, sessions, language="en")
    assert english.stops[0].label == "Newly registered"
    for secret in ("0912345678", "Nguyễn Thị Mẫu", "008123456789"):
        assert secret not in repr(view)


def test_a_date_that_is_not_known_is_not_told(
    importer: Importer,
    proofs: Proofs,
    lookup: Lookup,
    sessions: Sessions,
    make_export: MakeExport,
) -> None:
    importer.run(make_export(row(Trạng_thái="Đang xử lý")), now=NOW)
    prove(proofs)
    view = seen(lookup, sessions)
    assert view.moved_on is None
    assert [stop.on for stop in view.stops] == ["02/11/2026", "", "", "", ""]


def test_a_returned_dossier_tells_its_dates(
    importer: Importer,
    proofs: Proofs,
    lookup: Lookup,
    sessions: Sessions,
    make_export: MakeExport,
) -> None:
    importer.run(
        make_export(
            row(
                Trạng_thái="Đã trả kết quả",
                Ngày_có_kết_quả="12/11/2026",
                Ngày_trả_kết_quả="2026-11-13",
            )
        ),
        now=NOW,
    )
    prove(proofs)
    view = seen(lookup, sessions)
    assert [stop.on for stop in view.stops] == ["02/11/2026", "", "", "12/11/2026", "13/11/2026"]
    assert {stop.state for stop in view.stops} == {"done"}
    assert view.appointment.lateness == Lateness(Timing.ENDED)


def test_all_that_a_sender_may_see_and_no_other(
    importer: Importer,
    proofs: Proofs,
    lookup: Lookup,
    sessions: Sessions,
    make_export: MakeExport,
) -> None:
    codes = [f"H60.12-261102-000{n}" for n in (1, 2, 3)]
    importer.run(make_export(*[row(Mã_hồ_sơ=code) for code in codes]), now=NOW)
    for code in codes[:2]:
        prove(proofs, code)
    with sessions() as session:
        assert {view.code for view in lookup.all_seen(session, WEB, NOW)} == set(codes[:2])
        assert lookup.all_seen(session, Sender("web", "another"), NOW) == []
        assert lookup.look_up(session, WEB, codes[2], NOW) == ProofNeeded(codes[2])
        later = NOW + timedelta(seconds=Limits().verified_for)
        assert lookup.all_seen(session, WEB, later) == []
