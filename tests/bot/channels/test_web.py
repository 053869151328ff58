"""The web channel on a real Sanic application: who gets in, and what comes back."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.utils import AvailableEndpoints
from rasa.shared.utils.common import class_from_module_path
from rasa.shared.utils.io import read_config_file
from sanic import Sanic

from bot.channels import notices
from bot.channels.web import WebInput
from language import signing
from language.blocks import Text, to_dict
from tests.bot.channels.platform_server import platforms

ROOT = Path(__file__).parents[3]
SECRET = "a secret between two of our own"
PATH = "/webhooks/web/webhook"
Handler = Callable[[UserMessage], Awaitable[None]]


class Conversation:
    """Stands where Rasa stands: answers each message with a block that repeats it."""

    def __init__(self) -> None:
        self.heard: list[UserMessage] = []

    async def __call__(self, message: UserMessage) -> None:
        self.heard.append(message)
        said = to_dict(Text(f"{len(self.heard)}: {message.text}"))
        await message.output_channel.send_response(
            message.sender_id, {"custom": {"blocks": [said]}}
        )


def app_with(handler: Handler) -> Sanic:
    app = Sanic(f"web_{uuid4().hex}")
    app.blueprint(WebInput(SECRET).blueprint(handler), url_prefix="/webhooks/web")
    return app


async def post(app: Sanic, body: bytes, header: str | None) -> httpx.Response:
    headers = {"content-type": "application/json"}
    if header is not None:
        headers[signing.HEADER] = header
    _, response = await app.asgi_client.post(PATH, content=body, headers=headers)
    return response


def body_of(**changes: Any) -> bytes:
    data = {"conversation": "visitor-0001", "message_id": "message-0001", "text": "xin chào"}
    data.update(changes)
    return json.dumps({k: v for k, v in data.items() if v is not None}).encode()


def signed(body: bytes, at: int | None = None, secret: str = SECRET) -> str:
    return signing.sign(body, secret, int(time.time()) if at is None else at)


def ask(app: Sanic, **changes: Any) -> list[list[dict[str, Any]]]:
    body = body_of(**changes)
    response = asyncio.run(post(app, body, signed(body)))
    assert response.status_code == 200, response.text
    messages: list[list[dict[str, Any]]] = json.loads(response.content)["messages"]
    return messages


BODY = body_of()
NOW = int(time.time())


@pytest.mark.parametrize(
    ("body", "header", "status"),
    [
        pytest.param(BODY, None, 403, id="unsigned"),
        pytest.param(BODY, "", 403, id="empty header"),
        pytest.param(BODY, "t=1,v1=zz", 403, id="unreadable header"),
        pytest.param(BODY, signed(BODY, NOW, "another secret altogether"), 403, id="forged"),
        pytest.param(body_of(text="khác"), signed(BODY, NOW), 403, id="body changed"),
        pytest.param(
            BODY, signed(BODY, NOW).replace(f"t={NOW}", f"t={NOW + 1}"), 403, id="time changed"
        ),
        pytest.param(BODY, signed(BODY, NOW - 400), 403, id="stale"),
        pytest.param(BODY, signed(BODY, NOW + 400), 403, id="from the future"),
        pytest.param(b"{", signed(b"{", NOW), 400, id="not JSON"),
        pytest.param(b"\xff\xfe", signed(b"\xff\xfe", NOW), 400, id="not UTF-8"),
        pytest.param(b"[" * 50_000, signed(b"[" * 50_000, NOW), 400, id="nested without end"),
        pytest.param(b"[]", signed(b"[]", NOW), 400, id="not an object"),
        pytest.param(b"x" * 70_000, signed(b"x" * 70_000, NOW), 413, id="oversized"),
        *(
            pytest.param(body, signed(body, NOW), 400, id=name)
            for name, body in {
                "no conversation": body_of(conversation=None),
                "short conversation": body_of(conversation="x"),
                "conversation with a colon": body_of(conversation="web:visitor-0001"),
                "conversation of another type": body_of(conversation=12345678),
                "no message id": body_of(message_id=None),
                "no text": body_of(text=None),
                "text of another type": body_of(text=["xin chào"]),
                "a language of nobody's": body_of(language="fr"),
                "language of another type": body_of(language=["en"]),
            }.items()
        ),
    ],
)
def test_what_is_not_taken(body: bytes, header: str | None, status: int) -> None:
    conversation = Conversation()
    response = asyncio.run(post(app_with(conversation), body, header))
    assert response.status_code == status
    assert conversation.heard == []


def test_health_needs_no_signature() -> None:
    async def scenario() -> httpx.Response:
        _, response = await app_with(Conversation()).asgi_client.get("/webhooks/web/")
        return response

    assert json.loads(asyncio.run(scenario()).content) == {"status": "ok"}


def test_a_signature_works_once() -> None:
    async def scenario() -> list[int]:
        app = app_with(Conversation())
        header = signed(BODY)
        return [(await post(app, BODY, header)).status_code for _ in range(2)]

    assert asyncio.run(scenario()) == [200, 403]


def test_a_message_retried_gets_the_same_answer_and_is_heard_once() -> None:
    conversation = Conversation()

    async def scenario() -> list[Any]:
        app = app_with(conversation)
        now = int(time.time())
        return [
            json.loads((await post(app, BODY, signed(BODY, now + n))).content) for n in range(2)
        ]

    first, second = asyncio.run(scenario())
    assert first == second
    assert len(conversation.heard) == 1


def test_one_id_in_two_conversations_is_two_messages() -> None:
    conversation = Conversation()
    app = app_with(conversation)
    ask(app, conversation="visitor-0001")
    ask(app, conversation="visitor-0002")
    assert [m.sender_id for m in conversation.heard] == ["web:visitor-0001", "web:visitor-0002"]


def test_the_answer_is_blocks() -> None:
    assert ask(app_with(Conversation()), text="lệ phí") == [[to_dict(Text("1: lệ phí"))]]


def test_a_typed_command_reaches_rasa_as_words() -> None:
    conversation = Conversation()
    ask(app_with(conversation), text='/proof_given{"dossier": "H60.12.01-261016-0001"}')
    (message,) = conversation.heard
    assert message.text == 'proof_given{"dossier": "H60.12.01-261016-0001"}'
    assert message.parse_data is None


def test_a_token_skips_the_understanding() -> None:
    conversation = Conversation()
    ask(app_with(conversation), text="ask:transfer:fee")
    assert conversation.heard[0].parse_data["intent"]["name"] == "ask_procedure"


def test_the_language_of_a_button_or_a_page_goes_along() -> None:
    conversation = Conversation()
    app = app_with(conversation)
    ask(app, text="ask:transfer:fee", language="en", message_id="message-0001")
    ask(app, text="lệ phí", message_id="message-0002")
    assert [message.metadata for message in conversation.heard] == [{"language": "en"}, None]


def test_ten_thousand_characters_are_cut_and_the_answer_says_so() -> None:
    conversation = Conversation()
    (message,) = ask(app_with(conversation), text="đất " * 2_500)
    assert len(conversation.heard[0].text) <= 1000
    assert message[0] == to_dict(notices.CUT.said("vi"))


def test_what_cannot_be_read_is_said_without_asking_rasa() -> None:
    conversation = Conversation()
    assert ask(app_with(conversation), text="\x00\x00") == [
        [to_dict(notices.NOTHING_READABLE.said(""))]
    ]
    assert conversation.heard == []


ENGLISH = [
    pytest.param("What papers do I need to sell my house?", "", id="written in it"),
    pytest.param("12345", "en", id="a page in it"),
]


@pytest.mark.parametrize(("text", "page"), ENGLISH)
def test_notices_are_in_english_for_who_writes_or_reads_it(text: str, page: str) -> None:
    async def silent(_message: UserMessage) -> None:
        return None

    async def broken(_message: UserMessage) -> None:
        raise RuntimeError("away")

    known = {"language": page} if page else {}
    for handler in (silent, broken):
        told = ask(app_with(handler), text=text, **known)
        assert told == [[to_dict(notices.NO_ANSWER.said("en"))]]
    (long,) = ask(app_with(Conversation()), text=f"{text} " * 400, **known)
    assert long[0] == to_dict(notices.CUT.said("en"))
    app = app_with(Conversation())
    ask(app, text=text, message_id="message-0001", **known)
    (unreadable,) = ask(app, text="\x00", message_id="message-0002")
    assert unreadable == [to_dict(notices.NOTHING_READABLE.said("en"))]
    # Who then writes Vietnamese is told in Vietnamese, on whatever page.
    ask(app, text="sổ đỏ bị rách", message_id="message-0003", **known)
    (after,) = ask(app, text="\x00", message_id="message-0004")
    assert after == [to_dict(notices.NOTHING_READABLE.said("vi"))]


def test_one_senders_language_is_not_anothers() -> None:
    app = app_with(Conversation())
    ask(app, text="How much is the fee?", conversation="visitor-0001")
    (other,) = ask(app, text="\x00", conversation="visitor-0002")
    assert other == [to_dict(notices.NOTHING_READABLE.said(""))]


@pytest.mark.parametrize(
    "notice",
    [notices.NOTHING_READABLE, notices.CUT, notices.NO_ANSWER, notices.TOO_MANY],
    ids=["nothing readable", "cut", "no answer", "too many"],
)
def test_every_notice_is_in_its_language(notice: notices.Notice) -> None:
    assert notices.language_of(notice.vi) == "vi"
    assert notices.language_of(notice.en) == "en"
    both = notice.said("").text
    assert notice.vi in both and notice.en in both


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("sổ đỏ bị rách", "vi"),
        ("thu tuc sang ten", "vi"),
        ("How long does it take?", "en"),
        ("hello", ""),
        ("ok", ""),
        ("2", ""),
        ("ask:transfer:fee+time", ""),
        ("", ""),
    ],
)
def test_the_language_of_a_message(text: str, language: str) -> None:
    assert notices.language_of(text) == language


def test_silence_is_answered() -> None:
    async def silent(_message: UserMessage) -> None:
        return None

    assert ask(app_with(silent)) == [[to_dict(notices.NO_ANSWER.said("vi"))]]


def test_digits_beside_a_code_go_to_the_site_and_not_to_the_conversation() -> None:
    conversation = Conversation()

    async def scenario() -> None:
        async with platforms() as fake:
            fake.on_file["H60.12.01-261016-0001"] = "4321"
            app = Sanic(f"web_{uuid4().hex}")
            web = WebInput(SECRET, fake.url)
            app.blueprint(web.blueprint(conversation), url_prefix="/webhooks/web")
            body = body_of(text="H60.12.01-261016-0001 4321")
            assert (await post(app, body, signed(body))).status_code == 200
            (asked,) = fake.checked
            assert (asked["channel"], asked["sender"]) == ("web", "visitor-0001")

    asyncio.run(scenario())
    (message,) = conversation.heard
    assert message.text == "H60.12.01-261016-0001 ••••"
    assert message.metadata == {"proof": "verified"}
    assert "4321" not in str(vars(message))


def test_a_failure_is_answered_and_a_retry_is_heard() -> None:
    conversation = Conversation()
    failures = [RuntimeError("the lock store is away")]

    async def failing_once(message: UserMessage) -> None:
        if failures:
            raise failures.pop()
        await conversation(message)

    async def scenario() -> list[Any]:
        app = app_with(failing_once)
        now = int(time.time())
        return [
            json.loads((await post(app, BODY, signed(BODY, now + n))).content) for n in range(2)
        ]

    failed, answered = asyncio.run(scenario())
    assert failed == {"messages": [[to_dict(notices.NO_ANSWER.said("vi"))]]}
    assert answered == {"messages": [[to_dict(Text("1: xin chào"))]]}


def test_what_rasa_says_by_itself_becomes_text() -> None:
    async def plain(message: UserMessage) -> None:
        await message.output_channel.send_response(message.sender_id, {"text": "một\n\nhai"})

    assert ask(app_with(plain)) == [[to_dict(Text("một\n\nhai"))]]


@pytest.mark.parametrize(
    "credentials",
    [None, {}, {"secret": ""}, {"secret": "short"}, {"secret": "${MOTCUA_WEB_CHANNEL_SECRET}"}],
)
def test_it_does_not_start_without_a_secret(credentials: dict[str, Any] | None) -> None:
    with pytest.raises(ValueError, match="secret"):
        WebInput.from_credentials(credentials)


def test_our_own_files_are_filled_in_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    written = (ROOT / "credentials.yml").read_text(encoding="utf-8")
    for variable in set(re.findall(r"\$\{(\w+)\}", written)):
        monkeypatch.setenv(variable, "")
    monkeypatch.setenv("MOTCUA_WEB_CHANNEL_SECRET", SECRET)
    monkeypatch.setenv("MOTCUA_WEB_PORT", "18080")
    monkeypatch.setenv("MOTCUA_ACTIONS_PORT", "15055")
    credentials = read_config_file(ROOT / "credentials.yml")
    site = "http://127.0.0.1:18080"
    assert credentials.pop("bot.channels.web.WebInput") == {"secret": SECRET, "site": site}
    for path, values in credentials.items():
        channel = class_from_module_path(path).from_credentials(values)
        assert not channel.on, "of a platform nothing is set"
        assert values["site"] == "http://127.0.0.1:18080"
    endpoints = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml"))
    assert endpoints.action.url == "http://127.0.0.1:15055/webhook"
    assert endpoints.tracker_store.type == "bot.conversations.ShortMemory"
