"""Importing: the three sample nights to the last figure, every mess that exports come in, files
that are none, and what an import may never do: lose a row, tell twice, leave half a file unsaid.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import openpyxl
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from core.clock import vietnam_date
from core.database import Base, Sessions, make_engine, session_factory
from core.privacy import Vault
from core.settings import ROOT
from dossiers.importing import Importer
from dossiers.lifecycle import Move, Status
from dossiers.models import Dossier, DossierEvent, ImportReport, ImportState, Office, PendingEvent
from dossiers.phones import NoSms
from dossiers.recording import FirstImport
from dossiers.reports import ImportSummary
from dossiers.rows import Defect
from dossiers.tables import NotAnExport
from tests.dossiers.exports import DAYS, DEMO, HEADER, NOW, MakeExport, as_csv, beginning, row
from tests.dossiers.registry import contents, count, on_sqlite, the_dossier, the_events

SECRET = "a secret of the tests"


def figures(summary: ImportSummary) -> dict[str, Any]:
    """Return what `truth.json` tells of a day."""
    report = summary.as_dict()
    names = ("rows", "dossiers", "new", "changed", "unchanged", "duplicates")
    return {name: report[name] for name in names} | {
        name: [{"row": found["row"], "why": found["why"]} for found in report[name]]
        for name in ("rejected", "accepted_with_warning")
    }


def expected(day: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in day.items() if name != "file"}


# --- the samples ---------------------------------------------------------------------------------


def test_three_nights_agree_with_the_truth_and_a_second_import_changes_nothing(
    importer: Importer, sessions: Sessions, truth: dict[str, Any]
) -> None:
    no_sms: dict[str, str] = {}
    for day in truth["days"]:
        summary = importer.run(DEMO / day["file"], now=NOW)
        assert figures(summary) == expected(day)
        assert summary.complete and summary.sample
        no_sms |= summary.as_dict()["no_sms"]
    assert no_sms == truth["no_sms"]
    assert count(sessions, Dossier) == sum(day["new"] for day in truth["days"])
    moved = sum(day["new"] + day["changed"] for day in truth["days"])
    assert count(sessions, DossierEvent) == count(sessions, PendingEvent) == moved

    before = contents(sessions)
    again = importer.run(DEMO / DAYS[-1], now=NOW)
    assert (again.new, again.changed, again.updated) == (0, 0, 0)
    assert again.unchanged == again.dossiers
    assert again.as_dict()["no_sms"] == {
        code: why for code, why in no_sms.items() if code in again.no_sms
    }
    assert contents(sessions) == before


@on_sqlite
def test_the_same_night_as_a_workbook_gives_the_same(
    importer: Importer, tmp_path: Path, truth: dict[str, Any]
) -> None:
    with (DEMO / DAYS[0]).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream, delimiter=";"))
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in rows:
        sheet.append(cells)
    book.save(tmp_path / "export.xlsx")
    assert figures(importer.run(tmp_path / "export.xlsx", now=NOW)) == expected(truth["days"][0])


@on_sqlite
def test_an_older_night_moves_nothing_back(
    importer: Importer, sessions: Sessions, tmp_path: Path
) -> None:
    nights = [beginning(day, 300, tmp_path) for day in DAYS]
    for night in nights:
        importer.run(night, now=NOW)
    before = contents(sessions)
    late = importer.run(nights[0], now=NOW)
    assert (late.new, late.changed, late.updated) == (0, 0, 0)
    assert {w.defect for w in late.warnings} == {Defect.STALE}
    assert contents(sessions) == before


def test_the_sums_name_the_sample_files() -> None:
    lines = (DEMO / "SHA256SUMS").read_text().splitlines()
    assert [line.split()[1] for line in lines] == list(DAYS)


# --- the mess ------------------------------------------------------------------------------------

PLAIN = [row(), row(Mã_hồ_sơ="H60.12-261102-0002", Trạng_thái="ĐÃ XỬ LÝ XONG")]
NOTE = row(Ghi_chú="Bổ sung mảnh trích đo")


def _text(rows: list[list[str]], **how: str) -> str:
    return as_csv([HEADER, *rows], **how)


@on_sqlite
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_text(PLAIN).encode("utf-8-sig"), id="bom"),
        pytest.param(_text(PLAIN).encode(), id="no bom"),
        pytest.param(_text(PLAIN, delimiter=",").encode(), id="comma"),
        pytest.param(_text(PLAIN, delimiter="\t").encode("utf-16"), id="utf-16 tab"),
        pytest.param(_text(PLAIN).encode("utf-16-le"), id="utf-16 without a mark"),
        pytest.param(_text(PLAIN).encode("utf-16-be"), id="utf-16 big-endian"),
        pytest.param(_text(PLAIN, end="\n").encode(), id="lf"),
        pytest.param(_text(PLAIN, end="\r").encode(), id="cr"),
        pytest.param(_text(PLAIN).encode() + b";;;;;;;;;;;;;;;\r\n\r\n  \r\n", id="blank rows"),
        pytest.param(
            b"DANH S\xc3\x81CH H\xe1\xbb\x92 S\xc6\xa0\r\n\r\n" + _text(PLAIN).encode(),
            id="title above",
        ),
        pytest.param(_text(PLAIN).rstrip().encode(), id="no last line end"),
        pytest.param(
            as_csv([[f'"{cell}"' for cell in cells] for cells in [HEADER, *PLAIN]]).encode(),
            id="all quoted",
        ),
        pytest.param(
            as_csv([list(reversed(cells)) for cells in [HEADER, *PLAIN]]).encode(),
            id="other order",
        ),
        pytest.param(_text(PLAIN).upper().encode(), id="capitals"),
    ],
)
def test_the_same_two_dossiers_however_they_are_written(
    importer: Importer, sessions: Sessions, tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "export.dat"
    path.write_bytes(data)
    summary = importer.run(path, now=NOW)
    assert (summary.rows, summary.new, summary.rejected) == (2, 2, [])
    with sessions() as session:
        found = {d.code: d.status for d in session.scalars(select(Dossier))}
    assert found == {
        "H60.12-261102-0001": Status.PROCESSING,
        "H60.12-261102-0002": Status.DONE,
    }


@on_sqlite
def test_vietnamese_windows_is_read_and_said(
    importer: Importer, sessions: Sessions, tmp_path: Path
) -> None:
    # Code page 1258 has the letters with circumflex, breve and horn, and combining tone marks.
    parts = []
    for character in _text([NOTE]):
        decomposed = normalize("NFD", character)
        tone = "".join(c for c in decomposed if c in "\u0300\u0301\u0303\u0309\u0323")
        base = normalize("NFC", "".join(c for c in decomposed if c not in tone))
        parts.append(base + tone)
    path = tmp_path / "export.csv"
    path.write_bytes("".join(parts).encode("cp1258"))
    summary = importer.run(path, now=NOW)
    assert summary.new == 1
    assert any("1258" in remark for remark in summary.remarks)
    assert the_dossier(sessions).note == "Bổ sung mảnh trích đo"


@on_sqlite
def test_other_headings_and_two_columns_of_numbers(
    importer: Importer, sessions: Sessions, tmp_path: Path
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "Số hồ sơ (*),TÌNH TRẠNG,Ngay nhan,Hẹn trả,Điện thoại,Di động\n"
        "h60.12 - 261102 - 0001,4. Đang xử lý,2026-11-02,30.11.2026,02073822222,912345678\n"
    )
    summary = importer.run(path, now=NOW, office="Chi nhánh VPĐKĐĐ khu vực 1")
    assert summary.rejected == []
    dossier = the_dossier(sessions)
    assert dossier.due_on == date(2026, 11, 30)
    assert importer.vault.decrypt(dossier.phone_enc or "") == "+84912345678"
    assert len(dossier.proofs) == 2
    with sessions() as session:
        assert session.scalars(select(Office.name)).all() == ["Chi nhánh VPĐKĐĐ khu vực 1"]


@on_sqlite
def test_a_row_that_names_no_office_belongs_to_the_one_that_gave_its_code(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    importer.run(make_export(row(Nơi_tiếp_nhận="", Mã_hồ_sơ="H60.12.02-261102-0001")), now=NOW)
    with sessions() as session:
        assert session.scalars(select(Office.name)).all() == ["Chi nhánh VPĐKĐĐ khu vực 2"]


@on_sqlite
def test_cells_with_lines_and_quotation_marks(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    summary = importer.run(
        make_export(
            row(Ghi_chú='"Thiếu:\r\n1; bản gốc\r\n2. ""trích đo"""'),
            row(Mã_hồ_sơ="H60.12-261102-0002", Ghi_chú='"dấu mở không đóng'),
            row(Mã_hồ_sơ="H60.12-261102-0003", Người_nộp_hồ_sơ='Nguyễn "Ba" Mẫu'),
            row(Mã_hồ_sơ="hỏng"),
            row(Mã_hồ_sơ="H60.12-261102-0004", Ghi_chú="một; hai; ba"),
        ),
        now=NOW,
    )
    assert (summary.rows, summary.new) == (5, 4)
    # A cell of several lines is one row, as a spreadsheet counts.
    assert [finding.row for finding in summary.rejected] == [5]
    with sessions() as session:
        notes = session.scalars(select(Dossier.note).order_by(Dossier.code)).all()
    assert notes == ['Thiếu: 1; bản gốc 2. "trích đo"', "dấu mở không đóng", "", "một; hai; ba"]


