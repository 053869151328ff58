"""One person's data in the registry: finding it, handing it out, erasing it.

The person is the holder of a mobile number, or of an ID number. A number may be several people's
(a family's, an agent's): `Person.names` says of how many names its dossiers are. By an ID number
only that person's dossiers are found, and of numbers only those that no other ID shares.

Erasing leaves the dossier as the office's record (code, procedure, dates, states) and takes the
person out of it. A row of `Erasure` keeps the next export from bringing them back, see `recording`.
Functions of a session: who calls commits, so that all rooms' parts are one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from core.privacy import UnreadableSecret, Vault, mask_name
from dossiers import consent
from dossiers.inserting import insert_into
from dossiers.lifecycle import official_name
from dossiers.models import (
    Consent,
    Dossier,
    DossierEvent,
    Erasure,
    Key,
    LinkedIdentity,
    OneTimeCode,
    PendingProof,
    ProofAttempt,
    Purpose,
    Verification,
)
from dossiers.phones import NoSms, phone_index, read_phones
from dossiers.proof import file_digits
from language.folding import fold


class NotANumber(ValueError):
    """What was given is neither a Vietnamese mobile number nor an ID number."""


@dataclass(frozen=True)
class Known:
    """By what a person is asked for."""

    key: Key
    fingerprint: str


@dataclass(frozen=True)
class Person:
    """What there is of a person in the registry."""

    known: Known
    numbers: tuple[str, ...]
    """Indexes of the mobile numbers that are theirs alone, or by which they were asked for."""
    dossiers: tuple[int, ...]
    codes: tuple[str, ...]
    """The dossiers' codes, in the same order."""
    names: int
    """Distinct names of applicants in these dossiers; more than one where a number is shared."""
    erased_at: datetime | None
    """When the holder had their data erased, if they did."""

    @property
    def shared(self) -> bool:
        """Whether the dossiers are of several people."""
        return self.names > 1


def known_by_phone(vault: Vault, written: str) -> Known:
    """Return the holder of a mobile number as people write it. Raises `NotANumber`."""
    mobile = read_phones(written).mobile
    if mobile is None:
        raise NotANumber("this is not a Vietnamese mobile number")
    return Known(Key.PHONE, phone_index(vault, mobile))


def known_by_id(vault: Vault, written: str) -> Known:
    """Return the holder of an ID number, of nine or twelve digits. Raises `NotANumber`."""
    found = file_digits(written)
    if len(found) != 1 or len(re.sub(r"\D", "", written)) not in (9, 12):
        raise NotANumber("this is not an ID number of nine or twelve digits")
    return Known(Key.ID, vault.index(found[0], "id"))


def find(session: Session, vault: Vault, known: Known) -> Person:
    """Return what there is of a person; a person of whom nothing is there has no dossiers."""
    column = Dossier.phone_index if known.key is Key.PHONE else Dossier.id_index
    rows = session.execute(
        select(Dossier.id, Dossier.code, Dossier.phone_index, Dossier.applicant_enc)
        .where(column == known.fingerprint)
        .order_by(Dossier.received_at, Dossier.id)
    ).all()
    names = {fold(_readable(vault, enc)) for *_, enc in rows if enc}
    if known.key is Key.PHONE:
        numbers = {known.fingerprint}
    else:
        numbers = {number for _, _, number, _ in rows if number}
        others = Dossier.id_index.is_distinct_from(known.fingerprint)
        numbers -= set(
            session.scalars(
                select(Dossier.phone_index).where(Dossier.phone_index.in_(numbers), others)
            )
        )
    return Person(
        known=known,
        numbers=tuple(sorted(numbers)),
        dossiers=tuple(row.id for row in rows),
        codes=tuple(row.code for row in rows),
        names=len(names),
        erased_at=session.scalar(
            select(Erasure.at).where(Erasure.fingerprint == known.fingerprint)
        ),
    )


# --- handing out ---------------------------------------------------------------------------------


