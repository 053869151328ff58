"""SMS and WhatsApp by Twilio: signed forms in, one reply of TwiML out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest
from rasa.core.channels.channel import UserMessage
from sanic import Sanic
from twilio.request_validator import RequestValidator

from bot.channels import notices
from bot.channels.twilio import SmsInput, TwilioChannel, WhatsAppInput
from language.blocks import Button, Buttons, Checklist, Item, Text
from language.folding import plain_sms
from tests.bot.channels.platform_server import SECRET, platforms
from tests.bot.channels.test_platforms import Rasa

PUBLIC = "https://motcua.example.vn"
TOKEN = "auth-token"
NUMBERS = {SmsInput: "+84912345678", WhatsAppInput: "whatsapp:+84912345678"}
each = pytest.mark.parametrize("kind", [SmsInput, WhatsAppInput], ids=lambda k: k.name())
Form = dict[str, str]


def app_with(kind: type[TwilioChannel], rasa: Rasa, state: Path, site: str = "") -> Sanic:
    settings = {
        **{"auth_token": TOKEN, "public_url": PUBLIC, "secret": SECRET},
        **{"site": site or "http://127.0.0.1:1", "state": str(state)},
    }
    app = Sanic(f"twilio_{uuid4().hex}")
    app.blueprint(kind(settings).blueprint(rasa), url_prefix=f"/webhooks/{kind.name()}")
    return app


def form_of(kind: type[TwilioChannel], text: str = "xin chào", sid: str = "SM1") -> Form:
    return {"From": NUMBERS[kind], "To": "+1555", "MessageSid": sid, "Body": text}


def signature(kind: type[TwilioChannel], form: Form, base: str = PUBLIC, token: str = TOKEN) -> str:
    url = f"{base}/webhooks/{kind.name()}/webhook"
    return str(RequestValidator(token).compute_signature(url, form))


async def post(
    app: Sanic, kind: type[TwilioChannel], form: Form, signed: str | None = None
) -> httpx.Response:
    _, response = await app.asgi_client.post(
        f"/webhooks/{kind.name()}/webhook",
        content=urlencode(form).encode(),
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": signature(kind, form) if signed is None else signed,
        },
    )
    return response


def texts(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/xml")
    return [str(one.text) for one in ElementTree.fromstring(response.content).findall("Message")]


def say(kind: type[TwilioChannel], rasa: Rasa, state: Path, *said: str) -> list[str]:
    """Say things one after the other; return the replies, one each."""

    async def scenario() -> list[str]:
        app = app_with(kind, rasa, state)
        replies = []
        for number, text in enumerate(said):
            (reply,) = texts(await post(app, kind, form_of(kind, text, f"SM{number}")))
            replies.append(reply)
        return replies

    return asyncio.run(scenario())


@each
def test_one_question_one_reply(kind: type[TwilioChannel], tmp_path: Path) -> None:
    rasa = Rasa()
    (reply,) = say(kind, rasa, tmp_path, "Sang tên cần giấy tờ gì?")
    plain = "1: Sang ten can giay to gi?"
    assert reply == (plain if kind is SmsInput else "1: Sang tên cần giấy tờ gì?")


@each
def test_no_conversation_holds_the_number(kind: type[TwilioChannel], tmp_path: Path) -> None:
    rasa = Rasa()
    say(kind, rasa, tmp_path, "chào")
    (message,) = rasa.heard
    assert re.fullmatch(rf"{kind.name()}:[0-9a-f]{{32}}", message.sender_id)
    assert "912345678" not in str(vars(message))


@each
@pytest.mark.parametrize(
    "forge",
    [
        lambda kind, form: "",
        lambda kind, form: signature(kind, form, token="another"),
        lambda kind, form: signature(kind, {**form, "Body": "khác"}),
        lambda kind, form: signature(kind, form, base="http://127.0.0.1:5005"),
    ],
    ids=["unsigned", "other token", "form changed", "not the public address"],
)
def test_what_twilio_did_not_send_is_refused(
    kind: type[TwilioChannel], forge: Callable[[type[TwilioChannel], Form], str], tmp_path: Path
) -> None:
    rasa = Rasa()
    form = form_of(kind)
    response = asyncio.run(post(app_with(kind, rasa, tmp_path), kind, form, forge(kind, form)))
    assert response.status_code == 403
    assert rasa.heard == []


@each
@pytest.mark.parametrize("missing", ["From", "MessageSid"])
def test_a_form_that_lacks_something(
    kind: type[TwilioChannel], missing: str, tmp_path: Path
) -> None:
    form = form_of(kind)
    del form[missing]
    response = asyncio.run(post(app_with(kind, Rasa(), tmp_path), kind, form))
    assert response.status_code == 400


@each
def test_a_repeated_message_gets_the_same_reply_and_is_heard_once(
    kind: type[TwilioChannel], tmp_path: Path
) -> None:
    rasa = Rasa()

    async def scenario() -> list[list[str]]:
        app = app_with(kind, rasa, tmp_path)
        form = form_of(kind)
        both = await asyncio.gather(*(post(app, kind, form) for _ in range(2)))
        return [texts(one) for one in (*both, await post(app, kind, form))]

    first, *others = asyncio.run(scenario())
    assert all(one == first for one in others)
    assert len(rasa.heard) == 1


@each
def test_a_picture_without_words(kind: type[TwilioChannel], tmp_path: Path) -> None:
    rasa = Rasa()
    (reply,) = say(kind, rasa, tmp_path, "")
    assert "English" in reply or "could not read" in reply
    assert rasa.heard == []


def test_options_are_numbers_and_a_number_chooses(tmp_path: Path) -> None:
    rasa = Rasa()
    rasa.blocks = (
        Text("Ông/Bà hỏi thủ tục nào?"),
        Buttons((Button("Sang tên", "ask:transfer"), Button("Tặng cho", "ask:gift"))),
    )
    reply, _ = say(SmsInput, rasa, tmp_path, "so do", "2")
    assert reply == (
        "Ong/Ba hoi thu tuc nao?\n\n1. Sang ten\n2. Tang cho\nOng/Ba tra loi bang so de chon."
    )
    assert rasa.heard[1].parse_data["entities"][0]["value"] == "choose:2"


@each
def test_a_long_answer_is_one_message_and_the_rest_follows_on_request(
    kind: type[TwilioChannel], tmp_path: Path
) -> None:
    rasa = Rasa()
    papers = tuple(Item(f"Giấy tờ số {n}, bản chính hoặc bản sao") for n in range(60))
    rasa.blocks = (Checklist(papers),)
    replies = say(kind, rasa, tmp_path, "giấy tờ", *(["TIẾP", "tiep"] * 3))
    longest = kind.style.longest
    assert all(len(reply) <= longest for reply in replies)
    assert replies[0].endswith(kind.more[0])
    everything = "\n".join(replies)
    wanted = [f"so {n}," if kind is SmsInput else f"số {n}," for n in range(60)]
    assert [one for one in wanted if one not in everything] == []


@each
def test_a_long_answer_in_english_says_how_to_read_on_in_english(
    kind: type[TwilioChannel], tmp_path: Path
) -> None:
    rasa = Rasa()
    rasa.blocks = (Checklist(tuple(Item(f"Paper number {n}, the original") for n in range(60))),)
    replies = say(kind, rasa, tmp_path, "Which papers do I need?", "MORE")
    assert replies[0].endswith("There is more: reply MORE to read on.")
    assert len(replies[0]) <= kind.style.longest
    assert "Paper number 0," in replies[0] and "Paper number 0," not in replies[1]


def test_every_sign_of_an_sms_is_in_the_plain_alphabet(tmp_path: Path) -> None:
    rasa = Rasa()
    rasa.blocks = (Text("Lệ phí: 0,5 % × giá trị – “sổ đỏ” • 100.000 ₫ & thuế · xem …"),)
    (reply,) = say(SmsInput, rasa, tmp_path, "phí")
    assert reply.isascii()


@each
def test_a_failure_of_ours_is_a_reply(
    kind: type[TwilioChannel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.twilio.PATIENCE", 0.2)

    class Broken(Rasa):
        async def __call__(self, message: UserMessage) -> None:
            if message.text == "chậm":
                await asyncio.sleep(5)
            raise RuntimeError("away")

    replies = say(kind, Broken(), tmp_path, "hỏng", "chậm")
    told = notices.NO_ANSWER.said("vi").text
    assert replies == [plain_sms(told) if kind.plain else told] * 2
    (english,) = say(kind, Broken(), tmp_path, "Where is the office?")
    assert english == notices.NO_ANSWER.said("en").text
    unread = say(kind, Rasa(), tmp_path, "Where is the office?", "")
    assert unread[1] == notices.NOTHING_READABLE.said("en").text


@each
def test_digits_go_to_the_office(kind: type[TwilioChannel], tmp_path: Path) -> None:
    rasa = Rasa()

    async def scenario() -> None:
        async with platforms() as fake:
            app = app_with(kind, rasa, tmp_path, fake.url)
            await post(app, kind, form_of(kind, "chào", "SM0"))
            sender = rasa.heard[0].sender_id.partition(":")[2]
            fake.awaited[kind.name(), sender] = "4321"
            await post(app, kind, form_of(kind, "4321", "SM1"))

    asyncio.run(scenario())
    assert [message.text for message in rasa.heard] == ["chào", "proof_given:verified"]


@each
def test_without_token_or_public_address_it_is_off(kind: type[TwilioChannel]) -> None:
    assert not kind.from_credentials({"auth_token": TOKEN}).on
    assert not kind.from_credentials({"public_url": PUBLIC}).on
    assert kind.from_credentials({"auth_token": TOKEN, "public_url": PUBLIC}).on
