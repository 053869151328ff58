"""Proof that a dossier is one's own: the last four digits of a phone or ID number on file.

A wrong code and a wrong proof get one answer, after the same work, so that nobody learns which
codes exist. Tries are limited by sender, by code and by the day's codes of an agency. The limits,
the question put and the right won are in the database, keyed by channel and sender: no slot of a
conversation authorises anything. What a channel says to each outcome is left to it.

Tries are counted by outcome for the operator, who is alarmed when they run up: somebody is trying
codes or digits one after another (`deploy/monitoring/alerts.yml`).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from prometheus_client import Counter
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.database import Sessions
from core.observability import get_logger
from core.privacy import Vault
from core.settings import Settings
from dossiers.inserting import insert_into
from dossiers.models import Dossier, LinkedIdentity, PendingProof, ProofAttempt, Verification

_log = get_logger(__name__)
TRIES = Counter("motcua_proofs_total", "Tries to prove a right to a dossier", ["outcome"])
STOPPED = Counter("motcua_proofs_stopped_total", "Tries turned away, by the limit", ["limit"])

PROOF_DIGITS = 4
_COMPARISONS = 6
"""Fingerprints that every try is compared with, whether or not that many are on file."""
PREFIX_FACTOR = 4
"""Wrong proofs allowed among one agency's codes of one day, as a multiple of those for one code."""
LINK_LASTS = timedelta(days=180)
"""For which an account stays tied to a number: numbers change hands."""
DAY = timedelta(days=1)
DAY_FACTOR = 4
"""Wrong proofs allowed for one code within a day, by whomever, as a multiple of those within the
window: with 20 a day, ten thousand combinations outlast any siege."""


class Outcome(StrEnum):
    """What came of a try."""

    VERIFIED = "verified"
    """The sender may now see the dossier."""
    REFUSED = "refused"
    """Wrong code or wrong digits; nobody is told which."""
    TOO_MANY = "too_many"
    """No further tries for now; the digits were not looked at."""
    NOTHING_ASKED = "nothing_asked"
    """No proof is pending for this sender, or it was asked too long ago."""
    UNREADABLE = "unreadable"
    """There are no four digits in what was given; not counted as a try."""


class Limit(StrEnum):
    """By what tries are limited."""

    SENDER = "sender"
    CODE = "code"
    DAY = "day"
    """One code within a day."""
    PREFIX = "prefix"
    """The codes of one agency and day together."""


@dataclass(frozen=True)
class Limits:
    """How proof is limited; durations in seconds. See `Settings.proof_attempts` and following."""

    attempts: int = 5
    window: int = 15 * 60
    verified_for: int = 15 * 60
    asked_for: int = 15 * 60
    """How long a question waits for its answer."""


@dataclass(frozen=True)
class Sender:
    """Who asks: a channel, and who is on it as the channel authenticates them."""

    channel: str
    id: str
    """The channel's own id of the person; may be a telephone number, so it is never stored."""

    @property
    def lasting(self) -> bool:
        """True where the channel knows the person again after months: an account on a platform,
        not a browser's cookie, which the next user of the device inherits."""
        return self.channel != "web"

    def key(self, vault: Vault) -> str:
        """Return the fingerprint under which this sender's tries and rights are kept."""
        return vault.index(f"{self.channel}\x1f{self.id}", "sender")


def proof_print(vault: Vault, code: str, last_four: str) -> str:
    """Return the fingerprint of four digits on file, bound to one dossier.

    Bound, so that a stolen table does not show which dossiers share a number.
    """
    return vault.index(f"{code}\x1f{last_four}", "proof")


def file_digits(id_numbers: str) -> list[str]:
    """Return the ID numbers of a cell as digits, with the zeros that a spreadsheet dropped.

    Citizen IDs have twelve digits and begin with 0; the older ones have nine.
    """
    found = re.findall(r"\d{8,12}", re.sub(r"(?<=\d)[\s.\-](?=\d)", "", id_numbers))
    return [
        digits.zfill(12) if len(digits) in (10, 11) else digits.zfill(9)
        for digits in dict.fromkeys(found)
    ]