def export(session: Session, vault: Vault, person: Person) -> dict[str, Any]:
    """Return all that the registry's tables hold about a person, by kind; moments are UTC.

    Of accounts only the channel is told, of codes only the times. Where a number is shared the
    names are masked: who holds it may not learn from us whose papers went through it.
    """
    dossiers = session.scalars(
        select(Dossier)
        .where(Dossier.id.in_(person.dossiers))
        .order_by(Dossier.received_at, Dossier.id)
        .options(joinedload(Dossier.office), selectinload(Dossier.events))
    ).all()
    code_of = dict(zip(person.dossiers, person.codes, strict=True))
    accounts = _accounts(session, person)
    return {
        "dossiers": [_dossier(vault, dossier, person.shared) for dossier in dossiers],
        "proof_attempts": [
            {"code": one.code, "channel": one.channel, "at": one.at, "succeeded": one.succeeded}
            for one in session.scalars(
                select(ProofAttempt).where(_of_attempts(person, accounts)).order_by(ProofAttempt.id)
            )
        ],
        "pending_proofs": [
            {"code": one.code, "channel": one.channel, "until": one.until}
            for one in session.scalars(select(PendingProof).where(_of_questions(person, accounts)))
        ],
        "verifications": [
            {
                "code": code_of.get(one.dossier_id, ""),
                "channel": one.channel,
                "until": one.until,
                "full_until": one.full_until,
            }
            for one in session.scalars(select(Verification).where(_of_rights(person, accounts)))
        ],
        "one_time_codes": [
            {"channel": one.channel, "sent_at": one.sent_at, "until": one.until}
            for one in session.scalars(
                select(OneTimeCode).where(_of_codes(person)).order_by(OneTimeCode.id)
            )
        ],
        "linked_accounts": [
            {"channel": one.channel, "linked_at": one.linked_at}
            for one in session.scalars(
                select(LinkedIdentity)
                .where(LinkedIdentity.phone_index.in_(person.numbers))
                .order_by(LinkedIdentity.linked_at)
            )
        ],
        "consents": [
            {
                "purpose": one.purpose.value,
                "given": one.given,
                "channel": one.channel,
                "text": one.text,
                "at": one.at,
            }
            for one in session.scalars(
                select(Consent).where(Consent.phone_index.in_(person.numbers)).order_by(Consent.id)
            )
        ],
        "erased_at": person.erased_at,
    }


def _dossier(vault: Vault, dossier: Dossier, shared: bool) -> dict[str, Any]:
    name = _readable(vault, dossier.applicant_enc)
    return {
        "code": dossier.code,
        "procedure_code": dossier.procedure_code,
        "procedure_name": dossier.procedure_name,
        "office": dossier.office.name if dossier.office else "",
        "received_at": dossier.received_at,
        "due_on": dossier.due_on,
        "done_at": dossier.done_at,
        "returned_at": dossier.returned_at,
        "status": official_name(dossier.status),
        "submitted_by": dossier.submitted_by,
        "applicant": mask_name(name) if shared else name,
        "phone": _readable(vault, dossier.phone_enc),
        "no_sms_reason": dossier.no_sms_reason.value if dossier.no_sms_reason else None,
        "id_number_on_file": dossier.id_index is not None,
        # A remark may name people: a number's holder need not be who it names.
        "note": "" if shared else dossier.note,
        "sample": dossier.sample,
        "events": [
            {
                "version": event.version,
                "status": official_name(event.status),
                "occurred_at": event.occurred_at if event.dated else None,
                "recorded_at": event.recorded_at,
                "note": "" if shared else event.note,
                "source": event.source,
            }
            for event in dossier.events
        ],
    }


# --- erasing -------------------------------------------------------------------------------------


def bar(session: Session, known: Known, now: datetime) -> bool:
    """See to it that no export brings this person back; return False where that was so already.

    To be done first in the transaction that erases: importers wait for its end, see `recording`.
    """
    return _bar(session, {known.fingerprint: known.key}, now)


