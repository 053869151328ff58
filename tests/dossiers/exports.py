"""Exports made for the occasion: a heading, a valid row, and rows that differ from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from core.settings import ROOT

DEMO = ROOT / "data" / "demo"
DAYS = tuple(f"export-2026-11-{day}.csv" for day in (16, 17, 18))
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
KNOWN = frozenset(
    {
        "1.011441",
        "1.011443",
        "1.012783",
        "1.012784",
        "1.012786",
        "1.012789",
        "1.012790",
        "1.013831",
        "1.013833",
        "1.013949",
        "1.013978",
    }
)
"""The procedures of the sample exports."""

HEADER = [
    "STT",
    "Mã hồ sơ",
    "Mã TTHC",
    "Tên thủ tục hành chính",
    "Người nộp hồ sơ",
    "Số CCCD",
    "Số điện thoại",
    "Địa chỉ thửa đất",
    "Hình thức nộp",
    "Nơi tiếp nhận",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày có kết quả",
    "Ngày trả kết quả",
    "Trạng thái",
    "Ghi chú",
]

MakeExport = Callable[..., Path]

ROW = {
    "STT": "1",
    "Mã hồ sơ": "H60.12-261102-0001",
    "Mã TTHC": "1.013831",
    "Tên thủ tục hành chính": "Đăng ký biến động",
    "Người nộp hồ sơ": "Nguyễn Thị Mẫu",
    "Số CCCD": "008123456789",
    "Số điện thoại": "0912345678",
    "Nơi tiếp nhận": "Văn phòng Đăng ký đất đai tỉnh",
    "Ngày tiếp nhận": "02/11/2026 10:39",
    "Ngày hẹn trả": "30/11/2026",
    "Trạng thái": "Đang xử lý",
}


def row(**changes: str) -> list[str]:
    """Return a valid row with some cells changed; underscores in the names stand for spaces."""
    cells = ROW | {name.replace("_", " "): value for name, value in changes.items()}
    unknown = set(cells) - set(HEADER)
    assert not unknown, unknown
    return [cells.get(name, "") for name in HEADER]


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ";", end: str = "\r\n") -> str:
    """Return rows as a CSV that quotes nothing."""
    return "".join(delimiter.join(cells) + end for cells in rows)


def beginning(day: str, rows: int, folder: Path) -> Path:
    """Write the first rows of a sample export to a file of their own."""
    lines = (DEMO / day).read_bytes().splitlines(keepends=True)
    path = folder / f"beginning-{day}"
    path.write_bytes(b"".join(lines[: rows + 1]))
    return path
