"""One-time codes: what they open, for whom, how long, and that guessing does not pay."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import Sessions
from dossiers.consent import latest
from dossiers.importing import Importer
from dossiers.models import Consent, Dossier, LinkedIdentity, OneTimeCode, Purpose
from dossiers.otp import Bounds, CodeOutcome, Codes, Made, NoCode
from dossiers.proof import LINK_LASTS, Limits, Proofs, Sender
from tests.dossiers.exports import NOW, MakeExport, row
from tests.dossiers.registry import on_sqlite, the_dossier

WEB, ZALO = Sender("web", "visitor-1"), Sender("zalo", "7001")
BOUNDS = Bounds()


@pytest.fixture
def codes(importer: Importer, make_export: MakeExport) -> Codes:
    importer.run(make_export(row(Số_điện_thoại="0912345678")), now=NOW)
    return Codes(importer.sessions, importer.vault, BOUNDS)


@pytest.fixture
def proofs(importer: Importer) -> Proofs:
    return Proofs(importer.sessions, importer.vault, Limits())


def make(codes: Codes, sessions: Sessions, sender: Sender = WEB, later: int = 0) -> Made | NoCode:
    dossier_id = the_dossier(sessions).id
    with sessions.begin() as session:
        return codes.make(session, sender, dossier_id, NOW + timedelta(seconds=later))


def made(codes: Codes, sessions: Sessions, sender: Sender = WEB, later: int = 0) -> str:
    code = make(codes, sessions, sender, later)
    assert isinstance(code, Made)
    return code.code


def decides(codes: Codes, sessions: Sessions, sender: Sender = WEB, later: int = 0) -> bool:
    dossier_id = the_dossier(sessions).id
    with sessions() as session:
        return codes.may_decide(session, sender, dossier_id, NOW + timedelta(seconds=later))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_right_code_opens_the_dossier_in_full_for_a_while(
    codes: Codes, sessions: Sessions
) -> None:
    code = made(codes, sessions)
    assert not decides(codes, sessions)
    assert codes.check(WEB, f" {code[:3]} {code[3:]} ", NOW) is CodeOutcome.VERIFIED
    assert decides(codes, sessions, later=BOUNDS.verified_for - 1)
    assert not decides(codes, sessions, later=BOUNDS.verified_for)
    assert not decides(codes, sessions, Sender("web", "visitor-2"))
    assert not decides(codes, sessions, Sender("zalo", "visitor-1"))


@on_sqlite
def test_a_code_works_once_and_for_its_minutes(codes: Codes, sessions: Sessions) -> None:
    code = made(codes, sessions)
    late = NOW + timedelta(seconds=BOUNDS.lasts)
    assert codes.check(WEB, code, late) is CodeOutcome.WRONG
    assert codes.check(WEB, code, NOW) is CodeOutcome.VERIFIED
    assert codes.check(WEB, code, NOW) is CodeOutcome.WRONG


@on_sqlite
def test_a_code_is_its_senders(codes: Codes, sessions: Sessions) -> None:
    code = made(codes, sessions)
    assert codes.check(ZALO, code, NOW) is CodeOutcome.WRONG
    assert codes.check(Sender("zalo", "visitor-1"), code, NOW) is CodeOutcome.WRONG
    assert codes.check(WEB, code, NOW) is CodeOutcome.VERIFIED


@on_sqlite
def test_a_newer_code_replaces_the_older(codes: Codes, sessions: Sessions) -> None:
    first = made(codes, sessions)
    second = made(codes, sessions, later=BOUNDS.apart)
    later = NOW + timedelta(seconds=BOUNDS.apart)
    if first != second:
        assert codes.check(WEB, first, later) is CodeOutcome.WRONG
    assert codes.check(WEB, second, later) is CodeOutcome.VERIFIED


@on_sqlite
def test_a_code_belongs_to_its_dossier(
    codes: Codes, importer: Importer, make_export: MakeExport, sessions: Sessions
) -> None:
    """Two dossiers, with a number each, open in one browser: neither takes the other's code."""
    other = "H60.12-261102-0099"
    importer.run(make_export(row(Mã_hồ_sơ=other, Số_điện_thoại="0987654321")), now=NOW)
    with sessions.begin() as session:
        ids = {d.code: d.id for d in session.scalars(select(Dossier))}
        first_id = next(id_ for code, id_ in ids.items() if code != other)
        first = codes.make(session, WEB, first_id, NOW)
        second = codes.make(session, WEB, ids[other], NOW + timedelta(seconds=1))
    assert isinstance(first, Made)
    assert isinstance(second, Made)
    now = NOW + timedelta(seconds=2)
    assert codes.awaited(WEB, now, first_id)
    assert codes.awaited(WEB, now, ids[other])
    if first.code != second.code:
        assert codes.check(WEB, first.code, now, ids[other]) is CodeOutcome.WRONG
    assert codes.check(WEB, first.code, now, first_id) is CodeOutcome.VERIFIED
    assert not codes.awaited(WEB, now, first_id)
    assert codes.awaited(WEB, now, ids[other]), "the other page still waits for its own"
    with sessions() as session:
        assert codes.may_decide(session, WEB, first_id, now)
        assert not codes.may_decide(session, WEB, ids[other], now)
    # In a conversation no page tells which is meant: it is the one that was sent last.
    assert codes.check(WEB, second.code, now) is CodeOutcome.VERIFIED


