"""The dossier's page: nothing without proof, the limits of tries, the second step, messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, select, update

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.lifecycle import Status
from dossiers.models import (
    Consent,
    Dossier,
    OneTimeCode,
    PendingProof,
)
from dossiers.phones import phone_index
from notifier.direct import NotPossible
from notifier.outbox import Draft, opted_out, put
from notifier.states import State
from notifier.templates import get_templates, render
from tests.web.dossiers import (
    CODE,
    NOWHERE,
    PHONE,
    RIGHT,
    WRONG,
    PageOf,
    add_dossier,
    code_in_message,
    link_to,
)
from web.app import create_app
from web.dossier import STATE_WORDS


@pytest.fixture
def dossier(sessions: Sessions, vault: Vault) -> int:
    return add_dossier(sessions, vault)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, client=("127.0.0.1", 50100)) as made:
        yield made


@pytest.fixture
def page(client: TestClient, sessions: Sessions, vault: Vault, dossier: int) -> PageOf:
    return PageOf(client, link_to(sessions, vault, dossier))


@pytest.fixture
def proven(page: PageOf) -> PageOf:
    assert page.do("prove", RIGHT).status_code == 200
    return page


@pytest.fixture
def full(proven: PageOf, sessions: Sessions, vault: Vault) -> PageOf:
    proven.do("send")
    assert "đang BẬT" in proven.do("check", code_in_message(sessions, vault)).text
    return proven


def add_message(sessions: Sessions, vault: Vault, dossier: int, to: str, key: str) -> None:
    template = get_templates()["processing"]
    values = {"sign": "VPDKDD", "code": CODE, "due": ""}
    with sessions.begin() as session:
        row = session.get_one(Dossier, dossier)
        draft = Draft(
            dedupe_key=key,
            template=template,
            rendered=render(template, values),
            to=to,
            priority=1,
            not_before=row.received_at,
            expires_at=row.received_at + timedelta(days=1),
            dossier_id=dossier,
            status_version=1,
            office_id=None,
            sample=False,
            state=State.QUEUED,
        )
        put(session, [draft], vault, row.received_at)


# --- without proof -------------------------------------------------------------------------------


def test_unknown_expired_and_genuine_links_are_one_page_to_the_byte(
    page: PageOf, sessions: Sessions, vault: Vault, client: TestClient
) -> None:
    client.get("/")  # one conversation for all
    genuine = page.open()
    unknown = client.get(NOWHERE)
    assert genuine.content == unknown.content
    refused = page.do("prove", WRONG)
    assert CODE not in refused.text
    assert "không khớp" in refused.text
    refused_unknown = PageOf(client, NOWHERE).do("prove", RIGHT)
    assert refused.content == refused_unknown.content
    link_to(sessions, vault, 1, lasts=timedelta(seconds=-1))
    expired = page.open()
    assert expired.content == genuine.content
    assert "không khớp" in page.do("prove", RIGHT).text
    codes = {genuine.status_code, unknown.status_code, refused.status_code, expired.status_code}
    assert codes == {200}
    headers = {
        (r.headers["cache-control"], r.headers["content-length"]) for r in (genuine, unknown)
    }
    assert len(headers) == 1


def test_a_wrong_link_and_wrong_digits_take_the_same_statements(
    app: FastAPI, sessions: Sessions, vault: Vault, dossier: int
) -> None:
    # Not entered, so that nothing of what the site does by itself is among the statements.
    client = TestClient(app, client=("127.0.0.1", 50100))
    page = PageOf(client, link_to(sessions, vault, dossier))
    with sessions() as session:
        engine = session.get_bind()
    assert isinstance(engine, Engine)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    work = []
    for path in (page.path, NOWHERE):
        PageOf(client, path).do("prove", WRONG)
        work.append(list(statements))
        statements.clear()
    assert work[0] == work[1]


def test_wrong_digits_leave_nothing_that_the_chat_could_tell(
    page: PageOf, sessions: Sessions
) -> None:
    page.do("prove", WRONG)
    with sessions() as session:
        assert session.scalars(select(PendingProof)).all() == []


def test_trying_all_digits_is_stopped_even_with_the_right_ones(
    page: PageOf, app: FastAPI, settings: Settings
) -> None:
    for n in range(settings.proof_attempts):
        assert "không khớp" in page.do("prove", f"{n:04}").text
    assert "tạm dừng tra cứu" in page.do("prove", RIGHT).text
    with TestClient(app, client=("127.0.0.1", 50101)) as other:
        # Another browser does not get round it: the dossier itself is counted.
        assert "tạm dừng tra cứu" in PageOf(other, page.path).do("prove", RIGHT).text


@pytest.mark.parametrize("do", ["send", "check", "on", "off", "nonsense"])
def test_nothing_is_done_without_proof(
    page: PageOf, sessions: Sessions, vault: Vault, do: str
) -> None:
    answer = page.do(do, "123456")
    assert CODE not in answer.text
    with sessions() as session:
        assert session.scalars(select(OneTimeCode)).all() == []
        assert opted_out(session, [phone_index(vault, PHONE)]) == set()


def test_another_sites_form_is_refused(page: PageOf, client: TestClient) -> None:
    page.open()
    data = {"token": "0" * 64, "do": "prove", "given": RIGHT}
    assert client.post(page.path, data=data).status_code == 403


# --- with proof ----------------------------------------------------------------------------------


def test_the_right_digits_show_the_dossier_to_this_browser_alone(
    page: PageOf, app: FastAPI
) -> None:
    shown = page.do("prove", RIGHT)
    assert shown.history[0].status_code == 303
    for said in (CODE, "Đang xử lý", "30/12/2026", "Nơi nhận kết quả", "đang ở đây", "Gửi mã đến"):
        assert said in shown.text
    assert PHONE.removeprefix("+84") not in shown.text
    with TestClient(app, client=("127.0.0.1", 50101)) as other:
        assert CODE not in PageOf(other, page.path).open().text


def test_how_long_it_takes_is_told_with_its_cases_and_drawn(proven: PageOf) -> None:
    text = proven.open().text
    assert "trong 10 hồ sơ" in text
    assert "không phải ngày hẹn" in text
    assert text.count("<rect") == 8
    assert text.count("hồ sơ này đang ở đây") == 1


def test_the_page_speaks_english(proven: PageOf) -> None:
    text = proven.open("?lang=en").text
    assert '<html lang="en">' in text
    for said in ("In process", "Where it is", "it is here", "Appointment date", "Send a code"):
        assert said in text


def test_a_dossier_without_a_number_says_so(
    proven: PageOf, sessions: Sessions, dossier: int
) -> None:
    with sessions.begin() as session:
        session.execute(update(Dossier).values(phone_enc=None, phone_index=None))
    text = proven.open().text
    assert "không có số di động" in text
    assert "<form" not in text.split("<main")[1]


def test_a_number_that_cannot_be_read_any_more_costs_the_messages_and_not_the_page(
    proven: PageOf, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        other = Vault("another secret").encrypt(PHONE)
        session.execute(update(Dossier).where(Dossier.code == CODE).values(phone_enc=other))
    text = proven.open().text
    assert "Nơi nhận kết quả" in text
    assert "không có số di động" in text


# --- the second step -----------------------------------------------------------------------------


def test_the_code_goes_to_the_phone_and_is_not_on_the_page(
    proven: PageOf, sessions: Sessions, vault: Vault
) -> None:
    answer = proven.do("send").text
    assert "Đã gửi mã 6 số" in answer
    assert 'autocomplete="one-time-code"' in answer
    assert code_in_message(sessions, vault) not in answer


def test_a_second_code_within_a_minute_is_told_apart_from_a_failure(proven: PageOf) -> None:
    proven.do("send")
    assert "trong vòng một phút" in proven.do("send").text


def test_a_code_that_cannot_be_sent_does_not_exist(
    proven: PageOf, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise NotPossible("unreadable")

    monkeypatch.setattr("notifier.choices.send_code", broken)
    assert "không gửi mã được" in proven.do("send").text
    with sessions() as session:
        assert session.scalars(select(OneTimeCode)).all() == []


def test_wrong_and_expired_and_none_are_one_text(
    proven: PageOf, sessions: Sessions, vault: Vault
) -> None:
    none = proven.do("check", "123456").text
    proven.do("send")
    code = code_in_message(sessions, vault)
    wrong = proven.do("check", f"{(int(code) + 1) % 10**6:06}").text
    with sessions.begin() as session:
        session.execute(update(OneTimeCode).values(until=OneTimeCode.sent_at))
    expired = proven.do("check", code).text
    said = [text.split('role="status">', 1)[1].split("</p>")[0] for text in (none, wrong, expired)]
    assert len(set(said)) == 1
    assert "Mã không đúng hoặc đã hết hạn" in said[0]


def test_a_code_tried_too_often_opens_no_more(
    proven: PageOf, sessions: Sessions, vault: Vault
) -> None:
    proven.do("send")
    code = code_in_message(sessions, vault)
    for n in range(1, 4):
        proven.do("check", f"{(int(code) + n) % 10**6:06}")
    assert "nhập sai nhiều lần" in proven.do("check", code).text
    assert "đang BẬT" not in proven.open().text


@pytest.mark.parametrize("how", ["{}", " {} ", "{:.3}-{}"])
def test_a_code_may_be_pasted_as_it_comes(
    proven: PageOf, sessions: Sessions, vault: Vault, how: str
) -> None:
    proven.do("send")
    code = code_in_message(sessions, vault)
    pasted = f"{code[:3]}-{code[3:]}" if "-" in how else how.format(code)
    assert "đang BẬT" in proven.do("check", pasted).text


def test_messages_are_shown_masked_and_only_those_to_the_number_on_file(
    full: PageOf, sessions: Sessions, vault: Vault, dossier: int
) -> None:
    add_message(sessions, vault, dossier, PHONE, "one")
    add_message(sessions, vault, dossier, "+84911111222", "two")
    text = full.open().text
    assert text.count('class="sms"') == 1
    assert "756 · đang chờ gửi" in text
    assert "45578756" not in text
    assert "222" not in text.split('class="texted"')[1]


def test_messages_are_turned_off_and_on_with_consent_on_record(
    full: PageOf, sessions: Sessions, vault: Vault
) -> None:
    index = phone_index(vault, PHONE)
    assert "đang TẮT" in full.do("off").text
    with sessions() as session:
        assert opted_out(session, [index]) == {index}
    assert "đang BẬT" in full.do("on").text
    with sessions() as session:
        assert opted_out(session, [index]) == set()
        said = session.scalars(select(Consent).order_by(Consent.id)).all()
    assert [(c.given, c.channel, c.phone_index) for c in said] == [
        (False, "web", index),
        (True, "web", index),
    ]
    shown = full.do("off").text
    assert said[1].text in shown, "the words on record are the words at the button"


def test_four_digits_alone_do_not_turn_messages_off(
    proven: PageOf, sessions: Sessions, vault: Vault
) -> None:
    proven.do("off")
    with sessions() as session:
        assert opted_out(session, [phone_index(vault, PHONE)]) == set()
        assert session.scalars(select(Consent)).all() == []


def test_every_state_of_a_message_has_its_words() -> None:
    assert set(STATE_WORDS) == set(State)


@pytest.mark.parametrize("status", list(Status))
def test_every_state_of_a_dossier_is_drawn(
    settings: Settings, app: FastAPI, sessions: Sessions, vault: Vault, status: Status
) -> None:
    path = link_to(sessions, vault, add_dossier(sessions, vault, status))
    with TestClient(create_app(settings), client=("127.0.0.1", 50102)) as client:
        for query in ("", "?lang=en"):
            assert CODE in PageOf(client, path).do("prove", RIGHT, query).text


# --- how to pay ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "language", "heading", "shown"),
    [
        (Status.TAX_DUE, "vi", "Nộp tiền thế nào", True),
        (Status.TAX_DUE, "en", "How to pay", True),
        (Status.PROCESSING, "vi", "Nếu phải nộp thuế thì nộp thế nào", True),
        (Status.RETURNED, "vi", "thế nào", False),
    ],
)
def test_how_to_pay_is_told_while_there_may_be_something_to_pay(
    client: TestClient,
    sessions: Sessions,
    vault: Vault,
    status: Status,
    language: str,
    heading: str,
    shown: bool,
) -> None:
    page = PageOf(client, link_to(sessions, vault, add_dossier(sessions, vault, status)))
    page.do("prove", RIGHT)
    text = page.open(f"?lang={language}").text
    assert ("108/2025/QH15" in text) is shown
    if shown:
        assert heading in text
        assert (">Nộp trực tiếp: " in text) is (language == "vi")


def test_how_to_pay_is_told_of_a_procedure_that_the_catalogue_does_not_have(
    client: TestClient, sessions: Sessions, vault: Vault
) -> None:
    dossier = add_dossier(sessions, vault, Status.TAX_DUE)
    with sessions.begin() as session:
        unknown = {"procedure_code": "9.999999", "procedure_name": "Một thủ tục lạ"}
        session.execute(update(Dossier).where(Dossier.id == dossier).values(**unknown))
    page = PageOf(client, link_to(sessions, vault, dossier))
    page.do("prove", RIGHT)
    text = page.open().text
    assert "Giấy tờ của thủ tục này" not in text
    assert "Nộp tiền thế nào" in text and "chứng từ nộp tiền; xin giữ lại" in text
