"""Single values of a row: moments in every form, and shapes that give nothing away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import VIETNAM
from dossiers.rows import DEFECTS_VI, Defect, read_moment, shape

moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=VIETNAM)
)


@given(moments)
def test_a_moment_in_any_form(moment: datetime) -> None:
    for written in ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d"):
        midnight = moment.replace(hour=0, minute=0, second=0)
        assert read_moment(moment.strftime(written)) == midnight
        for time in (" %H:%M:%S", "T%H:%M:%S", ", %H:%M:%S", " %H:%M:%S.000", "T%H:%M:%S+07:00"):
            assert read_moment(moment.strftime(written + time)) == moment
        assert read_moment(moment.strftime("%H:%M:%S " + written)) == moment
        minute = moment.replace(second=0)
        assert read_moment(moment.strftime(written + " %Hh%M")) == minute


@given(moments)
def test_a_serial_number_of_a_spreadsheet(moment: datetime) -> None:
    days = (moment.replace(tzinfo=None) - datetime(1899, 12, 30)) / timedelta(days=1)
    read = read_moment(f"{days:.8f}")
    assert read is not None
    assert abs(read - moment) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("02/11/2026 10:39", datetime(2026, 11, 2, 3, 39, tzinfo=UTC)),
        ("2/11/2026", datetime(2026, 11, 1, 17, 0, tzinfo=UTC)),
        ("2026-11-02", datetime(2026, 11, 1, 17, 0, tzinfo=UTC)),
        ("29/02/2028", datetime(2028, 2, 28, 17, 0, tzinfo=UTC)),
    ],
)
def test_office_time_becomes_utc(written: str, utc: datetime) -> None:
    assert read_moment(written) == utc


@pytest.mark.parametrize(
    "written",
    [
        "",
        "31/02/2026",
        "29/02/2026",
        "11/25/2026",
        "02/11/26",
        "02/11",
        "02/11-2026",
        "02/11/1026",
        "02/11/2026 25:00",
        "2026-11-02T10:39:00Z",
        "hôm qua",
        "99999",
        "12",
        "#REF!",
    ],
)
def test_what_is_no_moment(written: str) -> None:
    assert read_moment(written) is None


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_none(written: str) -> None:
    read = read_moment(written)
    assert read is None or 1999 <= read.year <= 2100


@pytest.mark.parametrize(
    ("value", "want"),
    [
        ("", "trống"),
        ("  ", "trống"),
        ("0912345678", "số, 10 chữ số"),
        ("31/02/2026", "số, dạng 99/99/9999"),
        ("+84 912 345 678 / 0987654321", "số và dấu, 28 ký tự"),
        ("Nguyễn A", "chữ, 8 ký tự"),
        ("H60.12", "chữ và số, 6 ký tự"),
    ],
)
def test_shapes(value: str, want: str) -> None:
    assert shape(value) == want


@given(st.text(min_size=2))
def test_a_shape_shows_neither_letters_nor_digits_of_the_value(value: str) -> None:
    kept = set("trống số, chữ số và dấu dạng ký tự 0123456789")
    told = shape(value)
    assert all(not c.isalnum() or c in kept for c in told)


def test_every_defect_has_its_words() -> None:
    assert set(DEFECTS_VI) == set(Defect)
