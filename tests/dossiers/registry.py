"""What the registry holds, in a form that two registries can be compared by."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from core.database import Sessions
from dossiers.models import Dossier, DossierEvent, Office, PendingEvent

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the engine."""


def contents(sessions: Sessions) -> dict[str, list[tuple[Any, ...]]]:
    """Return offices, dossiers, events and pending events, without ids, times of recording and
    ciphertexts, which differ between any two imports."""
    with sessions() as session:
        offices = session.execute(select(Office.key, Office.first_import_id.is_(None)))
        dossiers = session.execute(
            select(
                Dossier.code,
                Office.key,
                Dossier.status,
                Dossier.status_version,
                Dossier.moved_at,
                Dossier.received_at,
                Dossier.due_on,
                Dossier.done_at,
                Dossier.returned_at,
                Dossier.phone_index,
                Dossier.phone_enc.is_(None),
                Dossier.no_sms_reason,
                Dossier.id_index,
                Dossier.content,
                Dossier.sample,
                Dossier.note,
            ).outerjoin(Office, Dossier.office_id == Office.id)
        )
        events = session.execute(
            select(
                Dossier.code,
                DossierEvent.version,
                DossierEvent.status,
                DossierEvent.move,
                DossierEvent.occurred_at,
                DossierEvent.dated,
                DossierEvent.is_backlog,
                DossierEvent.note,
                PendingEvent.event_id.is_(None),
            )
            .join(Dossier, DossierEvent.dossier_id == Dossier.id)
            .outerjoin(PendingEvent, PendingEvent.event_id == DossierEvent.id)
        )
        return {
            "offices": sorted(map(tuple, offices)),
            "dossiers": sorted(map(tuple, dossiers)),
            "events": sorted(map(tuple, events)),
        }


def count(sessions: Sessions, table: type) -> int:
    """Return how many rows a table has."""
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def the_dossier(sessions: Sessions) -> Dossier:
    """Return the only dossier there is."""
    with sessions() as session:
        return session.scalars(select(Dossier)).one()


def the_events(sessions: Sessions) -> list[DossierEvent]:
    """Return all events, oldest first."""
    with sessions() as session:
        return list(session.scalars(select(DossierEvent).order_by(DossierEvent.id)))
