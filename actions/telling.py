"""How a dossier's state is told: what it is, what to do now, where it is on its way, its dates.

Pure: from the registry's view to blocks. The words for each state are `dossiers.lifecycle`'s.
"""

from __future__ import annotations

from datetime import date

from actions.texts import say
from actions.turn import Language
from core.clock import show_date
from core.observability import redact
from dossiers.appointments import Appointment, Timing
from dossiers.lifecycle import Status
from dossiers.lookup import DossierView
from language.blocks import Block, Button, Buttons, Facts, Progress, Text

# What people ask next in these states, and the aspect of the procedure that answers it.
_NEXT_ASPECT = {Status.SUPPLEMENT_NEEDED: "documents", Status.TAX_DUE: "fee"}
_WAITED = {Status.SUPPLEMENT_NEEDED: "wait_papers", Status.TAX_DUE: "wait_tax"}
# States whose remark says what is missing or why.
_REMARKED = frozenset(
    {Status.SUPPLEMENT_NEEDED, Status.TAX_DUE, Status.NOT_ACCEPTED, Status.STOPPED}
)


def tell(view: DossierView, language: Language, *, procedure: str | None) -> list[Block]:
    """Return the answer about a dossier.

    `procedure` is the dossier's procedure in the catalogue, where it is known.
    """
    lead = say("status_lead", language, code=view.code, status=view.meaning.name)
    blocks: list[Block] = [Text(f"{lead} {view.meaning.sentence}", tone="lead")]
    if view.sample:
        blocks.append(Text(say("sample_note", language), tone="note"))
    blocks.append(Text(say("what_now", language, what=view.meaning.what_to_do)))
    if view.note and view.status in _REMARKED:
        blocks.append(Text(say("remark", language, note=redact(view.note))))
    blocks += _timing(view, language)
    blocks.append(Progress(view.stops))
    blocks.append(_facts(view, language))
    blocks.append(_buttons(view, procedure, language))
    return blocks


def _timing(view: DossierView, language: Language) -> list[Block]:
    appointment = view.appointment
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


def _facts(view: DossierView, language: Language) -> Facts:
    appointment = view.appointment
    rows: list[tuple[str, str]] = [("fact_procedure", view.procedure_name)]
    rows += [("fact_office", view.office_name)]
    dates: tuple[tuple[str, date | None], ...] = (
        ("fact_received", view.received_on),
        ("fact_due", appointment.given),
        (
            "fact_second" if appointment.is_second else "fact_due_now",
            appointment.due if appointment.put_off or appointment.is_second else None,
        ),
        ("fact_due_reckoned", None if appointment.given else appointment.due),
        ("fact_done", view.done_on),
        ("fact_returned", view.returned_on),
    )
    rows += [(name, show_date(day)) for name, day in dates if day]
    if view.office and not view.office.sample:
        rows += [
            ("address", view.office.address),
            ("hours", view.office.hours),
            ("phone", view.office.hotline),
        ]
    return Facts(tuple((say(name, language), value) for name, value in rows if value))


def _buttons(view: DossierView, procedure: str | None, language: Language) -> Buttons:
    buttons = []
    aspect = _NEXT_ASPECT.get(view.status)
    if procedure and aspect:
        title = say(f"button_{aspect}", language)
        buttons.append(Button(title, f"ask:{procedure}:{aspect}"))
    buttons += [
        Button(say("button_subscribe", language), f"subscribe:{view.code}"),
        Button(say("button_other_dossier", language), "status:other"),
        Button(say("button_human", language), "human"),
    ]
    return Buttons(tuple(buttons))