@on_sqlite
def test_a_workbook_with_real_dates_numbers_and_a_title(
    importer: Importer, sessions: Sessions, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Danh sách hồ sơ"])
    sheet.append([])
    sheet.append(["Mã hồ sơ", "Số CCCD", "SĐT", "Ngày tiếp nhận", "Ngày hẹn trả", "Trạng thái"])
    sheet.append(
        [
            "H60.12-261102-0001",
            8123456789,
            912345678,
            datetime(2026, 11, 2, 10, 39),
            date(2026, 11, 30),
            "Đang xử lý",
        ]
    )
    sheet.append(["Tổng cộng", None, 1])
    book.save(tmp_path / "export.xls")  # the name says nothing
    summary = importer.run(tmp_path / "export.xls", now=NOW)
    assert [(f.row, f.defect) for f in summary.rejected] == [(5, Defect.NOT_A_CODE)]
    dossier = the_dossier(sessions)
    assert dossier.received_at == datetime(2026, 11, 2, 3, 39, tzinfo=UTC)
    assert dossier.due_on == date(2026, 11, 30)
    assert importer.vault.decrypt(dossier.phone_enc or "") == "+84912345678"
    assert dossier.id_index == importer.vault.index("008123456789", "id")


@on_sqlite
def test_names_are_kept_composed_and_encrypted(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    importer.run(make_export(row(Người_nộp_hồ_sơ=normalize("NFD", "Đặng  Hữu Tuyết "))), now=NOW)
    dossier = the_dossier(sessions)
    assert importer.vault.decrypt(dossier.applicant_enc or "") == "Đặng Hữu Tuyết"


def test_nothing_personal_is_stored_plain(
    importer: Importer, engine: Engine, sessions: Sessions, make_export: MakeExport
) -> None:
    importer.run(
        make_export(
            row(Ghi_chú="gọi 0912345678, CCCD 008123456789"),
            row(Mã_hồ_sơ="0912345678"),
            row(Trạng_thái="Nguyễn Thị Mẫu"),
        ),
        now=NOW,
    )
    stored: list[str] = []
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            stored.extend(str(found) for found in connection.execute(select(table)))
    everything = "\n".join(stored)
    for secret in ("0912345678", "912345678", "5678", "Nguyễn", "Mẫu", "008123456789", "6789"):
        assert secret not in everything


# --- rows that are wrong -------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "defect", "column", "shape"),
    [
        ({"Mã_hồ_sơ": "chưa cấp mã"}, Defect.NOT_A_CODE, "Mã hồ sơ", "chữ, 11 ký tự"),
        ({"Mã_hồ_sơ": "H60.12-261302-0001"}, Defect.NOT_A_CODE, "Mã hồ sơ", "chữ và số, 18 ký tự"),
        ({"Mã_hồ_sơ": " "}, Defect.NO_CODE, "Mã hồ sơ", "trống"),
        (
            {"Ngày_tiếp_nhận": "31/02/2026"},
            Defect.RECEIVED_NO_DATE,
            "Ngày tiếp nhận",
            "số, dạng 99/99/9999",
        ),
        ({"Ngày_tiếp_nhận": ""}, Defect.NO_RECEIVED, "Ngày tiếp nhận", "trống"),
        ({"Ngày_tiếp_nhận": "11/25/2026"}, Defect.RECEIVED_NO_DATE, "Ngày tiếp nhận", None),
        ({"Ngày_tiếp_nhận": "hôm qua"}, Defect.RECEIVED_NO_DATE, "Ngày tiếp nhận", None),
        ({"Trạng_thái": "đã chuyển sếp ký"}, Defect.UNKNOWN_STATUS, "Trạng thái", "chữ, 16 ký tự"),
        ({"Trạng_thái": ""}, Defect.NO_STATUS, "Trạng thái", "trống"),
        ({"Ngày_hẹn_trả": "01/11/2026"}, Defect.DUE_BEFORE_RECEIVED, "Ngày hẹn trả", None),
    ],
)
def test_a_wrong_row_is_reported_and_stops_nobody(
    importer: Importer,
    sessions: Sessions,
    make_export: MakeExport,
    changes: dict[str, str],
    defect: Defect,
    column: str,
    shape: str | None,
) -> None:
    good = [row(Mã_hồ_sơ=f"H60.12-261102-000{n}") for n in (2, 3)]
    summary = importer.run(make_export(good[0], row(**changes), good[1]), now=NOW)
    assert (summary.rows, summary.new) == (3, 2)
    (finding,) = summary.rejected
    assert (finding.row, finding.defect, finding.column) == (3, defect, column)
    assert finding.reason
    if shape:
        assert finding.shape == shape
    value = next(iter(changes.values())).strip()
    assert not value or value not in json.dumps(summary.as_dict(), ensure_ascii=False)
    assert count(sessions, Dossier) == 2


@on_sqlite
def test_all_that_is_wrong_with_a_row_is_told_at_once(
    importer: Importer, make_export: MakeExport
) -> None:
    summary = importer.run(make_export(row(Mã_hồ_sơ="?", Trạng_thái="?")), now=NOW)
    assert "Mã hồ sơ" in summary.rejected[0].reason
    assert "Trạng thái" in summary.rejected[0].reason


@on_sqlite
def test_a_row_with_a_cell_too_many_is_not_guessed_at(importer: Importer, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "Mã hồ sơ;Người nộp;Ngày tiếp nhận;Trạng thái\n"
        "H60.12-261102-0001;Nguyễn; Thị Mẫu;02/11/2026;Đang xử lý\n"
        "H60.12-261102-0002;Nguyễn Thị Mẫu;02/11/2026;Đang xử lý;;\n"
    )
    summary = importer.run(path, now=NOW)
    assert summary.new == 1
    assert [(f.row, f.defect) for f in summary.rejected] == [(2, Defect.TOO_MANY_CELLS)]


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "defect"),
    [
        ({"Mã_TTHC": "9.999999"}, Defect.UNKNOWN_PROCEDURE),
        ({"Mã_TTHC": ""}, Defect.NO_PROCEDURE),
        ({"Ngày_hẹn_trả": "sớm"}, Defect.DATE_UNREADABLE),
        ({"Ngày_có_kết_quả": "31/11/2026"}, Defect.DATE_UNREADABLE),
        ({"Ghi_chú": "x" * 5000}, Defect.CLIPPED),
        ({"Người_nộp_hồ_sơ": "Nguy\ufffdn"}, Defect.SPOILT),
        ({"Nơi_tiếp_nhận": "", "Mã_hồ_sơ": "H01.2-261102-0001"}, Defect.NO_OFFICE),
    ],
)
def test_an_odd_row_is_accepted_with_a_warning(
    importer: Importer,
    sessions: Sessions,
    make_export: MakeExport,
    changes: dict[str, str],
    defect: Defect,
) -> None:
    path = make_export(row(**changes))
    summary = importer.run(path, now=NOW)
    assert summary.new == 1
    assert [(f.row, f.defect) for f in summary.warnings] == [(2, defect)]
    assert count(sessions, PendingEvent) == 1
    assert [f.defect for f in importer.run(path, now=NOW).warnings] == [defect]


