"""`./motcua desk …` as an officer runs it without the page, on a database of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from core import clock
from core.database import get_sessions
from core.privacy import get_vault
from core.settings import get_settings
from dossiers.proof import Sender
from helpdesk.cases import LONGEST, Cases
from helpdesk.delivery import Outbox
from helpdesk.officers import fits
from helpdesk.vocabulary import CaseState, Kind

CITIZEN = Sender("telegram", "7001")
NUMBER = "0912345678"
NASTY = "[bold]tôi[/bold] \x1b]0;x\x07<b>hỏi</b> \x1b[31mđỏ"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a database whose tables the migrations have made, once for all tests."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(autouse=True)
def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    values = {
        "STATE_DIR": str(folder),
        "DATABASE_URL": "",
        "SECRET_KEY": "a secret of the tests of the desk's commands",
        "DESK_OFFICERS": "lan=$argon2id$x",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"MOTCUA_{name}", value)
    monkeypatch.setenv("COLUMNS", "140")
    for cached in (get_settings, get_sessions, get_vault):
        cached.cache_clear()
    assert desk("list").exit_code == 0
    yield
    for reference in [one["reference"] for one in listed()]:
        Cases(get_sessions(), get_vault()).close(reference, _holder(reference), clock.now())
    for cached in (get_settings, get_sessions, get_vault):
        cached.cache_clear()


def _holder(reference: str) -> str:
    shown = Cases(get_sessions(), get_vault()).show(reference)
    return (shown.summary.officer if shown else None) or "lan"


def desk(*arguments: str, said: str = "") -> Result:
    return CliRunner().invoke(app, ["desk", *arguments], input=said)


def listed(*arguments: str) -> list[dict[str, Any]]:
    done = desk("list", "--json", *arguments)
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def shown(reference: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk("show", reference, "--json").stdout)
    return found


@pytest.fixture
def talk() -> str:
    return Cases(get_sessions(), get_vault()).begin_talk(
        CITIZEN, clock.now(), language="vi", procedure="transfer", question=NASTY
    )


@pytest.fixture
def callback() -> str:
    return Cases(get_sessions(), get_vault()).begin_callback(
        Sender("zalo", "8001"), clock.now(), language="en"
    )


def test_who_waits_is_listed_without_what_they_wrote(talk: str, callback: str) -> None:
    assert [(one["reference"], one["kind"]) for one in listed()] == [
        (talk, "chat"),
        (callback, "callback"),
    ]
    assert [one["reference"] for one in listed("--kind", "callback")] == [callback]
    assert [one["reference"] for one in listed("--kind", "callback", "--kind", "chat")] == [
        talk,
        callback,
    ]
    table = desk("list").stdout
    for words in (talk, callback, "telegram", "zalo", "open"):
        assert words in table
    assert "hỏi" not in table + json.dumps(listed(), ensure_ascii=False)


def test_nobody_waits() -> None:
    assert listed() == []
    assert "Không có việc nào." in desk("list").stdout


def test_a_desk_that_is_off_says_how_it_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_DESK_OFFICERS", "")
    get_settings.cache_clear()
    assert "đặt MOTCUA_DESK_OFFICERS" in desk("list").stdout
    # What a machine reads is JSON all the same.
    assert listed() == []


def test_a_case_is_shown_as_it_was_written_and_a_terminal_obeys_nothing_of_it(talk: str) -> None:
    done = desk("show", talk.lower().replace("-", " "))
    assert done.exit_code == 0, done.output
    assert "[bold]tôi[/bold]" in done.stdout and "<b>hỏi</b>" in done.stdout
    assert not set(done.stdout) & {"\x1b", "\x07"}
    whole = shown(talk)
    assert whole["summary"]["reference"] == talk
    assert whole["lines"][0]["text"] == NASTY
    assert (whole["phone"], whole["code"]) == ("", None)


def test_a_number_to_ring_is_shown() -> None:
    cases = Cases(get_sessions(), get_vault())
    sender = Sender("sms", "9001")
    reference = cases.begin_callback(sender, clock.now(), language="vi")
    cases.reached(sender, f"+84{NUMBER[1:]} +84888")
    assert f"Số điện thoại: {shown(reference)['phone']}" in desk("show", reference).stdout
    assert shown(reference)["phone"].replace(" ", "") == NUMBER


def test_from_taking_to_closing(talk: str) -> None:
    taken = desk("take", talk, "--officer", "lan")
    assert taken.exit_code == 0, taken.output
    assert talk in taken.stdout and "taken" in taken.stdout and "lan" in taken.stdout
    released = json.loads(desk("release", talk, "--officer", "lan", "--json").stdout)
    assert (released["state"], released["officer"]) == ("open", None)
    # An answer takes what nobody has, and its words may come by a pipe.
    answered = desk("answer", talk, "--officer", "minh", "--json", said="Mời Ông/Bà\nđến quầy 3.\n")
    assert json.loads(answered.stdout)["officer"] == "minh"
    assert desk("answer", talk, "Xin cảm ơn.", "--officer", "minh").exit_code == 0
    said = [(line["author"], line["text"], line["delivery"]) for line in shown(talk)["lines"]]
    assert said[1:] == [
        ("officer", "Mời Ông/Bà\nđến quầy 3.", "waiting"),
        ("officer", "Xin cảm ơn.", "waiting"),
    ]
    assert "officer (waiting):" in desk("show", talk).stdout
    for line in Outbox(get_sessions(), get_vault()).claim(clock.now()):
        assert line.channel == "telegram"
    closed = json.loads(desk("close", talk, "--officer", "minh", "--json").stdout)
    assert closed["state"] == "closed" and closed["closed_at"]
    assert listed() == []
    assert talk in [one["reference"] for one in listed("--closed")]
    assert not Cases(get_sessions(), get_vault()).talks(CITIZEN), "the bot speaks again"


@pytest.mark.parametrize("command", ["take", "answer", "release", "close"])
def test_whose_a_case_is_by_now_is_said_and_nothing_is_done(talk: str, command: str) -> None:
    assert desk("take", talk, "--officer", "lan").exit_code == 0
    before = shown(talk)
    words = ["chữ khác"] if command == "answer" else []
    late = desk(command, talk, *words, "--officer", "minh")
    assert late.exit_code == 1
    assert f"{talk}: taken; it is lan's" in late.stderr
    assert late.stdout == ""
    assert shown(talk) == before


def test_what_nobody_has_taken_is_not_released(talk: str) -> None:
    done = desk("release", talk, "--officer", "lan")
    assert done.exit_code == 1
    assert "nobody has taken it" in done.stderr


@pytest.mark.parametrize("command", ["show", "take", "answer", "release", "close"])
def test_a_number_that_is_nobodys_is_said_to_be_one(command: str) -> None:
    words = ["chào"] if command == "answer" else []
    done = desk(command, "2222 2222", *words, "--json")
    assert done.exit_code == 1
    assert "2222-2222: there is no such case" in done.stderr
    assert "./motcua desk list" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("text", ["", "   ", "x" * (LONGEST + 1)])
def test_an_answer_that_is_none_is_refused_before_the_case_is_taken(talk: str, text: str) -> None:
    done = desk("answer", talk, said=text)
    assert done.exit_code == 1
    assert f"1 to {LONGEST} characters" in done.stderr
    assert shown(talk)["summary"]["state"] == CaseState.OPEN
    assert len(shown(talk)["lines"]) == 1


def test_a_password_makes_an_entry_that_signs_in_and_is_not_repeated() -> None:
    password = "một mật khẩu đủ dài"
    done = desk("password", "lan", said=f"{password}\n")
    assert done.exit_code == 0, done.output
    name, _, entry = done.stdout.strip().partition("=")
    assert fits({name: entry}, "lan", password)
    assert not fits({name: entry}, "lan", password + "x")
    assert password not in done.output


@pytest.mark.parametrize("password", ["", "ngắn quá"])
def test_a_password_that_is_too_short_is_refused(password: str) -> None:
    done = desk("password", "lan", said=f"{password}\n")
    assert done.exit_code == 1
    assert done.stdout == "" and done.stderr.strip()


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_may_be_asked_for(kind: Kind) -> None:
    assert listed("--kind", kind.value) == []


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    done = desk("list", "--kind", "letter")
    assert done.exit_code == 2
    assert all(kind.value in done.stderr for kind in Kind)


@pytest.mark.parametrize("name", ["Lan", "chị lan", "a=b", "a,b", "", "x" * 41])
def test_a_name_that_the_settings_would_not_take_is_refused(name: str) -> None:
    done = desk("password", name, said="một mật khẩu đủ dài\n")
    assert done.exit_code == 1
    assert done.stdout == "" and "a-z 0-9 . _ -" in done.stderr
