"""The channels on other platforms, each against a loopback server that speaks its contract:
who gets in, that each message is answered once and in order, and what the answer looks like.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from bot.channels import notices
from bot.channels.lines import LONGEST_LINE
from bot.channels.messenger import MessengerInput
from bot.channels.platforms import PlatformChannel
from bot.channels.telegram import TelegramInput
from bot.channels.zalo import ZaloInput
from bot.channels.zalo_bot import ZaloBotInput
from language.blocks import Button, Buttons, Checklist, Item, Progress, Stop, Text, to_dict
from tests.bot.channels.platform_server import (
    PAGE_TOKEN,
    PNG,
    SECRET,
    TELEGRAM_TOKEN,
    ZALO_BOT_TOKEN,
    Platforms,
    platforms,
)

Headers = dict[str, str]


@dataclass(frozen=True)
class Platform:
    """A channel and how its platform writes."""

    channel: type[PlatformChannel]
    settings: dict[str, str]
    write: Callable[[str, str, Any], dict[str, Any]]
    """From sender, message id and text to the event."""
    sign: Callable[[bytes], Headers]
    said: Callable[[dict[str, Any]], str]
    """From what was sent out to its text."""

    @property
    def name(self) -> str:
        return self.channel.name()


def zalo_mac(body: bytes, secret: str = "oa-secret") -> Headers:
    stamp = str(json.loads(body).get("timestamp", ""))
    mac = sha256(b"app" + body + stamp.encode() + secret.encode()).hexdigest()
    return {"X-ZEvent-Signature": f"mac={mac}"}


def hub_mac(body: bytes, secret: str = "app-secret") -> Headers:
    mac = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={mac}"}


def telegram_event(sender: str, number: str, text: Any) -> dict[str, Any]:
    chat = {"id": int(sender), "type": "private"}
    return {
        "update_id": int(number),
        "message": {"message_id": 1, "from": {"id": int(sender)}, "chat": chat, "text": text},
    }


def zalo_event(sender: str, number: str, text: Any) -> dict[str, Any]:
    return {
        "event_name": "user_send_text",
        "app_id": "app",
        "sender": {"id": sender},
        "recipient": {"id": "oa"},
        "message": {"text": text, "msg_id": number},
        "timestamp": "1717061839659",
    }


def zalo_bot_event(sender: str, number: str, text: Any) -> dict[str, Any]:
    message = {
        "from": {"id": sender},
        "chat": {"id": sender, "chat_type": "PRIVATE"},
        "text": text,
        "message_id": number,
    }
    return {"ok": True, "result": {"message": message, "event_name": "message.text.received"}}


def messenger_event(sender: str, number: str, text: Any) -> dict[str, Any]:
    event = {"sender": {"id": sender}, "message": {"mid": number, "text": text}}
    return {"object": "page", "entry": [{"id": "p", "messaging": [event]}]}


PLATFORMS = [
    Platform(
        TelegramInput,
        {"token": TELEGRAM_TOKEN, "webhook_secret": "from-us"},
        telegram_event,
        lambda _body: {"X-Telegram-Bot-Api-Secret-Token": "from-us"},
        lambda sent: str(sent["text"]),
    ),
    Platform(
        ZaloInput,
        {"app_id": "app", "oa_secret": "oa-secret"},
        zalo_event,
        zalo_mac,
        lambda sent: str(sent["message"]["text"]),
    ),
    Platform(
        ZaloBotInput,
        {"token": ZALO_BOT_TOKEN, "webhook_secret": "from-us"},
        zalo_bot_event,
        lambda _body: {"X-Bot-Api-Secret-Token": "from-us"},
        lambda sent: str(sent["text"]),
    ),
    Platform(
        MessengerInput,
        {"page_token": PAGE_TOKEN, "app_secret": "app-secret", "verify_token": "our-word"},
        messenger_event,
        hub_mac,
        lambda sent: str(sent["message"]["text"]),
    ),
]
each = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.name)
TELEGRAM, ZALO, ZALO_BOT, MESSENGER = PLATFORMS


class Rasa:
    """Stands where Rasa stands: repeats what it hears, with what blocks a test likes."""

    def __init__(self) -> None:
        self.heard: list[UserMessage] = []
        self.blocks: tuple[Any, ...] = ()
        self.pause = 0.0

    async def __call__(self, message: UserMessage) -> None:
        if self.pause:
            await asyncio.sleep(self.pause)
        self.heard.append(message)
        said = self.blocks or (Text(f"{len(self.heard)}: {message.text}"),)
        blocks = [to_dict(block) for block in said]
        await message.output_channel.send_response(
            message.sender_id, {"custom": {"blocks": blocks}}
        )

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.heard]


class Scene:
    """One channel, Rasa behind it, its platform before it."""

    def __init__(self, platform: Platform, fake: Platforms, rasa: Rasa, state: Path) -> None:
        self.platform, self.fake, self.rasa, self._state = platform, fake, rasa, state
        self.restart()

    def restart(self) -> None:
        """Begin anew, as after a restart of Rasa."""
        base = f"{self.fake.url}"
        given = {"site": base, "secret": SECRET, "state": str(self._state), "base_url": base}
        self.channel = self.platform.channel({**self.platform.settings, **given})
        self._app = Sanic(f"{self.platform.name}_{uuid4().hex}")
        self._app.blueprint(self.channel.blueprint(self.rasa), url_prefix="/webhooks/x")

    async def post(self, body: bytes, headers: Headers | None = None) -> httpx.Response:
        given = self.platform.sign(body) if headers is None else headers
        _, response = await self._app.asgi_client.post(
            "/webhooks/x/webhook",
            content=body,
            headers={
                "content-type": "application/json",
                **{name: value.encode("latin-1") for name, value in given.items()},
            },
        )
        return response

    async def get(self, path: str) -> httpx.Response:
        _, response = await self._app.asgi_client.get(f"/webhooks/x/{path}")
        return response

    async def hear(self, text: Any, number: str = "1", sender: str = "7001") -> int:
        """Have the platform deliver a message and wait for its answer; return the status."""
        body = json.dumps(self.platform.write(sender, number, text)).encode()
        status = (await self.post(body)).status_code
        await self.channel.drained()
        return status

    @property
    def said(self) -> list[str]:
        return [self.platform.said(sent) for sent in self.fake.sent]


Play = Callable[[Scene], Awaitable[None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Platform, Play], Rasa]:
    def run(platform: Platform, scenes: Play) -> Rasa:
        rasa = Rasa()

        async def scenario() -> None:
            async with platforms() as fake:
                await scenes(Scene(platform, fake, rasa, tmp_path))

        asyncio.run(scenario())
        return rasa

    return run


Player = Callable[[Platform, Callable[[Scene], Coroutine[Any, Any, None]]], Rasa]


@each
def test_a_message_is_acknowledged_understood_and_answered(
    platform: Platform, play: Player
) -> None:
    async def scenes(scene: Scene) -> None:
        assert await scene.hear("Sang tên sổ đỏ cần giấy tờ gì?") == 200
        assert scene.said == ["1: Sang tên sổ đỏ cần giấy tờ gì?"]

    (message,) = play(platform, scenes).heard
    assert message.input_channel == platform.name
    assert message.sender_id == f"{platform.name}:7001"


@each
def test_it_is_acknowledged_before_it_is_answered(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        scene.rasa.pause = 0.3
        body = json.dumps(platform.write("7001", "1", "chào")).encode()
        assert (await scene.post(body)).status_code == 200
        assert scene.said == []
        await scene.channel.drained()
        assert scene.said == ["1: chào"]

    play(platform, scenes)


def forgeries(platform: Platform) -> list[Any]:
    """Headers of who is not the platform."""
    body = json.dumps(platform.write("7001", "1", "chào")).encode()
    other = json.dumps(platform.write("7001", "1", "khác")).encode()
    true = platform.sign(body)
    (name, value), *_ = true.items()
    wrong: list[tuple[str, bytes, Headers]] = [
        ("unsigned", body, {}),
        ("empty", body, {name: ""}),
        ("other secret", body, {name: value[:-1] + ("0" if value[-1] != "0" else "1")}),
        ("not ASCII", body, {name: "chữ ký".encode().decode("latin-1")}),
    ]
    if platform in (ZALO, MESSENGER):
        wrong.append(("body changed", other, true))
    if platform is ZALO:
        keyed = hmac.new(b"oa-secret", body, sha256).hexdigest()
        wrong.append(("HMAC, which Zalo does not use", body, {name: f"mac={keyed}"}))
    if platform is MESSENGER:
        old = hmac.new(b"app-secret", body, "sha1").hexdigest()
        wrong.append(("SHA-1, as Rasa's own takes", body, {"X-Hub-Signature": f"sha1={old}"}))
    return [
        pytest.param(platform, content, headers, id=f"{platform.name}: {case}")
        for case, content, headers in wrong
    ]


@pytest.mark.parametrize(
    ("platform", "body", "headers"), [case for one in PLATFORMS for case in forgeries(one)]
)
def test_what_the_platform_did_not_send_is_refused(
    platform: Platform, body: bytes, headers: Headers, play: Player
) -> None:
    async def scenes(scene: Scene) -> None:
        assert (await scene.post(body, headers)).status_code == 403
        await scene.channel.drained()
        assert scene.fake.requests == 0

    assert play(platform, scenes).heard == []


MALFORMED = {
    "not JSON": (b"{", 400),
    "not UTF-8": (b"\xff\xfe{}", 400),
    "nested without end": (b"[" * 50_000, 400),
    "a list": (b"[]", 400),
    "oversized": (b'{"x": "' + b"x" * 70_000 + b'"}', 413),
    "empty": (b"{}", 200),
    "of other types": (
        b'{"update_id": "x", "message": [], "entry": {"a": 1}, "result": 3, "sender": "y"}',
        200,
    ),
    "nulls": (b'{"message": null, "entry": [null, {"messaging": [null]}], "result": null}', 200),
}


@each
@pytest.mark.parametrize("case", MALFORMED)
def test_what_has_not_the_platforms_form_harms_nobody(
    platform: Platform, case: str, play: Player
) -> None:
    body, status = MALFORMED[case]

    async def scenes(scene: Scene) -> None:
        try:
            headers = platform.sign(body)
        except (ValueError, AttributeError, RecursionError):
            headers = {"X-ZEvent-Signature": "mac=0"}  # what cannot be read cannot be signed
        answered = (await scene.post(body, headers)).status_code
        assert answered == status
        await scene.channel.drained()
        assert await scene.hear("còn đó không", "9") == 200
        assert scene.said == ["1: còn đó không"]

    play(platform, scenes)


@each
def test_a_repeated_event_is_answered_once_even_after_a_restart(
    platform: Platform, play: Player
) -> None:
    async def scenes(scene: Scene) -> None:
        for _ in range(3):
            assert await scene.hear("chào", "1") == 200
        scene.restart()
        assert await scene.hear("chào", "1") == 200
        assert await scene.hear("chào", "2") == 200
        assert await scene.hear("chào", "1", sender="7002") == 200

    assert len(play(platform, scenes).heard) == 3


@each
def test_one_senders_messages_are_answered_in_order_and_others_do_not_wait(
    platform: Platform, play: Player
) -> None:
    async def scenes(scene: Scene) -> None:
        first = scene.rasa

        async def slow_for_one(message: UserMessage) -> None:
            await asyncio.sleep(0.15 if message.text == "a" else 0)
            await Rasa.__call__(first, message)

        scene.rasa = slow_for_one  # type: ignore[assignment]
        scene.restart()
        for number, (sender, text) in enumerate(
            [("7001", "a"), ("7001", "b"), ("7002", "c"), ("7001", "d")], start=1
        ):
            body = json.dumps(platform.write(sender, str(number), text)).encode()
            assert (await scene.post(body)).status_code == 200
        await scene.channel.drained()

    texts = play(platform, scenes).texts
    assert [text for text in texts if text != "c"] == ["a", "b", "d"]
    assert texts.index("c") < texts.index("b")


@each
def test_rasas_injection_is_only_text(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        await scene.hear('/check_status{"dossier":"H60.12.01-261016-0001"}')

    assert play(platform, scenes).texts == ['check_status{"dossier":"H60.12.01-261016-0001"}']


@each
@pytest.mark.parametrize("text", [None, 12, "", "\x00", " \u200b "])
def test_what_cannot_be_read_is_said(platform: Platform, text: Any, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        await scene.hear(text)
        assert scene.said == [notices.NOTHING_READABLE.said("").text]

    assert play(platform, scenes).heard == []


@each
def test_notices_are_in_the_language_of_what_was_written(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        await scene.hear("How much is the registration fee?", "1")
        await scene.hear(None, "2")
        assert scene.said[-1] == notices.NOTHING_READABLE.said("en").text
        # A longer one than the platform's own limit would not be taken by its door.
        await scene.hear("How much is the registration fee? " * 40, "3")
        assert "".join(scene.said[2:]).startswith(notices.CUT.said("en").text)

        async def broken(_message: Any) -> None:
            raise RuntimeError("away")

        scene.rasa = broken  # type: ignore[assignment]
        scene.restart()
        await scene.hear("Where is the office?", "4")
        assert scene.said[-1] == notices.NO_ANSWER.said("en").text
        await scene.hear("cơ quan ở đâu", "5")
        assert scene.said[-1] == notices.NO_ANSWER.said("vi").text

    play(platform, scenes)


@each
@pytest.mark.parametrize(("text", "language"), [("Fee for my house?", "en"), ("lệ phí", "vi")])
def test_who_sends_too_much_at_once_is_told_so_once(
    platform: Platform, play: Player, text: str, language: str
) -> None:
    async def scenes(scene: Scene) -> None:
        held, plain = asyncio.Event(), scene.rasa

        async def slow(message: Any) -> None:
            await held.wait()
            await Rasa.__call__(plain, message)

        scene.rasa = slow  # type: ignore[assignment]
        scene.restart()
        for number in range(LONGEST_LINE + 5):
            body = json.dumps(platform.write("7001", str(number), f"{text} {number}")).encode()
            assert (await scene.post(body)).status_code == 200
        held.set()
        await scene.channel.drained()
        told = notices.TOO_MANY.said(language).text
        assert scene.said.count(told) == 1
        assert len(scene.said) == LONGEST_LINE + 1
        await scene.hear(f"{text} sau", "99")
        assert scene.said.count(told) == 1

    play(platform, scenes)


@each
def test_digits_never_reach_the_conversation(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        scene.fake.awaited[platform.name, "7001"] = "4321"
        await scene.hear("0912 004 321", "1")
        await scene.hear("1234", "2")
        await scene.hear("dạ 4 số cuối là 4321 ạ", "3")
        # Of this one nothing is asked.
        await scene.hear("4321", "4", sender="7002")
        await scene.hear("482913", "5", sender="7002")
        await scene.hear("mã xác nhận là 482913", "6", sender="7002")

    rasa = play(platform, scenes)
    assert rasa.texts == [
        *("proof_given:verified", "proof_given:refused", "proof_given:verified"),
        *("proof_given", "proof_given:code_wrong", "mã xác nhận là ••••"),
    ]
    heard = "".join(str(vars(message)) for message in rasa.heard)
    assert not any(digits in heard for digits in ("0912", "1234", "4321", "482913"))


@each
def test_digits_beside_a_code_are_checked_for_it_and_only_the_outcome_is_heard(
    platform: Platform, play: Player
) -> None:
    code = "H60.12.01-261016-0001"

    async def scenes(scene: Scene) -> None:
        scene.fake.on_file[code] = "4321"
        await scene.hear(f"{code} 4321", "1")
        await scene.hear("hồ sơ h60 12 01 261016 0001, bốn số cuối điện thoại là 1234", "2")
        await scene.hear(f"{code} nộp từ năm 2025", "3")
        assert [asked["code"] for asked in scene.fake.checked] == [code, code]

    rasa = play(platform, scenes)
    assert rasa.texts == [
        f"{code} ••••",
        f"{code} hồ sơ , bốn số cuối điện thoại là ••••",
        f"{code} nộp từ năm 2025",
    ]
    outcomes = [(message.metadata or {}).get("proof") for message in rasa.heard]
    assert outcomes == ["verified", "refused", None]


@each
def test_an_office_that_is_away_is_apologised_for(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        if platform is ZALO:
            await scene.hear("chào", "0")  # its token is known from here on
        scene.fake.office_away = True
        await scene.hear("4321", "1")
        if platform is not ZALO:  # which asks the office for its token as well
            assert scene.said[-1] == notices.NO_ANSWER.said("").text

    assert "4321" not in play(platform, scenes).texts


@each
def test_options_are_buttons_or_numbers_within_the_platforms_limits(
    platform: Platform, play: Player
) -> None:
    async def scenes(scene: Scene) -> None:
        long = "x" * 63
        scene.rasa.blocks = (
            Text("Ông/Bà hỏi thủ tục nào?", tone="lead"),
            Buttons((Button("Sang tên", "ask:transfer"), Button("Tặng cho", f"ask:{long}:{long}"))),
        )
        await scene.hear("sổ đỏ")
        (sent,) = scene.fake.sent
        if platform is TELEGRAM:
            rows = sent["reply_markup"]["inline_keyboard"]
            assert [row[0]["callback_data"] for row in rows] == ["ask:transfer", "choose:2"]
            assert [row[0]["text"] for row in rows] == ["Sang tên", "Tặng cho"]
        elif platform is ZALO:
            buttons = sent["message"]["attachment"]["payload"]["buttons"]
            assert buttons[0] == {
                "title": "Sang tên",
                "type": "oa.query.show",
                "payload": "ask:transfer",
            }
        elif platform is MESSENGER:
            titles = [one["title"] for one in sent["message"]["quick_replies"]]
            assert titles == ["Sang tên", "Tặng cho"]
        else:
            assert "1. Sang tên\n2. Tặng cho\nÔng/Bà trả lời bằng số để chọn." in scene.said[0]

    play(platform, scenes)


@each
def test_a_long_answer_comes_in_parts_and_nothing_of_it_is_lost(
    platform: Platform, play: Player
) -> None:
    papers = tuple(Item(f"Giấy tờ số {n}: {'bản chính ' * 12}".strip()) for n in range(60))

    async def scenes(scene: Scene) -> None:
        scene.rasa.blocks = (Checklist(papers), Buttons((Button("Lệ phí", "ask:transfer:fee"),)))
        await scene.hear("giấy tờ")
        longest = platform.channel.style.longest
        assert len(scene.said) > 1
        assert all(0 < len(text) <= longest for text in scene.said)
        together = "".join("".join(scene.said).split())
        assert all("".join(one.text.split()) in together for one in papers)

    play(platform, scenes)


@each
@pytest.mark.parametrize(
    ("moods", "requests", "taken"),
    [
        (["busy", "busy"], 3, 1),  # surely not taken: again
        (["busy"] * 3, 3, 0),
        (["refused"], 1, 0),
        (["broken"], 1, 1),  # may have arrived: not twice
    ],
)
def test_an_answer_is_sent_again_only_where_it_was_surely_not_taken(
    platform: Platform,
    moods: list[str],
    requests: int,
    taken: int,
    play: Player,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.channels.platforms.PAUSES", (0.0, 0.0))
    monkeypatch.setattr("bot.channels.platforms.LONGEST_PAUSE", 0.0)

    async def scenes(scene: Scene) -> None:
        scene.fake.moods.extend(moods)
        await scene.hear("chào")
        assert (scene.fake.requests, len(scene.fake.sent)) == (requests, taken)
        scene.fake.moods.clear()
        await scene.hear("vẫn trả lời", "2")
        assert scene.said[-1] == "2: vẫn trả lời"

    play(platform, scenes)


@each
def test_a_platform_that_hangs_holds_nobody_else_up(
    platform: Platform, play: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.platforms.TIMEOUT", 0.3)

    async def scenes(scene: Scene) -> None:
        scene.fake.moods.append("hang")
        await scene.hear("một", "1")
        await scene.hear("hai", "2")
        assert scene.said == ["1: một", "2: hai"]  # the first was taken, whatever it said

    play(platform, scenes)


@each
def test_who_floods_is_not_heard_out(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        scene.rasa.pause = 0.01
        for number in range(100):
            body = json.dumps(platform.write("7001", str(number), "spam")).encode()
            assert (await scene.post(body)).status_code == 200
        await scene.channel.drained()

    assert len(play(platform, scenes).heard) < 100


@each
def test_without_its_settings_it_is_off_and_says_what_it_needs(platform: Platform) -> None:
    for credentials in (None, {name: f"${{{name}}}" for name in platform.settings}):
        channel = platform.channel.from_credentials(credentials)
        assert not channel.on
        app = Sanic(f"off_{uuid4().hex}")
        app.blueprint(channel.blueprint(Rasa()), url_prefix="/webhooks/x")

        async def ask(app: Sanic = app) -> tuple[Any, int]:
            _, health = await app.asgi_client.get("/webhooks/x/")
            _, posted = await app.asgi_client.post("/webhooks/x/webhook", content=b"{}")
            return json.loads(health.content), posted.status_code

        health, posted = asyncio.run(ask())
        assert health == {"status": "off", "needs": list(platform.channel.needs.values())}
        assert posted in (404, 405)


def test_nothing_is_asked_of_the_network_at_start() -> None:
    for platform in PLATFORMS:
        channel = platform.channel(platform.settings)
        assert channel.get_output_channel() is None


# --- what is one platform's own ------------------------------------------------------------------


def test_telegram_hears_buttons_and_no_groups(play: Player) -> None:
    pressed = {
        "update_id": 5,
        "callback_query": {
            "id": "q",
            "from": {"id": 7001},
            "data": "ask:transfer:fee",
            "message": {"from": {"id": 1, "is_bot": True}, "chat": {"id": 7001, "type": "private"}},
        },
    }
    group = telegram_event("7001", "6", "chào")
    group["message"]["chat"]["type"] = "group"

    async def scenes(scene: Scene) -> None:
        for event in (pressed, group):
            assert (await scene.post(json.dumps(event).encode())).status_code == 200
        await scene.channel.drained()

    (message,) = play(TELEGRAM, scenes).heard
    assert message.parse_data["intent"]["name"] == "ask_procedure"


def test_messenger_takes_every_event_of_a_batch_and_no_echo(play: Player) -> None:
    messaging = [
        {"sender": {"id": "1"}, "message": {"mid": "a", "text": "một"}},
        {"sender": {"id": "2"}, "message": {"mid": "b", "text": "hai"}},
        {"sender": {"id": "page"}, "message": {"mid": "c", "text": "vọng", "is_echo": True}},
        {"sender": {"id": "1"}, "postback": {"mid": "d", "payload": "menu"}},
        {"sender": {"id": "1"}, "delivery": {"watermark": 1}},
        {
            "sender": {"id": "2"},
            "message": {"mid": "e", "text": "Nút", "quick_reply": {"payload": "choose:2"}},
        },
    ]
    batch = {
        "object": "page",
        "entry": [{"messaging": messaging[:3]}, {"messaging": messaging[3:]}],
    }

    async def scenes(scene: Scene) -> None:
        assert (await scene.post(json.dumps(batch).encode())).status_code == 200
        await scene.channel.drained()

    assert sorted(play(MESSENGER, scenes).texts) == ["choose:2", "hai", "menu", "một"]


def test_messenger_shows_more_than_three_options_and_long_ones_by_number(play: Player) -> None:
    titles = ("Chuyển nhượng quyền sử dụng đất", "Tặng cho", "Thừa kế", "Cấp lại giấy bị mất")

    async def scenes(scene: Scene) -> None:
        scene.rasa.blocks = (
            Text("Chọn:"),
            Buttons(tuple(Button(title, f"ask:p{n}") for n, title in enumerate(titles))),
        )
        await scene.hear("sổ đỏ")
        (sent,) = scene.fake.sent
        replies = sent["message"]["quick_replies"]
        assert [one["title"] for one in replies] == ["1", "2", "3", "4"]
        assert [one["payload"] for one in replies] == ["ask:p0", "ask:p1", "ask:p2", "ask:p3"]
        assert all(f"{n}. {title}" in scene.said[0] for n, title in enumerate(titles, start=1))

    play(MESSENGER, scenes)


def test_messenger_proves_to_facebook_that_the_address_is_ours(play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        ask = "webhook?hub.mode=subscribe&hub.challenge=42&hub.verify_token="
        answer = await scene.get(f"{ask}our-word")
        assert (answer.status_code, answer.text) == (200, "42")
        assert (await scene.get(f"{ask}another")).status_code == 403
        assert (await scene.get(ask)).status_code == 403

    play(MESSENGER, scenes)


def test_zalo_takes_either_timestamp_and_no_other_account(play: Player) -> None:
    event = zalo_event("7001", "1", "chào")
    body = json.dumps(event).encode()
    by_header = sha256(b"app" + body + b"99" + b"oa-secret").hexdigest()
    other = json.dumps({**event, "app_id": "another"}).encode()

    async def scenes(scene: Scene) -> None:
        headers = {"X-ZEvent-Signature": f"mac={by_header}", "X-ZEvent-Timestamp": "99"}
        assert (await scene.post(body, headers)).status_code == 200
        assert (await scene.post(other)).status_code == 403
        await scene.channel.drained()

    assert play(ZALO, scenes).texts == ["chào"]


def test_zalo_gets_a_fresh_token_once_when_its_own_has_expired(play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        scene.fake.office_tokens = ["expired", "zalo-1"]
        await scene.hear("một", "1")
        assert scene.said == ["1: một"]
        scene.fake.office_tokens = ["expired"]  # and there is no other: it is not tried for ever
        await scene.hear("hai", "2")
        assert scene.said == ["1: một"]

    play(ZALO, scenes)


def test_zalo_pictures_and_follows(play: Player) -> None:
    picture = {**zalo_event("7001", "1", ""), "event_name": "user_send_image"}
    follow = {"event_name": "follow", "app_id": "app", "follower": {"id": "7001"}, "timestamp": "1"}

    async def scenes(scene: Scene) -> None:
        for event in (picture, follow):
            assert (await scene.post(json.dumps(event).encode())).status_code == 200
        await scene.channel.drained()
        assert scene.said == [notices.NOTHING_READABLE.said("").text]

    assert play(ZALO, scenes).heard == []


# --- pictures -----------------------------------------------------------------------------------

WAY = Progress(
    (Stop("Đã tiếp nhận", "done", "02/11/2026"), Stop("Chờ nộp thuế", "current", "16/11/2026"))
)
TOLD = "Hồ sơ đang chờ nộp thuế.\n\n[x] Đã tiếp nhận (02/11/2026)\n[>] Chờ nộp thuế (16/11/2026)"
MORE = Buttons((Button("Lệ phí", "ask:transfer:fee"),))
with_pictures = pytest.mark.parametrize(
    "platform", [TELEGRAM, MESSENGER, ZALO], ids=lambda p: p.name
)


def stands(scene: Scene) -> None:
    """Have the next answer tell a dossier's way."""
    scene.rasa.blocks = (Text("Hồ sơ đang chờ nộp thuế."), WAY, MORE)


