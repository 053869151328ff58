"""Messages that no event of a dossier calls for: a code asked for, an apology, a test.

Rooms above ask for them; they go into the outbox like all others.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import vietnam_date
from core.privacy import UnreadableSecret
from dossiers.models import Dossier, Office
from notifier.budget import enqueue
from notifier.desk import Desk, draft, forbidden
from notifier.lateness import APOLOGY, Judge, NoSuchAppointment, Promised, lateness_draft, put_off
from notifier.outbox import Draft, opted_out
from notifier.vocabulary import Why


class NotPossible(Exception):
    """What was asked cannot be done; the text says why, in Vietnamese."""


_FORBIDDEN = {
    Why.SAMPLE_DATA: "Đây là dữ liệu mẫu, không nhắn tin thật.",
    Why.OPTED_OUT: "Người nhận đã đề nghị không nhắn tin.",
}


def send_code(
    session: Session, desk: Desk, dossier_id: int, code: str, minutes: int, now: datetime
) -> int:
    """Send a one-time code to the number on a dossier's file; return the message's id.

    It goes at any hour, expires with the code after `minutes`, and is never sent twice. Raises
    `NotPossible` where there is no number.
    """
    dossier, office = _dossier(session, Dossier.id == dossier_id)
    made = draft(
        desk,
        "otp",
        {"otp": code, "minutes": str(minutes)},
        to=_number(desk, dossier),
        key=f"otp:{dossier.id}:{secrets.token_hex(8)}",
        now=now,
        priority=0,
        office=office,
        language="en" if dossier.language == "en" else "vi",
        sample=dossier.sample,
        lasts=timedelta(minutes=minutes),
    )
    return _put(session, desk, made, now)


def apologise(
    session: Session, desk: Desk, code: str, new_due: date, judge: Judge, now: datetime
) -> int:
    """Tell a dossier's applicant that its appointment is put off to `new_due`, with an apology;
    return the message's id.

    Also writes the new date down, for the registry and the officers' list. The SMS beside the
    office's letter (Form 04, TT 03/2025/TT-VPCP), which gives the reason; the
    office decides on the date. Once for each date. Raises `NotPossible` where there is no such
    dossier, no number, nothing to put off to that date (`lateness.put_off`), or the apology has
    been made.
    """
    dossier, office = _dossier(session, Dossier.code == code)
    silent = opted_out(session, [dossier.phone_index]) if dossier.phone_index else set()
    why = forbidden(sample=dossier.sample, real=desk.real, has_opted_out=bool(silent))
    if why is not None:
        raise NotPossible(_FORBIDDEN[why])
    _number(desk, dossier)
    try:
        put_off(session, code, new_due, judge, now)
    except NoSuchAppointment as error:
        raise NotPossible(str(error)) from None
    about = Promised(
        dossier_id=dossier.id,
        code=dossier.code,
        version=dossier.status_version,
        office_id=dossier.office_id,
        office=office,
        phone_enc=dossier.phone_enc,
        phone_index=dossier.phone_index,
        sample=dossier.sample,
        language="en" if dossier.language == "en" else "vi",
        status=dossier.status,
        due_on=dossier.due_on,
        due=judge.of(dossier, vietnam_date(now)).due,
        new_due_on=new_due,
    )
    made = lateness_draft(desk, about, APOLOGY, now)
    assert made is not None  # its number could be read
    return _put(session, desk, made, now)


def send_test(session: Session, desk: Desk, to: str, allowed: Sequence[str], now: datetime) -> int:
    """Send a test message to `to` (E.164); return its id.

    Through a real provider only to numbers on the installation's list: raises `NotPossible`.
    """
    if desk.real and to not in allowed:
        raise NotPossible("Số này không có trong MOTCUA_SMS_TEST_NUMBERS.")
    key = f"test:{secrets.token_hex(8)}"
    return _put(session, desk, draft(desk, "test", {}, to=to, key=key, now=now, priority=0), now)


def _put(session: Session, desk: Desk, made: Draft, now: datetime) -> int:
    ids = enqueue(session, [made], desk.budget, desk.vault, now)
    if not ids:
        raise NotPossible("Tin này đã có từ trước.")
    return ids[made.dedupe_key]


def _dossier(session: Session, which: object) -> tuple[Dossier, str]:
    row = session.execute(
        select(Dossier, Office.name).outerjoin(Office, Office.id == Dossier.office_id).where(which)  # type: ignore[arg-type]
    ).first()
    if row is None:
        raise NotPossible("Không có hồ sơ nào mang mã này.")
    dossier, office = row
    return dossier, office or ""


def _number(desk: Desk, dossier: Dossier) -> str:
    if dossier.phone_enc is None:
        raise NotPossible("Người nộp không có số di động trong hồ sơ.")
    try:
        return desk.vault.decrypt(dossier.phone_enc)
    except UnreadableSecret as error:
        raise NotPossible(str(error)) from None
