"""The service on a dossier: asked for once, rated once, and kept without anybody in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import Sessions
from core.privacy import Vault
from dossiers.lifecycle import Status
from dossiers.proof import Sender
from helpdesk import ratings
from helpdesk.hearing import Ear, Message
from helpdesk.models import ServiceRating
from language.blocks import as_text
from tests.helpdesk.conftest import CITIZEN, NOW
from tests.web.dossiers import OFFICE, add_dossier


@pytest.fixture
def dossier(sessions: Sessions, vault: Vault) -> int:
    return add_dossier(sessions, vault, Status.RETURNED)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("5", (5, "")),
        ("4 nhanh gọn", (4, "nhanh gọn")),
        ("3 sao, hơi lâu", (3, "hơi lâu")),
        ("2/5. chờ lâu", (2, "chờ lâu")),
        ("6", None),
        ("4321", None),
        ("4.5", None),
        ("sang tên", None),
        ("5m2 đất", None),
    ],
)
def test_what_is_a_rating(text: str, given: tuple[int, str] | None) -> None:
    assert ratings.read_stars(text) == given


def test_it_is_asked_once_and_answered_in_the_chat(
    ear: Ear, sessions: Sessions, vault: Vault, dossier: int
) -> None:
    def ask(sender: Sender) -> bool:
        with sessions.begin() as session:
            return ratings.ask(session, vault, sender, dossier, NOW, language="vi")

    assert ask(CITIZEN)
    assert not ask(CITIZEN) and not ask(Sender("zalo", "another"))
    assert ear.hear(Message(CITIZEN, "1", "sang tên cần gì"), NOW) is None
    words = "4 nhanh gọn, gọi tôi 0912345678"
    heard = ear.hear(Message(CITIZEN, "2", words), NOW)
    assert heard and "Cảm ơn" in as_text(heard.blocks)
    assert ear.hear(Message(CITIZEN, "3", "1"), NOW) is None
    with sessions() as session:
        (kept,) = session.scalars(select(ServiceRating)).all()
        assert (kept.stars, kept.office, kept.channel) == (4, OFFICE, "telegram")
        assert kept.words_enc and "0912345678" not in vault.decrypt(kept.words_enc)
        (one,) = ratings.sums(session, NOW, 30)
        assert (one.office, one.counts, one.mean) == (OFFICE, (0, 0, 0, 1, 0), 4.0)
        assert ratings.sums(session, NOW + timedelta(days=31), 30) == []


def test_of_several_at_once_one_counts(sessions: Sessions, vault: Vault, dossier: int) -> None:
    def rate(stars: int) -> bool:
        with sessions.begin() as session:
            return ratings.rate(session, vault, dossier, stars, "", "web", NOW)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(rate, (1, 2, 3, 4, 5, 1, 2, 3))) == 1
    assert not rate(5)


def test_only_what_is_returned_is_rated(sessions: Sessions, vault: Vault) -> None:
    dossier = add_dossier(sessions, vault, Status.PROCESSING)
    with sessions.begin() as session:
        assert not ratings.may_rate(session, dossier)
        assert not ratings.ask(session, vault, CITIZEN, dossier, NOW, language="vi")
        assert not ratings.rate(session, vault, dossier, 5, "", "web", NOW)
        assert not ratings.rate(session, vault, dossier + 999, 5, "", "web", NOW)
