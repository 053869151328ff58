"""One person's cases: handed out and erased with everything else, in one transaction."""

from __future__ import annotations

from sqlalchemy import select

from core.database import Sessions
from core.privacy import Vault
from dossiers import person as registry
from dossiers.models import LinkedIdentity
from dossiers.phones import phone_index
from dossiers.proof import Sender
from helpdesk import person, questions
from helpdesk.cases import Cases
from helpdesk.hearing import Ear, Message
from helpdesk.models import DeskCase, DeskLine
from helpdesk.vocabulary import Awaited
from tests.helpdesk.conftest import CITIZEN, NOW
from tests.sentinels import traces
from tests.web.dossiers import CODE, PHONE, add_dossier

NUMBER = "0845578756"
TIED = Sender("zalo", "tied account")
STRANGER = Sender("messenger", "somebody else")


def fill(sessions: Sessions, vault: Vault, cases: Cases, ear: Ear) -> str:
    add_dossier(sessions, vault)
    with sessions.begin() as session:
        questions.ask(session, vault, CITIZEN, Awaited.PHONE, NOW, language="vi")
    assert ear.hear(Message(CITIZEN, "1", NUMBER), NOW)
    with sessions.begin() as session:
        tie = {"phone_index": phone_index(vault, PHONE), "linked_at": NOW}
        session.add(LinkedIdentity(channel="zalo", sender=TIED.key(vault), **tie))
        questions.ask(session, vault, STRANGER, Awaited.COMPLAINT, NOW, language="vi")
    cases.begin_talk(TIED, NOW, language="vi", question=f"gọi tôi {NUMBER}")
    assert ear.hear(Message(STRANGER, "1", f"Hồ sơ {CODE} của chú tôi bị trễ hẹn"), NOW)
    return cases.begin_talk(Sender("telegram", "9"), NOW, language="vi", question="việc khác")


def test_an_export_holds_the_persons_own_words_and_nobody_elses(
    sessions: Sessions, vault: Vault, cases: Cases, ear: Ear
) -> None:
    fill(sessions, vault, cases, ear)
    with sessions() as session:
        known = registry.find(session, vault, registry.known_by_phone(vault, NUMBER))
        found = person.export(session, vault, known)["desk_cases"]
    assert [one["kind"] for one in found] == ["callback", "chat", "complaint"]
    assert [line["text"] for line in found[1]["lines"]] == [f"gọi tôi {NUMBER}"]
    assert found[2]["lines"] == [] and found[2]["code"] == CODE


def test_erasing_leaves_no_trace_of_them_and_the_others_case(
    sessions: Sessions, vault: Vault, cases: Cases, ear: Ear
) -> None:
    other = fill(sessions, vault, cases, ear)
    known = registry.known_by_phone(vault, NUMBER)
    with sessions.begin() as session:
        assert person.forget(session, vault, known, NOW)["desk_cases"] == 3
    assert traces(sessions, vault, NUMBER, "008123456789", "Không Có Tên Này", TIED) == []
    with sessions() as session:
        assert session.scalars(select(DeskCase.reference)).all() == [other]
        assert len(session.scalars(select(DeskLine)).all()) == 1
    with sessions.begin() as session:
        assert person.forget(session, vault, known, NOW)["desk_cases"] == 0
