"""The two files that an office may edit: columns and offices."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import ROOT
from dossiers.columns import BadColumnsFile, load_columns
from dossiers.lifecycle import Status
from dossiers.offices import load_offices, offices_of
from language.folding import has_marks
from tests.dossiers.exports import HEADER

FOLDER = ROOT / "data" / "offices"


def test_headings_are_found_however_they_are_written() -> None:
    columns = load_columns(FOLDER / "columns.yml")
    header = columns.known(["", "MÃ  HỒ SƠ (*)", "ngay tiep nhan:", "Tình\ntrạng", "Lạ", ""])
    assert header.places == {"code": (1,), "received_at": (2,), "status": (3,)}
    assert header.width == 5
    assert header.heading("status") == "Tình trạng"
    assert header.heading("phone") == "Số điện thoại"
    assert columns.missing(header) == []


def test_every_column_of_the_samples_is_known_but_two() -> None:
    header = load_columns(FOLDER / "columns.yml").known(HEADER)
    places = {place for found in header.places.values() for place in found}
    unread = [name for place, name in enumerate(HEADER) if place not in places]
    assert unread == ["STT", "Địa chỉ thửa đất"]


def test_an_office_may_add_headings_and_names_of_states(tmp_path: Path) -> None:
    path = tmp_path / "columns.yml"
    path.write_text(
        "columns: {code: [Số BN], received_at: [Ngày], status: [TT]}\n"
        "statuses: {processing: [Đang thẩm định]}\n"
    )
    columns = load_columns(path)
    assert columns.missing(columns.known(["so bn", "ngày", "tt"])) == []
    assert columns.status_by_name["dang tham dinh"] is Status.PROCESSING
    assert columns.status_by_name["da xu ly xong"] is Status.DONE


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("columns: {code: [Mã], received_at: [Ngày], status: [mã]}", "stands under"),
        ("columns: {code: [Mã], received_at: [Ngày]}", "status"),
        ("columns: {nonsense: [Mã]}", "nonsense"),
        ("statuses: [", "columns.yml"),
    ],
)
def test_a_wrong_columns_file_says_where(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "columns.yml"
    path.write_text(text)
    with pytest.raises(BadColumnsFile, match=word):
        load_columns(path)


def test_offices_by_name_alias_and_code() -> None:
    book = load_offices(FOLDER / "offices.yml")
    first = book.find("chi nhanh VPDKDD khu vuc 1")
    assert first is not None
    assert book.find("CN VPĐKĐĐ KV1") is first
    assert book.of_code("H60.12.01-261102-0001") is first
    # An agency that is not listed belongs to the one above it.
    above = book.of_code("H60.12.77-261102-0001")
    assert above is not None and above.name == "Văn phòng Đăng ký đất đai tỉnh"
    assert book.of_code("H01.1-261102-0001") is None
    assert book.find("nơi khác") is None


def test_the_offices_of_the_project_are_marked_as_samples() -> None:
    for office in load_offices(FOLDER / "offices.yml").offices:
        assert office.sample
        assert office.address and office.hours and office.hotline
        assert office.sms_name and not has_marks(office.sms_name)


@pytest.mark.parametrize("text", ["offices: [", "offices: [{colour: red}]", "[]", None])
def test_a_slip_in_the_file_costs_the_addresses_and_no_answer(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "offices.yml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert offices_of(path).offices == ()