def erase(session: Session, person: Person, now: datetime) -> dict[str, int]:
    """Take a person out of the registry's tables; return how many rows of which kind it touched.

    What they agreed to and withdrew stays as evidence, by fingerprint; the withdrawal is added. A
    number that is theirs alone is barred too.
    """
    accounts = _accounts(session, person)
    theirs = Dossier.id.in_(person.dossiers)
    touched = {
        "proof_attempts": (ProofAttempt, _of_attempts(person, accounts)),
        "pending_proofs": (PendingProof, _of_questions(person, accounts)),
        "verifications": (Verification, _of_rights(person, accounts)),
        "one_time_codes": (OneTimeCode, _of_codes(person)),
        "linked_accounts": (LinkedIdentity, LinkedIdentity.phone_index.in_(person.numbers)),
    }
    counts = {
        name: _rows(session.execute(delete(table).where(which)))
        for name, (table, which) in touched.items()
    }
    session.execute(
        update(DossierEvent).where(DossierEvent.dossier_id.in_(person.dossiers)).values(note="")
    )
    counts["dossiers"] = _rows(
        session.execute(
            update(Dossier)
            .where(theirs)
            .values(
                phone_enc=None,
                phone_index=None,
                no_sms_reason=NoSms.ERASED,
                id_index=None,
                applicant_enc=None,
                proofs=[],
                note="",
                content="",
                updated_at=now,
            )
        )
    )
    _bar(session, dict.fromkeys(person.numbers, Key.PHONE), now)
    for number in person.numbers:
        last = consent.latest(session, number, Purpose.STATUS_SMS)
        if last is None or last.given or last.text != consent.ERASED:
            consent.record(
                session, number, Purpose.STATUS_SMS, False, consent.COUNTER, consent.ERASED, now
            )
    return counts


def erase_late(session: Session, numbers: frozenset[str]) -> None:
    """Delete the ties and codes of barred numbers (their indexes) that came in while their holders
    were being erased."""
    for table in (LinkedIdentity, OneTimeCode):
        session.execute(delete(table).where(table.phone_index.in_(numbers)))


def unbar(session: Session, number: str) -> bool:
    """Let exports bring in new dossiers of a number (its index) again; tell whether it was barred.

    Dossiers that were erased stay so.
    """
    gone = session.execute(delete(Erasure).where(Erasure.fingerprint == number))
    return _rows(gone) > 0


def barred(session: Session) -> frozenset[str]:
    """Return the indexes of the mobile numbers whose holders were erased."""
    return frozenset(session.scalars(select(Erasure.fingerprint).where(Erasure.key == Key.PHONE)))


def _bar(session: Session, fingerprints: Mapping[str, Key], now: datetime) -> bool:
    if not fingerprints:
        return False
    rows = [
        {"fingerprint": one, "key": key, "at": now} for one, key in sorted(fingerprints.items())
    ]
    new = insert_into(session, Erasure).values(rows).on_conflict_do_nothing()
    return _rows(session.execute(new)) > 0


# --- which rows are a person's -------------------------------------------------------------------


def _accounts(session: Session, person: Person) -> Sequence[tuple[str, str]]:
    """Return the accounts, (channel, sender's fingerprint), that are tied to their numbers."""
    found = session.execute(
        select(LinkedIdentity.channel, LinkedIdentity.sender).where(
            LinkedIdentity.phone_index.in_(person.numbers)
        )
    )
    return [(channel, sender) for channel, sender in found]


def _by_account(
    table: type[ProofAttempt | PendingProof | Verification],
    accounts: Iterable[tuple[str, str]],
) -> list[ColumnElement[bool]]:
    return [and_(table.channel == channel, table.sender == sender) for channel, sender in accounts]


def _of_attempts(person: Person, accounts: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    return or_(ProofAttempt.code.in_(person.codes), *_by_account(ProofAttempt, accounts))


def _of_questions(person: Person, accounts: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    return or_(PendingProof.code.in_(person.codes), *_by_account(PendingProof, accounts))


def _of_rights(person: Person, accounts: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    return or_(Verification.dossier_id.in_(person.dossiers), *_by_account(Verification, accounts))


def _of_codes(person: Person) -> ColumnElement[bool]:
    return or_(
        OneTimeCode.dossier_id.in_(person.dossiers), OneTimeCode.phone_index.in_(person.numbers)
    )


def _rows(result: Any) -> int:
    return int(result.rowcount)


def _readable(vault: Vault, encrypted: str | None) -> str:
    try:
        return vault.decrypt(encrypted) if encrypted else ""
    except UnreadableSecret:
        return ""
