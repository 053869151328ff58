"""What a case costs, by a form that works without a script: read, told back, or refused field by
field. What a case needs and how it is reckoned is `procedures.sums`'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from core.clock import today
from language.blocks import Table
from procedures.amounts import parse_area
from procedures.answers import tell_estimate
from procedures.money import PAYER_NAMES, Line, Relation, show_vnd
from procedures.pages import CALCULATOR, CHECKLIST, LIST
from procedures.schema import Text
from procedures.sums import (
    SUMS,
    Case,
    in_words,
    is_bare_number,
    read_bare_area,
    read_price,
    read_rate,
    reckon,
)
from procedures.vocabulary import Confidence, Language
from web.openapi import refusals
from web.procedures import CACHE, Named, Reader, Reads, canonical_of, missing, told_whole
from web.state import site_of

router = APIRouter()

LONGEST = 60
"""Characters of a field that are read."""
_AMOUNT = Text(
    vi="Ghi cả đơn vị, ví dụ: 1 tỷ 2, hoặc 850 triệu.",
    en="With the unit, for example: 1.2 billion, or 850 million.",
)


@dataclass(frozen=True)
class Field:
    """A field of the form. `name` is in the address, `fills` the field of the case."""

    name: str
    fills: str
    kind: Literal["price", "rate", "area", "choice", "check"]
    label: Text
    hint: Text | None = None
    options: tuple[tuple[str, Text], ...] = ()
    """Value → words, of a choice."""
    optional: bool = False
    only_if: tuple[str, str] | None = None
    """Another field and its value, without which this one is not asked for."""


_VALUE = Field(
    "gia",
    "price",
    "price",
    Text(
        vi="Nhà đất trị giá bao nhiêu, theo bảng giá của tỉnh?",
        en="What is the property worth, by the province's price table?",
    ),
    _AMOUNT,
)
_KIN = Text(
    vi="Người thân gồm: vợ chồng; cha mẹ với con (cả con nuôi, con dâu, con rể); ông bà với cháu; "
    "anh chị em ruột.",
    en="That is: husband and wife; parents and children (also adopted, or in-law); grandparents "
    "and grandchildren; brothers and sisters.",
)
_RELATION = Field(
    "quan_he",
    "relation",
    "choice",
    Text(vi="Hai bên có phải là người thân không?", en="Are the two sides close relatives?"),
    _KIN,
    (
        # Which of the exempt relations it is makes no difference to the sum.
        (Relation.PARENT_CHILD.value, Text(vi="Có, là người thân", en="Yes, close relatives")),
        (
            Relation.STEP.value,
            Text(vi="Cha dượng, mẹ kế với con riêng", en="Step-parent and step-child"),
        ),
        (Relation.OTHER.value, Text(vi="Không phải", en="No")),
    ),
)
FORMS: Mapping[str, tuple[Field, ...]] = {
    "transfer": (
        Field(
            "gia",
            "price",
            "price",
            Text(vi="Giá ghi trong hợp đồng là bao nhiêu?", en="What is the contract price?"),
            _AMOUNT,
        ),
        Field(
            "bang_gia",
            "table_price",
            "price",
            Text(
                vi="Trị giá theo bảng giá đất của tỉnh (không bắt buộc)",
                en="Value by the province's price table (optional)",
            ),
            Text(
                vi="Cơ quan thuế tính theo giá cao hơn. Chưa biết thì để trống.",
                en="The higher counts. Leave it empty if you do not know.",
            ),
            optional=True,
        ),
        Field(
            "quan_he",
            "relation",
            "choice",
            Text(
                vi="Người bán và người mua có phải là người thân không?",
                en="Are seller and buyer close relatives?",
            ),
            _KIN,
            tuple(option for option in _RELATION.options if option[0] != Relation.STEP.value),
            optional=True,
        ),
        Field(
            "duy_nhat",
            "sole_home",
            "check",
            Text(
                vi="Đây là nhà đất duy nhất của người bán, đã có từ 183 ngày, bán toàn bộ",
                en="It is the seller's only home or land, held for 183 days, sold whole",
            ),
            optional=True,
        ),
    ),
    "gift": (_RELATION, _VALUE),
    "inheritance": (
        Field(
            "quan_he",
            "relation",
            "choice",
            Text(
                vi="Người nhận có phải là người thân của người đã mất không?",
                en="Is the heir a close relative of the deceased?",
            ),
            _KIN,
            _RELATION.options,
        ),
        _VALUE,
    ),
    "change_use": (
        Field(
            "dien_tich",
            "area",
            "area",
            Text(vi="Chuyển bao nhiêu mét vuông?", en="How many square metres change use?"),
            Text(vi="Ví dụ: 100m2.", en="For example: 100 m2."),
        ),
        Field(
            "gia_dat_o",
            "residential",
            "rate",
            Text(
                vi="Giá đất ở theo bảng giá của tỉnh, một mét vuông",
                en="Table price of residential land, per square metre",
            ),
            Text(vi="Ví dụ: 3 triệu.", en="For example: 3 million."),
        ),
        Field(
            "gia_dat_nay",
            "present",
            "rate",
            Text(
                vi="Giá loại đất hiện nay (đất vườn, đất ruộng…) theo bảng giá, một mét vuông",
                en="Table price of the land as it is (garden, field…), per square metre",
            ),
            Text(vi="Ví dụ: 200 nghìn.", en="For example: 200 thousand."),
        ),
        Field(
            "co_nha",
            "with_home",
            "choice",
            Text(
                vi="Đất vườn, ao hoặc đất nông nghiệp này có nằm cùng thửa đất có nhà ở (hoặc tách "
                "ra từ thửa đó) không?",
                en="Is it garden, pond or farm land in the same parcel as a home, or split from "
                "such a parcel?",
            ),
            options=(("co", Text(vi="Có", en="Yes")), ("khong", Text(vi="Không", en="No"))),
        ),
        Field(
            "han_muc",
            "quota",
            "area",
            Text(
                vi="Hạn mức giao đất ở của địa phương (chỉ cần khi trả lời “Có”)",
                en="Local quota of residential land (only if you answered “Yes”)",
            ),
            Text(
                vi="Hỏi xã nếu chưa rõ. Ví dụ: 150m2.",
                en="The commune knows it. For example: 150 m2.",
            ),
            only_if=("co_nha", "co"),
        ),
    ),
}
"""Procedure → its form, in the order of its questions."""

_EMPTY: Mapping[str, Text] = {
    "price": Text(vi="Xin ghi số tiền.", en="Please give the sum."),
    "rate": Text(vi="Xin ghi giá một mét vuông.", en="Please give the price per square metre."),
    "area": Text(vi="Xin ghi diện tích.", en="Please give the area."),
    "choice": Text(vi="Xin chọn một câu trả lời.", en="Please choose an answer."),
}
_NO_UNIT = Text(
    vi="Chưa rõ đơn vị tiền. Xin ghi cả đơn vị: tỷ, triệu hay nghìn.",
    en="The unit is not clear. Please add it: billion, million or thousand.",
)
_UNREADABLE: Mapping[str, Text] = {
    "price": Text(
        vi="Không đọc được số tiền này. Xin ghi như: 1 tỷ 2, 850 triệu, hoặc 850.000.000.",
        en="This sum cannot be read. Write it like: 1.2 billion, 850 million, or 850,000,000.",
    ),
    "rate": Text(
        vi="Không đọc được số tiền này. Xin ghi như: 3 triệu, 200 nghìn, hoặc 200.000.",
        en="This sum cannot be read. Write it like: 3 million, 200 thousand, or 200,000.",
    ),
    "area": Text(
        vi="Không đọc được diện tích này. Xin ghi bằng mét vuông, ví dụ: 100m2.",
        en="This area cannot be read. Give it in square metres, for example: 100 m2.",
    ),
}
_BY_REGION = Text(
    vi="Sào, mẫu, công mỗi vùng một khác. Xin ghi bằng mét vuông, ví dụ: 360m2.",
    en="This unit differs by region. Please give square metres, for example: 360 m2.",
)
_READ: Mapping[str, Callable[[str], Any]] = {
    "price": read_price,
    "rate": read_rate,
    "area": read_bare_area,
}


@dataclass(frozen=True)
class Filled:
    """A form as it was sent: the words of each field, the case, and what is wrong by field."""

    said: Mapping[str, str]
    case: Case | None
    """None where something is wrong."""
    wrong: Mapping[str, str]


@router.get(
    LIST + "/{procedure}" + CALCULATOR, response_class=HTMLResponse, responses=refusals(404, 422)
)
def calculator(request: Request, procedure: Named, read: Reads) -> Response:
    """The form; with what was filled in, the sum line by line or what is wrong."""
    site = site_of(request)
    told = told_whole(procedure, read)
    if told is None or procedure not in SUMS:
        return missing(request, procedure, read)
    form = FORMS[procedure]
    sent = any(field.name in request.query_params for field in form)
    filled = read_form(procedure, request.query_params, read.language) if sent else None
    values: dict[str, Any] = {}
    if filled is not None and filled.case is not None:
        values = _told(filled.case, read)
    return site.page(
        request,
        "calculator.html",
        status=422 if filled is not None and filled.wrong else 200,
        # What somebody's house is worth is theirs alone.
        cache="no-store" if sent else CACHE,
        language=read.language,
        read=read,
        guide=told,
        form=form,
        said=filled.said if filled else {},
        wrong=filled.wrong if filled else {},
        sent=sent,
        back=read.link(procedure),
        again=read.link(procedure, CALCULATOR),
        checklist=read.link(procedure, CHECKLIST),
        canonical=canonical_of(site, told, CALCULATOR),
        **values,
    )


def read_form(procedure: str, sent: Mapping[str, str], language: Language) -> Filled:
    """Read a form of `FORMS`. What is wrong is said field by field, in words that help."""
    said: dict[str, str] = {}
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    for field in FORMS[procedure]:
        text = said[field.name] = sent.get(field.name, "").strip()[:LONGEST]
        if field.only_if is not None and said.get(field.only_if[0]) != field.only_if[1]:
            continue
        if field.kind == "check":
            values[field.fills] = bool(text)
        elif not text:
            if not field.optional:
                wrong[field.name] = _EMPTY[field.kind].say(language)
        elif field.kind == "choice":
            if text in dict(field.options):
                values[field.fills] = text == "co" if field.fills == "with_home" else text
            else:
                wrong[field.name] = _EMPTY["choice"].say(language)
        elif (value := _READ[field.kind](text)) is not None:
            values[field.fills] = value
        else:
            wrong[field.name] = _why(field, text).say(language)
    return Filled(said, None if wrong else Case(procedure, **values), wrong)


def _why(field: Field, text: str) -> Text:
    """Say why a text that is there could not be read."""
    if field.kind == "area":
        area = parse_area(text)
        return _BY_REGION if area is not None and area.choices else _UNREADABLE["area"]
    return _NO_UNIT if is_bare_number(text) else _UNREADABLE[field.kind]


def _told(case: Case, read: Reader) -> dict[str, Any]:
    """The sum in words: the total, its lines with their law, and what cannot be known."""
    estimate = reckon(case, today())
    total, *rest = tell_estimate(estimate, read.language)
    return {
        "total": total,
        "case": in_words(case, read.language),
        "lines": [_line(line, read.language) for line in estimate.lines],
        # The lines are told one by one, each with its law, in place of the chat's table.
        "rest": [block for block in rest if not isinstance(block, Table)],
    }


def _line(line: Line, language: Language) -> dict[str, Any]:
    return {
        "label": line.label.say(language),
        "amount": show_vnd(line.amount, language),
        "unsure": line.confidence is Confidence.LOW,
        "how": line.how.say(language),
        "payer": PAYER_NAMES[line.payer][language],
        "legal_basis": line.legal_basis,
    }
