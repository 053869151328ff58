"""Rows out of files: quotation marks that are never closed lose nothing."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossiers.tables import cell_text, likely_encodings, split_rows

cells = st.text(alphabet='ab"; \n\rđ', max_size=12)


def rows_of(text: str, delimiter: str = ";") -> list[tuple[int, list[str]]]:
    return list(split_rows(io.StringIO(text, newline=""), delimiter))


@given(st.lists(st.lists(cells, min_size=2, max_size=4), max_size=6))
def test_what_a_spreadsheet_writes_is_read_back(rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    assert [cells for _, cells in rows_of(written.getvalue())] == rows


@given(st.lists(st.text(alphabet='ab";', max_size=10), max_size=8), st.integers(0, 8))
def test_stray_marks_never_swallow_the_last_row(lines: list[str], at: int) -> None:
    lines.insert(at, 'x;"never closed')
    text = "\n".join([*lines, "the;last;row", ""])
    assert rows_of(text)[-1][1] == ["the", "last", "row"]


def test_rows_are_numbered_as_a_spreadsheet_does() -> None:
    text = 'a;b\n\n"one\ntwo";c\nd;e\n'
    assert rows_of(text) == [
        (1, ["a", "b"]),
        (2, [""]),
        (3, ["one\ntwo", "c"]),
        (4, ["d", "e"]),
    ]


@pytest.mark.parametrize(
    ("head", "first"),
    [
        ("mã".encode("utf-8-sig"), "utf-8-sig"),
        ("mã".encode("utf-16"), "utf-16"),
        ("mã;1;2".encode("utf-16-le"), "utf-16-le"),
        ("mã;1;2".encode("utf-16-be"), "utf-16-be"),
        ("mã".encode("utf-32"), "utf-32"),
        (b"plain", "utf-8"),
        ("mã hồ sơ ".encode() * 20 + b"\xff", "utf-8"),
        ("mâ hô sơ".encode("cp1258"), "cp1258"),
        ("hồ".encode()[:-1], "utf-8"),  # cut off within a letter
    ],
)
def test_encodings(head: bytes, first: str) -> None:
    assert likely_encodings(head)[0] == first


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (912345678.0, "912345678"), (1.5, "1.5"), (True, "True"), ("x", "x"), (7, "7")],
)
def test_spreadsheet_cells_as_text(value: object, text: str) -> None:
    assert cell_text(value) == text
