"""Settings, secrets, privacy, moments, logs: each promise of the ground floor."""

from __future__ import annotations

import io
import json
import logging
import stat
import subprocess
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import Integer, create_engine
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from core.clock import VIETNAM
from core.database import UtcDateTime, make_engine
from core.observability import configure_logging, get_logger, redact
from core.privacy import UnreadableSecret, Vault, mask_name, mask_phone
from core.settings import ROOT, Settings

ASK = "from core.settings import get_settings; print(get_settings().secret_key.get_secret_value())"


def test_secrets_are_made_once_for_all_processes_and_only_their_owner_reads_them(
    tmp_path: Path,
) -> None:
    environment = {"PYTHONPATH": str(ROOT), "MOTCUA_STATE_DIR": str(tmp_path)}
    asking = [
        subprocess.Popen([sys.executable, "-c", ASK], env=environment, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    answers = {process.communicate()[0] for process in asking}
    assert len(answers) == 1
    assert len(answers.pop().strip()) >= 32
    kept = tmp_path / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("written", "hours"),
    [("21:00-07:00", (time(21), time(7))), ("off", None), ("", None)],
)
def test_quiet_hours(
    written: str, hours: tuple[time, time] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_QUIET_HOURS", written)
    assert Settings(_env_file=None).quiet_hours == hours  # type: ignore[call-arg]


def test_every_setting_is_explained_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"MOTCUA_{name.upper()}=" in example, name


@given(st.text())
def test_what_is_encrypted_comes_back_and_nothing_else_reads_it(text: str) -> None:
    vault = Vault("one secret")
    token = vault.encrypt(text)
    assert vault.decrypt(token) == text
    with pytest.raises(UnreadableSecret):
        Vault("another").decrypt(token)


def test_an_index_depends_on_value_purpose_and_key() -> None:
    vault = Vault("k")
    assert vault.index("0912345678") == vault.index("0912345678")
    others = {
        vault.index("0912345679"),
        vault.index("0912345678", "id"),
        Vault("l").index("0912345678"),
    }
    assert vault.index("0912345678") not in others


def test_masks() -> None:
    assert mask_phone("0912345678") == "••• ••• 678"
    assert mask_phone("113") == "•••"
    assert mask_name("Nguyễn Văn An") == "Ng••• V•• A•"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("gọi 0912345678 nhé", "gọi •••678 nhé"),
        ("+84912345678", "•••678"),
        ("CCCD 008988107707.", "CCCD •••707."),
        ("H60.12.01-261016-0001", "H60.12.01-261016-0001"),
    ],
)
def test_logs_mask_what_looks_personal(text: str, masked: str) -> None:
    assert redact(text) == masked


def test_a_log_line_is_json_with_the_process_name() -> None:
    out = io.StringIO()
    with redirect_stdout(out):
        configure_logging("notifier")
        get_logger("room").info("sent", to="0912345678")
        logging.getLogger("library").warning("call 0987654321")
    ours, theirs = map(json.loads, out.getvalue().splitlines())
    assert (ours["process"], ours["event"], ours["to"]) == ("notifier", "sent", "•••678")
    assert (theirs["process"], theirs["event"]) == ("notifier", "call •••321")


class _Base(DeclarativeBase):
    pass


class _Row(_Base):
    __tablename__ = "row"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


def test_moments_come_back_aware_and_naive_ones_are_refused() -> None:
    engine = create_engine("sqlite://")
    _Base.metadata.create_all(engine)
    morning = datetime(2026, 11, 24, 8, 30, tzinfo=VIETNAM)
    with Session(engine) as session:
        session.add(_Row(id=1, at=morning))
        session.commit()
        session.expire_all()
        back = session.get_one(_Row, 1).at
        assert back == morning
        assert back.tzinfo is UTC
        session.add(_Row(id=2, at=datetime(2026, 11, 24)))
        with pytest.raises(StatementError, match="time zone"):
            session.flush()


def test_sqlite_survives_a_power_cut_and_checks_references(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'deep' / 'a.db'}")
    with engine.connect() as connection:
        pragma = lambda name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()  # noqa: E731
        assert (pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")) == (
            "wal",
            2,
            1,
        )


def test_what_is_wrong_with_a_setting_is_said_without_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOTCUA_DESK_OFFICERS", "Lan=$argon2id$v=19$m=65536$khong-ai-duoc-biet")
    with pytest.raises(ValidationError) as told:
        Settings(_env_file=None)  # type: ignore[call-arg]
    assert "MOTCUA_DESK_OFFICERS" in str(told.value)
    assert "khong-ai-duoc-biet" not in str(told.value)