class Proofs:
    """Asking for proof, checking it, and remembering who has given it.

    `pending` and `may_see` only read; `ask`, `check` and `forget` commit what they do. Every method
    takes the moment it happens.
    """

    def __init__(self, sessions: Sessions, vault: Vault, limits: Limits) -> None:
        self._sessions = sessions
        self._vault = vault
        self._limits = limits

    def ask(self, sender: Sender, code: str, now: datetime) -> None:
        """Note that `sender` was asked for proof of `code`, in place of any earlier question.

        `code` is canonical; whether such a dossier exists is neither checked nor shown.
        """
        until = now + timedelta(seconds=self._limits.asked_for)
        with self._sessions.begin() as session:
            session.execute(
                insert_into(session, PendingProof)
                .values(
                    channel=sender.channel,
                    sender=sender.key(self._vault),
                    code=code,
                    until=until,
                )
                .on_conflict_do_update(
                    index_elements=["channel", "sender"], set_={"code": code, "until": until}
                )
            )

    def pending(self, sender: Sender, now: datetime) -> str | None:
        """Return the code for which proof by `sender` is awaited, if any."""
        with self._sessions() as session:
            return session.scalar(
                select(PendingProof.code).where(
                    PendingProof.channel == sender.channel,
                    PendingProof.sender == sender.key(self._vault),
                    PendingProof.until > now,
                )
            )

    def check(self, sender: Sender, given: str, now: datetime) -> Outcome:
        """Check what `sender` gave against the question that is pending."""
        code = self.pending(sender, now)
        return self.prove(sender, code, given, now) if code else Outcome.NOTHING_ASKED

    def prove(self, sender: Sender, code: str, given: str, now: datetime) -> Outcome:
        """Check what `sender` gave as proof of the dossier with this code, if there is one.

        A whole phone or ID number counts by its last four digits. The try is committed before it
        is counted and before anything is compared: of many at once no more get through than of one
        after another.
        """
        outcome = self._judged(sender, code, given, now)
        TRIES.labels(outcome).inc()
        return outcome

    def _judged(self, sender: Sender, code: str, given: str, now: datetime) -> Outcome:
        digits = re.sub(r"\D", "", given)
        if len(digits) < PROOF_DIGITS:
            return Outcome.UNREADABLE
        attempt = self._note_attempt(sender, code, now)
        limit = self._over_limit(sender, code, now)
        if limit is not None:
            STOPPED.labels(limit).inc()
            # Neither whose dossier nor who: the agency and day tell where somebody is trying codes.
            _log.warning("proof_stopped", limit=limit, codes=code_prefix(code))
            self._turn_away(attempt)
            return Outcome.TOO_MANY
        with self._sessions() as session:
            found = session.execute(
                select(Dossier.id, Dossier.proofs).where(Dossier.code == code)
            ).one_or_none()
        dossier_id, on_file = found if found else (0, [])
        candidate = proof_print(self._vault, code, digits[-PROOF_DIGITS:])
        if not _among(candidate, on_file):
            return Outcome.REFUSED
        self._let_in(sender, dossier_id, attempt, now)
        return Outcome.VERIFIED

    def may_see(self, session: Session, sender: Sender, dossier_id: int, now: datetime) -> bool:
        """Tell whether `sender` has proven a right to this dossier that still holds."""
        return dossier_id in self.seen_by(session, sender, now)

    def seen_by(self, session: Session, sender: Sender, now: datetime) -> frozenset[int]:
        """Return the ids of the dossiers that `sender` may see now: proven lately, or of the number
        to which a one-time code has tied their account."""
        key = sender.key(self._vault)
        proven = select(Verification.dossier_id).where(
            Verification.channel == sender.channel,
            Verification.sender == key,
            Verification.until > now,
        )
        linked = (
            select(Dossier.id)
            .join(LinkedIdentity, LinkedIdentity.phone_index == Dossier.phone_index)
            .where(
                LinkedIdentity.channel == sender.channel,
                LinkedIdentity.sender == key,
                LinkedIdentity.linked_at > now - LINK_LASTS,
            )
        )
        return frozenset(session.scalars(proven.union(linked)))

    def forget(self, sender: Sender) -> None:
        """Take back every right and question of `sender`: the conversation was ended."""
        key = sender.key(self._vault)
        with self._sessions.begin() as session:
            for table in (Verification, PendingProof, LinkedIdentity):
                session.execute(
                    delete(table).where(table.channel == sender.channel, table.sender == key)
                )

    def _note_attempt(self, sender: Sender, code: str, now: datetime) -> int:
        with self._sessions.begin() as session:
            attempt = ProofAttempt(
                channel=sender.channel,
                sender=sender.key(self._vault),
                code=code,
                code_prefix=code_prefix(code),
                at=now,
            )
            session.add(attempt)
            session.flush()
            return attempt.id

    def _over_limit(self, sender: Sender, code: str, now: datetime) -> Limit | None:
        """Return the limit by which this try, already counted, is one too many; None without."""
        window, attempts = timedelta(seconds=self._limits.window), self._limits.attempts
        by_code = ProofAttempt.code == code
        bounds = (
            (
                Limit.SENDER,
                attempts,
                window,
                (ProofAttempt.channel == sender.channel)
                & (ProofAttempt.sender == sender.key(self._vault)),
            ),
            (Limit.CODE, attempts, window, by_code),
            (Limit.DAY, attempts * DAY_FACTOR, DAY, by_code),
            (
                Limit.PREFIX,
                attempts * PREFIX_FACTOR,
                window,
                ProofAttempt.code_prefix == code_prefix(code),
            ),
        )
        with self._sessions() as session:
            counts = [
                session.scalar(
                    select(func.count())
                    .select_from(ProofAttempt)
                    .where(of_whom, ProofAttempt.at > now - within, ProofAttempt.counts)
                )
                for _, _, within, of_whom in bounds
            ]
        over = (
            limit for n, (limit, most, _, _) in zip(counts, bounds, strict=True) if (n or 0) > most
        )
        return next(over, None)

    def _turn_away(self, attempt: int) -> None:
        """Uncount a try that was not judged: else who keeps trying locks the owner out for good."""
        with self._sessions.begin() as session:
            session.execute(
                update(ProofAttempt).where(ProofAttempt.id == attempt).values(counts=False)
            )

    def _let_in(self, sender: Sender, dossier_id: int, attempt: int, now: datetime) -> None:
        until = now + timedelta(seconds=self._limits.verified_for)
        key = sender.key(self._vault)
        with self._sessions.begin() as session:
            session.execute(
                update(ProofAttempt)
                .where(ProofAttempt.id == attempt)
                .values(succeeded=True, counts=False)
            )
            session.execute(
                insert_into(session, Verification)
                .values(channel=sender.channel, sender=key, dossier_id=dossier_id, until=until)
                .on_conflict_do_update(
                    index_elements=["channel", "sender", "dossier_id"], set_={"until": until}
                )
            )
            session.execute(
                delete(PendingProof).where(
                    PendingProof.channel == sender.channel, PendingProof.sender == key
                )
            )


def make_proofs(settings: Settings, sessions: Sessions, vault: Vault) -> Proofs:
    """Return the proofs of an installation, with the limits of its settings."""
    limits = Limits(
        attempts=settings.proof_attempts,
        window=settings.proof_window,
        verified_for=settings.verified_for,
    )
    return Proofs(sessions, vault, limits)


def code_prefix(code: str) -> str:
    """Return agency and day of a canonical code: H60.12.01-261029."""
    return code.rpartition("-")[0] or code


def _among(candidate: str, on_file: Sequence[str]) -> bool:
    """Compare with every fingerprint, and with as many blanks as make the work equal."""
    padded = [*on_file, *["0" * 64] * (_COMPARISONS - len(on_file))]
    matches = [hmac.compare_digest(candidate, fingerprint) for fingerprint in padded]
    return any(matches)
