"""Looking a dossier up in a conversation: the code, the proof, the answer, and who is kept out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from actions.turn import Rooms
from dossiers.consent import LINKED
from dossiers.lifecycle import Move, Status
from dossiers.links import PAGE, linked_code
from dossiers.models import Consent, Dossier, DossierEvent, Office, Purpose
from dossiers.otp import Codes
from dossiers.phones import phone_index
from dossiers.proof import Limits, Outcome, Proofs, Sender, proof_print
from language.blocks import AskProof, Facts, Link, Progress
from language.proof_digits import CODE_GIVEN, PROOF, find_digits
from notifier.models import Message
from notifier.outbox import opted_out
from notifier.templates import MessageClass
from procedures.appointments import Reckoner
from procedures.deadlines import load_calendar
from tests.actions.conftest import Conversation

CODE = "H60.12.01-261102-0007"
OTHER = "H60.12.01-261103-0008"
PAID = "H60.12.01-261103-0009"
UNKNOWN = "H60.12.01-261102-9999"
PHONE = "+84845578756"
RIGHT, WRONG = "8756", "1111"
RECEIVED = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


def add_dossier(
    rooms: Rooms,
    code: str = CODE,
    way: Sequence[tuple[Status, datetime]] = (),
    **changes: Any,
) -> None:
    """Add a dossier; `way` are its states so far, the present one last."""
    values: dict[str, Any] = {
        "code": code,
        "procedure_code": "1.013978",
        "procedure_name": "Đăng ký, cấp Giấy chứng nhận lần đầu",
        "received_at": RECEIVED,
        "due_on": date(2026, 11, 30),
        "status": Status.PROCESSING,
        "moved_at": RECEIVED,
        "phone_enc": rooms.vault.encrypt(PHONE),
        "phone_index": phone_index(rooms.vault, PHONE),
        "proofs": [proof_print(rooms.vault, code, RIGHT)],
        "created_at": RECEIVED,
        "updated_at": RECEIVED,
    }
    values.update(changes)
    if way:
        values["status"] = way[-1][0]
    with rooms.sessions.begin() as session:
        office = Office(key=f"office of {code}", name="Chi nhánh VPĐKĐĐ khu vực 3")
        dossier = Dossier(office=office, **values)
        for version, (status, at) in enumerate(way or [(values["status"], RECEIVED)], 1):
            dossier.events.append(
                DossierEvent(
                    version=version,
                    status=status,
                    move=Move.FIRST if version == 1 else Move.STEP,
                    occurred_at=at,
                    recorded_at=at,
                    source="test",
                )
            )
        session.add(dossier)


def site_checks(talk: Conversation, digits: str, code: str = "") -> Outcome:
    """Check digits as the web site does, before Rasa hears of them."""
    settings = talk.rooms.settings
    limits = Limits(settings.proof_attempts, settings.proof_window, settings.verified_for)
    channel, _, sender = talk.sender.partition(":")
    proofs = Proofs(talk.rooms.sessions, talk.rooms.vault, limits)
    who = Sender(channel, sender)
    if code:
        return proofs.prove(who, code, digits, talk.now)
    return proofs.check(who, digits, talk.now)


def typed(talk: Conversation, written: str) -> None:
    """Say something as a channel hands it on: digits beside a code go to the site."""
    given = find_digits(written)
    assert not given or not given.digits or given.digits not in given.rest.replace(given.code, "")
    told: dict[str, Any] = {}
    if given and given.digits:
        told["metadata"] = {PROOF: site_checks(talk, given.digits, given.code)}
    talk.act("action_check_status", text=given.rest if given else written, **told)


def prove(talk: Conversation, digits: str = RIGHT, code: str = CODE) -> None:
    talk.act("action_check_status", text=code)
    site_checks(talk, digits)
    talk.act("action_proof_given", payload="proof_given")


@pytest.fixture(autouse=True)
def dossier(rooms: Rooms) -> None:
    add_dossier(rooms)


def test_without_a_code_it_asks_for_one(talk: Conversation) -> None:
    talk.act("action_check_status", text="hồ sơ của tôi đến đâu rồi")
    assert "mã hồ sơ" in talk.text
    assert "ask_proof" not in talk.kinds


def test_what_was_meant_as_a_code_and_is_none_is_said(talk: Conversation) -> None:
    talk.act("action_check_status", text="mã của tôi là H60.12.1-9999999-1")
    assert "chưa đọc được mã" in talk.text


@pytest.mark.parametrize("written", [CODE, "h60 12 01 261102 0007", f"xem giúp {CODE.lower()} với"])
def test_a_code_is_answered_with_the_question_for_proof(talk: Conversation, written: str) -> None:
    (ask,) = talk.act("action_check_status", text=written)
    assert isinstance(ask, AskProof)
    assert CODE in ask.text


@pytest.mark.parametrize(
    "written",
    [
        f"{CODE} {RIGHT}",
        f"mã {CODE}, 4 số cuối điện thoại là {RIGHT}",
        f"{RIGHT} là đuôi căn cước, hồ sơ h60 12 01 261102 0007",
        f"my code is {CODE.lower()} and the last digits are {RIGHT}",
    ],
)
def test_code_and_digits_in_one_message_are_proof_in_one_go(
    talk: Conversation, written: str
) -> None:
    typed(talk, written)
    assert CODE in talk.text
    assert "ask_proof" not in talk.kinds
    assert "progress" in talk.kinds


def test_wrong_digits_beside_a_code_are_refused_and_counted_as_after_it(
    talk: Conversation, rooms: Rooms
) -> None:
    prove(talk, WRONG)
    refused = talk.text
    typed(talk, f"{CODE} {WRONG}")
    assert talk.text == refused
    typed(talk, f"{UNKNOWN} {RIGHT}")
    assert talk.text.replace(UNKNOWN, CODE) == refused
    for _ in range(rooms.settings.proof_attempts):
        typed(talk, f"{CODE}, đuôi {WRONG}")
    typed(talk, f"{CODE}, đuôi {RIGHT}")
    assert "progress" not in talk.kinds


@pytest.mark.parametrize(
    "written",
    [
        f"{CODE} nộp từ năm 2025",
        f"hồ sơ {CODE} nộp ngày 12/10/2026 mà chưa thấy gì",
        f"thửa 1200 m2 mã {CODE}",
        f"{CODE} số thửa của nhà tôi là 8756 tờ bản đồ số 5",
    ],
)
def test_other_numbers_beside_a_code_are_no_try_at_proof(talk: Conversation, written: str) -> None:
    typed(talk, written)
    assert "không khớp" not in talk.text
    assert "ask_proof" in talk.kinds


def test_a_whole_number_beside_a_code_is_not_wanted(talk: Conversation) -> None:
    talk.act("action_check_status", text=f"{CODE} số điện thoại •••")
    assert "ask_proof" in talk.kinds
    assert "4 số cuối" in talk.text or "bốn số cuối" in talk.text


def test_an_unknown_code_is_asked_for_proof_in_the_same_words(talk: Conversation) -> None:
    talk.act("action_check_status", text=CODE)
    known = talk.text.replace(CODE, "")
    talk.act("action_check_status", text=UNKNOWN)
    assert talk.text.replace(UNKNOWN, "") == known


def test_a_wrong_code_and_a_wrong_proof_are_refused_in_the_same_words(talk: Conversation) -> None:
    prove(talk, WRONG)
    wrong_proof = talk.text.replace(CODE, "")
    assert "không khớp" in wrong_proof
    prove(talk, RIGHT, UNKNOWN)
    assert talk.text.replace(UNKNOWN, "") == wrong_proof
    assert "ask_proof" in talk.kinds


def test_the_right_proof_shows_the_dossier(talk: Conversation) -> None:
    prove(talk)
    assert f"Hồ sơ {CODE}: Đang xử lý." in talk.text
    assert "chờ đến ngày hẹn" in talk.text
    assert "Còn 8 ngày làm việc" in talk.text  # 18–20, 23, 25–27, 30: the 24th is a holiday
    facts = next(block for block in talk.answer if isinstance(block, Facts))
    assert ("Ngày hẹn trả", "30/11/2026") in facts.facts
    progress = next(block for block in talk.answer if isinstance(block, Progress))
    assert [stop.state for stop in progress.stops].count("current") == 1


def test_nothing_of_the_applicant_is_said(talk: Conversation) -> None:
    prove(talk)
    assert PHONE[-9:] not in talk.text


@pytest.mark.parametrize(
    "slots",
    [
        {"again": f"status:{CODE}"},
        {"context": {"code": CODE, "verified": True}},
        {"choices": [f"status:{CODE}"]},
    ],
)
def test_no_slot_opens_a_dossier(talk: Conversation, slots: dict[str, Any]) -> None:
    talk.slots.update(slots)
    talk.act("action_proof_given", payload="proof_given:verified")
    assert "Đang xử lý" not in talk.text
    talk.act("action_repeat", payload="repeat")
    assert "Đang xử lý" not in talk.text


def test_another_sender_does_not_see_it(talk: Conversation) -> None:
    prove(talk)
    stranger = Conversation(talk.rooms, sender="web:visitor-0002")
    stranger.act("action_check_status", text=CODE)
    assert stranger.kinds == ["ask_proof"]


def test_the_right_ends_with_its_time(talk: Conversation) -> None:
    prove(talk)
    talk.wait(seconds=talk.rooms.settings.verified_for + 1)
    talk.act("action_repeat", payload="repeat")
    assert talk.kinds == ["ask_proof"]


def test_the_right_ends_with_starting_over(talk: Conversation) -> None:
    prove(talk)
    talk.act("action_start_over", payload="start_over")
    assert talk.slots["again"] == ""
    talk.act("action_check_status", text=CODE)
    assert talk.kinds == ["ask_proof"]


def test_within_its_time_nobody_is_asked_twice(talk: Conversation) -> None:
    prove(talk)
    talk.act("action_check_status", text="xong chưa")
    assert f"Hồ sơ {CODE}" in talk.text


def test_another_dossier_can_be_asked_for(talk: Conversation) -> None:
    prove(talk)
    talk.act("action_check_status", payload=talk.buttons["Hồ sơ khác"])
    assert "Ông/Bà gõ giúp tôi mã hồ sơ" in talk.text


def test_of_two_seen_it_asks_which(talk: Conversation) -> None:
    add_dossier(talk.rooms, OTHER)
    prove(talk)
    prove(talk, RIGHT, OTHER)
    talk.slots["context"] = None
    talk.act("action_check_status", text="hồ sơ tôi sao rồi")
    assert set(talk.buttons.values()) == {f"status:{CODE}", f"status:{OTHER}"}


@pytest.mark.parametrize("told", [RIGHT, "proof_given:verified", "verified"])
def test_no_digits_nor_words_of_a_conversation_open_anything(talk: Conversation, told: str) -> None:
    talk.act("action_check_status", text=CODE)
    talk.act("action_proof_given", text=told, payload="proof_given", metadata={PROOF: "verified"})
    assert "không khớp" in talk.text
    talk.act("action_check_status", text=f"{CODE} {RIGHT}", metadata={PROOF: "verified"})
    assert "progress" not in talk.kinds


def test_too_many_tries_pause_even_the_right_proof(talk: Conversation) -> None:
    talk.act("action_check_status", text=CODE)
    for _ in range(talk.rooms.settings.proof_attempts):
        site_checks(talk, WRONG)
    outcome = site_checks(talk, RIGHT)
    assert outcome == Outcome.TOO_MANY
    talk.act("action_proof_given", payload=f"proof_given:{outcome}")
    assert "thử lại sau 15 phút" in talk.text
    assert "Đang xử lý" not in talk.text


def test_digits_out_of_the_blue_are_asked_which_dossier(talk: Conversation) -> None:
    talk.act("action_proof_given", payload="proof_given")
    assert "mã hồ sơ" in talk.text


LATE = {"due_on": date(2026, 11, 10)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (LATE, "Xin lỗi Ông/Bà, hồ sơ đã quá ngày hẹn 5 ngày làm việc"),
        ({"new_due_on": date(2026, 12, 4), **LATE}, "đã hẹn lại ngày 04/12/2026"),
        ({"due_on": date(2026, 11, 17)}, "Hôm nay là ngày hẹn trả"),
        ({"status": Status.TAX_DUE, **LATE}, "Thời hạn đang tạm dừng"),
        (
            {"status": Status.SUPPLEMENT_NEEDED, "note": "Thiếu bản gốc GCN"},
            "Ghi chú của cơ quan: Thiếu bản gốc GCN.",
        ),
        ({"status": Status.SUPPLEMENT_NEEDED, "note": "Gọi 0912345678"}, "Gọi •••678"),
        ({"status": Status.DONE, "done_at": RECEIVED}, "đến nơi đã nộp để nhận kết quả"),
        ({"sample": True}, "hồ sơ mẫu"),
    ],
)
def test_what_a_state_tells(
    talk: Conversation, rooms: Rooms, changes: dict[str, Any], said: str
) -> None:
    add_dossier(rooms, OTHER, **changes)
    prove(talk, RIGHT, OTHER)
    assert said in talk.text


def _on(day: int) -> datetime:
    return RECEIVED.replace(day=day)


def test_while_the_clock_stands_it_is_told_since_when_and_how_it_goes_on(
    talk: Conversation, rooms: Rooms
) -> None:
    way = [(Status.ACCEPTED, _on(2)), (Status.SUPPLEMENT_NEEDED, _on(10))]
    add_dossier(rooms, OTHER, way)
    prove(talk, RIGHT, OTHER)
    # Of the 19 working days from 2 to 30/11, the 3rd to the 10th have counted.
    assert "Chờ từ ngày 10/11/2026. Sau đó còn khoảng 13 ngày làm việc." in talk.text
    assert "quá ngày hẹn" not in talk.text


def test_what_does_not_count_is_taken_out_before_it_is_called_late(
    talk: Conversation, rooms: Rooms
) -> None:
    way = [
        (Status.ACCEPTED, _on(2)),
        (Status.SUPPLEMENT_NEEDED, _on(5)),
        (Status.PROCESSING, _on(11)),
    ]
    add_dossier(rooms, OTHER, way, due_on=date(2026, 11, 12))
    prove(talk, RIGHT, OTHER)
    # 6, 9, 10 and 11 did not count: 12/11 has become 18/11, tomorrow.
    assert "Còn 1 ngày làm việc đến ngày hẹn trả" in talk.text
    assert "Không tính 4 ngày làm việc chờ bổ sung giấy tờ" in talk.text
    assert "Ngày hẹn trả: 12/11/2026\nNgày hẹn tính lại: 18/11/2026" in talk.text
    talk.wait(days=2)
    prove(talk, RIGHT, OTHER)
    assert "quá ngày hẹn 1 ngày làm việc" in talk.text


def test_two_appointments_where_the_province_has_them(rooms: Rooms) -> None:
    dong_thap = Reckoner(rooms.catalogue, load_calendar(), "dong-thap")
    talk = Conversation(replace(rooms, reckon=dong_thap.reckon))
    sale: dict[str, Any] = {
        "procedure_code": "1.013831",
        "procedure_name": "Đăng ký biến động chuyển nhượng",
        "due_on": date(2026, 11, 9),
    }
    way = [(Status.ACCEPTED, _on(2)), (Status.TAX_DUE, _on(9))]
    add_dossier(rooms, OTHER, way, **sale)
    prove(talk, RIGHT, OTHER)
    assert "Hẹn lần 2: 3 ngày làm việc kể từ khi Ông/Bà nộp xong tiền." in talk.text
    add_dossier(rooms, PAID, [*way, (Status.PROCESSING, _on(16))], **sale)
    prove(talk, RIGHT, PAID)
    assert "Ngày hẹn lần 2: 19/11/2026" in talk.text
    assert "Không tính 5 ngày làm việc chờ nộp thuế, phí." in talk.text


def test_without_a_date_the_limit_tells_one_for_what_it_is(
    talk: Conversation, rooms: Rooms
) -> None:
    lost: dict[str, Any] = {"procedure_code": "1.012786", "procedure_name": "Cấp lại"}
    add_dossier(rooms, OTHER, due_on=None, **lost)
    prove(talk, RIGHT, OTHER)
    assert "tạm tính" not in talk.text, "nobody has said whether the land is in the mountains"
    offices = rooms.settings.state_dir / "offices.yml"
    offices.write_text("offices: [{name: Chi nhánh VPĐKĐĐ khu vực 3, mountainous: true}]")
    told = Conversation(
        replace(rooms, settings=rooms.settings.model_copy(update={"offices_file": offices}))
    )
    told.sender = talk.sender
    told.act("action_check_status", payload=f"status:{OTHER}")
    assert "Ngày hẹn (tạm tính): 01/12/2026" in told.text
    assert "chưa kể thời gian niêm yết" in told.text


def test_a_remark_on_a_dossier_in_process_is_not_read_out(talk: Conversation) -> None:
    add_dossier(talk.rooms, OTHER, note="chờ sếp ký")
    prove(talk, RIGHT, OTHER)
    assert "chờ sếp ký" not in talk.text


def test_what_is_due_leads_to_its_procedure(talk: Conversation) -> None:
    add_dossier(talk.rooms, OTHER, status=Status.TAX_DUE)
    prove(talk, RIGHT, OTHER)
    assert talk.buttons["Hết bao nhiêu tiền?"] == "ask:first_certificate:fee"


def test_english_is_answered_in_english(talk: Conversation) -> None:
    talk.slots["language"] = "en"
    prove(talk)
    assert f"Dossier {CODE}: In process." in talk.text


def is_opted_out(talk: Conversation) -> bool:
    index = phone_index(talk.rooms.vault, PHONE)
    with talk.rooms.sessions() as session:
        return index in opted_out(session, [index])


def test_the_answer_leads_to_the_dossiers_page(talk: Conversation) -> None:
    prove(talk)
    (link,) = (block for block in talk.answer if isinstance(block, Link))
    base = talk.rooms.settings.public_base
    assert link.url.startswith(f"{base}{PAGE}/")
    with talk.rooms.sessions() as session:
        word = link.url.rpartition("/")[2]
        assert linked_code(session, talk.rooms.vault, word, talk.now) == CODE
    talk.act("action_check_status", text=f"where is my dossier {CODE} now please")
    (english,) = (block for block in talk.answer if isinstance(block, Link))
    assert english.url == f"{link.url}?lang=en"


def code_sent(talk: Conversation) -> str:
    """Return the newest one-time code, as the phone on file shows it."""
    with talk.rooms.sessions() as session:
        bodies = session.scalars(
            select(Message.body_enc)
            .where(Message.message_class == MessageClass.OTP)
            .order_by(Message.id.desc())
        )
        (code,) = re.findall(r"\b\d{6}\b", talk.rooms.vault.decrypt(next(iter(bodies))))
    return str(code)


def give_code(talk: Conversation, code: str) -> None:
    """Give a code as it reaches the conversation: the site has checked it."""
    channel, _, sender = talk.sender.partition(":")
    codes = Codes(talk.rooms.sessions, talk.rooms.vault)
    outcome = codes.check(Sender(channel, sender), code, talk.now)
    talk.act("action_proof_given", payload=f"proof_given:{CODE_GIVEN}{outcome}")


def consents(talk: Conversation) -> list[tuple[bool, str, str]]:
    with talk.rooms.sessions() as session:
        rows = session.scalars(
            select(Consent).where(Consent.purpose == Purpose.STATUS_SMS).order_by(Consent.id)
        )
        return [(row.given, row.channel, row.text) for row in rows]


def test_messages_are_stopped_and_wanted_again_after_the_second_step(talk: Conversation) -> None:
    prove(talk)
    talk.act("action_unsubscribe_sms", text="đừng nhắn tin nữa")
    assert "mã 6 số" in talk.text
    assert "ask_proof" in talk.kinds
    asked = talk.text
    assert not is_opted_out(talk)
    give_code(talk, code_sent(talk))
    assert is_opted_out(talk)
    assert "dừng tin nhắn" in talk.text
    talk.act("action_subscribe_sms", payload=f"subscribe:{CODE}")
    assert not is_opted_out(talk), "the second step still holds"
    assert "3 số cuối 756" in talk.text
    stopped, wanted = consents(talk)
    assert (stopped[:2], wanted[:2]) == ((False, "web"), (True, "web"))
    assert stopped[2] in asked, "the words on record are the words that were shown"


def test_who_wants_messages_stopped_proves_the_dossier_first(talk: Conversation) -> None:
    talk.act("action_unsubscribe_sms", text="hủy tin nhắn")
    assert "cần biết hồ sơ nào" in talk.text
    talk.act("action_check_status", text=CODE)
    assert talk.kinds == ["ask_proof"]
    site_checks(talk, RIGHT)
    talk.act("action_proof_given", payload="proof_given")
    assert not is_opted_out(talk)
    assert "mã 6 số" in talk.text
    give_code(talk, code_sent(talk))
    assert is_opted_out(talk)


def test_a_wrong_code_decides_nothing_and_is_asked_again(talk: Conversation) -> None:
    prove(talk)
    talk.act("action_unsubscribe_sms", text="đừng nhắn tin nữa")
    wrong = f"{(int(code_sent(talk)) + 1) % 10**6:06}"
    for _ in range(3):
        give_code(talk, wrong)
        assert "Mã không đúng hoặc đã hết hạn" in talk.text
        assert "ask_proof" in talk.kinds
    give_code(talk, code_sent(talk))
    assert "nhập sai nhiều lần" in talk.text
    assert f"unsubscribe:{CODE}" in talk.buttons.values()
    assert not is_opted_out(talk)
    assert consents(talk) == []


def test_a_code_sent_a_moment_ago_is_asked_for_and_not_sent_again(talk: Conversation) -> None:
    prove(talk)
    talk.act("action_unsubscribe_sms", text="đừng nhắn tin nữa")
    code = code_sent(talk)
    talk.act("action_unsubscribe_sms", payload=f"unsubscribe:{CODE}")
    assert "một phút" in talk.text
    assert "ask_proof" in talk.kinds
    assert code_sent(talk) == code


@pytest.mark.parametrize("said", ["code_verified", "code_wrong", "verified"])
def test_a_token_alone_decides_nothing(talk: Conversation, said: str) -> None:
    prove(talk)
    talk.act("action_unsubscribe_sms", text="đừng nhắn tin nữa")
    talk.act("action_proof_given", payload=f"proof_given:{said}")
    assert not is_opted_out(talk)
    assert consents(talk) == []


def test_an_account_that_lasts_is_told_that_it_is_tied_to_the_number(talk: Conversation) -> None:
    talk.sender = "zalo:7001"
    prove(talk)
    talk.act("action_unsubscribe_sms", text="đừng nhắn tin nữa")
    assert LINKED.vi in talk.text


def test_who_writes_english_is_told_so_in_english(talk: Conversation) -> None:
    talk.sender = "zalo:7001"
    prove(talk)
    talk.act("action_unsubscribe_sms", text="I do not want any more messages about my land")
    assert LINKED.en in talk.text
    assert LINKED.vi not in talk.text


def test_a_dossier_without_a_number_gets_no_messages(talk: Conversation) -> None:
    add_dossier(talk.rooms, OTHER, phone_enc=None, phone_index=None)
    prove(talk, RIGHT, OTHER)
    talk.act("action_subscribe_sms", payload=f"subscribe:{OTHER}")
    assert "không có số di động" in talk.text


def test_a_whole_number_is_asked_for_its_end_alone(talk: Conversation) -> None:
    talk.act("action_check_status", text=CODE)
    talk.act("action_rate", text="•••")
    assert "chỉ ghi 4 số cuối" in talk.text
    assert "ask_proof" in talk.kinds


def test_a_message_not_understood_is_asked_for_proof_once(talk: Conversation) -> None:
    talk.act("action_check_status", text=CODE)
    talk.act("action_fallback", text="asdf")
    assert talk.kinds == ["ask_proof"]
    talk.act("action_fallback", text="asdf")
    assert talk.kinds != ["ask_proof"]
