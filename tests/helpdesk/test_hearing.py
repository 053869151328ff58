"""What is heard before the bot is: silence while an officer has the word, numbers, complaints."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.proof import Sender
from helpdesk import questions
from helpdesk.cases import Cases
from helpdesk.hearing import Ear, Heard, Message, find_number
from helpdesk.vocabulary import Author, Awaited, CaseState, Kind, Topic
from language.blocks import as_text
from procedures.deadlines import load_calendar
from tests.helpdesk.conftest import CITIZEN, NIGHT, NOW


def said(ear: Ear, text: str, number: str = "1", *, pressed: bool = False) -> Heard | None:
    return ear.hear(Message(CITIZEN, number, text, pressed), NOW)


def text_of(heard: Heard | None) -> str:
    assert heard is not None
    return as_text(heard.blocks)


def test_without_a_talk_everything_is_for_the_bot(ear: Ear) -> None:
    for text in ("Sang tên cần gì?", "0912345678", "5", "kết thúc", ""):
        assert said(ear, text) is None


def test_in_a_talk_every_word_is_the_officers_and_the_bot_is_silent(ear: Ear, cases: Cases) -> None:
    reference = cases.begin_talk(CITIZEN, NOW, language="vi", question="Sang tên mất bao lâu?")
    nasty = "<script>alert(1)</script>\nhàng\u0000 hai \ud800"
    for number, text in enumerate(("2", "Sang tên cần gì?", nasty)):
        assert said(ear, text, str(number)) == Heard(talking=True)
    assert said(ear, "ask:transfer:fee", "b", pressed=True) is not None
    other = Message(Sender("zalo", "7001"), "1", "người khác")
    assert ear.hear(other, NOW) is None
    shown = cases.show(reference)
    assert shown
    assert [line.text for line in shown.lines] == [
        "Sang tên mất bao lâu?",
        "2",
        "Sang tên cần gì?",
        "<script>alert(1)</script>\nhàng hai",
    ]


def test_no_case_holds_digits_that_prove_a_dossier(ear: Ear, cases: Cases) -> None:
    reference = cases.begin_talk(CITIZEN, NOW, language="vi")
    code = "H60.12.01-261102-0007"
    given = {
        "8756": "••••",
        "８７５６": "••••",
        "8\ufe0f\u20e37\ufe0f\u20e35\ufe0f\u20e36\ufe0f\u20e3": "••••",
        f"{code} 8756": f"{code} ••••",
        "4 số cuối điện thoại\nlà 8756": "4 số cuối điện thoại là ••••",
        "mã xác nhận 493817": "mã xác nhận ••••",
    }
    for number, (text, kept) in enumerate(given.items()):
        heard = said(ear, text, str(number))
        assert heard and (heard.said, heard.blocks) == (kept, ())
    plain = "Thửa 1234 tờ 12, năm 2023\ngọi tôi 0912345678"
    assert said(ear, plain, "plain") == Heard(talking=True)
    shown = cases.show(reference)
    assert shown and [line.text for line in shown.lines] == [*given.values(), plain]


def test_where_digits_are_awaited_fewer_words_give_them_away(
    ear: Ear, cases: Cases, sessions: Sessions, vault: Vault, settings: Settings
) -> None:
    reference = cases.begin_talk(CITIZEN, NOW, language="vi")
    asked: list[Sender] = []
    awaiting = Ear(
        sessions, vault, settings, load_calendar(), lambda sender, _: not asked.append(sender)
    )
    assert said(ear, "khoảng 1200", "1") == Heard(talking=True)
    heard = said(awaiting, "đây 8756", "2")
    assert heard and heard.said == "đây ••••" and asked == [CITIZEN]
    shown = cases.show(reference)
    assert shown and [line.text for line in shown.lines] == ["khoảng 1200", "đây ••••"]


def test_a_message_repeated_after_a_crash_is_one_line(ear: Ear, cases: Cases) -> None:
    reference = cases.begin_talk(CITIZEN, NOW, language="vi")
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(lambda _: said(ear, "tôi đây", "17"), range(8)))
    assert heard == [Heard(talking=True)] * 8
    cases.close(reference, "lan", NOW)
    assert said(ear, "tôi đây", "17") == Heard(talking=True)  # not told to the bot either
    shown = cases.show(reference)
    assert shown and [line.author for line in shown.lines].count(Author.CITIZEN) == 1


@pytest.mark.parametrize("word", ["kết thúc", "KET THUC!", "thoát", "End.", "bắt đầu lại"])
def test_the_citizen_ends_it_by_saying_so(ear: Ear, cases: Cases, word: str) -> None:
    reference = cases.begin_talk(CITIZEN, NOW, language="vi")
    assert "Máy trả lời tự động" in text_of(said(ear, word))
    assert not cases.talks(CITIZEN)
    assert said(ear, "Sang tên cần gì?", "2") is None
    shown = cases.show(reference)
    assert shown and shown.summary.state is CaseState.CLOSED


def test_when_the_officer_closes_the_bot_speaks_again(ear: Ear, cases: Cases) -> None:
    reference = cases.begin_talk(CITIZEN, NOW, language="vi")
    cases.take(reference, "lan", NOW)
    assert said(ear, "chào", "1") == Heard(talking=True)
    cases.close(reference, "lan", NOW)
    assert said(ear, "chào", "2") is None


def test_a_talk_that_nobody_took_in_time_becomes_a_call(ear: Ear, cases: Cases) -> None:
    reference = cases.begin_talk(CITIZEN, NOW, language="vi")
    heard = ear.hear(Message(CITIZEN, "1", "có ai không"), NIGHT)
    assert reference in text_of(heard) and "Đã hết giờ làm việc" in text_of(heard)
    heard = ear.hear(Message(CITIZEN, "2", "0912 345 678"), NIGHT)
    assert "678" in text_of(heard) and "0912" not in text_of(heard)
    (case,) = cases.queue()
    shown = cases.show(reference)
    assert shown and (case.kind, shown.phone) == (Kind.CALLBACK, "0912345678")
    assert [line.text for line in shown.lines] == ["có ai không"]


def test_one_that_an_officer_has_taken_goes_on_after_hours(ear: Ear, cases: Cases) -> None:
    reference = cases.begin_talk(CITIZEN, NOW, language="vi")
    cases.take(reference, "lan", NOW)
    assert ear.hear(Message(CITIZEN, "1", "còn nữa"), NIGHT) == Heard(talking=True)


def ask(sessions: Sessions, vault: Vault, what: Awaited, subject: str = "") -> None:
    with sessions.begin() as session:
        questions.ask(session, vault, CITIZEN, what, NOW, language="vi", subject=subject)


def test_a_number_is_taken_once_and_shown_to_nobody(
    ear: Ear, cases: Cases, sessions: Sessions, vault: Vault
) -> None:
    ask(sessions, vault, Awaited.PHONE)
    assert said(ear, "4321", "0") is None  # four digits may be a proof
    assert "chưa đọc được" in text_of(said(ear, "091234567890123", "1"))
    first = said(ear, "số tôi là 0912.345.678", "2")
    assert first and "•••" in first.said and "0912" not in text_of(first)
    assert text_of(said(ear, "số tôi là 0912.345.678", "2")) == text_of(first)
    assert said(ear, "0987654321", "3") is None
    (case,) = cases.queue()
    shown = cases.show(case.reference)
    assert shown and (shown.summary.kind, shown.phone) == (Kind.CALLBACK, "0912345678")


def test_what_was_asked_is_taken_back_and_does_not_wait_for_ever(
    ear: Ear, cases: Cases, sessions: Sessions, vault: Vault
) -> None:
    ask(sessions, vault, Awaited.COMPLAINT, "delay")
    assert "đã bỏ yêu cầu" in text_of(said(ear, "Thôi", "1"))
    ask(sessions, vault, Awaited.COMPLAINT, "delay")
    later = NOW + timedelta(minutes=31)
    assert ear.hear(Message(CITIZEN, "2", "Hồ sơ trễ hẹn đã mười ngày"), later) is None
    assert cases.queue() == []


def test_digits_alone_are_a_proof_and_no_complaint(
    ear: Ear, cases: Cases, sessions: Sessions, vault: Vault
) -> None:
    ask(sessions, vault, Awaited.COMPLAINT, "delay")
    assert said(ear, "8756", "1") is None
    words = "Hồ sơ H60.12.01-261102-0007 trễ hẹn, điện thoại tôi cuối là 8756"
    assert "8756" not in text_of(said(ear, words, "2"))
    (case,) = cases.queue()
    shown = cases.show(case.reference)
    assert shown and shown.code == "H60.12.01-261102-0007"
    assert "8756" not in shown.lines[0].text and "trễ hẹn" in shown.lines[0].text


def test_a_number_to_ring_is_read_whole(
    ear: Ear, cases: Cases, sessions: Sessions, vault: Vault
) -> None:
    ask(sessions, vault, Awaited.PHONE)
    heard = said(ear, "điện thoại 0912 345 678", "1")
    assert heard and "•••" in heard.said
    (case,) = cases.queue()
    shown = cases.show(case.reference)
    assert shown and shown.phone == "0912345678"


def test_a_complaint_goes_to_the_hotlines_queue_with_a_number(
    ear: Ear, cases: Cases, sessions: Sessions, vault: Vault
) -> None:
    ask(sessions, vault, Awaited.COMPLAINT, "money")
    assert said(ear, "choose:2", "0", pressed=True) is None
    assert "viết rõ thêm" in text_of(said(ear, "tức lắm", "1"))
    words = "Ngày 12/11 ở bộ phận một cửa, hồ sơ H60.12.01-261102-0007 bị đòi 2 triệu. 0912345678"
    told = text_of(said(ear, words, "2"))
    (case,) = cases.queue()
    assert case.reference in told and "1900 0000" in told
    assert text_of(said(ear, words, "2")) == told and len(cases.queue()) == 1
    shown = cases.show(case.reference)
    assert shown and shown.lines[0].text == words
    assert (case.topic, shown.code) == (Topic.MONEY, "H60.12.01-261102-0007")
    assert not cases.talks(CITIZEN)  # and the bot goes on


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0912 345 678", "+84912345678"),
        ("gọi +84 912 345 678 nhé", "+84912345678"),
        ("01692345678", "+84392345678"),
        ("0204 3854 123", "+842043854123"),
        ("1234", None),
        ("hồ sơ 261102-0007", None),
    ],
)
def test_which_number_is_meant(text: str, number: str | None) -> None:
    assert find_number(text) == number
