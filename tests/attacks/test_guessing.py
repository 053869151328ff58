"""Guessing codes, digits and one-time codes: what it yields, what it shows, and who hears of it."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from time import perf_counter

import pytest
from prometheus_client import REGISTRY

from core.database import Base, Sessions, make_engine, session_factory
from core.privacy import Vault
from dossiers.otp import Bounds, CodeOutcome, Codes, Made
from dossiers.proof import Limits, Outcome, Proofs, Sender
from tests.web.dossiers import CODE, RIGHT, add_dossier

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SIEGE = 10_000 if os.environ.get("MOTCUA_FAULTS") == "long" else 400
"""Codes that are tried one after another. Ten thousand, a day's whole serial numbers, take minutes:
`make faults` does it."""


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    engine = make_engine(f"sqlite:///{tmp_path / 'registry.db'}")
    Base.metadata.create_all(engine)
    return session_factory(engine)


@pytest.fixture
def vault() -> Vault:
    return Vault("a root secret for tests only")


@pytest.fixture
def dossier(sessions: Sessions, vault: Vault) -> int:
    return add_dossier(sessions, vault)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.usefixtures("dossier")
@pytest.mark.parametrize("many_senders", [True, False])
def test_trying_code_after_code_yields_a_handful_of_judgements_and_an_alarm(
    sessions: Sessions, vault: Vault, many_senders: bool, caplog: pytest.LogCaptureFixture
) -> None:
    limits = Limits()
    proofs = Proofs(sessions, vault, limits)
    limit = "prefix" if many_senders else "sender"
    refused = counted("motcua_proofs_total", outcome="refused")
    stopped = counted("motcua_proofs_stopped_total", limit=limit)
    outcomes: Counter[Outcome] = Counter()
    # Within one window: the moments are the attacker's best case, all at once.
    for n in range(SIEGE):
        sender = Sender("web", f"visitor-{n if many_senders else 0}")
        outcomes[proofs.prove(sender, f"H60.12.01-261102-{n:04}", "0000", NOW)] += 1
    judged = 4 * limits.attempts if many_senders else limits.attempts
    assert outcomes == {Outcome.REFUSED: judged, Outcome.TOO_MANY: SIEGE - judged}
    # What alerts.yml looks at.
    assert counted("motcua_proofs_total", outcome="refused") - refused == judged
    assert counted("motcua_proofs_stopped_total", limit=limit) - stopped == SIEGE - judged
    # The right digits are not looked at either, and afterwards the owner gets in.
    owner = Sender("web", "the-owner")
    later = NOW + timedelta(seconds=limits.window + 1)
    if many_senders:
        assert proofs.prove(owner, CODE, RIGHT, NOW) is Outcome.TOO_MANY
    assert proofs.prove(owner, CODE, RIGHT, later) is Outcome.VERIFIED


@pytest.mark.usefixtures("dossier")
def test_the_alarm_names_neither_dossier_nor_person(
    sessions: Sessions, vault: Vault, capsys: pytest.CaptureFixture[str]
) -> None:
    proofs = Proofs(sessions, vault, Limits(attempts=1))
    for _ in range(3):
        proofs.prove(Sender("telegram", "4455667788"), CODE, "1111", NOW)
    said = capsys.readouterr()
    line = said.out + said.err
    assert "proof_stopped" in line and "H60.12.01-261102" in line
    assert not any(secret in line for secret in (CODE, "4455667788", "1111"))


def distributions(
    one: Callable[[int], object], other: Callable[[int], object], rounds: int
) -> tuple[list[float], list[float]]:
    """Time two things in turn, so that whatever else the machine does falls on both."""
    times: tuple[list[float], list[float]] = ([], [])
    for n in range(rounds):
        pair = ((0, one), (1, other)) if n % 2 else ((1, other), (0, one))
        for which, work in pair:
            began = perf_counter()
            work(n)
            times[which].append(perf_counter() - began)
    return times


def likelier_longer(ones: list[float], others: list[float]) -> float:
    """The share of pairs in which the first took longer: 0.5 where nobody can tell them apart."""
    won = sum((a > b) + 0.5 * (a == b) for a, b in product(ones, others))
    return won / (len(ones) * len(others))


@pytest.mark.usefixtures("dossier")
def test_a_wrong_code_and_wrong_digits_cannot_be_told_apart_by_their_time(
    sessions: Sessions, vault: Vault
) -> None:
    proofs = Proofs(sessions, vault, Limits(attempts=10**6))

    def known(n: int) -> None:
        assert proofs.prove(Sender("web", f"a{n}"), CODE, "1111", NOW) is Outcome.REFUSED

    def unknown(n: int) -> None:
        code = "H60.12.01-261102-9999"
        assert proofs.prove(Sender("web", f"b{n}"), code, "1111", NOW) is Outcome.REFUSED

    distributions(known, unknown, 20)  # warms up
    share = likelier_longer(*distributions(known, unknown, 200))
    # By chance alone 0.5 ± 0.03. A hash or a query more on one side would show as 0.8 and above.
    assert 0.3 < share < 0.7


def test_the_measure_would_see_a_difference() -> None:
    def short(_n: int) -> None:
        sum(range(2_000))

    def longer(_n: int) -> None:
        sum(range(6_000))

    assert likelier_longer(*distributions(longer, short, 200)) > 0.7


def test_a_one_time_code_is_not_found_by_trying(
    sessions: Sessions, vault: Vault, dossier: int
) -> None:
    codes, bounds = Codes(sessions, vault), Bounds()
    sender = Sender("telegram", "501")
    outcomes: Counter[CodeOutcome] = Counter()
    made_codes = 0
    at = NOW
    # A day's siege: a new code whenever one is to be had, and all tries on each.
    while at < NOW + timedelta(days=1):
        with sessions.begin() as session:
            made = codes.make(session, sender, dossier, at)
        if isinstance(made, Made):
            made_codes += 1
            for _ in range(20):
                guess = f"{secrets.randbelow(10**6):06}"
                if guess != made.code:
                    outcomes[codes.check(sender, guess, at)] += 1
            assert codes.check(sender, made.code, at) is CodeOutcome.TOO_MANY
        at += timedelta(minutes=10)
    assert made_codes == bounds.phone_a_day
    # Fifteen guesses of a million a day, whoever makes them.
    assert outcomes[CodeOutcome.WRONG] == bounds.tries * bounds.phone_a_day
    assert outcomes[CodeOutcome.VERIFIED] == 0
    with sessions() as session:
        assert not codes.may_decide(session, sender, dossier, at)


def test_other_senders_do_not_get_more_codes_for_a_phone(
    sessions: Sessions, vault: Vault, dossier: int
) -> None:
    codes, made = Codes(sessions, vault), 0
    for n in range(50):
        at = NOW + timedelta(minutes=2 * n)
        with sessions.begin() as session:
            made += isinstance(codes.make(session, Sender("web", f"v{n}"), dossier, at), Made)
    assert made == Bounds().phone_a_day
