"""What an applicant decides about their messages, in the chat and on the dossier's page alike:
whether the number on file is texted. It takes the second step of proof, a code sent to that number.

The choice is the number's, for all its dossiers. It is written down with the words agreed to.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.database import Sessions
from core.texts import Language
from dossiers.consent import record
from dossiers.models import Dossier, Purpose
from dossiers.otp import Codes, Made, NoCode
from dossiers.person import unbar
from dossiers.proof import Sender
from dossiers.telling import consent_words
from notifier.desk import Desk
from notifier.direct import NotPossible, send_code
from notifier.outbox import opt_in, opt_out, opted_out


def send_second_step(
    sessions: Sessions, codes: Codes, desk: Desk, sender: Sender, dossier_id: int, now: datetime
) -> Made | NoCode:
    """Make a one-time code and put it into the outbox, both or neither."""
    try:
        with sessions.begin() as session:
            made = codes.make(session, sender, dossier_id, now)
            if isinstance(made, Made):
                send_code(session, desk, dossier_id, made.code, made.minutes, now)
            return made
    except NotPossible:
        return NoCode.NO_PHONE  # there is one, and it cannot be read


def wants_messages(session: Session, phone_index: str) -> bool:
    """Tell whether a number has not said that it wants none."""
    return not opted_out(session, [phone_index])


def choose(
    session: Session,
    phone_index: str,
    wanted: bool,
    channel: str,
    language: Language,
    now: datetime,
) -> None:
    """Turn the messages to a number on or off. Whoever asks has taken the second step, or stands
    at the counter.

    Who wants messages again after an erasure has new dossiers taken in with their number again.
    """
    if wanted:
        opt_in(session, phone_index)
        unbar(session, phone_index)
    else:
        opt_out(session, phone_index, channel, now)
    words = consent_words(wanted, language)
    record(session, phone_index, Purpose.STATUS_SMS, wanted, channel, words, now)


def number_of(session: Session, dossier_id: int) -> str | None:
    """Return the index of the number on a dossier's file; None where there is none."""
    return session.get_one(Dossier, dossier_id).phone_index
