"""`./motcua feedback`: what people say of the answers and of the service, in sums."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import delete
from typer.testing import CliRunner

from cli.main import app
from core import clock
from core.clock import vietnam_date
from core.database import get_sessions
from core.privacy import get_vault
from core.settings import get_settings
from helpdesk.models import Rating, ServiceRating
from helpdesk.opinions import GOOD
from helpdesk.vocabulary import Reason

NASTY = "[bold]rất[/bold] \x1b]0;x\x07<b>chậm</b> \x1b[31mđỏ"
OFFICE = "Chi nhánh 3"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feedback")


@pytest.fixture(autouse=True)
def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    values = {"STATE_DIR": str(folder), "DATABASE_URL": "", "SECRET_KEY": "a secret of these tests"}
    for name, value in values.items():
        monkeypatch.setenv(f"MOTCUA_{name}", value)
    monkeypatch.setenv("COLUMNS", "140")
    for cached in (get_settings, get_sessions, get_vault):
        cached.cache_clear()
    assert feedback().exit_code == 0
    yield
    with get_sessions().begin() as session:
        for table in (Rating, ServiceRating):
            session.execute(delete(table))
    for cached in (get_settings, get_sessions, get_vault):
        cached.cache_clear()


def feedback(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["feedback", *arguments])


def found(*arguments: str) -> dict[str, Any]:
    done = feedback("--json", *arguments)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def rate_answers(procedure: str | None, *scores: int, days_ago: float = 0) -> None:
    with get_sessions().begin() as session:
        for score in scores:
            session.add(
                Rating(
                    at=clock.now() - timedelta(days=days_ago),
                    channel="web",
                    score=score,
                    procedure=procedure,
                    reason=None if score else Reason.WRONG,
                )
            )


def rate_service(stars: int, words: str = "", office: str = OFFICE, days_ago: int = 0) -> None:
    with get_sessions().begin() as session:
        session.add(
            ServiceRating(
                on=vietnam_date(clock.now()) - timedelta(days=days_ago),
                channel="web",
                office=office,
                procedure_code="1.013978",
                stars=stars,
                words_enc=get_vault().encrypt(words) if words else None,
            )
        )


def test_nothing_was_said_yet() -> None:
    assert found() == {"days": 30, "answers": [], "service": [], "words": []}
    said = feedback().stdout
    assert "Chưa có đánh giá câu trả lời." in said
    assert "Chưa có lời chấm về phục vụ." in said


def test_answers_are_summed_by_procedure_the_least_helpful_first() -> None:
    rate_answers("transfer", 100, GOOD, GOOD - 1)
    rate_answers("gift", 0, 0, 100)
    rate_answers(None, 100)
    assert found()["answers"] == [
        {"procedure": "gift", "good": 1, "bad": 2, "reasons": {"wrong": 2}},
        {"procedure": "transfer", "good": 2, "bad": 1, "reasons": {}},
        {"procedure": "", "good": 1, "bad": 0, "reasons": {}},
    ]
    shown = feedback().stdout
    assert shown.index("gift") < shown.index("transfer")
    assert "wrong: 2" in shown


def test_service_is_summed_by_office_with_its_latest_words() -> None:
    for stars, words in ((5, "nhanh"), (1, NASTY), (4, "")):
        rate_service(stars, words)
    rate_service(2, office="Chi nhánh 1")
    told = found()
    assert told["service"] == [
        {"office": OFFICE, "counts": [1, 0, 0, 1, 1], "total": 3, "mean": 3.33},
        {"office": "Chi nhánh 1", "counts": [0, 1, 0, 0, 0], "total": 1, "mean": 2.0},
    ]
    assert told["words"] == [{"stars": 1, "words": NASTY}, {"stars": 5, "words": "nhanh"}]


def test_words_are_shown_as_they_were_written_and_a_terminal_obeys_nothing_of_them() -> None:
    rate_service(1, NASTY)
    shown = feedback().stdout
    assert "1/5: [bold]rất[/bold]" in shown and "<b>chậm</b>" in shown
    assert not set(shown) & {"\x1b", "\x07"}


def test_what_is_older_than_asked_for_is_left_out() -> None:
    rate_answers("transfer", 100, days_ago=6)
    rate_answers("gift", 0, days_ago=8)
    rate_service(5, "mới", days_ago=6)
    rate_service(1, "cũ", days_ago=8)
    told = found("--days", "7")
    assert [one["procedure"] for one in told["answers"]] == ["transfer"]
    assert told["words"] == [{"stars": 5, "words": "mới"}]
    assert len(found("--days", "9")["words"]) == 2


def test_words_of_an_earlier_key_cost_themselves_and_not_the_sums(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rate_service(1, "của khóa cũ")
    monkeypatch.setenv("MOTCUA_SECRET_KEY", "another secret of these tests")
    get_settings.cache_clear()
    get_vault.cache_clear()
    rate_service(5, "của khóa mới")
    told = found()
    assert told["service"][0]["total"] == 2
    assert told["words"] == [{"stars": 5, "words": "của khóa mới"}]


@pytest.mark.parametrize("days", ["0", "-1", "many"])
def test_days_that_are_none_are_refused(days: str) -> None:
    done = feedback("--days", days, "--json")
    assert done.exit_code == 2
    assert "--days" in done.stderr and done.stdout == ""
