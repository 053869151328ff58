"""A dossier of the tests' site, and its page as a browser without JavaScript meets it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select

from core import clock
from core.database import Sessions
from core.privacy import Vault
from dossiers.lifecycle import Move, Status
from dossiers.links import link_path
from dossiers.models import Dossier, DossierEvent, Office
from dossiers.phones import phone_index
from dossiers.proof import proof_print
from notifier.models import Message
from notifier.templates import MessageClass

CODE = "H60.12.01-261102-0007"
PHONE = "+84845578756"
RIGHT, WRONG = "8756", "1111"
RECEIVED = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
NOWHERE = "/ho-so/aaaaaaaaaaaa"
OFFICE = "Chi nhánh VPĐKĐĐ khu vực 3"


def add_dossier(sessions: Sessions, vault: Vault, status: Status = Status.PROCESSING) -> int:
    """Add the dossier of these tests, with 30 finished ones beside it; return its id."""
    with sessions.begin() as session:
        office = Office(key="khu vuc 3", name=OFFICE)
        session.add(office)
        session.flush()
        dossier = Dossier(
            code=CODE,
            procedure_code="1.013978",
            procedure_name="Đăng ký, cấp Giấy chứng nhận lần đầu",
            office_id=office.id,
            received_at=RECEIVED,
            due_on=date(2026, 12, 30),
            status=status,
            moved_at=RECEIVED,
            phone_enc=vault.encrypt(PHONE),
            phone_index=phone_index(vault, PHONE),
            proofs=[proof_print(vault, CODE, RIGHT)],
            created_at=RECEIVED,
            updated_at=RECEIVED,
        )
        for version, (reached, day) in enumerate(((Status.REGISTERED, 0), (status, 1)), 1):
            at = RECEIVED + timedelta(days=day)
            dossier.events.append(
                DossierEvent(
                    version=version,
                    status=reached,
                    move=Move.FIRST if version == 1 else Move.STEP,
                    occurred_at=at,
                    recorded_at=at,
                    source="test",
                )
            )
        session.add(dossier)
        finished = clock.now() - timedelta(days=10)
        for number in range(30):
            done = Dossier(
                code=f"H60.12.01-260901-{number:04}",
                procedure_code="1.013978",
                procedure_name="Đăng ký, cấp Giấy chứng nhận lần đầu",
                office_id=office.id,
                received_at=finished - timedelta(days=60 + number),
                done_at=finished,
                status=Status.DONE,
                moved_at=finished,
                created_at=finished,
                updated_at=finished,
            )
            session.add(done)
        session.flush()
        return dossier.id


def link_to(
    sessions: Sessions, vault: Vault, id_: int, lasts: timedelta = timedelta(days=1)
) -> str:
    """Return the path of a dossier's page."""
    with sessions.begin() as session:
        return link_path(session, vault, id_, clock.now(), lasts)


def code_in_message(sessions: Sessions, vault: Vault) -> str:
    """Return the newest one-time code, as the phone on file shows it."""
    with sessions() as session:
        body = session.scalars(
            select(Message.body_enc)
            .where(Message.message_class == MessageClass.OTP)
            .order_by(Message.id.desc())
        ).first()
    assert body is not None, "no code was sent"
    found = re.search(r"\b\d{6}\b", vault.decrypt(body))
    assert found
    return found[0]


@dataclass
class PageOf:
    """One dossier's page in one browser."""

    client: TestClient
    path: str

    def open(self, query: str = "") -> Response:
        return self.client.get(self.path + query)

    def do(self, what: str, given: str = "", query: str = "") -> Response:
        token = self.open().text.split('name="token" value="', 1)[1].split('"', 1)[0]
        data = {"token": token, "do": what, "given": given}
        return self.client.post(self.path + query, data=data)
