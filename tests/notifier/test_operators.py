"""What operators see and do: masked numbers, whole histories, and ends that stay on record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from cli.sms import app
from core.database import Sessions, get_sessions
from core.privacy import Vault, get_vault
from core.settings import get_settings
from dossiers.lifecycle import Status
from notifier import operators
from notifier.desk import Desk
from notifier.direct import NotPossible
from notifier.models import Message
from notifier.operators import RETRIED
from notifier.plan import plan_batch
from notifier.providers.phone import PhoneProvider
from notifier.states import FINAL, State
from notifier.vocabulary import Outcome, Verdict, Word
from tests.notifier.conftest import NOON, Office, Registry

MakeDesk = Callable[..., Desk]


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
        with pytest.raises(NotPossible, match=f"as message {made}"):
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

    assert "empty" in run("list")
    assert "message 1 is in the outbox" in run("test", "0912 345 678")
    run("test", "113", status=1)
    assert "message 1: held" in run("hold", "1")
    run("hold", "1", status=1)
    listed = json.loads(run("list", "--state", "held", "--json"))
    assert listed["counts"] == {"held": 1}
    assert listed["messages"][0]["recipient"] == "••• ••• 678"
    assert json.loads(run("list", "--phone", "0912345678", "--json"))["messages"]
    assert not json.loads(run("list", "--phone", "0987654321", "--json"))["messages"]
    shown = json.loads(run("show", "1", "--json"))
    assert (shown["state"], shown["attempts"]) == ("held", [])
    assert "••• ••• 678" in run("show", "1")
    run("show", "2", status=1)
    run("retry", "1", status=1)
    assert "released" in run("release", "1")
    assert "cancelled" in run("cancel", "1")
    run("apologise", "H60.12.01-261102-0001", "--until", "30/11/2026", status=1)
    assert json.loads(run("providers", "--json")) == {"in_use": "phone", "known": []}
    assert "digest v1 · 2 segments at worst" in run("templates")
    assert {row["segments"] for row in json.loads(run("templates", "--json"))} == {1, 2}
