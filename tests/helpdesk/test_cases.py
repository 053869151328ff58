"""Cases: one officer each, nothing lost, nothing written into what is closed; on both engines."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from core.database import Sessions
from core.privacy import Vault
from dossiers.proof import Sender
from helpdesk.cases import ALPHABET, Cases, NotYours, make_reference, read_reference
from helpdesk.delivery import GIVEN_UP, LEASE, Outbox, Outcome
from helpdesk.models import DeskCase, DeskLine
from helpdesk.retention import forget_old
from helpdesk.vocabulary import Author, CaseState, Delivery, Kind
from tests.helpdesk.conftest import CITIZEN, NOW


def test_of_two_officers_at_once_one_has_the_case(cases: Cases) -> None:
    for _ in range(5):
        reference = cases.begin_talk(CITIZEN, NOW, language="vi")
        barrier = Barrier(8)

        def take(officer: str, reference: str = reference, barrier: Barrier = barrier) -> bool:
            barrier.wait()
            try:
                cases.take(reference, officer, NOW)
            except NotYours as other:
                assert other.state is CaseState.TAKEN
                return False
            return True

        names = [f"officer{n}" for n in range(8)]
        with ThreadPoolExecutor(8) as pool:
            won = [name for name, got in zip(names, pool.map(take, names), strict=True) if got]
        shown = cases.show(reference)
        assert shown and won == [shown.summary.officer]
        cases.close(reference, won[0], NOW)


def test_only_who_has_it_answers_and_closes(cases: Cases) -> None:
    reference = cases.begin_talk(CITIZEN, NOW, language="vi")
    with pytest.raises(NotYours):
        cases.answer(reference, "lan", "chưa nhận", NOW)
    cases.take(reference, "lan", NOW)
    cases.take(reference, "lan", NOW)  # twice is once
    for attempt in (
        lambda: cases.answer(reference, "minh", "của người khác", NOW),
        lambda: cases.release(reference, "minh"),
        lambda: cases.close(reference, "minh", NOW),
    ):
        with pytest.raises(NotYours) as raised:
            attempt()
        assert raised.value.officer == "lan"
    cases.release(reference, "lan")
    cases.take(reference, "minh", NOW)
    cases.answer(reference, "minh", "Chào Ông/Bà.", NOW)
    cases.close(reference, "minh", NOW)
    cases.close(reference, "minh", NOW)
    with pytest.raises(NotYours) as raised:
        cases.answer(reference, "minh", "đã đóng", NOW)
    assert raised.value.state is CaseState.CLOSED
    shown = cases.show(reference)
    assert shown and [line.author for line in shown.lines] == [Author.OFFICER, Author.SYSTEM]
    with pytest.raises(NotYours) as raised:
        cases.take("2222-2222", "minh", NOW)
    assert raised.value.state is None


def test_a_sender_has_one_talk_however_often_it_is_asked_for(
    cases: Cases, sessions: Sessions
) -> None:
    with ThreadPoolExecutor(6) as pool:
        begun = list(pool.map(lambda _: cases.begin_talk(CITIZEN, NOW, language="vi"), range(12)))
    assert len(set(begun)) == 1
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(DeskCase)) == 1
    assert cases.end_by_citizen(CITIZEN, NOW)
    assert not cases.end_by_citizen(CITIZEN, NOW)
    assert cases.begin_talk(CITIZEN, NOW, language="vi") != begun[0]


def test_a_number_is_chance_and_read_however_it_is_typed() -> None:
    made = {make_reference() for _ in range(2000)}
    assert len(made) == 2000
    assert all(re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", one) for one in made)
    assert not set(ALPHABET) & set("01ILOU")
    assert read_reference(" k7m4 q2xp ") == read_reference("K7M4Q2XP") == "K7M4-Q2XP"


def test_nothing_in_the_tables_says_who_or_what(
    cases: Cases, sessions: Sessions, vault: Vault
) -> None:
    sms = Sender("sms", "a fingerprint of the channel's")
    cases.begin_talk(CITIZEN, NOW, language="vi", question="Nhà tôi ở ngõ 5")
    cases.begin_callback(sms, NOW, language="vi")
    cases.reached(sms, "+84912345678 +1555")
    with sessions() as session:
        rows = [
            str(value)
            for table in (DeskCase, DeskLine)
            for row in session.execute(select(table.__table__))
            for value in row
        ]
    assert not [row for row in rows if "7001" in row or "912345678" in row or "ngõ" in row]
    (ring,) = cases.queue([Kind.CALLBACK])
    shown = cases.show(ring.reference)
    assert shown and shown.phone == "0912345678"


# --- on its way to the citizen -------------------------------------------------------------------


def answered(cases: Cases, *texts: str) -> str:
    reference = cases.begin_talk(CITIZEN, NOW, language="vi")
    cases.take(reference, "lan", NOW)
    for text in texts:
        cases.answer(reference, "lan", text, NOW)
    return reference


def test_who_dies_with_a_line_in_hand_loses_nothing(cases: Cases, outbox: Outbox) -> None:
    answered(cases, "một", "hai")
    (first,) = outbox.claim(NOW)  # and then this process is gone
    assert (first.channel, first.address) == ("telegram", "7001")
    assert outbox.claim(NOW) == []
    (again,) = outbox.claim(NOW + LEASE + timedelta(seconds=1))
    assert (again.key, again.blocks) == (first.key, first.blocks)
    outbox.settle(again, Outcome.SENT, NOW)
    (second,) = outbox.claim(NOW)
    assert second.key != first.key


def test_two_carriers_never_have_the_same_line(cases: Cases, outbox: Outbox) -> None:
    for sender in range(10):
        reference = cases.begin_talk(Sender("zalo", str(sender)), NOW, language="vi")
        cases.take(reference, "lan", NOW)
        cases.answer(reference, "lan", "chào", NOW)
    with ThreadPoolExecutor(4) as pool:
        claimed = [
            due.key for got in pool.map(lambda _: outbox.claim(NOW), range(8)) for due in got
        ]
    assert len(claimed) == len(set(claimed)) == 10


def test_what_no_channel_takes_is_tried_for_a_day_and_then_said(
    cases: Cases, outbox: Outbox
) -> None:
    reference = answered(cases, "chào")
    now, tries = NOW, 0
    while now < NOW + 2 * GIVEN_UP:
        for due in outbox.claim(now):
            tries += 1
            outbox.settle(due, Outcome.AGAIN, now)
        now += timedelta(minutes=5)
    shown = cases.show(reference)
    assert shown and shown.lines[0].delivery is Delivery.FAILED
    assert 50 < tries < 150


def test_a_line_waits_until_its_channel_has_said_where(cases: Cases, outbox: Outbox) -> None:
    sms = Sender("sms", "fingerprint")
    reference = cases.begin_talk(sms, NOW, language="vi")
    cases.take(reference, "lan", NOW)
    cases.answer(reference, "lan", "chào", NOW)
    assert outbox.claim(NOW) == []
    cases.reached(sms, "+84912345678 +1555")
    (due,) = outbox.claim(NOW)
    assert due.address == "+84912345678 +1555"


def test_what_is_closed_is_deleted_in_time_and_what_is_open_never(
    cases: Cases, sessions: Sessions
) -> None:
    done = answered(cases, "xong")
    cases.close(done, "lan", NOW)
    open_one = cases.begin_talk(Sender("zalo", "2"), NOW, language="vi")
    for days, left in ((89, {done, open_one}), (91, {open_one}), (900, {open_one})):
        with sessions.begin() as session:
            forget_old(session, 90, 730, NOW + timedelta(days=days))
        with sessions() as session:
            assert set(session.scalars(select(DeskCase.reference))) == left
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(DeskLine)) == 0
