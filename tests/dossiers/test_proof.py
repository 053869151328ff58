"""Proof of identity: what counts, what is limited, and that refusals look alike."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from core.database import Base, Sessions
from core.settings import Settings
from dossiers.importing import Importer
from dossiers.models import Dossier, PendingProof, ProofAttempt, Verification
from dossiers.proof import (
    DAY_FACTOR,
    PREFIX_FACTOR,
    Limits,
    Outcome,
    Proofs,
    Sender,
    file_digits,
    make_proofs,
)
from tests.dossiers.exports import NOW, MakeExport, row
from tests.dossiers.registry import count, on_sqlite, the_dossier

CODE = "H60.12-261102-0001"
NO_SUCH_CODE = "H60.12-261103-0077"
RIGHT, WRONG = "5678", "0000"
WEB = Sender("web", "visitor-1")
LIMITS = Limits(attempts=3, window=600, verified_for=900, asked_for=300)


@pytest.fixture
def proofs(importer: Importer, make_export: MakeExport) -> Proofs:
    """Proofs over a registry with one dossier, of two phones and an ID."""
    importer.run(make_export(row(Số_điện_thoại="0912345678 / 02073824321")), now=NOW)
    return Proofs(importer.sessions, importer.vault, LIMITS)


def give(proofs: Proofs, digits: str, code: str = CODE, sender: Sender = WEB) -> Outcome:
    proofs.ask(sender, code, NOW)
    return proofs.check(sender, digits, NOW)


def sees(proofs: Proofs, sessions: Sessions, sender: Sender = WEB, later: int = 0) -> bool:
    with sessions() as session:
        dossier_id = the_dossier(sessions).id
        return proofs.may_see(session, sender, dossier_id, NOW + timedelta(seconds=later))


@pytest.mark.parametrize(
    "given",
    ["5678", " 56 78 ", "4 số cuối: 5678", "0912345678", "4321", "6789", "008123456789"],
)
@on_sqlite
def test_the_last_four_of_any_number_on_file(
    proofs: Proofs, sessions: Sessions, given: str
) -> None:
    assert not sees(proofs, sessions)
    assert give(proofs, given) is Outcome.VERIFIED
    assert sees(proofs, sessions)
    assert proofs.pending(WEB, NOW) is None


def test_a_right_holds_for_its_time_its_sender_and_its_channel(
    proofs: Proofs, sessions: Sessions
) -> None:
    assert give(proofs, RIGHT) is Outcome.VERIFIED
    assert sees(proofs, sessions, later=LIMITS.verified_for - 1)
    assert not sees(proofs, sessions, later=LIMITS.verified_for)
    assert not sees(proofs, sessions, Sender("web", "visitor-2"))
    assert not sees(proofs, sessions, Sender("zalo", "visitor-1"))
    # Proven again: the same right, for longer.
    assert give(proofs, RIGHT) is Outcome.VERIFIED
    assert count(sessions, Verification) == 1
    proofs.forget(WEB)
    assert not sees(proofs, sessions)


@on_sqlite
def test_what_is_no_try(proofs: Proofs, sessions: Sessions) -> None:
    assert proofs.check(WEB, RIGHT, NOW) is Outcome.NOTHING_ASKED
    proofs.ask(WEB, CODE, NOW)
    assert proofs.check(WEB, "567", NOW) is Outcome.UNREADABLE
    late = NOW + timedelta(seconds=LIMITS.asked_for)
    assert proofs.check(WEB, RIGHT, late) is Outcome.NOTHING_ASKED
    assert count(sessions, ProofAttempt) == 0


def test_a_new_question_takes_the_place_of_the_old(proofs: Proofs, sessions: Sessions) -> None:
    proofs.ask(WEB, CODE, NOW)
    proofs.ask(WEB, NO_SUCH_CODE, NOW)
    assert proofs.pending(WEB, NOW) == NO_SUCH_CODE
    assert count(sessions, PendingProof) == 1
    assert proofs.check(WEB, RIGHT, NOW) is Outcome.REFUSED


@on_sqlite
def test_wrong_code_and_wrong_proof_do_the_same_work(proofs: Proofs, engine: Engine) -> None:
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert give(proofs, WRONG, CODE) is Outcome.REFUSED
    wrong_proof = list(statements)
    statements.clear()
    assert give(proofs, WRONG, NO_SUCH_CODE) is Outcome.REFUSED
    assert statements == wrong_proof


@on_sqlite
def test_wrong_code_and_wrong_proof_are_limited_alike(proofs: Proofs) -> None:
    for n, code in enumerate((CODE, NO_SUCH_CODE)):
        outcomes = [give(proofs, WRONG, code, Sender("web", f"guesser-{n}-{i}")) for i in range(5)]
        assert outcomes == [Outcome.REFUSED] * 3 + [Outcome.TOO_MANY] * 2


@on_sqlite
def test_one_sender_is_limited_over_all_codes(proofs: Proofs) -> None:
    codes = [f"H60.12-26110{day}-0001" for day in range(1, 6)]
    outcomes = [give(proofs, WRONG, code) for code in codes]
    assert outcomes == [Outcome.REFUSED] * 3 + [Outcome.TOO_MANY] * 2
    # The right digits are not looked at either, until the window has passed.
    assert give(proofs, RIGHT) is Outcome.TOO_MANY
    later = NOW + timedelta(seconds=LIMITS.window)
    proofs.ask(WEB, CODE, later)
    assert proofs.check(WEB, RIGHT, later) is Outcome.VERIFIED


@on_sqlite
def test_the_days_codes_of_an_agency_are_limited_together(proofs: Proofs) -> None:
    most = LIMITS.attempts * PREFIX_FACTOR
    outcomes = [
        give(proofs, WRONG, f"H60.12-261105-{n:04}", Sender("web", f"s{n}"))
        for n in range(most + 1)
    ]
    assert outcomes == [Outcome.REFUSED] * most + [Outcome.TOO_MANY]
    assert give(proofs, WRONG, "H60.12-261106-0001", Sender("web", "x")) is Outcome.REFUSED


@on_sqlite
def test_one_code_is_limited_over_a_day(proofs: Proofs) -> None:
    outcomes = []
    for n in range(LIMITS.attempts * DAY_FACTOR + 1):
        at = NOW + timedelta(seconds=LIMITS.window * n)
        sender = Sender("web", f"s{n}")
        proofs.ask(sender, CODE, at)
        outcomes.append(proofs.check(sender, WRONG, at))
    assert outcomes == [Outcome.REFUSED] * 12 + [Outcome.TOO_MANY]


@on_sqlite
def test_who_keeps_trying_does_not_lock_the_owner_out_for_longer(proofs: Proofs) -> None:
    for n in range(LIMITS.attempts + 5):
        give(proofs, WRONG, CODE, Sender("web", f"s{n}"))
    later = NOW + timedelta(seconds=LIMITS.window)
    proofs.ask(WEB, CODE, later)
    assert proofs.check(WEB, RIGHT, later) is Outcome.VERIFIED


@on_sqlite
def test_right_proofs_are_not_counted(proofs: Proofs) -> None:
    assert [give(proofs, RIGHT) for _ in range(6)] == [Outcome.VERIFIED] * 6


def test_many_tries_at_once_get_no_more_than_one_after_another(proofs: Proofs) -> None:
    senders = [Sender("web", f"s{n}") for n in range(8)]
    for sender in senders:
        proofs.ask(sender, CODE, NOW)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda sender: proofs.check(sender, WRONG, NOW), senders))
    assert outcomes.count(Outcome.REFUSED) <= LIMITS.attempts
    assert set(outcomes) <= {Outcome.REFUSED, Outcome.TOO_MANY}


@on_sqlite
def test_a_dossier_without_numbers_can_be_proven_by_nothing(
    importer: Importer, make_export: MakeExport
) -> None:
    importer.run(make_export(row(Số_điện_thoại="", Số_CCCD="")), now=NOW)
    proofs = Proofs(importer.sessions, importer.vault, replace(LIMITS, attempts=99))
    assert give(proofs, "0000") is Outcome.REFUSED
    assert give(proofs, "0" * 64) is Outcome.REFUSED


@on_sqlite
def test_senders_and_digits_are_not_stored_plain(proofs: Proofs, engine: Engine) -> None:
    give(proofs, "9753", sender=Sender("sms", "+84912000111"))
    give(proofs, RIGHT, sender=Sender("sms", "+84912000111"))
    with engine.connect() as connection:
        stored = "\n".join(
            str(found)
            for table in (ProofAttempt, PendingProof, Verification, Dossier)
            for found in connection.execute(select(Base.metadata.tables[table.__tablename__]))
        )
    assert "912000111" not in stored
    assert "9753" not in stored


@on_sqlite
def test_equal_digits_of_two_dossiers_do_not_show(
    importer: Importer, sessions: Sessions, make_export: MakeExport
) -> None:
    importer.run(make_export(row(), row(Mã_hồ_sơ="H60.12-261102-0002")), now=NOW)
    with sessions() as session:
        one, other = session.scalars(select(Dossier.proofs))
    assert not set(one) & set(other)


def test_limits_are_counted_over_what_counts_alone(proofs: Proofs, engine: Engine) -> None:
    """By the engines' own account: else each try of a siege looks through all before it."""
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    give(proofs, WRONG)
    counting = {
        statement: values
        for statement, values in asked
        if statement.startswith("SELECT count") and "proof_attempt" in statement
    }
    assert len(counting) == 3
    used = set()
    lite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if not lite:  # a table of one row is read as a whole otherwise
            connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, values in counting.items():
            how = "EXPLAIN QUERY PLAN " if lite else "EXPLAIN "
            plan = connection.exec_driver_sql(how + statement, values)
            used |= set(re.findall(r"ix_proof_attempt_\w+", " ".join(str(row[-1]) for row in plan)))
    assert used == {f"ix_proof_attempt_counting_{of}" for of in ("sender", "code", "prefix")}


def test_limits_come_from_the_settings(importer: Importer) -> None:
    settings = Settings(proof_attempts=2, _env_file=None)  # type: ignore[call-arg]
    proofs = make_proofs(settings, importer.sessions, importer.vault)
    outcomes = [give(proofs, WRONG) for _ in range(3)]
    assert outcomes == [Outcome.REFUSED, Outcome.REFUSED, Outcome.TOO_MANY]


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("008123456789", ["008123456789"]),
        ("8123456789", ["008123456789"]),
        ("08123456789", ["008123456789"]),
        ("012345678", ["012345678"]),
        ("12345678", ["012345678"]),
        ("008 123 456 789", ["008123456789"]),
        ("008123456789; 012345678", ["008123456789", "012345678"]),
        ("không", []),
        ("", []),
    ],
)
def test_id_numbers_as_spreadsheets_leave_them(cell: str, ids: list[str]) -> None:
    assert file_digits(cell) == ids
