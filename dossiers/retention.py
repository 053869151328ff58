"""Keeping no longer than needed: tries, rights, codes and ties whose time is over are deleted.

Limits are counted over a day at most (`proof`, `otp`), so what is older serves only to look into
an attack afterwards; how long for is `Settings.lookup_retention_days`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from dossiers.models import (
    LinkedIdentity,
    OneTimeCode,
    PendingProof,
    ProofAttempt,
    Verification,
)
from dossiers.proof import LINK_LASTS


def forget_old(session: Session, days: int, now: datetime) -> int:
    """Delete what is older than `days` (2 or more) and what has run out; return how many rows."""
    before = now - timedelta(days=days)
    over = (
        (ProofAttempt, ProofAttempt.at < before),
        (OneTimeCode, OneTimeCode.sent_at < before),
        (PendingProof, PendingProof.until < now),
        (
            Verification,
            (Verification.until < now)
            & or_(Verification.full_until.is_(None), Verification.full_until < now),
        ),
        # Such a tie opens nothing any more.
        (LinkedIdentity, LinkedIdentity.linked_at <= now - LINK_LASTS),
    )
    gone = 0
    for table, condition in over:
        gone += int(session.execute(delete(table).where(condition)).rowcount)  # type: ignore[attr-defined]
    return gone
