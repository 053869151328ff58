"""What applicants think of the service once they have their result: 1 to 5, and a word.

Asked for once a dossier, taken once, and kept without saying whose or which it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.clock import vietnam_date
from core.privacy import UnreadableSecret, Vault
from core.texts import Language
from dossiers.inserting import insert_into
from dossiers.lifecycle import Status
from dossiers.models import Dossier
from dossiers.proof import Sender
from helpdesk.anonymising import anonymise
from helpdesk.models import RatingAsked, ServiceRating
from helpdesk.questions import ask as await_answer
from helpdesk.vocabulary import Awaited

BEST = 5
LONGEST = 300
"""Characters of a word that are kept."""
_STARS = re.compile(
    r"\s*([1-5])\s*(?:sao|điểm|diem|stars?|/\s*5)?(?![\w/]|\.\d)[\s,.:;!\-]*", re.IGNORECASE
)


@dataclass(frozen=True)
class Sum:
    """Ratings of one office in a stretch of time."""

    office: str
    counts: tuple[int, ...]
    """How many gave 1, 2, … 5."""

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts)

    @property
    def mean(self) -> float:
        """Their mean, 1 to 5."""
        return sum(n * count for n, count in enumerate(self.counts, start=1)) / self.total


@dataclass(frozen=True)
class Words:
    """A word on the service, and the stars with it."""

    stars: int
    procedure_code: str
    words: str
    """Anonymised when they were taken."""


def read_stars(text: str) -> tuple[int, str] | None:
    """Return the stars and the word in an answer such as "4 nhanh gọn"; None where it is none."""
    found = _STARS.match(text)
    return (int(found[1]), text[found.end() :].strip()) if found else None


def may_rate(session: Session, dossier_id: int) -> bool:
    """Tell whether a dossier is returned and nobody has rated it."""
    returned = session.scalar(select(Dossier.status).where(Dossier.id == dossier_id))
    asked = session.get(RatingAsked, dossier_id)
    return returned is Status.RETURNED and not (asked and asked.rated)


def ask(
    session: Session,
    vault: Vault,
    sender: Sender,
    dossier_id: int,
    now: datetime,
    *,
    language: Language,
) -> bool:
    """Await stars of a sender, if the dossier is returned and nobody was asked before; tell
    whether so."""
    if not may_rate(session, dossier_id):
        return False
    first = session.execute(
        insert_into(session, RatingAsked)
        .values(dossier_id=dossier_id, asked_on=vietnam_date(now), rated=False)
        .on_conflict_do_nothing()
        .returning(RatingAsked.dossier_id)
    ).one_or_none()
    if first is None:
        return False
    subject = str(dossier_id)
    await_answer(session, vault, sender, Awaited.STARS, now, language=language, subject=subject)
    return True


def rate(
    session: Session,
    vault: Vault,
    dossier_id: int,
    stars: int,
    words: str,
    channel: str,
    now: datetime,
) -> bool:
    """Keep a rating; False where the dossier has one already, or is not there or not returned."""
    if not 1 <= stars <= BEST or not may_rate(session, dossier_id):
        return False
    session.execute(
        insert_into(session, RatingAsked)
        .values(dossier_id=dossier_id, asked_on=vietnam_date(now), rated=False)
        .on_conflict_do_nothing()
    )
    first = session.execute(
        update(RatingAsked)
        .where(RatingAsked.dossier_id == dossier_id, RatingAsked.rated.is_(False))
        .values(rated=True)
    )
    if not int(first.rowcount):  # type: ignore[attr-defined]
        return False
    dossier = session.get_one(Dossier, dossier_id)
    kept = anonymise(words)[:LONGEST]
    session.add(
        ServiceRating(
            on=vietnam_date(now),
            channel=channel,
            office=dossier.office.name if dossier.office else "",
            procedure_code=dossier.procedure_code,
            stars=stars,
            words_enc=vault.encrypt(kept) if kept else None,
        )
    )
    return True


def sums(session: Session, now: datetime, days: int) -> list[Sum]:
    """Return the ratings of the last `days`, office by office, the most rated first."""
    since = vietnam_date(now) - timedelta(days=days)
    rows = session.execute(
        select(ServiceRating.office, ServiceRating.stars, func.count())
        .where(ServiceRating.on > since)
        .group_by(ServiceRating.office, ServiceRating.stars)
    )
    offices: dict[str, list[int]] = {}
    for office, stars, count in rows:
        offices.setdefault(office, [0] * BEST)[stars - 1] = count
    made = [Sum(office, tuple(counts)) for office, counts in offices.items()]
    return sorted(made, key=lambda one: (-one.total, one.office))


def latest_words(
    session: Session, vault: Vault, now: datetime, days: int, most: int
) -> Sequence[Words]:
    """Return the latest ratings that have words, the newest first; those written under another key
    are left out."""
    since = vietnam_date(now) - timedelta(days=days)
    rows = session.execute(
        select(ServiceRating.stars, ServiceRating.procedure_code, ServiceRating.words_enc)
        .where(ServiceRating.on > since, ServiceRating.words_enc.is_not(None))
        .order_by(ServiceRating.id.desc())
        .limit(most)
    )
    found = []
    for stars, code, words in rows:
        with suppress(UnreadableSecret):
            found.append(Words(stars, code, vault.decrypt(words or "")))
    return found
