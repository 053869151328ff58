"""What Rasa's tracker store keeps, what is sent on to the action server, and what is logged of the
digits that people prove a dossier by: nothing.

Our channels, domain and tracker store with Rasa's own trackers; stand-ins for the site and for
the action server, which keeps what it is sent.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp import web
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic

from bot.channels.web import WebInput
from bot.conversations import ShortMemory
from tests.bot.channels.platform_server import SECRET, Platforms, platforms
from tests.bot.channels.test_platforms import PLATFORMS, Platform, Scene
from tests.bot.channels.test_web import body_of, post, signed

ROOT = Path(__file__).parents[3]
CODE = "H60.12.01-261016-0007"
SECRETS = ("5678", "482913", "0912345678", "0912 345 678", "001099012345", "123456789")
_MOMENT = re.compile(r"\b1\d{9}\.\d+")
"""When something was said: its fraction of a second is any digits at all."""
SAID = (
    f"{CODE} 5678",
    f"hồ sơ {CODE.lower().replace('.', ' ').replace('-', ' ')} bốn số cuối là 5678 nhé",
    f"5678 {CODE}",
    f"{CODE} tới đâu rồi vậy em ơi cho tôi hỏi 5678",
    "5678",
    "５６７８",
    "5️⃣6️⃣7️⃣8️⃣",
    "482913",
    "482 913",
    "mã xác nhận là 482913",
    "4 số cuối là 5678",
    "sdt 0912345678",
    "0912 345 678",
    "căn cước của tôi 001099012345",
    "cmnd số 123456789",
)


class Mind:
    """Rasa's bookkeeping of a message, by its own classes; then the action server's part."""

    def __init__(self, domain: Domain, actions: str) -> None:
        self.store = ShortMemory(domain)
        self.endpoint = EndpointConfig(f"{actions}/webhook")

    async def __call__(self, message: UserMessage) -> None:
        tracker = await self.store.get_or_create_tracker(message.sender_id)
        assert isinstance(tracker, DialogueStateTracker)
        parse = message.parse_data or {"intent": {"name": "check_status"}, "text": message.text}
        tracker.update_with_events(
            [
                SessionStarted(),
                ActionExecuted("action_listen"),
                UserUttered(
                    message.text,
                    parse["intent"],
                    parse.get("entities") or [],
                    parse,
                    input_channel=message.input_channel,
                    message_id=message.message_id,
                    metadata=message.metadata,
                ),
            ],
            self.store.domain,
        )
        await self.endpoint.request(json=tracker.current_state(), method="post")
        await self.store.save(tracker)
        await message.output_channel.send_text_message(message.sender_id, "vâng")

    def kept(self) -> str:
        # Rasa writes JSON with escapes: read, so that what is sought can be found.
        kept = {who: json.loads(zlib.decompress(at)) for who, at in self.store.store.items()}
        return json.dumps(kept, ensure_ascii=False)


@asynccontextmanager
async def action_server(heard: list[str]) -> AsyncIterator[str]:
    async def take(request: web.Request) -> web.Response:
        heard.append(await request.text())
        return web.json_response({"events": [], "responses": []})

    app = web.Application()
    app.router.add_post("/webhook", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(str(ROOT / "bot" / "domain"))


def assert_nothing_of(kept: str, heard: list[str], logged: str) -> None:
    assert CODE in kept and len(heard) == len(SAID)  # it was really there
    told = [json.loads(text) for text in heard]
    places = {"tracker store": kept, "log": logged}
    places["action server"] = json.dumps(told, ensure_ascii=False)
    for where, text in places.items():
        for secret in SECRETS:
            assert secret not in _MOMENT.sub("", text), f"{secret} is in the {where}"


def on_file(fake: Platforms) -> None:
    fake.on_file[CODE] = "5678"


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.name)
@pytest.mark.parametrize("awaited", [True, False])
def test_no_digits_are_kept_sent_on_or_logged(
    platform: Platform,
    awaited: bool,
    domain: Domain,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[str] = []

    async def scenario() -> str:
        async with platforms() as fake, action_server(heard) as actions:
            on_file(fake)
            if awaited:
                fake.awaited[platform.name, "7001"] = "5678"
            mind = Mind(domain, actions)
            scene = Scene(platform, fake, mind, tmp_path)  # type: ignore[arg-type]
            kept = ""
            for number, text in enumerate(SAID, start=1):
                assert await scene.hear(text, str(number)) == 200
                kept += mind.kept()
            return kept

    with caplog.at_level(logging.DEBUG):
        kept = asyncio.run(scenario())
    assert_nothing_of(kept, heard, caplog.text)


def test_nor_on_the_web(domain: Domain, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []

    async def scenario() -> str:

        async with platforms() as fake, action_server(heard) as actions:
            on_file(fake)
            mind, kept = Mind(domain, actions), ""
            app = Sanic(f"web_{uuid4().hex}")
            channel = WebInput(SECRET, fake.url)
            app.blueprint(channel.blueprint(mind), url_prefix="/webhooks/web")
            for number, text in enumerate(SAID):
                body = body_of(text=text, message_id=f"message-{number:04}")
                assert (await post(app, body, signed(body))).status_code == 200
                kept += mind.kept()
            return kept

    with caplog.at_level(logging.DEBUG):
        kept = asyncio.run(scenario())
    assert_nothing_of(kept, heard, caplog.text)


def test_the_search_would_find_them(domain: Domain) -> None:
    mind_kept = '{"x": "5678"}'
    with pytest.raises(AssertionError, match="tracker store"):
        assert_nothing_of(CODE + mind_kept, ["{}"] * len(SAID), "")
