"""The helpdesk on a real database of either engine, on a Tuesday at ten in Vietnam."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

import dossiers.models
import helpdesk.models
import notifier.models  # noqa: F401  (each room's tables are known once its models are imported)
from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.proof import Sender
from helpdesk.cases import Cases
from helpdesk.delivery import Outbox
from helpdesk.hearing import Ear
from procedures.deadlines import load_calendar

_ = (dossiers.models, helpdesk.models)
SECRET = "a root secret of the helpdesk's tests"
NOW = datetime(2026, 11, 17, 3, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
"""Ten in the evening."""
CITIZEN = Sender("telegram", "7001")


@pytest.fixture
def vault() -> Vault:
    return Vault(SECRET)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        state_dir=tmp_path,
        secret_key=SecretStr(SECRET),
        hotline="1900 0000",
        desk_officers="lan=$argon2id$x",
    )


@pytest.fixture
def cases(sessions: Sessions, vault: Vault) -> Cases:
    return Cases(sessions, vault)


@pytest.fixture
def ear(sessions: Sessions, vault: Vault, settings: Settings) -> Ear:
    return Ear(sessions, vault, settings, load_calendar(), lambda *_: False)


@pytest.fixture
def outbox(sessions: Sessions, vault: Vault) -> Outbox:
    return Outbox(sessions, vault)