def is_picture(sent: dict[str, Any]) -> bool:
    return bool({"photo", "filedata"} & set(sent)) or '"media_type"' in str(sent).replace("'", '"')


def photo(platform: Platform, scene: Scene, sent: dict[str, Any]) -> bytes:
    """Return the bytes of a picture that a platform has taken, from who it was for."""
    if platform is ZALO:
        assert sent["recipient"] == {"user_id": "7001"}
        assert sent["message"]["text"] == "Chờ nộp thuế (16/11/2026)"
        assert sent["message"]["attachment"]["type"] == "template"
        payload = sent["message"]["attachment"]["payload"]
        assert payload["template_type"] == "media"
        (element,) = payload["elements"]
        assert element["media_type"] == "image"
        return scene.fake.uploaded[element["attachment_id"]]
    if platform is TELEGRAM:
        assert (sent["chat_id"], sent["caption"]) == ("7001", "Chờ nộp thuế (16/11/2026)")
        return bytes(sent["photo"].file.read())
    assert json.loads(sent["recipient"]) == {"id": "7001"}
    assert sent["messaging_type"] == "RESPONSE"
    message = json.loads(sent["message"])
    assert message["attachment"]["type"] == "image"
    # Those under the text are gone as soon as another message comes.
    assert [one["payload"] for one in message["quick_replies"]] == ["ask:transfer:fee"]
    return bytes(sent["filedata"].file.read())


