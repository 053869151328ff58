"""Links to dossiers' pages: one a month, good for a while, and not in the table."""

from __future__ import annotations

import string
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import Sessions
from dossiers.importing import Importer
from dossiers.links import LENGTH, PAGE, forget_old_links, link_path, linked_code
from dossiers.models import Dossier, DossierLink
from tests.dossiers.exports import NOW, MakeExport, row

CODE, OTHER = "H60.12-261102-0001", "H60.12-261102-0002"
LASTS = timedelta(days=180)


@pytest.fixture(autouse=True)
def registry(importer: Importer, make_export: MakeExport) -> None:
    importer.run(make_export(row(), row(Mã_hồ_sơ=OTHER)), now=NOW)


def word_of(importer: Importer, sessions: Sessions, code: str = CODE, days: int = 0) -> str:
    with sessions.begin() as session:
        id_ = session.scalars(select(Dossier.id).where(Dossier.code == code)).one()
        now = NOW + timedelta(days=days)
        path = link_path(session, importer.vault, id_, now, LASTS)
    return path.removeprefix(f"{PAGE}/")


def leads_to(importer: Importer, sessions: Sessions, word: str, days: int = 0) -> str:
    with sessions() as session:
        return linked_code(session, importer.vault, word, NOW + timedelta(days=days))


def test_a_link_leads_to_its_dossier_until_it_expires(
    importer: Importer, sessions: Sessions
) -> None:
    word = word_of(importer, sessions)
    assert len(word) == LENGTH
    assert set(word) <= set(string.ascii_lowercase + string.digits)
    assert leads_to(importer, sessions, word) == CODE
    assert leads_to(importer, sessions, word.upper()) == CODE
    assert leads_to(importer, sessions, word, days=179) == CODE
    assert leads_to(importer, sessions, word, days=180) != CODE
    assert word_of(importer, sessions, OTHER) != word


def test_a_month_has_one_link_and_the_next_another(importer: Importer, sessions: Sessions) -> None:
    words = {word_of(importer, sessions, days=days) for days in (0, 0, 31, 62)}
    assert len(words) == 3
    with sessions() as session:
        assert len(session.scalars(select(DossierLink)).all()) == 3


def test_a_word_that_leads_nowhere_stands_for_a_code_that_nobody_has(
    importer: Importer, sessions: Sessions
) -> None:
    nowhere = leads_to(importer, sessions, "a" * LENGTH)
    assert nowhere == leads_to(importer, sessions, "a" * LENGTH)
    assert nowhere != leads_to(importer, sessions, "b" * LENGTH)
    assert len(nowhere) <= 40
    with sessions() as session:
        assert session.scalar(select(Dossier).where(Dossier.code == nowhere)) is None


def test_the_table_does_not_tell_the_word_and_is_swept(
    importer: Importer, sessions: Sessions
) -> None:
    word = word_of(importer, sessions)
    with sessions.begin() as session:
        (link,) = session.scalars(select(DossierLink))
        assert word not in link.fingerprint
        assert forget_old_links(session, NOW + timedelta(days=179)) == 0
        assert forget_old_links(session, NOW + timedelta(days=180)) == 1
