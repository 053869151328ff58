"""Talks with an officer while the site is killed, as a power cut kills: nothing that citizen or
officer wrote is lost or doubled, and the bot stays silent until the officer closes."""

from __future__ import annotations

import json
import secrets
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException

import pytest
from sqlalchemy import select, update

import dossiers.models
import helpdesk.models
import notifier.models
import web.models
from core import clock
from core.privacy import Vault
from dossiers.proof import Sender
from helpdesk.cases import Cases
from helpdesk.models import DeskLine
from helpdesk.vocabulary import Author, Delivery
from language import signing
from tests.fakes.rasa_server import FakeRasa, fake_rasa
from tests.faults.conftest import SECRET, System

_ = (dossiers.models, helpdesk.models, notifier.models, web.models)
SHARED = "what site and channels sign with"
CITIZEN = Sender("telegram", "7001")


@dataclass
class Desk:
    """A site in a process of its own, a channel before it, an officer's hand in its database."""

    system: System
    rasa: FakeRasa
    port: int
    cases: Cases
    reference: str = ""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = self.system.start(module="web")
        self.system.wait(self.is_up)

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL: no handler runs, no buffer is written."""
        assert self.process
        self.process.kill()
        self.process.wait(10)

    def deliver(self, message_id: str, text: str) -> bool | None:
        """Hand a message to the site, as a channel does before it acknowledges; tell whether the
        site has taken it from the bot, None where there was no answer."""
        body = json.dumps(
            {
                "channel": CITIZEN.channel,
                "sender": CITIZEN.id,
                "message_id": message_id,
                "text": text,
                "pressed": False,
                "nonce": secrets.token_hex(8),
            }
        ).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/internal/heard",
            body,
            {
                "Content-Type": "application/json",
                signing.HEADER: signing.sign(body, SHARED, int(time.time())),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return bool(json.loads(answer.read())["taken"])
        except (OSError, HTTPException):
            return None

    def insist(self, message_id: str, text: str) -> bool:
        """Deliver a message until it is answered, as a platform does."""
        while (taken := self.deliver(message_id, text)) is None:
            time.sleep(0.05)
        return taken

    def lines(self, author: Author) -> list[str]:
        shown = self.cases.show(self.reference)
        assert shown
        return [line.text for line in shown.lines if line.author is author]

    def due_now(self) -> None:
        """Let no line wait out the lease of a carrier that died."""
        with self.system.sessions.begin() as session:
            session.execute(
                update(DeskLine)
                .where(DeskLine.delivery == Delivery.WAITING)
                .values(due_at=DeskLine.at)
            )

    def waiting(self) -> int:
        with self.system.sessions() as session:
            query = select(DeskLine.id).where(DeskLine.delivery == Delivery.WAITING)
            return len(session.scalars(query).all())


@pytest.fixture
def desk(system: System) -> Iterator[Desk]:
    with fake_rasa(SHARED) as rasa:
        port = next(system.ports)
        system.settings = {
            "MOTCUA_WEB_PORT": str(port),
            "MOTCUA_RASA_PORT": str(rasa.port),
            "MOTCUA_WEB_CHANNEL_SECRET": SHARED,
            "MOTCUA_DESK_OFFICERS": "lan=$argon2id$x",
            "MOTCUA_SMS_PROVIDER": "phone",
            "MOTCUA_PUBLIC_URL": "",
        }
        made = Desk(system, rasa, port, Cases(system.sessions, Vault(SECRET)))
        made.start()
        made.reference = made.cases.begin_talk(CITIZEN, clock.now(), language="vi")
        made.cases.take(made.reference, "lan", clock.now())
        yield made


def test_killed_again_and_again_while_a_citizen_writes(desk: Desk) -> None:
    messages = [f"câu thứ {n}, đừng để mất" for n in range(60)]
    taken: list[bool] = []

    def write() -> None:
        for n, text in enumerate(messages):
            taken.append(desk.insist(f"m{n}", text))
            if n % 7 == 0:  # the platform has not heard that it was acknowledged
                taken.append(desk.insist(f"m{n}", text))

    writing = threading.Thread(target=write)
    writing.start()
    for so_far in (5, 20, 40):
        desk.system.wait(lambda so_far=so_far: len(taken) > so_far)  # type: ignore[misc]
        desk.kill()
        desk.start()
    writing.join(120)
    assert not writing.is_alive()
    assert desk.lines(Author.CITIZEN) == messages
    assert all(taken), "the bot hears nothing of it"
    assert desk.rasa.said == []


def test_killed_between_the_citizens_words_and_the_officers_answer(desk: Desk) -> None:
    assert desk.insist("m1", "Tôi cần gặp cán bộ") is True
    desk.kill()
    # The officer writes while the site is down (`./motcua desk answer`): it is a row, and waits.
    answers = ["Chào Ông/Bà.", "Mời Ông/Bà đến quầy 3.", "Xin mang theo căn cước."]
    desk.cases.answer(desk.reference, "lan", answers[0], clock.now())
    desk.start()
    assert desk.insist("m1", "Tôi cần gặp cán bộ") is True, "repeated, and still the officer's"
    assert desk.insist("m2", "Tôi ở xa lắm") is True
    desk.system.wait(lambda: not desk.waiting())
    assert list(desk.rasa.told.values()) == answers[:1]

    # Killed while the channel has the next line and has not said so.
    desk.rasa.stuck = True
    for text in answers[1:]:
        desk.cases.answer(desk.reference, "lan", text, clock.now())
    desk.system.wait(lambda: len(desk.rasa.told) == 2)
    desk.kill()
    assert desk.waiting() == 2
    desk.rasa.stuck = False
    desk.due_now()
    desk.start()
    desk.system.wait(lambda: not desk.waiting())
    assert list(desk.rasa.told.values()) == answers, "each once, in order"
    assert desk.rasa.tellings == 4, "the one in doubt was tried again, under the same number"
    assert desk.lines(Author.OFFICER) == answers
    assert desk.lines(Author.CITIZEN) == ["Tôi cần gặp cán bộ", "Tôi ở xa lắm"]

    # The bot is silent until the officer closes, whatever was killed; then it hears again.
    assert desk.insist("m3", "cảm ơn") is True
    desk.cases.close(desk.reference, "lan", clock.now())
    desk.kill()
    desk.start()
    desk.system.wait(lambda: not desk.waiting())
    assert "hoạt động lại" in list(desk.rasa.told.values())[-1]
    assert desk.insist("m3", "cảm ơn") is True, "said while the officer was there: not the bot's"
    assert desk.insist("m4", "Sang tên cần gì?") is False
    assert len(desk.rasa.told) == 4


def test_the_queues_measures_are_the_databases_and_outlive_the_process(desk: Desk) -> None:
    desk.cases.release(desk.reference, "lan")
    for _ in range(2):
        address = f"http://127.0.0.1:{desk.port}/metrics"
        with urllib.request.urlopen(address, timeout=30) as answer:
            told = answer.read().decode()
        assert 'motcua_desk_cases{kind="chat",state="open"} 1.0' in told
        desk.kill()
        desk.start()
