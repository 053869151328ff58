"""The printed checklist: one sheet for whoever goes to the counter.

`sheet_of` gathers all its words as plain data; the page and the PDF both draw that. The PDF is made
by Typst, which gets the data as JSON and never as source, so that no text can be read as markup.
"""

from __future__ import annotations

import io
import json
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno
import typst

from core.clock import show_date
from core.settings import Settings
from dossiers.offices import offices_of
from language.blocks import Text
from procedures.guide import Guide, PaperLine
from procedures.vocabulary import ASPECT_NAMES, Aspect

TEMPLATE = Path(__file__).parent / "templates" / "sheet.typ"
_MOST_OFFICES = 3
"""Offices whose hours fit on the sheet; where there are more, the hotline must do."""
_KEPT = 256
"""PDFs kept in memory, of some 60 KB each."""


def sheet_of(told: Guide, settings: Settings, printed: date, address: str) -> dict[str, Any]:
    """Return all that the sheet says, JSON-ready, in the guide's language."""

    def say(vi: str, en: str) -> str:
        return en if told.language == "en" else vi

    groups = [
        (say("Ai cũng phải có", "Everybody needs"), told.always),
        (say("Tùy trường hợp", "Only where it applies"), told.sometimes),
    ]
    facts = [
        (ASPECT_NAMES[aspect][told.language], told.sections[aspect].lead)
        for aspect in (Aspect.WHERE, Aspect.TIME, Aspect.FEE)
    ]
    if settings.hotline:
        facts.append((say("Hỏi thêm", "Questions"), say("gọi ", "call ") + settings.hotline))
    facts += _hours(settings)
    notes = [
        block.text for block in told.sections[Aspect.DOCUMENTS].blocks if isinstance(block, Text)
    ]
    on, checked = show_date(printed), told.checked_on
    decision = told.version.contents.decision
    return {
        "language": told.language,
        "heading": say("Giấy tờ cần mang", "Papers to bring"),
        "name": told.name,
        "official": say("Tên thủ tục: ", "Official name: ") + told.version.file.official_name,
        "whose": told.whose,
        "groups": [
            {"title": title, "papers": [_row(paper, told) for paper in papers]}
            for title, papers in groups
            if papers
        ],
        "mistakes_title": say("Hay bị thiếu, sai", "Often forgotten"),
        "mistakes": list(told.mistakes),
        "notes": notes,
        "facts": facts,
        "printed": say(f"In ngày {on}.", f"Printed on {on}."),
        "source": say(
            f"{told.holds} Nguồn: {decision}. Kiểm tra lần cuối ngày {checked}.",
            f"{told.holds} Source: {decision}. Last checked on {checked}.",
        ),
        "disclaimer": say(
            "Bản này để chuẩn bị hồ sơ. Nơi tiếp nhận kiểm tra và quyết định.",
            "This is to help you prepare. The receiving desk checks and decides.",
        ),
        "scan": say("Quét mã để xem bản mới nhất", "Scan for the newest version"),
        "address": address,
    }


def _row(paper: PaperLine, told: Guide) -> dict[str, str]:
    when = (f"if {paper.when}" if told.language == "en" else f"nếu {paper.when}") * bool(paper.when)
    return {
        "name": paper.name,
        "vietnamese": paper.vietnamese,
        "form": paper.form,
        "copies": paper.copies,
        "when": when,
    }


def _hours(settings: Settings) -> list[tuple[str, str]]:
    """When the offices are open, where that is known and not a sample."""
    known = [
        office
        for office in offices_of(settings.offices_file).offices
        if office.hours and not office.sample
    ]
    if len(known) > _MOST_OFFICES:
        return []
    return [(office.name, office.hours) for office in known]


def qr_svg(address: str) -> str:
    """Return a QR code of an address as SVG that can stand in a page or a sheet."""
    drawn = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(drawn, kind="svg", scale=4, border=2, xmldecl=False, light="#fff", omitsize=True)
    return drawn.getvalue().decode()


def as_pdf(sheet: dict[str, Any]) -> bytes:
    """Return the sheet as a PDF on A4.

    What was made is kept by all that is on it: procedure, province, version, language and date.
    It takes some tens of milliseconds; call it off the event loop.
    """
    return _made(json.dumps(sheet, ensure_ascii=False, sort_keys=True))


@lru_cache(maxsize=_KEPT)
def _made(sheet: str) -> bytes:
    inputs = {"data": sheet, "qr": qr_svg(json.loads(sheet)["address"])}
    # Typst's own fonts have every Vietnamese letter; a machine's fonts would make sheets differ.
    made = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards=["ua-1"],
    )
    assert isinstance(made, bytes)
    return made
