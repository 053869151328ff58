"""Pages as the national portal prints them, written for the tests: none is a real procedure."""

from __future__ import annotations

from collections.abc import Sequence

PaperRow = tuple[str, str, str, str]
WAYS = (
    ("Trực tiếp", "6 ngày làm việc", "Không có thông tin", "Xã miền núi: 9 ngày làm việc"),
    ("Trực tuyến", "5 ngày làm việc", "Không có thông tin", "Xã miền núi: 8 ngày làm việc"),
    ("Dịch vụ bưu chính", "6 ngày làm việc", "20.000 đồng", "Xã miền núi: 9 ngày làm việc"),
)
PAPERS: tuple[PaperRow, ...] = (
    ("Đơn xin dựng cột mốc", "2", "0", "[Mẫu cột.docx](file:///C:/tải về/M%E1%BA%ABu.docx)"),
    ("Ảnh chụp cột mốc cũ", "0", "3", "Không có"),
    ("Biên bản họp xóm", "1", "1", "[A.docx](file:///x/A.docx)<br>[B.pdf](https://vd.vn/B.pdf)"),
)
STEPS = """1. **Bước 1: Nộp đơn**

   Người dân nộp đơn tại xã.
   - Mang theo ảnh.

2. **Bước 2:**

   Cán bộ ra đồng xem cột mốc."""


def page(
    code: str = "1.990001",
    title: str = "Dựng lại cột mốc ranh giới ruộng bậc thang",
    *,
    decision: str = "77/QĐ-UBND",
    level: str = "Cấp xã",
    field: str = "Đất đai",
    executor: str = "Phòng Kinh tế xã",
    address: str = "Trung tâm Phục vụ hành chính công xã",
    steps: str = STEPS,
    ways: Sequence[Sequence[str]] = WAYS,
    papers: str = "",
    legal: str = "",
    conditions: str = "- Ruộng đã có sổ;\n- Không có tranh chấp.",
    results: str = "* Biên bản dựng cột mốc (Mã: `KQ.01`)",
    description: str | None = None,
) -> str:
    """Return a page; each argument is what stands in that place."""
    rows = "\n".join(f"| {' | '.join(row)} |" for row in ways)
    return f"""# {title}

## Thông tin chung

* **Mã thủ tục:** {code}
* **Số quyết định:** {decision}
* **Cấp thực hiện:** {level}
* **Loại thủ tục:** TTHC được luật giao quy định chi tiết
* **Lĩnh vực:** {field}
* **Đối tượng thực hiện:** Công dân Việt Nam, Tổ chức (không bao gồm doanh nghiệp, HTX)
* **Cơ quan có thẩm quyền:** Không có thông tin
* **Địa chỉ tiếp nhận HS:** {address}
* **Cơ quan được ủy quyền:** Không có thông tin
* **Cơ quan phối hợp:** Không có thông tin

## Thủ tục hành chính liên quan

Không có thông tin

## Trình tự thực hiện

{steps}

## Cách thức thực hiện

| Hình thức nộp | Thời gian giải quyết | Phí, lệ phí | Mô tả |
| --- | --- | --- | --- |
{rows}

## Thành phần hồ sơ

{papers or paper_table(PAPERS)}

## Căn cứ pháp lý

{legal or legal_table((("Luật Ruộng bậc thang", "9/2099/QH99"),))}

## Cơ quan thực hiện

{executor}

## Yêu cầu, điều kiện thực hiện

{conditions}

## Kết quả xử lý

{results}

## Từ khóa

Không có thông tin

## Mô tả

{conditions if description is None else description}
"""


def paper_table(
    rows: Sequence[Sequence[str]],
    columns: Sequence[str] = ("Tên giấy tờ", "Bản chính", "Bản sao", "Tệp đính kèm"),
) -> str:
    """Return a table of papers, its columns in the order given."""
    return _table(columns, rows)


def legal_table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table of legal texts."""
    return _table(("Tên văn bản pháp lý", "Mã văn bản"), rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
