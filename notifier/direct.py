"""Messages that no event of a dossier calls for: a code asked for, an apology, a test.

Rooms above ask for them; they go into the outbox like all others.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import show_date, vietnam_date
from core.privacy import UnreadableSecret
from dossiers.appointments import Reckon, Timing, appointment_of
from dossiers.lifecycle import official_name
from dossiers.models import Dossier, Office
from dossiers.offices import OfficeBook
from notifier.outbox import Draft, opted_out, put
from notifier.plan import Desk, forbidden, leaves
from notifier.states import State
from notifier.templates import render


class NotPossible(Exception):
    """What was asked cannot be done; the text says why."""


def send_code(
    session: Session, desk: Desk, dossier_id: int, code: str, minutes: int, now: datetime
) -> int:
    """Send a one-time code to the number on a dossier's file; return the message's id.

    It goes at any hour, expires with the code after `minutes`, and is never sent twice. Raises
    `NotPossible` where there is no number.
    """
    dossier, office = _dossier(session, Dossier.id == dossier_id)
    return _put(
        session,
        desk,
        "otp",
        f"otp:{dossier.id}:{secrets.token_hex(8)}",
        {"otp": code, "minutes": str(minutes)},
        _number(desk, dossier),
        now,
        office=office,
        sample=dossier.sample,
        lasts=timedelta(minutes=minutes),
        priority=0,
    )


def apologise(
    session: Session,
    desk: Desk,
    code: str,
    new_due: date,
    now: datetime,
    *,
    reckon: Reckon,
    offices: OfficeBook,
) -> int:
    """Tell a dossier's applicant that its appointment is put off to `new_due`, with an apology;
    return the message's id.

    The SMS beside the office's letter (Form 04, TT 03/2025/TT-VPCP), which gives the reason; the
    office decides on the date. Once for each date. Raises `NotPossible` where there is no such
    dossier, no number, nothing to apologise for (a result is there, or the clock stands and the
    appointment moves by itself), where `new_due` is no later than the date that holds anyway, or
    the apology has been made.
    """
    dossier, office = _dossier(session, Dossier.code == code)
    standing = appointment_of(dossier, reckon, offices.of(office, dossier.code), vietnam_date(now))
    if standing.lateness.timing is Timing.ENDED:
        raise NotPossible(f"nothing to apologise for: {official_name(dossier.status)}")
    if standing.lateness.timing is Timing.PAUSED:
        raise NotPossible(f"the clock stands, so it is not late: {official_name(dossier.status)}")
    if standing.due is not None and new_due <= standing.due:
        raise NotPossible(f"its appointment is {show_date(standing.due)} as it is")
    silent = opted_out(session, [dossier.phone_index]) if dossier.phone_index else set()
    why = forbidden(sample=dossier.sample, real=desk.real, has_opted_out=bool(silent))
    if why is not None:
        raise NotPossible(f"not sent: {why}")
    return _put(
        session,
        desk,
        "late_apology",
        f"{dossier.id}:{new_due}:late_apology",
        {
            "code": dossier.code,
            "due": show_date(dossier.due_on) if dossier.due_on else "",
            "new_due": show_date(new_due),
        },
        _number(desk, dossier),
        now,
        office=office,
        sample=dossier.sample,
        dossier=dossier,
    )


def send_test(session: Session, desk: Desk, to: str, allowed: Sequence[str], now: datetime) -> int:
    """Send a test message to `to` (E.164); return its id.

    Through a real provider only to numbers on the installation's list: raises `NotPossible`.
    """
    if desk.real and to not in allowed:
        raise NotPossible("this number is not in MOTCUA_SMS_TEST_NUMBERS")
    key = f"test:{secrets.token_hex(8)}"
    return _put(session, desk, "test", key, {}, to, now, priority=0)


def _put(
    session: Session,
    desk: Desk,
    template_key: str,
    dedupe_key: str,
    values: Mapping[str, str],
    to: str,
    now: datetime,
    *,
    office: str = "",
    sample: bool = False,
    dossier: Dossier | None = None,
    lasts: timedelta | None = None,
    priority: int = 1,
) -> int:
    template = desk.templates[template_key]
    not_before = leaves(desk, template, dedupe_key, now)
    draft = Draft(
        dedupe_key=dedupe_key,
        template=template,
        rendered=render(template, {"sign": desk.sign, **values}, desk.contact(office)),
        to=to,
        priority=priority,
        not_before=not_before,
        expires_at=not_before + (lasts or desk.rules.expiry),
        dossier_id=dossier.id if dossier else None,
        status_version=dossier.status_version if dossier else None,
        office_id=dossier.office_id if dossier else None,
        sample=sample,
        state=State.QUEUED,
    )
    made = put(session, [draft], desk.vault, now)
    if not made:
        raise NotPossible("this has been sent already")
    return made[dedupe_key]


def _dossier(session: Session, which: object) -> tuple[Dossier, str]:
    row = session.execute(
        select(Dossier, Office.name).outerjoin(Office, Office.id == Dossier.office_id).where(which)  # type: ignore[arg-type]
    ).first()
    if row is None:
        raise NotPossible("there is no such dossier")
    dossier, office = row
    return dossier, office or ""


def _number(desk: Desk, dossier: Dossier) -> str:
    if dossier.phone_enc is None:
        raise NotPossible("the applicant has no mobile number on file")
    try:
        return desk.vault.decrypt(dossier.phone_enc)
    except UnreadableSecret as error:
        raise NotPossible(str(error)) from None