@on_sqlite
def test_a_broken_byte_spoils_its_cell_only(importer: Importer, make_export: MakeExport) -> None:
    rows = [row(Mã_hồ_sơ=f"H60.12-261102-{n:04}") for n in range(1, 30)]
    path = make_export(*rows, encoding="utf-8")
    data = path.read_bytes()
    at = data.rindex("Nguyễn".encode()) + len(b"Nguy")
    path.write_bytes(data[:at] + b"\xff" + data[at + 1 :])
    summary = importer.run(path, now=NOW)
    assert (summary.new, summary.rejected) == (29, [])
    assert [f.defect for f in summary.warnings] == [Defect.SPOILT]


# --- one dossier, several rows -------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize(
    ("first", "second", "counts", "loser"),
    [
        ("Đang xử lý", "Đã xử lý xong", Status.DONE, 2),
        ("Đã xử lý xong", "Đang xử lý", Status.DONE, 3),
        ("Yêu cầu bổ sung giấy tờ", "Đang xử lý", Status.PROCESSING, 2),
        ("Đang xử lý", "Yêu cầu bổ sung giấy tờ", Status.SUPPLEMENT_NEEDED, 2),
    ],
)
def test_of_two_rows_the_one_further_on_counts_and_of_equals_the_later(
    importer: Importer,
    sessions: Sessions,
    make_export: MakeExport,
    first: str,
    second: str,
    counts: Status,
    loser: int,
) -> None:
    summary = importer.run(make_export(row(Trạng_thái=first), row(Trạng_thái=second)), now=NOW)
    assert (summary.rows, summary.new, summary.duplicates, summary.dossiers) == (2, 1, 1, 1)
    assert [(f.row, f.defect) for f in summary.warnings] == [(loser, Defect.SUPERSEDED)]
    assert the_dossier(sessions).status is counts
    assert [event.status for event in the_events(sessions)] == [counts]


