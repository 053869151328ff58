"""Messages that no event calls for: codes, apologies, tests."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.database import Sessions
from dossiers.lifecycle import Status
from dossiers.phones import phone_index
from notifier import outbox
from notifier.direct import NotPossible, apologise, send_code, send_test
from notifier.templates import Policy
from tests.notifier.conftest import JUDGE, NOON, PHONE, MakeDesk, Registry

CODE = "H60.12.01-261102-0001"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_code_goes_at_night_and_dies_with_its_minutes(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    night = NOON.replace(hour=15)
    dossier = registry.dossier()
    with sessions.begin() as session:
        send_code(session, make_desk(real=True), dossier, "424242", 5, night)
        send_code(session, make_desk(real=True), dossier, "424243", 5, night)
    first, second = registry.messages()
    assert (first.not_before, first.priority, first.policy) == (night, 0, Policy.AT_MOST_ONCE)
    assert first.expires_at - night == timedelta(minutes=5)
    assert registry.text(first) == (
        "VPDKDD: Ma xac nhan tra cuu ho so: 424242. Het han sau 5 phut. "
        "Khong dua ma nay cho bat ky ai."
    )
    assert "424243" in registry.text(second)


def test_an_apology_names_both_dates_and_is_made_once(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier(status=Status.PROCESSING)
    until = date(2026, 12, 21)
    with sessions.begin() as session:
        apologise(session, make_desk(), CODE, until, JUDGE, NOON)
        with pytest.raises(NotPossible, match="đã có từ trước"):
            apologise(session, make_desk(), CODE, until, JUDGE, NOON)
    (message,) = registry.messages()
    assert registry.text(message) == (
        f"VPDKDD: Xin loi Ong/Ba, ho so {CODE} khong kip hen 14/12/2026. Hen tra lai 21/12/2026. "
        "LH Chi nhanh 1, 0207 3 822 123."
    )


def test_an_apology_is_for_what_is_late_and_to_a_later_date(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    running = registry.dossier(status=Status.PROCESSING)
    registry.dossier(status=Status.TAX_DUE)
    registry.dossier(status=Status.DONE)
    until = date(2026, 12, 21)
    with sessions.begin() as session:
        for which, why in (("2", "tạm dừng tính giờ"), ("3", "không còn hẹn trả")):
            with pytest.raises(NotPossible, match=why):
                apologise(session, make_desk(), CODE[:-1] + which, until, JUDGE, NOON)
        with pytest.raises(NotPossible, match="đang có hiệu lực, 14/12/2026"):
            apologise(session, make_desk(), CODE, date(2026, 12, 14), JUDGE, NOON)
    registry.move(running, Status.SUPPLEMENT_NEEDED, at=NOON + timedelta(days=1))
    registry.move(running, Status.PROCESSING, at=NOON + timedelta(days=7))
    # 26, 27, 30/11 and 1/12 did not count: 14/12 has become 18/12.
    with (
        sessions.begin() as session,
        pytest.raises(NotPossible, match="hiệu lực, 18/12/2026"),
    ):
        apologise(session, make_desk(), CODE, date(2026, 12, 18), JUDGE, NOON)
    assert registry.messages() == []


def test_nothing_is_sent_where_nothing_may_be(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    until = date(2026, 12, 21)
    registry.dossier(sample=True)
    nobody = registry.dossier(phone=None)
    registry.dossier()
    with sessions.begin() as session:
        outbox.opt_out(session, phone_index(registry.vault, PHONE), "counter", NOON)
        for code in (CODE, CODE[:-1] + "3", CODE[:-1] + "9"):
            with pytest.raises(NotPossible):
                apologise(session, make_desk(real=True), code, until, JUDGE, NOON)
        for dossier in (nobody, 999):
            with pytest.raises(NotPossible):
                send_code(session, make_desk(), dossier, "424242", 5, NOON)
    assert registry.messages() == []


def test_a_test_message_goes_only_to_numbers_on_the_list(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    with sessions.begin() as session:
        with pytest.raises(NotPossible):
            send_test(session, make_desk(real=True), PHONE, (), NOON)
        send_test(session, make_desk(real=True), PHONE, (PHONE,), NOON)
        send_test(session, make_desk(real=False), PHONE, (), NOON)
    assert [m.template for m in registry.messages()] == ["test", "test"]
