"""`./motcua gaps`: the list, and a group taken into what the next training reads."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import actions.models
from actions import adopting
from actions.adopting import Kind, NothingLeft, adopt
from actions.models import Unanswered, Why
from cli import gaps
from cli.bootstrap import BOT
from cli.main import app
from cli.training import bot_environment
from core.database import Base, Sessions, make_engine, session_factory
from core.privacy import Vault
from core.settings import ROOT

_ = actions.models
VAULT = Vault("a root secret for tests")
ASKED = "trồng sầu riêng trên đất ruộng được phép không"


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    engine = make_engine(f"sqlite:///{tmp_path / 'gaps.db'}")
    Base.metadata.create_all(engine)
    made = session_factory(engine)
    monkeypatch.setattr(gaps, "get_sessions", lambda: made)
    monkeypatch.setattr(gaps, "get_vault", lambda: VAULT)
    for name in ("QUESTIONS", "INTENTS"):
        monkeypatch.setattr(adopting, name, tmp_path / name.lower())
    with made.begin() as session:
        for words in (ASKED, "trong sau rieng tren dat ruong duoc phep ko", "ăn gì tối nay"):
            session.add(
                Unanswered(
                    at=datetime.now(UTC),
                    channel="web",
                    why=Why.NOT_UNDERSTOOD,
                    words_enc=VAULT.encrypt(words),
                    procedure="change_use",
                    aspects="conditions",
                )
            )
    return made


def listed() -> list[dict[str, object]]:
    done = CliRunner().invoke(app, ["gaps", "--json", "--examples", "5"])
    assert done.exit_code == 0, done.output
    groups: list[dict[str, object]] = json.loads(done.stdout)["groups"]
    return groups


def test_the_largest_group_comes_first_and_tells_what_it_is_near_to(sessions: Sessions) -> None:
    first, second = listed()
    assert (first["count"], first["procedure"], first["aspects"]) == (2, "change_use", "conditions")
    assert first["why"] == {"not_understood": 2}
    assert ASKED in first["examples"]  # type: ignore[operator]
    assert second["count"] == 1
    shown = CliRunner().invoke(app, ["gaps"])
    assert str(first["group"]) in shown.stdout


def test_an_adopted_group_is_learned_from_and_listed_no_more(
    sessions: Sessions, tmp_path: Path
) -> None:
    name = str(listed()[0]["group"])
    arguments = ["gaps", "adopt", name, "--procedure", "change_use", "--as", "example"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert [one["count"] for one in listed()] == [1]
    learned = training_lines(tmp_path / "questions")
    assert learned[ASKED] == ["ask_procedure", "change_use", ["conditions"]]


@pytest.mark.parametrize(
    "arguments",
    [
        ["000000", "--procedure", "change_use", "--as", "example"],
        ["GROUP", "--procedure", "no_such", "--as", "alias"],
        ["GROUP", "--as", "example"],
        ["GROUP", "--procedure", "change_use", "--as", "example", "--aspects", "colour"],
    ],
)
def test_what_cannot_be_adopted_is_refused_and_stays(
    sessions: Sessions, arguments: list[str]
) -> None:
    name = str(listed()[0]["group"])
    done = CliRunner().invoke(
        app, ["gaps", "adopt", *(name if a == "GROUP" else a for a in arguments)]
    )
    assert done.exit_code == 2
    assert len(listed()) == 2


def test_an_alias_is_a_bare_topic(tmp_path: Path) -> None:
    adopt(["lên bìa mới [tên]"], Kind.ALIAS, procedure="replace_certificate", questions=tmp_path)
    learned = training_lines(tmp_path)
    assert learned["lên bìa mới"] == ["ask_procedure", "replace_certificate", ["general"]]


def test_out_of_scope_is_in_the_form_that_rasa_reads(tmp_path: Path) -> None:
    adopt(["đổi biển số xe"], Kind.OUT_OF_SCOPE, intents=tmp_path)
    path, fresh = adopt(["đổi biển số xe", "ăn gì ngon"], Kind.OUT_OF_SCOPE, intents=tmp_path)
    assert fresh == ["ăn gì ngon"]
    held = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert held == {
        "version": "3.1",
        "nlu": [{"intent": "out_of_scope", "examples": "- đổi biển số xe\n- ăn gì ngon\n"}],
    }


def test_of_masks_alone_nothing_is_learned(tmp_path: Path) -> None:
    with pytest.raises(NothingLeft):
        adopt(["[tên] [số]", "[địa chỉ]"], Kind.ALIAS, procedure="gift", questions=tmp_path)
    assert list(tmp_path.iterdir()) == []


def training_lines(questions: Path) -> dict[str, list[object]]:
    """What the bot's importer makes of a folder of questions: text → intent, procedure, aspects."""
    script = (
        "import json\n"
        "from pathlib import Path\n"
        "from bot.importers.reading import questions_in\n"
        f"lines = questions_in(Path({str(questions)!r}))\n"
        "print(json.dumps({e.text: [e.intent, e.procedure, sorted(e.aspects)]"
        " for e in lines if e.procedure}))\n"
    )
    done = subprocess.run(
        [str(BOT.python), "-c", script],
        cwd=ROOT,
        env=bot_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    made: dict[str, list[object]] = json.loads(done.stdout.splitlines()[-1])
    return made
