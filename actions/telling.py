"""How a dossier's state is told: what it is, what to do now, where it is on its way, its dates.

Pure: from the registry's view to blocks. The words for each state are `dossiers.lifecycle`'s.
"""

from __future__ import annotations

from datetime import date

from actions.texts import say
from actions.turn import Language
from core.clock import show_date
from core.observability import redact
from dossiers.lifecycle import Status
from dossiers.lookup import DossierView, Timing
from language.blocks import Block, Button, Buttons, Facts, Progress, Text

# What people ask next in these states, and the aspect of the procedure that answers it.
_NEXT_ASPECT = {Status.SUPPLEMENT_NEEDED: "documents", Status.TAX_DUE: "fee"}
# States whose remark says what is missing or why.
_REMARKED = frozenset(
    {Status.SUPPLEMENT_NEEDED, Status.TAX_DUE, Status.NOT_ACCEPTED, Status.STOPPED}
)


def tell(
    view: DossierView, language: Language, *, days_left: int, procedure: str | None
) -> list[Block]:
    """Return the answer about a dossier.

    `days_left` are working days until the appointment; `procedure` is the dossier's procedure in
    the catalogue, where it is known.
    """
    lead = say("status_lead", language, code=view.code, status=view.meaning.name)
    blocks: list[Block] = [Text(f"{lead} {view.meaning.sentence}", tone="lead")]
    if view.sample:
        blocks.append(Text(say("sample_note", language), tone="note"))
    blocks.append(Text(say("what_now", language, what=view.meaning.what_to_do)))
    if view.note and view.status in _REMARKED:
        blocks.append(Text(say("remark", language, note=redact(view.note))))
    blocks += _timing(view, days_left, language)
    blocks.append(Progress(view.stops))
    blocks.append(_facts(view, language))
    blocks.append(_buttons(view, procedure, language))
    return blocks


def _timing(view: DossierView, days_left: int, language: Language) -> list[Block]:
    match view.lateness.timing:
        case Timing.LATE:
            text = say("late", language, days=view.lateness.days)
            return [Text(text, tone="warning")]
        case Timing.DUE_TODAY:
            return [Text(say("due_today", language))]
        case Timing.ON_TIME:
            return [Text(say("due_in", language, days=days_left))]
        case Timing.PAUSED:
            return [Text(say("clock_stands", language), tone="note")]
        case Timing.NO_DATE | Timing.ENDED:
            return []


def _facts(view: DossierView, language: Language) -> Facts:
    rows: list[tuple[str, str]] = [("fact_procedure", view.procedure_name)]
    rows += [("fact_office", view.office_name)]
    dates: tuple[tuple[str, date | None], ...] = (
        ("fact_received", view.received_on),
        ("fact_due", view.due_on),
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
