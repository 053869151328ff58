"""How a dossier is told: what its state is, what to do now, where it is on its way, its dates, how
long such dossiers take.

Pure: from the registry's view to blocks, the same for the chat and for the dossier's page. The
words for each state are `lifecycle`'s, all others those of `data/texts/dossier.yml`.
"""

from __future__ import annotations

from datetime import date

from core.clock import show_date
from core.observability import redact
from core.settings import ROOT
from core.texts import Language, Texts
from dossiers.appointments import Appointment, Timing
from dossiers.durations import SHARE, Estimate
from dossiers.lifecycle import Status
from dossiers.lookup import DossierView
from dossiers.otp import CodeOutcome, Made, NoCode
from language.blocks import Block, Facts, Progress, Text

TEXTS = Texts(ROOT / "data" / "texts" / "dossier.yml")
say = TEXTS.say

_WAITED = {Status.SUPPLEMENT_NEEDED: "wait_papers", Status.TAX_DUE: "wait_tax"}
# States whose remark says what is missing or why.
_REMARKED = frozenset(
    {Status.SUPPLEMENT_NEEDED, Status.TAX_DUE, Status.NOT_ACCEPTED, Status.STOPPED}
)


def tell(view: DossierView, language: Language) -> list[Block]:
    """Return what there is to tell of a dossier, the direct answer first."""
    return [
        *standing(view, language),
        *([Text(usually(view.usual, language), tone="note")] if view.usual else []),
        Progress(view.stops),
        _facts(view, language),
    ]


def standing(view: DossierView, language: Language) -> list[Block]:
    """Return its state, what to do now, the office's remark, and how it stands to its date."""
    lead = say("status_lead", language, code=view.code, status=view.meaning.name)
    blocks: list[Block] = [Text(f"{lead} {view.meaning.sentence}", tone="lead")]
    if view.sample:
        blocks.append(Text(say("sample_note", language), tone="note"))
    blocks.append(Text(say("what_now", language, what=view.meaning.what_to_do)))
    if view.note and view.status in _REMARKED:
        blocks.append(Text(say("remark", language, note=redact(view.note))))
    return [*blocks, *_timing(view, language)]


def usually(estimate: Estimate, language: Language) -> str:
    """Say how long such dossiers have taken. It never stands in place of the appointment."""
    name = "usually_from_here" if estimate.elapsed else "usually"
    return say(
        name,
        language,
        share=SHARE,
        days=estimate.days,
        cases=estimate.cases,
        elapsed=estimate.elapsed,
    )


_PUT_OFF = (Timing.LATE, Timing.DUE_TODAY, Timing.ON_TIME, Timing.NO_DATE)
"""Standings in which the office's new date is what holds."""


def _timing(view: DossierView, language: Language) -> list[Block]:
    appointment = view.appointment
    if view.put_off_to is not None and appointment.lateness.timing in _PUT_OFF:
        return [Text(say("put_off", language, new=show_date(view.put_off_to)), tone="note")]
    match appointment.lateness.timing:
        case Timing.LATE:
            return [
                Text(say("late", language, days=appointment.lateness.days), tone="warning"),
                *_not_counted(appointment, language),
            ]
        case Timing.DUE_TODAY:
            return [Text(say("due_today", language)), *_not_counted(appointment, language)]
        case Timing.ON_TIME:
            told = [Text(say("due_in", language, days=appointment.left))]
            return [*told, *_not_counted(appointment, language)]
        case Timing.PAUSED:
            return [Text(_stands(appointment, language), tone="note")]
        case Timing.NO_DATE | Timing.ENDED:
            return []


def _stands(appointment: Appointment, language: Language) -> str:
    """Say that the clock stands, since when, and how it goes on."""
    said = [say("clock_stands", language)]
    wait = appointment.waiting
    if wait is not None and wait.dated:
        said.append(say("waiting_since", language, since=show_date(wait.since)))
    if wait is not None and wait.status == Status.TAX_DUE and appointment.second_days:
        said.append(say("second_date", language, days=f"{appointment.second_days:g}"))
    elif appointment.left:
        said.append(say("left_on_clock", language, days=appointment.left))
    return " ".join(said)


def _not_counted(appointment: Appointment, language: Language) -> list[Block]:
    """Say why the date is not that of the receipt, or what else may put it off."""
    notes: list[Block] = []
    if appointment.not_counted and appointment.waits:
        what = ", ".join(
            say(_WAITED[status], language)
            for status in dict.fromkeys(wait.status for wait in appointment.waits)
        )
        text = say("not_counted", language, days=appointment.not_counted, what=what)
        notes.append(Text(text, tone="note"))
    if appointment.given is None and appointment.due is not None:
        text = say("reckoned", language)
        if appointment.posting:
            text += " " + say("reckoned_posting", language)
        notes.append(Text(text, tone="note"))
    return notes


_NO_CODE = {
    NoCode.NO_PHONE: "code_no_phone",
    NoCode.TOO_SOON: "code_too_soon",
    NoCode.TOO_MANY: "code_too_many_sent",
}


def consent_words(wanted: bool, language: Language) -> str:
    """Return what a person agrees to by turning messages on or off; it is put on record."""
    return say("consent_on" if wanted else "consent_off", language)


def code_sent(made: Made | NoCode, language: Language) -> str:
    """Say that a one-time code was sent, or why not."""
    if isinstance(made, NoCode):
        return say(_NO_CODE[made], language)
    return say("code_sent", language, minutes=made.minutes)


def code_refused(outcome: str, language: Language) -> str:
    """Say that a code that was given back opens nothing: one text for wrong, too old and none."""
    often = outcome == CodeOutcome.TOO_MANY
    return say("code_tried_too_often" if often else "code_wrong", language)


def facts(view: DossierView, language: Language) -> list[tuple[str, str]]:
    """Return the procedure, the office and every date that is known, each with its name."""
    appointment = view.appointment
    dates: tuple[tuple[str, date | None], ...] = (
        ("fact_received", view.received_on),
        ("fact_due", appointment.given),
        (
            "fact_second" if appointment.is_second else "fact_due_now",
            appointment.due if appointment.put_off or appointment.is_second else None,
        ),
        ("fact_due_reckoned", None if appointment.given else appointment.due),
        ("fact_put_off", view.put_off_to),
        ("fact_done", view.done_on),
        ("fact_returned", view.returned_on),
    )
    rows = [("fact_procedure", view.procedure_name), ("fact_office", view.office_name)]
    rows += [(name, show_date(day)) for name, day in dates if day]
    return [(say(name, language), value) for name, value in rows if value]


def where(view: DossierView, language: Language) -> list[tuple[str, str]]:
    """Return where and when the office is found, if it has said; empty while that is a sample."""
    if view.office is None or view.office.sample:
        return []
    rows = (
        ("address", view.office.address),
        ("hours", view.office.hours),
        ("phone", view.office.hotline),
    )
    return [(say(name, language), value) for name, value in rows if value]


def _facts(view: DossierView, language: Language) -> Facts:
    return Facts((*facts(view, language), *where(view, language)))
