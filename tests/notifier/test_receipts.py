"""Receipts: genuine or refused, stored once, applied by rank, in whatever order they come."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.exc import IntegrityError
from twilio.request_validator import RequestValidator

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from notifier import circuits
from notifier.dispatch import Dispatcher
from notifier.models import Message, Receipt
from notifier.outbox import opted_out
from notifier.plan import plan_batch
from notifier.providers.base import Forged, Heard
from notifier.providers.phone import PhoneProvider
from notifier.providers.twilio import TwilioProvider, callback_url, read_callback
from notifier.receipts import Intake, take_receipts
from notifier.states import State
from notifier.vocabulary import Verdict, Why, Word
from tests.fakes.twilio_server import TOKEN, FakeTwilio
from tests.notifier.conftest import NOON, SWIFT, MakeDesk, Office, Registry, twilio_settings


@pytest.fixture
def office(sessions: Sessions, vault: Vault) -> Office:
    return Office(sessions, vault, PhoneProvider(sessions, vault))


def message(registry: Registry) -> Message:
    (one,) = registry.messages()
    return one


def put(registry: Registry, make_desk: MakeDesk, state: State, **columns: object) -> Message:
    """One message, brought to a state."""
    registry.dossier()
    with registry.sessions.begin() as session:
        plan_batch(session, make_desk(), NOON)
        values = {"state": state, "attempts": 1, "expires_at": NOON + timedelta(days=1), **columns}
        session.execute(update(Message).values(**values))
    return message(registry)


def take(sessions: Sessions, heard: Heard) -> bool:
    """Keep a receipt; tell whether it is new."""

    def kept() -> int:
        with sessions() as session:
            return session.scalar(select(func.count()).select_from(Receipt)) or 0

    before = kept()
    take_receipts(sessions, [(heard, NOON)])
    return kept() > before


def hear(registry: Registry, word: Word, *, attempt: int = 1, code: str | None = None) -> bool:
    ref = message(registry).ref
    heard = Heard("twilio", ref, attempt, f"SM{attempt}", word, code)
    return take(registry.sessions, heard)


def verdicts(registry: Registry) -> list[Verdict | None]:
    with registry.sessions() as session:
        return list(session.scalars(select(Receipt.verdict).order_by(Receipt.id)))


ALL = (Word.ACCEPTED, Word.SENT, Word.DELIVERED)


@pytest.mark.parametrize("order", list(permutations(ALL)), ids=str)
@pytest.mark.parametrize("one_by_one", [True, False])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_in_any_order_the_best_word_wins(
    registry: Registry,
    make_desk: MakeDesk,
    office: Office,
    order: tuple[Word, ...],
    one_by_one: bool,
) -> None:
    put(registry, make_desk, State.ACCEPTED)
    for word in order:
        hear(registry, word)
        if one_by_one:
            office.apply_receipts(NOON)
    office.apply_receipts(NOON)
    assert message(registry).state is State.DELIVERED
    assert None not in verdicts(registry)


def test_a_receipt_repeated_is_stored_and_applied_once(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    put(registry, make_desk, State.ACCEPTED)
    assert [hear(registry, Word.DELIVERED) for _ in range(10)] == [True] + [False] * 9
    office.apply_receipts(NOON)
    assert not hear(registry, Word.DELIVERED)
    assert office.apply_receipts(NOON) == 0
    assert verdicts(registry) == [Verdict.APPLIED]


@pytest.mark.parametrize(
    "state", [State.SENDING, State.UNCERTAIN, State.QUEUED, State.HELD, State.LEASED]
)
@pytest.mark.parametrize("word", ALL)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_word_that_comes_before_our_own_commit_is_not_lost(
    registry: Registry, make_desk: MakeDesk, office: Office, state: State, word: Word
) -> None:
    put(registry, make_desk, state)
    hear(registry, word)
    office.apply_receipts(NOON)
    expected = {
        Word.ACCEPTED: State.ACCEPTED,
        Word.SENT: State.SENT,
        Word.DELIVERED: State.DELIVERED,
    }
    assert message(registry).state is expected[word]
    assert message(registry).provider_ref == "SM1"


async def test_an_answer_after_its_own_receipt_changes_nothing(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    """The race that overwrites a receipt where the state is not compared (sms.md, Notify 4)."""
    registry.dossier()
    with registry.sessions.begin() as session:
        plan_batch(session, make_desk(), datetime.now(UTC))
    dispatcher: Dispatcher = office.dispatcher()
    (departure,) = dispatcher._turn([])
    await dispatcher._send(departure)  # on the phone, receipt stored, outcome not written
    office.apply_receipts()
    assert message(registry).state is State.DELIVERED
    dispatcher._turn(dispatcher._finished)
    office.apply_receipts()
    assert message(registry).state is State.DELIVERED


def test_a_final_state_stands_against_a_contradiction(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    put(registry, make_desk, State.DELIVERED)
    hear(registry, Word.UNDELIVERED, code="30005")
    office.apply_receipts(NOON)
    assert message(registry).state is State.DELIVERED
    assert verdicts(registry) == [Verdict.CONFLICT]


@pytest.mark.parametrize("state", [State.UNCONFIRMED, State.UNCERTAIN_FINAL])
@pytest.mark.parametrize(
    ("word", "end"),
    [(Word.DELIVERED, State.DELIVERED), (Word.UNDELIVERED, State.UNDELIVERED)],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_truth_may_come_late(
    registry: Registry,
    make_desk: MakeDesk,
    office: Office,
    state: State,
    word: Word,
    end: State,
) -> None:
    put(registry, make_desk, state)
    hear(registry, word)
    office.apply_receipts(NOON)
    assert message(registry).state is end


def test_a_handset_that_is_off_is_tried_again_later(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    put(registry, make_desk, State.SENT)
    hear(registry, Word.UNREACHABLE, code="30003")
    office.apply_receipts(NOON)
    one = message(registry)
    assert (one.state, one.why, one.code) == (State.QUEUED, Why.RETRYING, "30003")
    assert one.not_before >= NOON + timedelta(minutes=24)


@pytest.mark.parametrize("state", [State.ACCEPTED, State.DELIVERED, State.UNCONFIRMED])
def test_who_unsubscribed_is_remembered_whatever_the_message_has_come_to(
    registry: Registry, make_desk: MakeDesk, office: Office, state: State
) -> None:
    """Behind a Messaging Service, Twilio says 21610 after it has taken the message over."""
    one = put(registry, make_desk, state)
    hear(registry, Word.OPTED_OUT, code="21610")
    office.apply_receipts(NOON)
    with registry.sessions() as session:
        assert opted_out(session, [one.phone_index]) == {one.phone_index}
    registry.dossier()  # the same number's next news
    with registry.sessions.begin() as session:
        plan_batch(session, make_desk(), NOON)
    _, following = registry.messages()
    assert (following.state, following.why) == (State.SUPPRESSED, Why.OPTED_OUT)


def test_a_provider_that_refuses_us_afterwards_is_left_alone_and_nothing_is_lost(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    put(registry, make_desk, State.ACCEPTED)
    hear(registry, Word.REFUSED, code="30002")
    office.apply_receipts(NOON)
    one = message(registry)
    assert (one.state, one.why, one.code) == (State.QUEUED, Why.RETRYING, "30002")
    with registry.sessions() as session:
        known = circuits.states(session, ["twilio"])["twilio"]
        assert circuits.standing(known, NOON) is circuits.Circuit.OPEN
        assert known.code == "30002"


def test_an_old_refusal_stops_nobody(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    put(registry, make_desk, State.DELIVERED)
    hear(registry, Word.REFUSED, code="30002")
    office.apply_receipts(NOON)
    with registry.sessions() as session:
        assert not circuits.states(session, ["twilio"])


def test_an_old_word_of_a_failed_request_does_not_stop_its_retry(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    put(registry, make_desk, State.ACCEPTED)
    hear(registry, Word.UNREACHABLE, code="30003")
    office.apply_receipts(NOON)
    hear(registry, Word.SENT)  # sent before it failed, told after
    office.apply_receipts(NOON)
    assert message(registry).state is State.QUEUED
    assert verdicts(registry) == [Verdict.APPLIED, Verdict.OVERTAKEN]


def test_a_failure_of_an_earlier_request_does_not_fail_the_present_one(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    put(registry, make_desk, State.ACCEPTED, attempts=2)
    hear(registry, Word.UNDELIVERED, attempt=1)
    office.apply_receipts(NOON)
    assert message(registry).state is State.ACCEPTED


def test_word_that_an_earlier_request_arrived_stops_the_retry(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    put(registry, make_desk, State.QUEUED, attempts=2)
    hear(registry, Word.DELIVERED, attempt=1)
    office.apply_receipts(NOON)
    assert message(registry).state is State.DELIVERED


def test_a_receipt_of_nothing_of_ours_is_kept_and_does_no_harm(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    put(registry, make_desk, State.ACCEPTED)
    take(registry.sessions, Heard("twilio", "no-such-ref", 1, "SM9", Word.SENT))
    office.apply_receipts(NOON)
    assert message(registry).state is State.ACCEPTED
    assert verdicts(registry) == [Verdict.UNKNOWN]


def test_a_burst_is_applied_in_batches(
    registry: Registry, make_desk: MakeDesk, office: Office
) -> None:
    for i in range(60):
        registry.dossier(phone=f"+8491234{i:04d}")
    with registry.sessions.begin() as session:
        plan_batch(session, make_desk(), NOON)
        session.execute(update(Message).values(state=State.ACCEPTED, attempts=1))
    for one in registry.messages():
        for word in ALL:
            take(registry.sessions, Heard("twilio", one.ref, 1, "SM", word))
    assert office.apply_receipts(NOON) == 180
    assert {m.state for m in registry.messages()} == {State.DELIVERED}


# --- Twilio's callbacks ---------------------------------------------------------------------------


@pytest.fixture
def settings(twilio: FakeTwilio, tmp_path: Path) -> Settings:
    return twilio_settings(twilio, tmp_path)


BASE = "https://motcua.example.vn"
FORM = {
    "AccountSid": "AC0",
    "MessageSid": "SM123",
    "MessageStatus": "delivered",
    "To": "+84912345678",
}


def signed(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    return RequestValidator(token).compute_signature(url, form)


def read(settings: Settings, vault: Vault, url: str, form: dict[str, str], signature: str) -> Heard:
    return read_callback(settings, vault, query=urlsplit(url).query, form=form, signature=signature)


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        ("queued", None, Word.ACCEPTED),
        ("sending", None, Word.ACCEPTED),
        ("sent", None, Word.SENT),
        ("delivered", None, Word.DELIVERED),
        ("undelivered", "30005", Word.UNDELIVERED),
        ("undelivered", "30003", Word.UNREACHABLE),
        ("undelivered", "30006", Word.UNDELIVERED),
        ("undelivered", "30004", Word.UNDELIVERED),
        ("undelivered", "30007", Word.UNDELIVERED),
        ("undelivered", "30001", Word.UNREACHABLE),
        ("failed", "30008", Word.LOST),
        ("failed", "30410", Word.LOST),
        ("failed", "21610", Word.OPTED_OUT),
        ("failed", "30002", Word.REFUSED),
        ("undelivered", "30018", Word.REFUSED),
        ("undelivered", "30024", Word.REFUSED),
        ("failed", "21703", Word.REFUSED),
        ("delivered", "21610", Word.DELIVERED),
        ("failed", None, Word.UNDELIVERED),
        ("canceled", None, Word.UNDELIVERED),
        ("a status of the future", None, Word.ACCEPTED),
    ],
)
def test_a_genuine_callback_is_read(
    settings: Settings, vault: Vault, status: str, code: str | None, word: Word
) -> None:
    url = callback_url(BASE, vault, "ref-0123456789ab", 2)
    form = {**FORM, "MessageStatus": status, **({"ErrorCode": code} if code else {})}
    heard = read(settings, vault, url, form, signed(url, form))
    assert heard == Heard("twilio", "ref-0123456789ab", 2, "SM123", word, code)


def test_a_forged_callback_is_refused(settings: Settings, vault: Vault) -> None:
    url = callback_url(BASE, vault, "ref-0123456789ab", 1)
    genuine = signed(url, FORM)
    forgeries = [
        (url, FORM, signed(url, FORM, "another token"), "signature"),
        (url, FORM, "", "signature"),
        (url, {**FORM, "MessageStatus": "failed"}, genuine, "signature"),
        (url.replace("n=1", "n=2"), FORM, genuine, "signature"),
        (url.replace(BASE, "http://127.0.0.1:8080"), FORM, "", "signature"),
    ]
    # Signed by Twilio, but for a request that was not ours.
    for changed in (url.replace("m=ref-0", "m=ref-9"), url.replace("n=1", "n=x"), f"{BASE}{'?k='}"):
        path = changed if "webhooks" in changed else f"{BASE}/webhooks/twilio/status?k=é"
        forgeries.append((path, FORM, signed(path, FORM), "token"))
    for address, form, signature, why in forgeries:
        with pytest.raises(Forged, match=why):
            read(settings, vault, address, form, signature)


def test_without_a_token_nothing_is_genuine(settings: Settings, vault: Vault) -> None:
    bare = settings.model_copy(update={"twilio_auth_token": Settings().twilio_auth_token})
    url = callback_url(BASE, vault, "ref-0123456789ab", 1)
    with pytest.raises(Forged):
        read(bare, vault, url, FORM, signed(url, FORM, ""))


async def test_the_address_given_to_twilio_is_the_one_that_is_proven(
    registry: Registry,
    make_desk: MakeDesk,
    sessions: Sessions,
    vault: Vault,
    settings: Settings,
    twilio: FakeTwilio,
) -> None:
    registry.dossier()
    with sessions.begin() as session:
        plan_batch(session, make_desk(), datetime.now(UTC))
    office = Office(sessions, vault, TwilioProvider(settings, vault), pace=SWIFT)
    await office.dispatch_until(lambda: message(registry).state is State.ACCEPTED)
    (taken,) = twilio.taken
    form = {**FORM, "MessageSid": taken.sid}
    heard = read(settings, vault, taken.callback, form, signed(taken.callback, form))
    take(sessions, heard)
    office.apply_receipts()
    assert message(registry).state is State.DELIVERED


async def test_receipts_that_come_together_share_a_commit(
    sessions: Sessions, engine: Engine
) -> None:
    commits = 0

    @event.listens_for(engine, "commit")
    def _count(_connection: object) -> None:
        nonlocal commits
        commits += 1

    intake = Intake(sessions)
    told = [Heard("twilio", f"ref-{n % 80}", 1, "SM", Word.SENT) for n in range(100)]
    await asyncio.gather(*(intake.take(one, NOON) for one in told))
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 80
    assert commits < 5


async def test_a_receipt_that_cannot_be_kept_does_not_keep_the_others_out(
    sessions: Sessions,
) -> None:
    intake = Intake(sessions)
    told = [Heard("twilio", f"ref-{n}", 1, "SM", Word.SENT) for n in range(20)]
    told[7] = replace(told[7], attempt=None)  # type: ignore[arg-type]  # the column takes none
    ends = await asyncio.gather(*(intake.take(one, NOON) for one in told), return_exceptions=True)
    assert isinstance(ends.pop(7), IntegrityError)
    assert ends == [None] * 19
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 19
