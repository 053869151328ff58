"""What operators see and do: masked numbers, whole histories, and ends that stay on record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from cli import message_words
from cli.dossiers import app as dossiers_app
from cli.sms import app
from core.clock import now as clock_now
from core.clock import vietnam_date
from core.database import Sessions, get_sessions
from core.privacy import Vault, get_vault
from core.settings import get_settings
from dossiers.lifecycle import Status
from dossiers.models import Dossier
from notifier import circuits, operators
from notifier.direct import NotPossible
from notifier.models import Message
from notifier.operators import RETRIED
from notifier.plan import plan_batch
from notifier.providers.phone import PhoneProvider
from notifier.states import FINAL, State
from notifier.templates import DEFAULT_FILE
from notifier.vocabulary import CircuitChange, Outcome, Verdict, Why, Word
from tests.notifier.conftest import NOON, MakeDesk, Office, Registry


def put(registry: Registry, make_desk: MakeDesk, state: State = State.QUEUED) -> int:
    registry.dossier(status=Status.DONE)
    with registry.sessions.begin() as session:
        plan_batch(session, make_desk(), NOON)
        session.execute(update(Message).values(state=state))
    return registry.messages()[-1].id


async def test_a_history_has_everything_and_no_number(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, vault: Vault
) -> None:
    registry.dossier(status=Status.DONE)
    with sessions.begin() as session:
        plan_batch(session, make_desk(), NOON)
        session.execute(update(Message).values(expires_at=NOON.replace(year=2040)))
    office = Office(sessions, vault, PhoneProvider(sessions, vault))
    await office.dispatch_until(lambda: registry.messages()[0].state is State.ACCEPTED)
    office.apply_receipts()
    with sessions() as session:
        history = operators.history(session, vault, registry.messages()[0].id)
    assert history.line.state is State.DELIVERED
    assert history.line.recipient == "••• ••• 678"
    assert history.line.dossier == "H60.12.01-261102-0001"
    assert history.text.startswith("VPDKDD: Ho so H60.12.01-261102-0001 da co ket qua.")
    assert [a.outcome for a in history.attempts] == [Outcome.ACCEPTED]
    assert [(r.word, r.verdict) for r in history.receipts] == [(Word.DELIVERED, Verdict.APPLIED)]
    assert len(history.events) == 1
    assert "912345678" not in repr(history)


def test_a_digest_says_of_which_dossiers_it_tells(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, vault: Vault
) -> None:
    for _ in range(4):
        registry.dossier(status=Status.DONE)
    with sessions.begin() as session:
        plan_batch(session, make_desk(), NOON)
    (digest,) = registry.messages()
    with sessions() as session:
        found = operators.history(session, vault, digest.id)
    assert found.line.dossier == ""
    assert found.dossiers == tuple(f"H60.12.01-261102-{n:04d}" for n in range(1, 5))


@pytest.mark.parametrize(
    ("provider", "code", "listed"),
    [
        ("twilio", "21614", True),
        ("twilio", "30005", True),
        ("esms", "108", True),
        ("twilio", "30007", False),  # filtered: the number is as good as any
        ("zns", "-108", False),  # unknown to Zalo alone
        ("twilio", "108", False),  # another's code
    ],
)
def test_numbers_that_are_none_are_for_the_office_to_correct(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    provider: str,
    code: str,
    listed: bool,
) -> None:
    put(registry, make_desk, State.UNDELIVERED)
    with sessions.begin() as session:
        session.execute(update(Message).values(provider=provider, code=code, state_at=NOON))
    with sessions() as session:
        found = operators.bad_numbers(session)
    assert [one.dossier for one in found] == ["H60.12.01-261102-0001"] * listed
    assert "912345678" not in repr(found)
    if not listed:
        return
    assert (found[0].number, found[0].code) == ("••• ••• 678", code)
    with sessions.begin() as session:
        session.execute(update(Dossier).values(phone_index="f" * 64))  # corrected
        assert not operators.bad_numbers(session)


def test_a_number_that_something_reached_since_is_good(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    put(registry, make_desk, State.FAILED)
    with sessions.begin() as session:
        session.execute(update(Message).values(provider="twilio", code="21614", state_at=NOON))
    later = put_another(registry, make_desk, NOON + timedelta(hours=1))
    with sessions.begin() as session:
        assert len(operators.bad_numbers(session)) == 2  # both dossiers have this number
        session.execute(update(Message).where(Message.id == later).values(state=State.DELIVERED))
        assert not operators.bad_numbers(session)


def put_another(registry: Registry, make_desk: MakeDesk, at: datetime) -> int:
    registry.dossier(status=Status.DONE)
    with registry.sessions.begin() as session:
        plan_batch(session, make_desk(), at)
    return registry.messages()[-1].id


def test_holding_and_releasing(sessions: Sessions, registry: Registry, make_desk: MakeDesk) -> None:
    id_ = put(registry, make_desk)
    with sessions.begin() as session:
        assert operators.hold(session, [id_, 999], "operator", NOON) == {id_}
        assert operators.hold(session, [id_], "operator", NOON) == set()
        assert operators.counts(session) == {State.HELD: 1}
        assert operators.release(session, [id_], "operator", NOON) == {id_}
        assert operators.cancel(session, [id_], "operator", NOON) == {id_}
        assert operators.release(session, [id_], "operator", NOON) == set()
    assert registry.messages()[0].changed_by.startswith("operator")


@pytest.mark.parametrize("state", sorted(State))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_what_came_to_a_bad_end_is_sent_again_and_once(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, state: State
) -> None:
    id_ = put(registry, make_desk, state)
    with sessions.begin() as session:
        if state not in RETRIED:
            with pytest.raises(NotPossible):
                operators.retry(session, make_desk(), id_, NOON)
            return
        made = operators.retry(session, make_desk(), id_, NOON)
        with pytest.raises(NotPossible, match=f"là tin {made}"):
            operators.retry(session, make_desk(), id_, NOON)
    old, new = registry.messages()
    assert state in FINAL
    assert (old.state, new.state, new.retry_of) == (state, State.QUEUED, id_)
    assert registry.text(new) == registry.text(old)


# --- the command line ---------------------------------------------------------------------------


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation of its own, empty."""
    monkeypatch.setenv("MOTCUA_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("MOTCUA_DATABASE_URL", "")
    monkeypatch.setenv("MOTCUA_SMS_PROVIDER", "phone")
    for cached in (get_settings, get_sessions, get_vault):
        cached.cache_clear()
    yield tmp_path
    for cached in (get_settings, get_sessions, get_vault):
        cached.cache_clear()


@pytest.mark.usefixtures("installation")
def test_the_command_line() -> None:
    def run(*arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == status, result.output
        assert "912345678" not in result.output
        return result.output

    assert "chưa có tin nào" in run("list")
    assert "Tin 1 đã vào hàng gửi" in run("test", "0912 345 678")
    run("test", "113", status=1)
    assert "Tin 1: đã giữ lại" in run("hold", "1")
    assert "Tin 1: không được: tin đang giữ lại (held)" in run("hold", "1", status=1)
    assert "Tin 9: không có" in run("cancel", "9", status=1)
    assert "Không có tin nào như vậy" in run("list", "--dossier", "H60.12.01-261102-0009")
    listed = json.loads(run("list", "--state", "held", "--json"))
    assert listed["counts"] == {"held": 1}
    assert listed["messages"][0]["recipient"] == "••• ••• 678"
    assert json.loads(run("list", "--phone", "0912345678", "--json"))["messages"]
    assert not json.loads(run("list", "--phone", "0987654321", "--json"))["messages"]
    shown = json.loads(run("show", "1", "--json"))
    assert (shown["state"], shown["attempts"]) == ("held", [])
    assert shown["changed_by"].startswith("operator ") and shown["sent_again_as"] is None
    on_screen = run("show", "1")
    assert "••• ••• 678" in on_screen and "đang giữ lại (held)" in on_screen
    assert "Không có tin số 2" in run("show", "2", status=1)
    assert "không có gì để gửi lại" in run("retry", "1", status=1)
    assert "đã cho gửi" in run("release", "1")
    assert "đã hủy" in run("cancel", "1")
    run("apologise", "H60.12.01-261102-0001", "--until", "30/11/2026", status=1)
    assert "29/11/2026 không phải ngày làm việc" in run(
        "apologise", "H60.12.01-261102-0001", "--until", "29/11/2026", status=1
    )
    late = [CliRunner().invoke(dossiers_app, ["late", *more]) for more in ((), ("--json",))]
    assert [one.exit_code for one in late] == [0, 0]
    assert "Không có hồ sơ nào trễ hẹn" in late[0].output and json.loads(late[1].output) == []
    assert "có người" not in run("providers")
    run("stop-provider", "twilio", "--reason", "not of the route", status=1)
    run("stop-provider", "phone", "--reason", "the contract is being renewed")
    (line,) = json.loads(run("providers", "--json"))["providers"]
    assert (line["circuit"], line["why"]) == ("stopped", "the contract is being renewed")
    assert "có người" in run("providers")
    assert "Đã cho dùng lại phone" in run("resume-provider", "phone", "--reason", "renewed")
    assert "vốn đang dùng" in run("resume-provider", "phone", "--reason", "once more")
    shown = json.loads(run("providers", "--json"))
    assert (shown["route"], shown["providers"][0]["circuit"]) == ("phone", "closed")
    assert [one["change"] for one in shown["history"]] == ["resumed", "stopped"]
    result = CliRunner().invoke(app, ["zns-login"], input='{"refresh_token": "r-1234"}')
    assert result.exit_code == 0
    assert "r-1234" not in result.output
    assert CliRunner().invoke(app, ["zns-login"], input="nothing like it").exit_code == 1
    assert shown["history"][0]["by"].startswith("operator ")
    assert "Không có số nào cần sửa" in run("bad-numbers")
    assert json.loads(run("bad-numbers", "--json")) == []
    assert "digest v1 · dài nhất 2 phần tin" in run("templates")
    assert "Tel. Chi nhanh 1" in run("templates")
    assert run("templates", "--check", str(DEFAULT_FILE)).startswith("registered v1")
    assert {row["segments"] for row in json.loads(run("templates", "--json"))} == {1, 2}


@pytest.mark.usefixtures("installation")
def test_the_command_line_for_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*arguments: str, status: int = 0, given: str = "") -> Any:
        result = CliRunner().invoke(app, [*arguments, "--json"], input=given)
        assert result.exit_code == status, result.output
        assert "912345678" not in result.output
        return json.loads(result.stdout)

    assert run("test", "0912 345 678") == {"message": 1}
    assert run("hold", "1", "7", status=1) == {"held": [1], "not_possible": [7]}
    assert run("release", "1") == {"released": [1], "not_possible": []}
    assert run("cancel", "1") == {"cancelled": [1], "not_possible": []}
    assert run("release", "--budget") == {"released": 0}
    why = ("--reason", "a new contract")
    assert run("stop-provider", "phone", *why) == {"stopped": "phone"}
    assert run("resume-provider", "phone", *why) == {"provider": "phone", "resumed": True}
    assert run("zns-login", given="r-1234") == {"signed_in": True}
    assert CliRunner().invoke(app, ["release"]).exit_code == 1
    assert CliRunner().invoke(app, ["release", "1", "--budget"]).exit_code == 1
    found = run("budget")
    assert (found["limit"], found["spent"], found["held_messages"]) == (None, 0, 0)
    bad = tmp_path / "bad.yml"
    bad.write_text("- key: news\n", encoding="utf-8")
    assert run("templates", "--check", str(bad), status=1)["complaints"]


def test_the_screen_has_a_word_for_everything() -> None:
    for words, all_of in (
        (message_words.STATES, State),
        (message_words.WHYS, Why),
        (message_words.CIRCUITS, circuits.Circuit),
        (message_words.CHANGES, CircuitChange),
        (message_words.OUTCOMES, Outcome),
        (message_words.RECEIPTS, Word),
        (message_words.VERDICTS, Verdict),
    ):
        assert set(words) == set(all_of)  # type: ignore[call-overload]


@pytest.mark.usefixtures("installation")
def test_the_budget_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_SMS_PRICES", "phone=900")
    monkeypatch.setenv("MOTCUA_SMS_DAILY_BUDGET", "1000")
    get_settings.cache_clear()
    CliRunner().invoke(app, ["test", "0912345678"])
    shown = CliRunner().invoke(app, ["budget"]).output
    assert "1.000 đ" in shown and "900 đ" in shown


@pytest.mark.usefixtures("installation")
def test_a_route_that_cannot_work_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_SMS_ROUTE", "esms, nobody")
    get_settings.cache_clear()
    result = CliRunner().invoke(app, ["providers"])
    assert "Chưa dùng được: MOTCUA_SMS_ROUTE names nobody" in " ".join(result.output.split())
    assert json.loads(CliRunner().invoke(app, ["providers", "--json"]).stdout)["troubles"]


@pytest.mark.usefixtures("installation")
def test_many_kept_back_are_not_let_go_before_their_cost_is_agreed_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOTCUA_SMS_PRICES", "phone=900")
    monkeypatch.setenv("MOTCUA_SMS_DAILY_BUDGET", "1000")
    monkeypatch.setenv("MOTCUA_SMS_LARGE_BATCH", "1")
    get_settings.cache_clear()
    for _ in range(2):
        assert CliRunner().invoke(app, ["test", "0912345678"]).exit_code == 0
    with get_sessions().begin() as session:
        session.execute(update(Message).values(state=State.HELD, why=Why.BUDGET))
    refused = CliRunner().invoke(app, ["release", "--budget"])
    assert refused.exit_code == 2
    assert "2 tin, nhiều nhất 1.800 đ" in " ".join(refused.output.split())
    assert '"held": 2' in CliRunner().invoke(app, ["list", "--json"]).output
    agreed = CliRunner().invoke(app, ["release", "--budget", "--yes", "--json"])
    assert json.loads(agreed.stdout) == {"released": 2}


@pytest.mark.usefixtures("installation")
def test_the_officers_list_on_the_screen() -> None:
    assert "Không có hồ sơ nào" in CliRunner().invoke(dossiers_app, ["late"]).output
    with get_sessions().begin() as session:
        today = clock_now()
        session.add(
            Dossier(
                code="H60.12.01-261102-0001",
                received_at=today,
                status=Status.PROCESSING,
                moved_at=today,
                due_on=vietnam_date(today),
                created_at=today,
                updated_at=today,
            )
        )
    shown = CliRunner().invoke(dossiers_app, ["late", "--open"], env={"COLUMNS": "200"}).output
    assert "quá hẹn, chưa hẹn lại" in shown and "chưa báo" in shown
    (line,) = json.loads(CliRunner().invoke(dossiers_app, ["late", "--json"]).output)
    assert (line["standing"], line["days_left"]) == ("overdue", 0)

    # Nobody can be texted, and the new date is written down all the same.
    for until, remark in (("31/12/2099", ""), ("30/12/2099", "chỉ cho hẹn lại một lần")):
        put = CliRunner().invoke(app, ["apologise", line["code"], "--until", until])
        assert put.exit_code == 1 and "không có số di động" in " ".join(put.output.split())
        assert remark in " ".join(put.output.split())
    (line,) = json.loads(CliRunner().invoke(dossiers_app, ["late", "--json"]).output)
    assert (line["standing"], line["new_due_on"]) == ("put_off", "2099-12-30")
    assert "Không có hồ sơ nào" in CliRunner().invoke(dossiers_app, ["late", "--open"]).output
