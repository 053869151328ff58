"""The calculator: taxes, fees and levies of a transfer, a gift, an inheritance, a change of use.

Pure: numbers in, lines out, each with its legal basis and how sure it is. What cannot be known
without the office is named, never guessed. How sums are read from a sentence is `amounts`'; how an
estimate is told is `answers`'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from procedures.schema import Text
from procedures.vocabulary import Confidence, Language

NEW_INCOME_TAX = date(2026, 7, 1)
"""Luật Thuế thu nhập cá nhân 109/2025/QH15 holds from this day."""
CONTRACT_PRICE_COUNTS = date(2025, 7, 1)
"""Nghị định 175/2025/NĐ-CP: a contract price above the province's table is the base of the
registration fee whether or not it tells house and land apart. How it was before was not read in
full."""
REDUCED_LEVY = date(2026, 1, 1)
"""Nghị quyết 254/2025/QH15: garden and farm land with a home pays less from this day."""

_REGISTRATION_RATE = Decimal("0.005")
_SALE_RATE = Decimal("0.02")
_GIFT_RATE = Decimal("0.10")
_OLD_ALLOWANCE = 10_000_000
_NEW_ALLOWANCE = 20_000_000

_OLD_REGISTRATION_LAW = "Nghị định 10/2022/NĐ-CP"
_REGISTRATION_LAW = "Nghị định 10/2022/NĐ-CP (sửa đổi bởi Nghị định 175/2025/NĐ-CP)"
_OLD_TAX_LAW = "Luật Thuế thu nhập cá nhân 04/2007/QH12"
_NEW_TAX_LAW = "Luật Thuế thu nhập cá nhân 109/2025/QH15; Nghị định 253/2026/NĐ-CP"
_LEVY_LAW = "Nghị định 103/2024/NĐ-CP; Nghị định 50/2026/NĐ-CP, Điều 3"
_REDUCED_LEVY_LAW = "Nghị quyết 254/2025/QH15; Nghị định 50/2026/NĐ-CP, Điều 6"
_NOTARY_LAW = "Thông tư 257/2016/TT-BTC"


class Relation(StrEnum):
    """What the two sides are to each other."""

    SPOUSE = "spouse"
    """Husband and wife."""
    PARENT_CHILD = "parent_child"
    """Parent and child, by birth or adoption."""
    PARENT_IN_LAW = "parent_in_law"
    """Parent-in-law and son- or daughter-in-law."""
    GRANDPARENT = "grandparent"
    """Grandparent and grandchild."""
    SIBLING = "sibling"
    """Brothers and sisters."""
    STEP = "step"
    """Step-parent and step-child: not among the exempt."""
    OTHER = "other"
    """Anybody else."""

    @property
    def is_exempt(self) -> bool:
        """Whether the law exempts gifts, inheritance and income tax between them."""
        return self not in (Relation.STEP, Relation.OTHER)


class Payer(StrEnum):
    """Who pays by law; the parties may agree otherwise."""

    SELLER = "seller"
    """Whoever sells."""
    RECIPIENT = "recipient"
    """Whoever buys, is given or inherits."""
    APPLICANT = "applicant"
    """Whoever asks for a change of use."""
    EITHER = "either"
    """As agreed."""


PAYER_NAMES: dict[Payer, dict[Language, str]] = {
    Payer.SELLER: {"vi": "Người bán", "en": "Seller"},
    Payer.RECIPIENT: {"vi": "Người nhận", "en": "Recipient"},
    Payer.APPLICANT: {"vi": "Người xin chuyển", "en": "Applicant"},
    Payer.EITHER: {"vi": "Hai bên tự thỏa thuận", "en": "As agreed"},
}


@dataclass(frozen=True)
class Line:
    """One sum of an estimate."""

    label: Text
    amount: int
    """In VND; zero where exempt."""
    how: Text
    """The reckoning in words."""
    payer: Payer
    legal_basis: str
    confidence: Confidence


@dataclass(frozen=True)
class Estimate:
    """What one has to pay, as far as it can be known beforehand."""

    lines: tuple[Line, ...]
    as_of: date
    unknown: tuple[Text, ...] = ()
    """What comes on top and is set by the province or the office."""
    notes: tuple[Text, ...] = field(default=())

    @property
    def total(self) -> int:
        """Sum of the lines, in VND; what is unknown is not in it."""
        return sum(line.amount for line in self.lines)


_PROVINCIAL = Text(
    vi="Lệ phí cấp sổ và phí thẩm định do tỉnh quy định",
    en="Certificate and appraisal fees, set by the province",
)
_MEASURING = Text(vi="Tiền đo đạc (nếu phải đo)", en="Measuring, if it is needed")


def transfer(
    price: int,
    table_price: int | None = None,
    *,
    as_of: date,
    relation: Relation = Relation.OTHER,
    sole_home: bool = False,
) -> Estimate:
    """Estimate a sale at `price` VND; `table_price` is the value by the province's table.

    `sole_home`: the seller's only home or land, held for 183 days, sold whole. Relatives are free
    of income tax but not of the registration fee. Raises `ValueError` for a sum below zero.
    """
    _not_negative(price, table_price)
    base = max(price, table_price or 0)
    lines = [_registration_fee(base, as_of)]
    if relation.is_exempt:
        why = Text(vi="mua bán giữa người thân được miễn", en="exempt between relatives")
        lines.append(_income_tax(0, why, Payer.SELLER, as_of))
    elif sole_home:
        why = Text(
            vi="nhà đất duy nhất, đã có từ 183 ngày, bán toàn bộ thì được miễn",
            en="exempt: the only home, held for 183 days, sold whole",
        )
        lines.append(_income_tax(0, why, Payer.SELLER, as_of))
    else:
        why = Text(vi=f"2% của {show_vnd(base, 'vi')}", en=f"2% of {show_vnd(base, 'en')}")
        lines.append(_income_tax(_share(base, _SALE_RATE), why, Payer.SELLER, as_of))
    lines.append(_notary(price))
    return Estimate(
        tuple(lines),
        as_of,
        unknown=(_PROVINCIAL, _MEASURING),
        notes=_table_notes(table_price),
    )


def gift(value: int, *, as_of: date, relation: Relation = Relation.OTHER) -> Estimate:
    """Estimate a gift of land or a house worth `value` VND by the province's table."""
    estimate = _received(value, as_of=as_of, relation=relation)
    return Estimate(
        (*estimate.lines, _notary(value)), as_of, unknown=estimate.unknown, notes=estimate.notes
    )


