"""Every gateway's answers and accidents, as one table: what each comes to, and what was taken over.

A gateway that is added adds its server to `tests/fakes`, its name here, and its codes to a table.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from prometheus_client import REGISTRY

from core.database import Sessions
from core.privacy import Vault
from notifier.models import new_ref
from notifier.providers import esms as esms_module
from notifier.providers import twilio as twilio_module
from notifier.providers import zns as zns_module
from notifier.providers.base import Forged, Found, Heard, Inquiry, NoTelling, Provider, Request
from notifier.providers.esms import read_callback
from notifier.providers.zalo_tokens import sign_in
from notifier.providers.zns import read_event
from notifier.vocabulary import Advice, Outcome, Word
from tests.fakes import esms_server, zns_server
from tests.fakes.esms_server import FakeEsms
from tests.fakes.serving import TAKES_OVER
from tests.fakes.twilio_server import FakeTwilio
from tests.fakes.zns_server import FakeZns
from tests.notifier.conftest import PHONE, MakeRoute, route_settings

NAMES = ("twilio", "esms", "zns")

ACCIDENTS = [
    ("well", Outcome.ACCEPTED),
    ("too_many", Outcome.THROTTLED),
    ("too_many_later", Outcome.THROTTLED),
    ("unavailable", Outcome.NOT_SENT),
    ("error_after", Outcome.AMBIGUOUS),
    ("error_before", Outcome.AMBIGUOUS),
    ("hang_after", Outcome.AMBIGUOUS),
    ("hang_before", Outcome.AMBIGUOUS),
    ("cut_after", Outcome.AMBIGUOUS),
    ("broken_json", Outcome.AMBIGUOUS),
    ("no_id", Outcome.AMBIGUOUS),
    ("html", Outcome.AMBIGUOUS),
    ("empty", Outcome.AMBIGUOUS),
    ("slow_body", Outcome.AMBIGUOUS),
    ("redirect", Outcome.AMBIGUOUS),
]

STOP = (Outcome.NOT_SENT, Advice.PAUSE_PROVIDER)
NEVER = (Outcome.REJECTED, Advice.NOTHING)
ELSEWHERE = (Outcome.REJECTED, Advice.OTHER_CHANNEL)

CODES = {
    ("esms", "blocked"): NEVER,
    ("esms", "wrong_keys"): STOP,
    ("esms", "no_balance"): STOP,
    ("esms", "no_brandname"): STOP,
    ("esms", "bad_number"): NEVER,
    ("esms", "wrong_kind"): STOP,
    ("esms", "wrong_address"): STOP,
    ("esms", "wrong_template"): ELSEWHERE,
    ("esms", "wrong_network"): ELSEWHERE,
    ("esms", "unheard_of"): NEVER,
    ("zns", "no_such_number"): ELSEWHERE,
    ("zns", "wrong_data"): ELSEWHERE,
    ("zns", "inactive"): ELSEWHERE,
    ("zns", "no_balance"): STOP,
    ("zns", "no_account"): ELSEWHERE,
    ("zns", "not_approved"): ELSEWHERE,
    ("zns", "night"): ELSEWHERE,
    ("zns", "not_verified"): STOP,
    ("zns", "user_refuses"): ELSEWHERE,
    ("zns", "no_quota"): STOP,
    ("zns", "template_quota"): STOP,
    ("zns", "token_refused"): STOP,
    ("zns", "not_in_package"): STOP,
    ("zns", "unheard_of"): NEVER,
    ("twilio", "wrong_token"): STOP,
    ("twilio", "sender_not_ours"): STOP,
    ("twilio", "unsubscribed"): (Outcome.REJECTED, Advice.OPT_OUT),
    ("twilio", "not_mobile"): NEVER,
    ("twilio", "unheard_of"): NEVER,
    ("twilio", "queue_full"): (Outcome.THROTTLED, Advice.NOTHING),
}

SLOW = (Outcome.THROTTLED, Advice.NOTHING)
TWILIO = {
    **dict.fromkeys((20429, 14107, 63018, 21611, 30001, 30017, 30022), SLOW),
    20503: (Outcome.NOT_SENT, Advice.NOTHING),
    # Our account, our keys, our sender, our settings.
    **dict.fromkeys((10001, 20003, 20005, 20404, 30002, 63038, 90010), STOP),
    **dict.fromkeys((21212, 21603, 21606, 21608, 21609, 21612, 21408, 30018, 30024), STOP),
    **dict.fromkeys((21701, 21702, 21703, 21704, 21705, 21709), STOP),
    **dict.fromkeys((21211, 21614, 21617, 21602), NEVER),
    21610: (Outcome.REJECTED, Advice.OPT_OUT),
    30500: (Outcome.AMBIGUOUS, Advice.NOTHING),
    29999: NEVER,  # unheard of
}
"""Twilio's, by number; written down apart from the module's own table."""


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One engine will do: only Zalo's tokens are in it."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def patience(patience: float) -> float:
    """Enough for a busy machine to send in, also where a case is about silence."""
    return max(patience, 1.5)


@pytest.fixture
def fakes(twilio: FakeTwilio, esms: FakeEsms, zns: FakeZns) -> dict[str, object]:
    return {"twilio": twilio, "esms": esms, "zns": zns}


def request_(**changes: object) -> Request:
    made = Request(
        ref=new_ref(),
        attempt=1,
        to=PHONE,
        body="VPDKDD: Ho so H60-1 da co ket qua.",
        valid_for=3600.0,
        template="done",
        values={"code": "H60-1"},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def one(make_route: MakeRoute, name: str, **overrides: object) -> Provider:
    return make_route(name, **overrides).providers[name]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("mood", "outcome"), ACCIDENTS)
async def test_each_accident_comes_to_the_same_with_every_gateway(
    fakes: dict[str, object], make_route: MakeRoute, name: str, mood: str, outcome: Outcome
) -> None:
    fake = fakes[name]
    assert isinstance(fake, FakeTwilio | FakeEsms | FakeZns)
    spoken = "no_sid" if (name, mood) == ("twilio", "no_id") else mood
    fake.moods.append(spoken)  # type: ignore[arg-type]
    provider, sent = one(make_route, name), request_()
    answer = await provider.send(sent)
    assert answer.outcome is outcome
    assert fake.refs() == ([sent.ref] if mood in TAKES_OVER else [])
    assert fake.requests == 1, "a gateway's module never repeats a request"
    assert bool(answer.provider_ref) is (outcome is Outcome.ACCEPTED)
    assert (answer.retry_after == 77.0) is (mood == "too_many_later")


@pytest.mark.parametrize("name", NAMES)
async def test_a_refused_connection_has_surely_brought_nothing(
    make_route: MakeRoute, unused_tcp_port: int, name: str
) -> None:
    provider = one(make_route, name, **{f"{name}_base_url": f"http://127.0.0.1:{unused_tcp_port}"})
    assert (await provider.send(request_())).outcome is Outcome.NOT_SENT


@pytest.mark.parametrize(("name", "mood"), CODES)
async def test_each_code_comes_to_what_its_table_says(
    fakes: dict[str, object], make_route: MakeRoute, name: str, mood: str
) -> None:
    fake = fakes[name]
    assert isinstance(fake, FakeTwilio | FakeEsms | FakeZns)
    fake.mood = mood  # type: ignore[assignment]
    provider = one(make_route, name)
    answer = await provider.send(request_())
    assert (answer.outcome, answer.advice) == CODES[name, mood]
    assert fake.refs() == []
    assert answer.code


@pytest.mark.parametrize("code", TWILIO)
async def test_each_code_of_twilios_comes_to_what_its_table_says(
    twilio: FakeTwilio, make_route: MakeRoute, code: int
) -> None:
    twilio.code = code
    answer = await one(make_route, "twilio").send(request_())
    assert (answer.outcome, answer.advice) == TWILIO[code]
    assert answer.code == str(code)
    assert not twilio.taken


def test_the_tables_leave_no_code_out() -> None:
    """A code that is added to a module is added to its fake, and so to this table."""
    assert set(twilio_module.CODES) == set(TWILIO) - {29999}
    esms_codes = {code for code in esms_module.CODES if code not in ("100", "124")}
    assert esms_codes == set(esms_server.REFUSALS.values()) - {"998"} | {"102"}
    assert set(zns_module.CODES) == {str(c) for c in zns_server.REFUSALS.values()} - {"-999"}
    told = {mood for name, mood in CODES if name == "esms"}
    assert told == set(esms_server.REFUSALS)
    assert {mood for name, mood in CODES if name == "zns"} == set(zns_server.REFUSALS)


# --- eSMS ----------------------------------------------------------------------------------------


async def test_esms_is_given_what_it_asks_for(esms: FakeEsms, make_route: MakeRoute) -> None:
    provider = one(make_route, "esms", esms_sandbox=True)
    plain, accented = request_(), request_(body="Hồ sơ & giấy hẹn", delivery=2)
    for sent in (plain, accented):
        assert (await provider.send(sent)).outcome is Outcome.ACCEPTED
    first, second = esms.taken
    assert (first.phone, first.unicode, first.sandbox) == ("0912345678", "0", "1")
    assert first.content == plain.body
    assert (second.unicode, second.content) == ("1", "Hồ sơ và giấy hẹn")
    assert (first.request_id, second.request_id) == (f"{plain.ref}-1", f"{accented.ref}-2")


async def test_esms_takes_a_delivery_once_however_often_it_is_sent(
    esms: FakeEsms, make_route: MakeRoute
) -> None:
    provider, sent = one(make_route, "esms"), request_()
    esms.moods.append("error_after")
    answers = [await provider.send(replace(sent, attempt=n)) for n in (1, 2, 3)]
    again = await provider.send(replace(sent, attempt=4, delivery=2))
    assert [one.outcome for one in answers] == [Outcome.AMBIGUOUS] + [Outcome.ACCEPTED] * 2
    assert again.outcome is Outcome.ACCEPTED
    assert [one.request_id for one in esms.taken] == [f"{sent.ref}-1", f"{sent.ref}-2"]


@pytest.mark.parametrize("mood", ["error_after", "error_before", "cut_after"])
async def test_esms_is_asked_by_sending_again_under_the_same_id(
    esms: FakeEsms, make_route: MakeRoute, mood: str
) -> None:
    provider, sent = one(make_route, "esms"), request_()
    esms.moods.append(mood)
    assert (await provider.send(sent)).outcome is Outcome.AMBIGUOUS
    report = await provider.look_up(Inquiry(sent, datetime.now(UTC), may_send=True))
    assert report == Found(f"{sent.ref}-1", Word.ACCEPTED)
    assert esms.refs() == [sent.ref]


@pytest.mark.parametrize(
    ("may_send", "age"),
    [(False, timedelta()), (True, timedelta(days=1))],
    ids=["forbidden now", "another day"],
)
async def test_esms_is_not_asked_where_asking_could_send(
    esms: FakeEsms, make_route: MakeRoute, may_send: bool, age: timedelta
) -> None:
    """Opted out, night or no longer news; or the id of yesterday, which it takes a second time."""
    provider, sent = one(make_route, "esms"), request_()
    inquiry = Inquiry(sent, datetime.now(UTC) - age, may_send=may_send)
    assert await provider.look_up(inquiry) == NoTelling()
    assert esms.requests == 0


async def test_the_day_of_an_esms_id_is_vietnams(esms: FakeEsms, make_route: MakeRoute) -> None:
    provider, sent = one(make_route, "esms"), request_()
    evening = datetime(2026, 11, 24, 16, 50, tzinfo=UTC)  # 23:50 in Vietnam
    with time_machine.travel(evening + timedelta(minutes=9), tick=True):
        found = await provider.look_up(Inquiry(sent, evening, may_send=True))
    with time_machine.travel(evening + timedelta(minutes=11), tick=True):
        silent = await provider.look_up(Inquiry(sent, evening, may_send=True))
    assert isinstance(found, Found)
    assert silent == NoTelling()


@pytest.mark.parametrize(
    ("status", "succeeded", "failed", "word"),
    [
        ("1", "0", "0", Word.ACCEPTED),
        ("2", "0", "0", Word.ACCEPTED),
        ("4", "0", "0", Word.UNDELIVERED),
        ("5", "1", "0", Word.DELIVERED),
        ("5", "0", "1", Word.UNDELIVERED),
        ("5", "0", "0", Word.SENT),
        ("7", "0", "0", Word.SENT),
        ("9", "1", "0", Word.ACCEPTED),
        ("", "", "", Word.ACCEPTED),
    ],
)
def test_what_an_esms_callback_says(
    vault: Vault, status: str, succeeded: str, failed: str, word: Word
) -> None:
    url = esms_module.callback_url("https://x", vault, "abc-def-2", 3)
    before = unheard_of()
    said = query_of(url) | {
        "SendStatus": status,
        "SendSuccess": succeeded,
        "SendFailed": failed,
        "RequestId": "",
    }
    heard = read_callback(vault, said)
    assert (heard.message_ref, heard.attempt, heard.word) == ("abc-def", 3, word)
    assert heard.provider_ref == "abc-def-2"
    assert unheard_of() - before == (1.0 if status in ("9", "") else 0.0)


@pytest.mark.parametrize("change", [{"k": "0" * 32}, {"m": "other-1"}, {"n": "2"}, {"n": "²"}])
def test_an_esms_callback_that_we_did_not_ask_for_is_forged(
    vault: Vault, change: dict[str, str]
) -> None:
    url = esms_module.callback_url("https://x", vault, "abc-1", 1)
    with pytest.raises(Forged):
        read_callback(vault, {**query_of(url), "SendStatus": "5", "SendSuccess": "1", **change})


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def unheard_of() -> float:
    name = "motcua_receipts_unheard_of_total"
    return REGISTRY.get_sample_value(name, {"provider": "esms"}) or 0.0


# --- ZNS -----------------------------------------------------------------------------------------


async def test_zns_is_given_the_template_and_its_values(
    zns: FakeZns, make_route: MakeRoute
) -> None:
    provider = one(make_route, "zns")
    dated = request_(template="accepted", values={"code": "H60-1", "due": "30/11/2026"}, attempt=4)
    answer = await provider.send(dated)
    (taken,) = zns.taken
    assert answer.provider_ref == taken.msg_id
    assert (taken.phone, taken.template_id) == ("84912345678", "102")
    assert taken.data == {"code": "H60-1", "due": "30/11/2026"}
    assert taken.tracking_id == f"{dated.ref}-4"
    assert REGISTRY.get_sample_value("motcua_zns_quota_remaining") == 499.0


def test_zns_carries_only_what_has_a_registered_form(make_route: MakeRoute) -> None:
    provider = one(make_route, "zns")
    assert provider.carries(request_())
    assert not provider.carries(request_(values=None))
    assert not provider.carries(request_(template="returned"))


async def test_zns_cannot_be_asked(make_route: MakeRoute) -> None:
    provider = one(make_route, "zns")
    inquiry = Inquiry(request_(), datetime.now(UTC), may_send=True)
    assert await provider.look_up(inquiry) == NoTelling()


async def test_the_signature_of_an_event(
    zns: FakeZns, make_route: MakeRoute, tmp_path: Path
) -> None:
    provider, sent = one(make_route, "zns"), request_()
    await provider.send(sent)
    body = zns.event(zns.taken[0])
    settings = route_settings(tmp_path, "zns")

    def read(headers: dict[str, str], body: bytes = body) -> Heard | None:
        lower = {name.lower(): value for name, value in headers.items()}
        return read_event(settings, body, lower)

    heard = read(zns_server.signed(body))
    assert heard == Heard("zns", sent.ref, 1, zns.taken[0].msg_id, Word.DELIVERED)
    # With the header's time instead of the body's, which sources say as well.
    header = zns_server.signed(body, stamp="77") | {"X-ZEvent-Timestamp": "77"}
    assert read(header) == heard
    other = zns.event(zns.taken[0], name="user_seen_message")
    assert read(zns_server.signed(other), other) is None
    for headers, changed in (
        (zns_server.signed(body, "guessed"), body),
        (zns_server.signed(body), body.replace(b"84912345678", b"84912345679")),
        ({}, body),
        (zns_server.signed(b"[]"), b"[]"),
        (zns_server.signed(b"no json"), b"no json"),
    ):
        with pytest.raises(Forged):
            read(headers, changed)


async def test_many_at_once_are_each_sent_once(
    zns: FakeZns, make_route: MakeRoute, sessions: Sessions, vault: Vault
) -> None:
    provider = one(make_route, "zns")
    with sessions.begin() as session:
        sign_in(session, vault, zns.refresh, datetime.now(UTC))
    answers = await asyncio.gather(*(provider.send(request_()) for _ in range(40)))
    assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
    assert len(set(zns.refs())) == len(zns.taken) == 40
    assert zns.refreshed == {zns_server.FIRST_REFRESH: 1}
