"""The words of the catalogue: aspects of a procedure, who acts, how sure a fact is.

Declared once, each with its meaning and the words in which citizens read it, in Vietnamese and in
English. Everything else in this room refers to these.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

Language = Literal["vi", "en"]
"""The two languages answers are given in."""


class Aspect(StrEnum):
    """What is asked of a procedure."""

    DOCUMENTS = "documents"
    """Which papers to bring, originals or copies."""
    TIME = "time"
    """How long it takes, and what does not count."""
    FEE = "fee"
    """Fees and taxes, and who pays them."""
    WHERE = "where"
    """Where the dossier is handed in."""
    STEPS = "steps"
    """What happens, in order, and who acts."""
    CONDITIONS = "conditions"
    """Who may ask, and what must hold."""
    FORM = "form"
    """Which form to fill in."""
    LEGAL = "legal"
    """The law it rests on, and the procedure's code."""
    RESULT = "result"
    """What one gets, and who signs it."""
    ONLINE = "online"
    """Whether and how it is done from home."""
    GENERAL = "general"
    """What the procedure is: the short of all."""


class Confidence(StrEnum):
    """How sure a fact is; decides how it is spoken."""

    HIGH = "high"
    """Read in the law or on the official portal: stated plainly."""
    MEDIUM = "medium"
    """From a second source, or derived: stated, with the advice to ask."""
    LOW = "low"
    """Unconfirmed: never stated as certain."""


class Actor(StrEnum):
    """Who takes a step."""

    CITIZEN = "citizen"
    """The applicant."""
    DESK = "desk"
    """The one-stop desk or whoever receives the dossier."""
    LAND_OFFICE = "land_office"
    """The land registration office or its branch."""
    COMMUNE = "commune"
    """The people's committee of the commune or ward."""
    COMMUNE_CHAIR = "commune_chair"
    """Its chairman, who signs."""
    PROVINCE = "province"
    """A provincial authority."""
    TAX_OFFICE = "tax_office"
    """The tax office."""
    NOTARY = "notary"
    """A notary, or the commune where it certifies contracts."""
    LENDER = "lender"
    """The bank or other lender."""
    SURVEYOR = "surveyor"
    """A licensed surveyor."""


class Unit(StrEnum):
    """What a time limit counts."""

    WORKING = "working"
    """Working days."""
    CALENDAR = "calendar"
    """Days of the calendar."""


class SpecialCase(StrEnum):
    """Who or what makes a case special, whatever the procedure; every file says of each what
    holds."""

    MINORS = "minors"
    """Somebody under eighteen."""
    CO_OWNERS = "co_owners"
    """Several people hold the right together."""
    HEIRS = "heirs"
    """Somebody concerned has died."""
    ABSENT = "absent"
    """The other side cannot be found or has lost the papers."""
    MORTGAGED = "mortgaged"
    """The land is mortgaged."""


class Submit(StrEnum):
    """In what form a paper is handed in."""

    ORIGINAL = "original"
    """The original itself, kept by the office."""
    ANY = "any"
    """Original, certified copy, or plain copy with the original shown."""
    COPY = "copy"
    """A copy is enough."""
    CERTIFIED = "certified"
    """An original or a certified copy."""


ACTOR_NAMES: dict[Actor, dict[Language, str]] = {
    Actor.CITIZEN: {"vi": "Ông/Bà", "en": "You"},
    Actor.DESK: {"vi": "Nơi nhận hồ sơ", "en": "The receiving desk"},
    Actor.LAND_OFFICE: {"vi": "Văn phòng đăng ký đất đai", "en": "The land registration office"},
    Actor.COMMUNE: {"vi": "Ủy ban nhân dân cấp xã", "en": "The commune people's committee"},
    Actor.COMMUNE_CHAIR: {
        "vi": "Chủ tịch Ủy ban nhân dân cấp xã",
        "en": "The chairman of the commune",
    },
    Actor.PROVINCE: {"vi": "Cơ quan cấp tỉnh", "en": "The provincial authority"},
    Actor.TAX_OFFICE: {"vi": "Cơ quan thuế", "en": "The tax office"},
    Actor.NOTARY: {"vi": "Công chứng hoặc chứng thực", "en": "The notary"},
    Actor.LENDER: {"vi": "Ngân hàng", "en": "The lender"},
    Actor.SURVEYOR: {"vi": "Đơn vị đo đạc", "en": "The surveyor"},
}