@on_sqlite
def test_a_wrong_row_does_not_push_out_a_right_one(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    summary = importer.run(make_export(row(), row(Trạng_thái="?"), row()), now=NOW)
    assert (summary.new, summary.duplicates, len(summary.rejected)) == (1, 1, 1)
    assert summary.warnings == []


# --- from one export to the next -----------------------------------------------------------------


def test_a_movement_is_one_event_with_its_pending_event(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    importer.run(make_export(row(Trạng_thái="Được tiếp nhận")), now=NOW)
    summary = importer.run(
        make_export(row(Trạng_thái="Đã xử lý xong", Ngày_có_kết_quả="17/11/2026", Ghi_chú="Xong")),
        now=NOW,
    )
    assert (summary.changed, summary.unchanged) == (1, 0)
    first, second = the_events(sessions)
    assert (first.version, first.move, first.dated) == (1, Move.FIRST, True)
    assert (second.version, second.move, second.dated) == (2, Move.LEAP, True)
    assert vietnam_date(second.occurred_at) == date(2026, 11, 17)
    assert (second.note, second.source) == ("Xong", f"import:{summary.report_id}")
    dossier = the_dossier(sessions)
    assert (dossier.status, dossier.status_version) == (Status.DONE, 2)
    assert dossier.moved_at == second.occurred_at
    assert count(sessions, PendingEvent) == 2


@on_sqlite
def test_other_particulars_are_brought_up_to_date_without_an_event(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    importer.run(make_export(row()), now=NOW)
    summary = importer.run(
        make_export(row(Số_điện_thoại="09168339", Ngày_hẹn_trả="05/12/2026")), now=NOW
    )
    assert (summary.changed, summary.unchanged, summary.updated) == (0, 1, 1)
    assert summary.no_sms == {"H60.12-261102-0001": NoSms.SHORT}
    dossier = the_dossier(sessions)
    assert (dossier.due_on, dossier.phone_enc) == (date(2026, 12, 5), None)
    assert len(the_events(sessions)) == 1
    mended = importer.run(make_export(row(Ngày_hẹn_trả="05/12/2026")), now=NOW)
    assert mended.no_sms == {}


@on_sqlite
def test_another_spelling_of_the_same_is_no_change(
    importer: Importer, make_export: MakeExport
) -> None:
    importer.run(make_export(row(Ghi_chú="Thiếu bản gốc")), now=NOW)
    spelt = row(STT="77", Trạng_thái="  ĐANG XỬ LÝ ", Ghi_chú=normalize("NFD", "Thiếu  bản gốc "))
    summary = importer.run(make_export(spelt), now=NOW)
    assert (summary.unchanged, summary.updated) == (1, 0)


@on_sqlite
def test_a_state_that_moves_back_is_recorded_and_reported(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    importer.run(make_export(row(Trạng_thái="Đã xử lý xong")), now=NOW)
    summary = importer.run(make_export(row(Trạng_thái="Đang xử lý")), now=NOW)
    assert summary.changed == 1
    assert [f.defect for f in summary.warnings] == [Defect.MOVED_BACK]
    assert "“Đã xử lý xong” → “Đang xử lý”" in summary.warnings[0].reason
    assert the_events(sessions)[-1].move is Move.BACK


@on_sqlite
def test_to_supplement_and_back_is_an_event_each_time(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    for status in ("Đang xử lý", "Yêu cầu bổ sung giấy tờ") * 2:
        importer.run(make_export(row(Trạng_thái=status)), now=NOW)
    assert [event.version for event in the_events(sessions)] == [1, 2, 3, 4]


@on_sqlite
def test_an_older_export_undoes_no_particulars(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    day = datetime(2026, 11, 17, tzinfo=UTC)
    newer, older = row(Ngày_hẹn_trả="05/12/2026"), row()
    importer.run(make_export(newer), now=NOW, as_of=day)
    summary = importer.run(make_export(older), now=NOW, as_of=day - timedelta(days=1))
    assert (summary.updated, summary.warnings[0].defect) == (0, Defect.STALE)
    assert the_dossier(sessions).due_on == date(2026, 12, 5)


@on_sqlite
def test_an_old_export_may_be_declared_new(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    done = row(Trạng_thái="Đã xử lý xong", Ngày_có_kết_quả="17/11/2026")
    importer.run(make_export(done), now=NOW)
    path = make_export(row(Trạng_thái="Yêu cầu bổ sung giấy tờ"))
    assert [f.defect for f in importer.run(path, now=NOW).warnings] == [Defect.STALE]
    assert the_dossier(sessions).status is Status.DONE
    summary = importer.run(path, now=NOW, as_of=datetime(2026, 11, 19, tzinfo=UTC))
    assert summary.changed == 1


@on_sqlite
def test_a_date_in_the_future_does_not_pass_for_the_newest(
    importer: Importer, make_export: MakeExport
) -> None:
    slip = row(Mã_hồ_sơ="H60.12-261102-0002", Ngày_tiếp_nhận="02/11/2062", Ngày_hẹn_trả="")
    summary = importer.run(make_export(row(), slip), now=NOW)
    assert summary.as_of == datetime(2026, 11, 2, 3, 39, tzinfo=UTC)


@on_sqlite
def test_a_sample_never_touches_a_real_dossier(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    importer.run(make_export(row()), now=NOW)
    before = contents(sessions)
    summary = importer.run(make_export(row(Trạng_thái="Đã xử lý xong")), now=NOW, sample=True)
    assert [f.defect for f in summary.warnings] == [Defect.NOT_SAMPLE]
    assert contents(sessions)["dossiers"] == before["dossiers"]


@on_sqlite
def test_a_sample_becomes_real_when_a_real_export_has_it(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    importer.run(make_export(row()), now=NOW, sample=True)
    assert the_dossier(sessions).sample
    importer.run(make_export(row()), now=NOW)
    assert not the_dossier(sessions).sample


# --- whom a first import tells -------------------------------------------------------------------

FIRST = [
    row(Mã_hồ_sơ="H60.12-261102-0001", Trạng_thái="Đang xử lý"),
    row(Mã_hồ_sơ="H60.12-261116-0002", Trạng_thái="Mới đăng ký", Ngày_tiếp_nhận="16/11/2026"),
    row(
        Mã_hồ_sơ="H60.12-261102-0003",
        Trạng_thái="Đã trả kết quả",
        Ngày_có_kết_quả="10/11/2026",
        Ngày_trả_kết_quả="15/11/2026",
    ),
    row(
        Mã_hồ_sơ="H60.12-261102-0004",
        Trạng_thái="Đã xử lý xong",
        Ngày_có_kết_quả="10/11/2026",
    ),
]


@on_sqlite
@pytest.mark.parametrize(
    ("policy", "told"),
    [("silent", []), ("recent", ["0002", "0003"]), ("all", ["0001", "0002", "0003", "0004"])],
)
def test_whom_an_offices_first_import_tells(
    importer: Importer,
    sessions: Sessions,
    make_export: MakeExport,
    policy: FirstImport,
    told: list[str],
) -> None:
    importer = replace(importer, first_import=policy)
    importer.run(make_export(*FIRST), now=NOW)
    with sessions() as session:
        news = session.scalars(
            select(Dossier.code)
            .join(DossierEvent)
            .where(~DossierEvent.is_backlog)
            .order_by(Dossier.code)
        )
        assert sorted(code[-4:] for code in news) == told

    # From the second export on everything is news, of old dossiers as of new ones.
    importer.run(
        make_export(
            row(Trạng_thái="Đã xử lý xong", Ngày_có_kết_quả="17/11/2026"),
            row(Mã_hồ_sơ="H60.12-261102-0009"),
        ),
        now=NOW,
    )
    assert [event.is_backlog for event in the_events(sessions)[4:]] == [False, False]


@on_sqlite
def test_a_first_import_covers_rows_without_an_office(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    importer = replace(importer, first_import="silent")
    for code in ("H01.2-261102-0001", "H01.2-261102-0002"):
        importer.run(make_export(row(Mã_hồ_sơ=code, Nơi_tiếp_nhận="")), now=NOW)
    assert [event.is_backlog for event in the_events(sessions)] == [True, False]


@on_sqlite
def test_an_office_that_joins_later_has_its_own_first_import(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    importer = replace(importer, first_import="silent")
    importer.run(make_export(FIRST[0]), now=NOW)
    joins = row(Mã_hồ_sơ="H60.12.09-261102-0001", Nơi_tiếp_nhận="Chi nhánh mới")
    known = row(Mã_hồ_sơ="H60.12-261102-0009")
    importer.run(make_export(joins, known), now=NOW)
    backlog = {event.dossier_id: event.is_backlog for event in the_events(sessions)}
    assert list(backlog.values()) == [True, False, True]  # ordered by code within a batch


# --- files that are no exports -------------------------------------------------------------------


def _workbook(*rows: Sequence[object]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for cells in rows:
            sheet.append(cells)
        book.save(path)

    return write


@on_sqlite
@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "trống"),
        (b"\xef\xbb\xbf\r\n  \r\n", "trống"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (b"<!DOCTYPE html><html><table><tr><td>M\xc3\xa3</td></tr></table></html>", "HTML"),
        (b'{"rows": []}', "JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
        (b"PK\x03\x04" + bytes(200), "hỏng"),
        (b"name,price\napple,3\npear,4\n", "tiêu đề"),
        (bytes(range(256)) * 40, "tiêu đề"),
        ("Mã hồ sơ;Ngày tiếp nhận;Ghi chú\nx;y;z\n".encode(), "“Trạng thái”"),
        (_workbook(["a", "b"], [1, 2]), "tiêu đề"),
        (_workbook(), "tiêu đề"),
    ],
)
def test_a_file_that_is_no_export_is_refused_whole(
    importer: Importer,
    engine: Engine,
    tmp_path: Path,
    data: bytes | Callable[[Path], None],
    word: str,
) -> None:
    path = tmp_path / "export.csv"
    if callable(data):
        data(path)
    else:
        path.write_bytes(data)
    with pytest.raises(NotAnExport, match=word):
        importer.run(path, now=NOW)
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            assert connection.execute(select(table)).all() == []


@on_sqlite
def test_a_workbook_that_breaks_off_is_refused_whole(
    importer: Importer, sessions: Sessions, tmp_path: Path
) -> None:
    path = tmp_path / "export.xlsx"
    _workbook(list(HEADER), *[list(row(Mã_hồ_sơ=f"H60.12-261102-{n:04}")) for n in range(3000)])(
        path
    )
    data = bytearray(path.read_bytes())
    middle = data.index(b"xl/worksheets/sheet1.xml") + len(data) // 3
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    with pytest.raises(NotAnExport, match="hỏng"):
        importer.run(path, now=NOW)
    assert count(sessions, ImportReport) == 0


# --- what goes wrong on the way ------------------------------------------------------------------


def _start_child(url: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.dossiers.import_in_child", url, str(path), SECRET],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


@pytest.mark.parametrize("batches", [1, 3])
def test_an_import_that_is_killed_is_mended_by_importing_again(
    importer: Importer, sessions: Sessions, database_url: str, tmp_path: Path, batches: int
) -> None:
    path = beginning(DAYS[0], 600, tmp_path)
    child = _start_child(database_url, path)
    assert child.stdout is not None
    for _ in range(batches):
        assert child.stdout.readline()
    child.kill()
    child.communicate()

    with sessions() as session:
        report = session.scalars(select(ImportReport)).one()
        assert report.state is ImportState.RUNNING
        assert report.new == count(sessions, Dossier)
    assert 0 < count(sessions, Dossier) < 600
    assert (
        count(sessions, Dossier) == count(sessions, DossierEvent) == count(sessions, PendingEvent)
    )

    summary = importer.run(path, now=NOW)
    assert summary.complete
    assert summary.new + summary.unchanged == 600

    other = make_engine(f"sqlite:///{tmp_path / 'undisturbed.db'}")
    Base.metadata.create_all(other)
    undisturbed = session_factory(other)
    replace(importer, sessions=undisturbed).run(path, now=NOW)
    assert contents(sessions) == contents(undisturbed)
    other.dispose()


def test_two_imports_of_one_file_at_once_leave_what_one_would(
    importer: Importer, sessions: Sessions, tmp_path: Path
) -> None:
    importer = replace(importer, batch_rows=50)
    paths = [beginning(day, 600, tmp_path) for day in DAYS[:2]]
    for path in paths:
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda p: importer.run(p, now=NOW), [path, path]))
        assert {summary.dossiers for summary in both} == {both[0].dossiers}
        for summary in both:
            assert summary.new + summary.changed + summary.unchanged == summary.dossiers

    other = make_engine(f"sqlite:///{tmp_path / 'undisturbed.db'}")
    Base.metadata.create_all(other)
    undisturbed = session_factory(other)
    for path in paths:
        replace(importer, sessions=undisturbed).run(path, now=NOW)
    assert contents(sessions) == contents(undisturbed)
    other.dispose()


@on_sqlite
def test_an_error_midway_is_told_and_leaves_whole_movements(
    importer: Importer, engine: Engine, sessions: Sessions, make_export: MakeExport
) -> None:
    path = make_export(*[row(Mã_hồ_sơ=f"H60.12-261102-{n:04}") for n in range(1200)])
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER full BEFORE INSERT ON dossier_event "
                "WHEN (SELECT count(*) FROM dossier_event) >= 700 "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        )
    with pytest.raises(DBAPIError, match="disk full"):
        importer.run(path, now=NOW)
    with sessions() as session:
        report = session.scalars(select(ImportReport)).one()
        assert (report.state, report.new) == (ImportState.FAILED, 500)
        assert report.details["complete"] is False
    assert count(sessions, Dossier) == count(sessions, DossierEvent) == 500

    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER full"))
    mended = importer.run(path, now=NOW)
    assert (mended.new, mended.unchanged, mended.complete) == (700, 500, True)


@on_sqlite
def test_the_report_is_kept(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    summary = importer.run(make_export(row(), row(), row(Mã_hồ_sơ="?")), now=NOW)
    with sessions() as session:
        report = session.get_one(ImportReport, summary.report_id)
        assert report.state is ImportState.COMPLETE
        assert report.details == summary.as_dict()
        assert (report.rows, report.new, report.duplicates, report.rejected) == (3, 1, 1, 1)


def test_another_key_reads_nothing(importer: Importer, make_export: MakeExport) -> None:
    # A lost key makes every row look new in its particulars, never as a movement.
    importer.run(make_export(row()), now=NOW)
    summary = replace(importer, vault=Vault("another")).run(make_export(row()), now=NOW)
    assert (summary.changed, summary.updated) == (0, 1)