def inheritance(value: int, *, as_of: date, relation: Relation = Relation.OTHER) -> Estimate:
    """Estimate an inheritance of land or a house worth `value` VND by the province's table.

    `relation` is that of the heir to the deceased.
    """
    return _received(value, as_of=as_of, relation=relation)


def change_of_use(
    area: Decimal | float,
    residential_price: int,
    present_price: int,
    *,
    as_of: date,
    with_home: bool = False,
    quota: Decimal | float | None = None,
) -> Estimate:
    """Estimate the levy for turning `area` m² into residential land, at table prices (VND/m²).

    `with_home`: garden, pond or farm land in, or split from, a parcel with residential land; from
    2026 it pays 30 % within the `quota` (hạn mức giao đất ở, m²), 50 % of the next quota, 100 % of
    the rest, once per household. Raises `ValueError` for a negative number, and where `with_home`
    holds from 2026 and no quota is given.
    """
    size = _square_metres(area)
    _not_negative(residential_price, present_price)
    difference = Decimal(max(residential_price - present_price, 0))
    notes = [
        Text(
            vi="Tính theo bảng giá đất của tỉnh tại lúc có quyết định.",
            en="Reckoned at the province's table prices of the day of the decision.",
        )
    ]
    reduced = with_home and as_of >= REDUCED_LEVY
    if reduced:
        if quota is None:
            raise ValueError("quota is needed for the reduced levy")
        limit = _square_metres(quota)
        within = min(size, limit)
        above = min(max(size - limit, Decimal(0)), limit)
        beyond = max(size - 2 * limit, Decimal(0))
        amount = _whole(difference * (Decimal("0.3") * within + Decimal("0.5") * above + beyond))
        parts = ((within, 30), (above, 50), (beyond, 100))
        shares_vi = " + ".join(f"{_m2(part, 'vi')} x {rate}%" for part, rate in parts if part)
        shares_en = " + ".join(f"{_m2(part, 'en')} x {rate}%" for part, rate in parts if part)
        how = Text(
            vi=f"chênh lệch {show_vnd(int(difference), 'vi')}/m² x ({shares_vi})",
            en=f"difference {show_vnd(int(difference), 'en')}/m² x ({shares_en})",
        )
        notes.append(
            Text(
                vi="Mức giảm chỉ được một lần cho mỗi hộ, cá nhân, trên một thửa đất.",
                en="The reduction is given once per household or person, for one parcel.",
            )
        )
    else:
        amount = _whole(difference * size)
        how = Text(
            vi=f"{_m2(size, 'vi')} x chênh lệch {show_vnd(int(difference), 'vi')}/m²",
            en=f"{_m2(size, 'en')} x difference {show_vnd(int(difference), 'en')}/m²",
        )
    # How garden land was reduced before 2026 was not read in the law.
    unsure = with_home and not reduced
    line = Line(
        Text(vi="Tiền sử dụng đất", en="Land use levy"),
        amount,
        how,
        Payer.APPLICANT,
        _REDUCED_LEVY_LAW if reduced else _LEVY_LAW,
        Confidence.LOW if unsure else Confidence.HIGH,
    )
    rice = Text(
        vi="Nếu là đất trồng lúa: thêm tiền bảo vệ đất trồng lúa do tỉnh quy định",
        en="For rice land: protection money set by the province",
    )
    return Estimate((line,), as_of, unknown=(_PROVINCIAL, _MEASURING, rice), notes=tuple(notes))


