"""One person's talks, call-backs and complaints: handing them out and erasing them.

A case is a person's if it holds their number, names a dossier of theirs, or came from an account
that is tied to their number. Beside `dossiers.person` and `notifier.person`; `forget` does all
three in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from core.privacy import UnreadableSecret, Vault
from dossiers import person as registry
from dossiers.models import LinkedIdentity
from dossiers.person import Known, Person
from helpdesk.models import DeskCase, DeskLine, DeskQuestion
from notifier import person as notices


def export(session: Session, vault: Vault, person: Person) -> dict[str, Any]:
    """Return all that the helpdesk's tables hold about a person; moments are UTC.

    Of a case that is theirs only by the dossier it names, the words are left out: somebody else may
    have written them.
    """
    accounts = _accounts(session, person)
    sure = _sure(person, accounts)
    surely = set(session.scalars(select(DeskCase.id).where(sure)))
    cases = session.scalars(
        select(DeskCase).where(or_(sure, DeskCase.code.in_(person.codes))).order_by(DeskCase.id)
    ).all()
    return {
        "desk_cases": [
            {
                "reference": one.reference,
                "kind": one.kind.value,
                "channel": one.channel,
                "state": one.state.value,
                "code": one.code or "",
                "opened_at": one.opened_at,
                "closed_at": one.closed_at,
                "lines": _lines(session, vault, one) if one.id in surely else [],
            }
            for one in cases
        ]
    }


def _lines(session: Session, vault: Vault, case: DeskCase) -> list[dict[str, Any]]:
    lines = session.scalars(
        select(DeskLine).where(DeskLine.case_id == case.id).order_by(DeskLine.id)
    )
    return [
        {"author": one.author.value, "text": _readable(vault, one.text_enc), "at": one.at}
        for one in lines
    ]


def forget(session: Session, vault: Vault, known: Known, now: datetime) -> dict[str, int]:
    """Erase a person from all rooms; return how many rows of which kind it touched."""
    registry.bar(session, known, now)  # first: importers wait for the end of this transaction
    person = registry.find(session, vault, known)
    accounts = _accounts(session, person)
    theirs = select(DeskCase.id).where(
        or_(_sure(person, accounts), DeskCase.code.in_(person.codes))
    )
    ids = session.scalars(theirs).all()
    session.execute(delete(DeskLine).where(DeskLine.case_id.in_(ids)))
    gone = session.execute(delete(DeskCase).where(DeskCase.id.in_(ids)))
    if accounts:
        session.execute(
            delete(DeskQuestion).where(
                or_(
                    *(
                        and_(DeskQuestion.channel == channel, DeskQuestion.sender == sender)
                        for channel, sender in accounts
                    )
                )
            )
        )
    counts = {"desk_cases": int(gone.rowcount)}  # type: ignore[attr-defined]
    return counts | notices.forget(session, vault, known, now)


def _accounts(session: Session, person: Person) -> Sequence[tuple[str, str]]:
    found = session.execute(
        select(LinkedIdentity.channel, LinkedIdentity.sender).where(
            LinkedIdentity.phone_index.in_(person.numbers)
        )
    )
    return [(channel, sender) for channel, sender in found]


def _sure(person: Person, accounts: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    return or_(
        DeskCase.phone_index.in_(person.numbers),
        *(
            and_(DeskCase.channel == channel, DeskCase.sender == sender)
            for channel, sender in accounts
        ),
    )


def _readable(vault: Vault, encrypted: str) -> str:
    try:
        return vault.decrypt(encrypted)
    except UnreadableSecret:
        return ""