@on_sqlite
@pytest.mark.parametrize(
    "given", ["", "12345", "1234567", "abcdef", "một hai ba", "\x00", "９" * 6]
)
def test_what_is_no_code(codes: Codes, sessions: Sessions, given: str) -> None:
    made(codes, sessions)
    assert codes.check(WEB, given, NOW) is CodeOutcome.WRONG


def test_three_tries_and_no_more_however_many_at_once(codes: Codes, sessions: Sessions) -> None:
    code = made(codes, sessions)
    guesses = [wrong(code)] * 12
    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(lambda guess: codes.check(WEB, guess, NOW), guesses))
    assert outcomes.count(CodeOutcome.WRONG) == BOUNDS.tries
    assert outcomes.count(CodeOutcome.TOO_MANY) == 12 - BOUNDS.tries
    assert codes.check(WEB, code, NOW) is CodeOutcome.TOO_MANY
    assert not decides(codes, sessions)


def test_the_right_code_many_times_at_once_opens_once(codes: Codes, sessions: Sessions) -> None:
    code = made(codes, sessions, ZALO)
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda _: codes.check(ZALO, code, NOW), range(3)))
    assert outcomes.count(CodeOutcome.VERIFIED) == 1
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Consent)) == 1


@on_sqlite
def test_codes_are_rationed_by_phone_and_by_sender(codes: Codes, sessions: Sessions) -> None:
    assert isinstance(make(codes, sessions), Made)
    assert make(codes, sessions, later=BOUNDS.apart - 1) is NoCode.TOO_SOON
    assert make(codes, sessions, ZALO, later=1) is NoCode.TOO_SOON, "the phone is the same"
    for n in range(1, BOUNDS.phone_a_day):
        assert isinstance(make(codes, sessions, later=n * BOUNDS.apart), Made)
    later = BOUNDS.phone_a_day * BOUNDS.apart
    assert make(codes, sessions, later=later) is NoCode.TOO_MANY
    assert make(codes, sessions, Sender("telegram", "new"), later=later) is NoCode.TOO_MANY
    tomorrow = 24 * 3600 + later
    assert isinstance(make(codes, sessions, later=tomorrow), Made)


@on_sqlite
def test_without_a_phone_there_is_no_code(importer: Importer, make_export: MakeExport) -> None:
    importer.run(make_export(row(Số_điện_thoại="")), now=NOW)
    codes = Codes(importer.sessions, importer.vault)
    assert make(codes, importer.sessions) is NoCode.NO_PHONE
    assert not codes.awaited(WEB, NOW)


@on_sqlite
def test_the_table_does_not_tell_the_code(codes: Codes, sessions: Sessions) -> None:
    code = made(codes, sessions)
    with sessions() as session:
        (kept,) = session.scalars(select(OneTimeCode))
        assert code not in str({c.name: getattr(kept, c.name) for c in kept.__table__.columns})
    assert code not in repr(Made(code, 5))


@on_sqlite
def test_an_account_on_a_platform_is_known_again_and_a_browser_is_not(
    codes: Codes, proofs: Proofs, sessions: Sessions
) -> None:
    for n, sender in enumerate((WEB, ZALO)):
        code = made(codes, sessions, sender, later=n * BOUNDS.apart)
        at = NOW + timedelta(seconds=n * BOUNDS.apart)
        assert codes.check(sender, code, at) is CodeOutcome.VERIFIED
    dossier_id = the_dossier(sessions).id
    next_month = NOW + timedelta(days=30)
    with sessions() as session:
        assert proofs.may_see(session, ZALO, dossier_id, next_month)
        assert not proofs.may_see(session, WEB, dossier_id, next_month)
        assert not codes.may_decide(session, ZALO, dossier_id, next_month), "seeing is not deciding"
        assert not proofs.may_see(session, ZALO, dossier_id, NOW + 2 * LINK_LASTS)
        linked = session.scalars(select(LinkedIdentity)).one()
        agreed = latest(session, linked.phone_index, Purpose.LINKED_CHAT)
    assert agreed is not None
    assert (agreed.given, agreed.channel) == (True, "zalo")
    proofs.forget(ZALO)
    with sessions() as session:
        assert not proofs.may_see(session, ZALO, dossier_id, next_month)