@with_pictures
def test_a_dossiers_way_is_told_and_then_shown(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        stands(scene)
        await scene.hear("hồ sơ của tôi")
        text, picture = scene.fake.sent
        assert platform.said(text) == TOLD
        assert photo(platform, scene, picture) == PNG
        assert scene.fake.drawn == [list(to_dict(WAY)["stops"])], (
            "steps and dates, and nothing else"
        )

    play(platform, scenes)


@pytest.mark.parametrize("platform", [ZALO_BOT], ids=lambda p: p.name)
def test_a_platform_without_pictures_is_told_alone(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        stands(scene)
        await scene.hear("hồ sơ của tôi")
        (said,) = scene.said
        assert said.startswith(TOLD)
        assert scene.fake.drawn == []

    play(platform, scenes)


@with_pictures
@pytest.mark.parametrize("trouble", ["away", "slow", "refused", "broken", "busy"])
def test_without_its_picture_nothing_is_missing(
    platform: Platform, play: Player, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.platforms.PICTURE_WITHIN", 0.2)

    async def scenes(scene: Scene) -> None:
        stands(scene)
        if trouble in ("away", "slow"):
            scene.fake.pictures = trouble
        else:
            scene.fake.moods.extend(["well", trouble])
        await scene.hear("hồ sơ của tôi")
        scene.rasa.blocks = ()
        scene.fake.pictures = "well"
        await scene.hear("cảm ơn", "2")
        texts = [sent for sent in scene.fake.sent if not is_picture(sent)]
        assert [platform.said(sent) for sent in texts] == [TOLD, "2: cảm ơn"]
        assert len(scene.fake.drawn) == 1, "a picture is tried once"

    play(platform, scenes)


def test_zalos_token_is_renewed_for_a_picture_too(play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        stands(scene)
        scene.fake.office_tokens = ["expired", "zalo-1"]
        await scene.hear("hồ sơ của tôi", "1")
        _, picture = scene.fake.sent
        assert photo(ZALO, scene, picture) == PNG
        # It expires between the text and its picture.
        scene.fake.sent.clear()
        scene.fake.office_tokens = ["zalo-1", "zalo-2"]
        plain = scene.channel.send

        async def send(to: str, message: Any) -> None:
            await plain(to, message)
            scene.fake.zalo_token = "zalo-2"

        scene.channel.send = send  # type: ignore[method-assign]
        await scene.hear("hồ sơ của tôi", "2")
        _, picture = scene.fake.sent
        assert photo(ZALO, scene, picture) == PNG
        assert len(scene.fake.uploaded) == 2

    play(ZALO, scenes)


@with_pictures
def test_what_tells_no_way_is_shown_no_picture(platform: Platform, play: Player) -> None:
    async def scenes(scene: Scene) -> None:
        scene.rasa.blocks = (Text("Chưa có bước nào."), Progress(()))
        await scene.hear("hồ sơ của tôi")
        assert len(scene.fake.sent) == 1
        assert scene.fake.drawn == []

    play(platform, scenes)
