"""From an export that says a result was handed over, over the SMS on the applicant's phone and its
link, to what an officer reads of the stars: the site, the notifier and the commands as they are."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from core.clock import VIETNAM
from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.offices import OfficeBook
from helpdesk.models import ServiceRating
from notifier.providers.phone import PhoneProvider
from notifier.routing import Gateways
from notifier.scheduler import Notifier
from tests.cli.running import motcua
from tests.dossiers.exports import HEADER, as_csv, row
from tests.web.conftest import SECRET
from tests.web.dossiers import PageOf
from web.app import create_app

SITE = "https://motcua.tinh.gov.vn"
CODE = "H60.12-261102-0001"
OFFICE = "Văn phòng Đăng ký đất đai tỉnh"
NAME = "Nguyễn Thị Mẫu"
RIGHT, WRONG = "5678", "1111"
WORD = "nhanh gọn, <b>cảm ơn</b> chị"


def at(days_ago: float) -> str:
    return f"{datetime.now(UTC).astimezone(VIETNAM) - timedelta(days=days_ago):%d/%m/%Y %H:%M}"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    # An applicant's own installation: the commands find the same database and the same key.
    return settings.model_copy(
        update={
            "state_dir": settings.state_dir / "var",
            "sms_ends_with": "link",
            "public_url": SITE,
            "digest_settle": 0.0,
        }
    )


@pytest.fixture
def command(settings: Settings) -> Callable[..., str]:
    def run(*arguments: str | Path) -> str:
        done = motcua(settings.state_dir.parent, *arguments, secret_key=SECRET)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def take_in(tmp_path: Path, command: Callable[..., str]) -> Callable[..., None]:
    def run(**cells: str) -> None:
        path = tmp_path / "export.csv"
        path.write_text(as_csv([HEADER, row(Ngày_tiếp_nhận=at(9), **cells)]), encoding="utf-8")
        command("import", path)

    return run


@pytest.fixture
def app(settings: Settings, take_in: Callable[..., None]) -> FastAPI:
    take_in()  # makes the tables, as migrations do
    return create_app(settings)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url=SITE, client=("127.0.0.1", 50400)) as made:
        yield made


def texts(client: TestClient) -> list[str]:
    """Return what is on the demonstration telephone, the newest first."""
    keys = re.findall(r'href="/phone/([0-9a-f]+)"', client.get("/phone").text)
    assert len(keys) <= 1
    page = client.get(f"/phone/{keys[0]}").text if keys else ""
    found = re.findall(r'<article class="sms">\s*<p>(.*?)</p>', page, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", one)) for one in found]


def notify(settings: Settings, sessions: Sessions, client: TestClient, number: int) -> str:
    """Run the notifier until `number` messages are on the telephone; return the newest."""
    vault = Vault(SECRET)

    async def run() -> None:
        notifier = Notifier(
            settings,
            sessions,
            vault,
            Gateways.alone(PhoneProvider(sessions, vault)),
            lambda start, end: (end - start).days,
            OfficeBook(),
        )
        stop = asyncio.Event()
        running = asyncio.create_task(notifier.run(stop))
        try:
            async with asyncio.timeout(60):
                while len(await asyncio.to_thread(texts, client)) < number:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        finally:
            stop.set()
            await running

    asyncio.run(run())
    newest, *_ = texts(client)
    return newest


def test_from_the_result_to_the_stars_that_an_officer_reads(
    settings: Settings,
    sessions: Sessions,
    client: TestClient,
    take_in: Callable[..., None],
    command: Callable[..., str],
) -> None:
    take_in(Trạng_thái="Yêu cầu bổ sung giấy tờ", Ghi_chú="Bản sao căn cước")
    before = notify(settings, sessions, client, 1)
    assert CODE in before and "cham diem" not in before, "nobody is asked before the result"
    take_in(
        Ngày_có_kết_quả=at(2),
        Ngày_trả_kết_quả=at(1),
        Trạng_thái="Đã trả kết quả",
    )
    said, _, address = notify(settings, sessions, client, 2).partition("cham diem phuc vu: ")
    assert CODE in said and "da duoc tra" in said and said.isascii()
    found = re.fullmatch(r"(?:https://)?motcua\.tinh\.gov\.vn(/ho-so/[\w-]+)", address)
    assert found, address

    page = PageOf(client, found[1])
    for shown in (page.open().text, page.do("prove", WRONG).text, page.do("rate", "1").text):
        for secret in (CODE, OFFICE, NAME, 'value="rate"', "Đã trả kết quả"):
            assert secret not in shown
    assert json.loads(command("feedback", "--json"))["service"] == []

    assert 'value="rate"' in page.do("prove", RIGHT).text
    client.post(
        page.path,
        data={
            "token": page.open().text.split('name="token" value="', 1)[1].split('"', 1)[0],
            "do": "rate",
            "given": "5",
            "words": WORD,
        },
    )
    # Neither the same browser, nor another that also has the proof, makes it two.
    page.do("rate", "1")
    with TestClient(client.app, base_url=SITE, client=("127.0.0.1", 50401)) as second:
        other = PageOf(second, page.path)
        assert "đã được chấm" in other.do("prove", RIGHT).text
        other.do("rate", "2")
    with sessions() as session:
        assert [one.stars for one in session.scalars(select(ServiceRating))] == [5]

    told = json.loads(command("feedback", "--json"))
    assert told["service"] == [
        {"office": OFFICE, "counts": [0, 0, 0, 0, 1], "total": 1, "mean": 5.0}
    ]
    assert told["words"] == [{"stars": 5, "words": WORD}]
    read = command("feedback")
    assert f"5/5: {WORD}" in read and OFFICE in read
    for secret in (CODE, NAME, RIGHT):
        assert secret not in read + json.dumps(told, ensure_ascii=False)