SPECIAL_CASE_NAMES: dict[SpecialCase, dict[Language, str]] = {
    SpecialCase.MINORS: {"vi": "Người dưới 18 tuổi", "en": "Under eighteen"},
    SpecialCase.CO_OWNERS: {"vi": "Nhiều người cùng đứng tên", "en": "Several holders"},
    SpecialCase.HEIRS: {"vi": "Có người đã mất", "en": "Somebody has died"},
    SpecialCase.ABSENT: {"vi": "Một bên vắng mặt, mất liên lạc", "en": "A side is absent"},
    SpecialCase.MORTGAGED: {"vi": "Đất đang thế chấp", "en": "Mortgaged land"},
}

SUBMIT_NAMES: dict[Submit, dict[Language, str]] = {
    Submit.ORIGINAL: {"vi": "{n} bản gốc", "en": "{n} original"},
    Submit.ANY: {"vi": "{n} bản chính hoặc bản sao", "en": "{n} original or copy"},
    Submit.COPY: {"vi": "{n} bản sao", "en": "{n} copy"},
    Submit.CERTIFIED: {
        "vi": "{n} bản chính hoặc bản sao chứng thực",
        "en": "{n} original or certified copy",
    },
}

ASPECT_NAMES: dict[Aspect, dict[Language, str]] = {
    Aspect.DOCUMENTS: {"vi": "Giấy tờ", "en": "Papers"},
    Aspect.TIME: {"vi": "Thời gian", "en": "Time"},
    Aspect.FEE: {"vi": "Tiền phải nộp", "en": "Cost"},
    Aspect.WHERE: {"vi": "Nơi nộp", "en": "Where"},
    Aspect.STEPS: {"vi": "Các bước", "en": "Steps"},
    Aspect.CONDITIONS: {"vi": "Điều kiện", "en": "Conditions"},
    Aspect.FORM: {"vi": "Mẫu đơn", "en": "Form"},
    Aspect.LEGAL: {"vi": "Căn cứ pháp lý", "en": "Legal basis"},
    Aspect.RESULT: {"vi": "Kết quả", "en": "Result"},
    Aspect.ONLINE: {"vi": "Nộp trực tuyến", "en": "Online"},
    Aspect.GENERAL: {"vi": "Tóm tắt", "en": "In short"},
}
"""How an aspect is called at the head of its part of an answer."""

ASPECT_QUESTIONS: dict[Aspect, dict[Language, str]] = {
    Aspect.DOCUMENTS: {"vi": "Cần giấy tờ gì?", "en": "Which papers?"},
    Aspect.TIME: {"vi": "Bao lâu thì xong?", "en": "How long?"},
    Aspect.FEE: {"vi": "Hết bao nhiêu tiền?", "en": "How much?"},
    Aspect.WHERE: {"vi": "Nộp ở đâu?", "en": "Where?"},
    Aspect.STEPS: {"vi": "Làm những bước nào?", "en": "Which steps?"},
    Aspect.FORM: {"vi": "Dùng mẫu đơn nào?", "en": "Which form?"},
    Aspect.CONDITIONS: {"vi": "Cần điều kiện gì?", "en": "Who may apply?"},
    Aspect.ONLINE: {"vi": "Nộp qua mạng được?", "en": "Can I do it online?"},
    Aspect.RESULT: {"vi": "Nhận được gì?", "en": "What do I get?"},
    Aspect.LEGAL: {"vi": "Theo luật nào?", "en": "Under which law?"},
    Aspect.GENERAL: {"vi": "Tóm tắt thủ tục", "en": "Overview"},
}
"""Buttons: at most 20 characters, the narrowest limit among the channels. The order is that in
which citizens ask, most first."""
