"""What was kept long enough goes; what still counts stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import Sessions
from core.privacy import Vault
from dossiers.importing import Importer
from dossiers.models import (
    Dossier,
    LinkedIdentity,
    OneTimeCode,
    PendingProof,
    ProofAttempt,
    Verification,
)
from dossiers.otp import Codes, Made
from dossiers.proof import LINK_LASTS, Limits, Outcome, Proofs, Sender
from dossiers.retention import forget_old
from tests.dossiers.exports import NOW, MakeExport, row

CODE, DAYS = "H60.12-261102-0001", 90
ZALO = Sender("zalo", "a-person-on-zalo")
TABLES = (ProofAttempt, PendingProof, Verification, OneTimeCode, LinkedIdentity)


@pytest.fixture
def looked_up(importer: Importer, make_export: MakeExport) -> Iterator[Sessions]:
    """A registry whose only dossier was looked up at `NOW`, wrongly and rightly, in full."""
    importer.run(make_export(row()), now=NOW)
    sessions, vault = importer.sessions, importer.vault
    proofs, codes = Proofs(sessions, vault, Limits()), Codes(sessions, vault)
    proofs.ask(ZALO, CODE, NOW)
    assert proofs.check(ZALO, "0000", NOW) is Outcome.REFUSED
    assert proofs.check(ZALO, "5678", NOW) is Outcome.VERIFIED
    with sessions.begin() as session:
        made = codes.make(session, ZALO, session.scalars(select(Dossier.id)).one(), NOW)
    assert isinstance(made, Made)
    codes.check(ZALO, made.code, NOW)
    proofs.ask(ZALO, CODE, NOW)
    yield sessions


def left(sessions: Sessions) -> list[int]:
    with sessions() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def test_each_goes_when_its_time_is_over(looked_up: Sessions) -> None:
    assert left(looked_up) == [2, 1, 1, 1, 1]
    second = timedelta(seconds=1)
    for age, remain in (
        (timedelta(0), [2, 1, 1, 1, 1]),
        (timedelta(minutes=15) + second, [2, 0, 0, 1, 1]),
        (timedelta(days=DAYS), [2, 0, 0, 1, 1]),
        (timedelta(days=DAYS) + second, [0, 0, 0, 0, 1]),
        (LINK_LASTS - second, [0, 0, 0, 0, 1]),
        (LINK_LASTS, [0, 0, 0, 0, 0]),
    ):
        with looked_up.begin() as session:
            forget_old(session, DAYS, NOW + age)
        assert left(looked_up) == remain, age


def test_a_right_that_still_holds_is_not_forgotten(looked_up: Sessions, importer: Importer) -> None:
    vault: Vault = importer.vault
    with looked_up.begin() as session:
        verified = session.scalars(select(Verification)).one()
        verified.full_until = NOW + timedelta(days=1)
        forget_old(session, 2, NOW + timedelta(hours=1))
        assert session.scalars(select(Verification)).one().sender == ZALO.key(vault)