def notary_fee(price: int) -> int | None:
    """Return the notary's fee for a contract of `price` VND, or None above 100 billion.

    Source: Thông tư 257/2016/TT-BTC; its present validity was not checked.
    """
    _not_negative(price)
    for limit, fixed, start, rate in _NOTARY_BANDS:
        if price < limit or (limit == _NOTARY_BANDS[-1][0] and price == limit):
            return fixed + _share(price - start, rate)
    return None


_BILLION = 10**9
_NOTARY_BANDS: tuple[tuple[int, int, int, Decimal], ...] = (
    (50_000_000, 50_000, 0, Decimal(0)),
    (100_000_000, 100_000, 0, Decimal(0)),
    (_BILLION, 0, 0, Decimal("0.001")),
    (3 * _BILLION, 1_000_000, _BILLION, Decimal("0.0006")),
    (5 * _BILLION, 2_200_000, 3 * _BILLION, Decimal("0.0005")),
    (10 * _BILLION, 3_200_000, 5 * _BILLION, Decimal("0.0004")),
    (100 * _BILLION, 5_200_000, 10 * _BILLION, Decimal("0.0003")),
)
"""Below which price; fixed part; from which price a share is added; the share."""


def show_vnd(amount: int, language: Language) -> str:
    """Return a sum as people read it: 1.200.000 đồng."""
    shown = f"{amount:,}"
    return f"{shown} dong" if language == "en" else f"{shown.replace(',', '.')} đồng"


