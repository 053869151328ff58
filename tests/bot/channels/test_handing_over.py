"""Handed over to an officer, on every platform: the bot is silent, what is said is written down
before it is acknowledged, and the officer's answer goes out the same way.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sanic import Sanic

from bot.channels import notices
from bot.channels.twilio import SmsInput, TwilioChannel, WhatsAppInput
from language import signing
from language.blocks import Text, to_dict
from tests.bot.channels.platform_server import SECRET, Platforms, platforms
from tests.bot.channels.test_platforms import PLATFORMS, Platform, Player, Rasa, Scene, each, play
from tests.bot.channels.test_twilio import NUMBERS, PUBLIC, TOKEN, form_of, post, texts

_ = play
each_twilio = pytest.mark.parametrize("kind", [SmsInput, WhatsAppInput], ids=lambda k: k.name())


def said_by_us(to: str, key: str, text: str, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    said = {"to": to, "key": key, "blocks": [to_dict(Text(text))], "nonce": uuid4().hex}
    body = json.dumps(said).encode()
    return body, {signing.HEADER: signing.sign(body, secret, int(time.time()))}


async def tell(app: Sanic, name: str, *said: Any) -> httpx.Response:
    body, headers = said if isinstance(said[0], bytes) else said_by_us(*said)
    _, response = await app.asgi_client.post(f"/webhooks/{name}/say", content=body, headers=headers)
    return response


@each
def test_the_bot_is_silent_until_it_ends(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        sender = (platform.name, "7001")
        await scene.hear("Sang tên cần gì?", "1")
        scene.fake.with_officer.add(sender)
        await scene.hear("Tôi hỏi cán bộ", "2")
        await scene.hear("2", "3")
        await scene.hear("người khác hỏi", "4", sender="7002")
        await scene.hear("kết thúc", "5")
        await scene.hear("Sang tên cần gì?", "6")
        assert scene.said == [
            "1: Sang tên cần gì?",
            "2: người khác hỏi",
            "Đã kết thúc.",
            "3: Sang tên cần gì?",
        ]
        assert list(scene.fake.stored.values()) == ["Tôi hỏi cán bộ", "2", "kết thúc"]

    heard = play(platform, scenes).texts
    assert heard == ["Sang tên cần gì?", "người khác hỏi", "Sang tên cần gì?"]


@each
def test_it_is_written_down_before_it_is_acknowledged(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        scene.fake.with_officer.add((platform.name, "7001"))
        body = json.dumps(platform.write("7001", "1", "đừng mất")).encode()
        assert (await scene.post(body)).status_code == 200
        assert list(scene.fake.stored.values()) == ["đừng mất"]  # nothing was waited for

    assert play(platform, scenes).heard == []


@each
def test_what_broke_between_writing_down_and_noting_is_one_line_at_the_next_try(
    platform: Platform, play: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenes(scene: Scene) -> None:
        scene.fake.with_officer.add((platform.name, "7001"))
        with monkeypatch.context() as broken:
            broken.setattr(scene.channel, "_first", lambda _incoming: 1 / 0)
            body = json.dumps(platform.write("7001", "1", "đừng mất")).encode()
            assert (await scene.post(body)).status_code == 500
        scene.restart()
        for _ in range(2):
            assert await scene.hear("đừng mất", "1") == 200
        assert scene.fake.stored.popitem()[1] == "đừng mất" and not scene.fake.stored
        assert scene.said == []

    assert play(platform, scenes).heard == []


@each
def test_what_comes_while_the_handing_over_is_under_way_is_the_officers(
    platform: Platform, play: Player
) -> None:
    async def scenes(scene: Scene) -> None:
        plain = scene.rasa

        async def hand_over(message: Any) -> None:
            await asyncio.sleep(0.1)
            await Rasa.__call__(plain, message)
            scene.fake.with_officer.add((platform.name, "7001"))

        scene.rasa = hand_over  # type: ignore[assignment]
        scene.restart()
        for number, text in enumerate(("human:talk", "chào cán bộ"), start=1):
            body = json.dumps(platform.write("7001", str(number), text)).encode()
            assert (await scene.post(body)).status_code == 200
        await scene.channel.drained()
        assert list(scene.fake.stored.values()) == ["chào cán bộ"]

    assert play(platform, scenes).texts == ["human:talk"]


@each
def test_an_office_that_goes_away_during_a_talk_is_apologised_for(
    platform: Platform, play: Player
) -> None:
    async def scenes(scene: Scene) -> None:
        await scene.hear("trước đó", "0")  # Zalo's token is known from here on
        scene.fake.with_officer.add((platform.name, "7001"))
        await scene.hear("một", "1")
        scene.fake.office_away = True
        await scene.hear("hai", "2")
        if platform.name != "zalo":  # which asks the office for its token as well
            assert scene.said[-1] == notices.NO_ANSWER.said("vi").text

    assert play(platform, scenes).texts == ["trước đó"]


@each
def test_the_officers_answer_goes_out_once(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        outcomes = []
        for _ in range(3):  # its carrier has not heard that it was sent
            answer = await tell(scene._app, "x", "7001", "desk-1", "Cán bộ <b>trả lời</b>")
            outcomes.append(json.loads(answer.content))
        assert outcomes == [{"outcome": "sent"}] * 3
        assert scene.said == ["Cán bộ <b>trả lời</b>"]

    assert play(platform, scenes).heard == []


@each
@pytest.mark.parametrize(
    ("mood", "outcome", "then"), [("busy", "again", "sent"), ("broken", "failed", "failed")]
)
def test_what_came_of_it_is_told(
    platform: Platform,
    mood: str,
    outcome: str,
    then: str,
    play: Player,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.channels.platforms.PAUSES", ())

    async def scenes(scene: Scene) -> None:
        scene.fake.moods.append(mood)
        for expected in (outcome, then):
            answer = await tell(scene._app, "x", "7001", "desk-1", "chào")
            assert json.loads(answer.content) == {"outcome": expected}
        assert len(scene.fake.sent) == 1

    play(platform, scenes)


@each
def test_nobody_else_speaks_in_the_offices_name(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        body, headers = said_by_us("7001", "k", "giả")
        forged = [
            (body, {}),
            said_by_us("7001", "k", "giả", secret="another secret of somebody's"),
            (body.replace(b"7001", b"7002"), headers),
            (b"{}", {signing.HEADER: "t=1,v1=" + "0" * 64}),
        ]
        for said in forged:
            assert (await tell(scene._app, "x", *said)).status_code == 403
        assert (await tell(scene._app, "x", body, headers)).status_code == 200
        assert (await tell(scene._app, "x", body, headers)).status_code == 403  # replayed
        assert scene.said == ["giả"]

    play(platform, scenes)


# --- SMS and WhatsApp ----------------------------------------------------------------------------


def twilio_app(kind: type[TwilioChannel], fake: Platforms, rasa: Rasa, state: Path) -> Sanic:
    settings = {
        **{"auth_token": TOKEN, "public_url": PUBLIC, "secret": SECRET, "account_sid": "AC1"},
        **{"site": fake.url, "base_url": fake.url, "state": str(state)},
    }
    app = Sanic(f"talk_{kind.name()}_{time.monotonic_ns()}")
    app.blueprint(kind(settings).blueprint(rasa), url_prefix=f"/webhooks/{kind.name()}")
    return app


@each_twilio
def test_by_telephone_number_too(kind: type[TwilioChannel], tmp_path: Path) -> None:
    rasa = Rasa()

    async def scenario() -> None:
        async with platforms() as fake:
            app = twilio_app(kind, fake, rasa, tmp_path)
            await post(app, kind, form_of(kind, "chào", "SM1"))
            ((sender, address),) = fake.reached.items()
            assert address == f"{NUMBERS[kind]} +1555" and "912345678" not in sender
            fake.with_officer.add((kind.name(), sender))
            assert texts(await post(app, kind, form_of(kind, "hỏi cán bộ", "SM2"))) == []
            assert list(fake.stored.values()) == ["hỏi cán bộ"]
            answer = await tell(app, kind.name(), address, "desk-1", "Cán bộ trả lời")
            assert json.loads(answer.content) == {"outcome": "sent"}
            (sent,) = fake.sent
            text = "Can bo tra loi" if kind is SmsInput else "Cán bộ trả lời"
            assert sent == {"To": NUMBERS[kind], "From": "+1555", "Body": text}

    asyncio.run(scenario())
    assert rasa.texts == ["chào"]


def test_every_platform_is_in_the_table() -> None:
    assert {platform.name for platform in PLATFORMS} == {
        *("telegram", "zalo", "zalo_bot", "messenger"),
    }