def _received(value: int, *, as_of: date, relation: Relation) -> Estimate:
    _not_negative(value)
    if relation.is_exempt:
        why = Text(vi="người thân được miễn", en="exempt between relatives")
        lines = (
            _registration_fee(value, as_of, exempt=why),
            _income_tax(0, why, Payer.RECIPIENT, as_of),
        )
        notes: tuple[Text, ...] = (
            Text(
                vi="Phải nộp kèm giấy tờ chứng minh quan hệ (khai sinh, kết hôn…).",
                en="Bring proof of kinship (birth or marriage certificate…).",
            ),
        )
    else:
        allowance = _NEW_ALLOWANCE if as_of >= NEW_INCOME_TAX else _OLD_ALLOWANCE
        tax = _share(max(value - allowance, 0), _GIFT_RATE)
        why = Text(
            vi=f"10% phần trên {show_vnd(allowance, 'vi')}",
            en=f"10% of what exceeds {show_vnd(allowance, 'en')}",
        )
        lines = (_registration_fee(value, as_of), _income_tax(tax, why, Payer.RECIPIENT, as_of))
        notes = ()
        if relation is Relation.STEP:
            notes = (
                Text(
                    vi="Cha dượng, mẹ kế và con riêng không có tên trong danh sách được miễn; "
                    "cần hỏi lại cơ quan thuế.",
                    en="Step-parents and step-children are not among the exempt; please ask the "
                    "tax office.",
                ),
            )
    return Estimate(lines, as_of, unknown=(_PROVINCIAL, _MEASURING), notes=notes)


def _registration_fee(base: int, as_of: date, exempt: Text | None = None) -> Line:
    new = as_of >= CONTRACT_PRICE_COUNTS
    how = exempt or Text(
        vi=f"0,5% của {show_vnd(base, 'vi')}", en=f"0.5% of {show_vnd(base, 'en')}"
    )
    return Line(
        Text(vi="Lệ phí trước bạ", en="Registration fee"),
        0 if exempt else _share(base, _REGISTRATION_RATE),
        how,
        Payer.RECIPIENT,
        _REGISTRATION_LAW if new else _OLD_REGISTRATION_LAW,
        Confidence.HIGH if new or exempt else Confidence.MEDIUM,
    )


def _income_tax(amount: int, how: Text, payer: Payer, as_of: date) -> Line:
    new = as_of >= NEW_INCOME_TAX
    return Line(
        Text(vi="Thuế thu nhập cá nhân", en="Personal income tax"),
        amount,
        how,
        payer,
        _NEW_TAX_LAW if new else _OLD_TAX_LAW,
        Confidence.MEDIUM if new else Confidence.HIGH,
    )


def _notary(price: int) -> Line:
    fee = notary_fee(price)
    how = Text(vi="theo giá ghi trong hợp đồng", en="by the price in the contract")
    if fee is None:
        how = Text(
            vi="giá trên 100 tỷ đồng, hỏi nơi công chứng",
            en="above 100 billion dong, ask the notary",
        )
    return Line(
        Text(vi="Phí công chứng", en="Notary fee"),
        fee or 0,
        how,
        Payer.EITHER,
        _NOTARY_LAW,
        Confidence.LOW,
    )


def _table_notes(table_price: int | None) -> tuple[Text, ...]:
    if table_price is not None:
        return ()
    return (
        Text(
            vi="Nếu giá theo bảng giá của tỉnh cao hơn giá hợp đồng thì tính theo bảng giá.",
            en="Where the province's table gives more than the contract, the table counts.",
        ),
    )


def _share(base: int, rate: Decimal) -> int:
    return _whole(Decimal(base) * rate)


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _square_metres(area: Decimal | float) -> Decimal:
    size = area if isinstance(area, Decimal) else Decimal(str(area))
    if not size.is_finite() or size < 0:
        raise ValueError("an area cannot be below zero")
    return size


def _not_negative(*sums: int | None) -> None:
    if any(s is not None and s < 0 for s in sums):
        raise ValueError("a sum of money cannot be below zero")


def _m2(area: Decimal, language: Language) -> str:
    shown = f"{area.normalize():f}"
    return f"{shown} m²" if language == "en" else f"{shown.replace('.', ',')} m²"
