"""The site against its own description: schemathesis sends each address what the description allows
and what it does not, over real HTTP, to the real app on PostgreSQL, the stricter engine.

Requests get past the first door: forms carry the token of a conversation, what providers and Rasa
send is signed after it was made up, so that what is malformed reaches what reads it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
import schemathesis
import yaml
from aiohttp import web
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck
from hypothesis import settings as bounds
from limits import parse
from pydantic import SecretStr
from schemathesis import Case, CheckContext, GenerationMode, Response
from schemathesis.specs.openapi.checks import ignored_auth, missing_required_header
from sqlalchemy import create_engine, make_url, text
from twilio.request_validator import RequestValidator

from cli.dev import DESCRIPTION, described
from core import clock
from core.database import Base
from core.settings import Settings
from dossiers.proof import Sender
from helpdesk.officers import make_hash
from language import signing
from notifier.providers import esms, twilio, zns
from notifier.providers.base import receipt_token
from notifier.providers.zalo_tokens import sign_in
from tests.browser import serving
from tests.fakes.rasa_server import fake_rasa
from tests.fakes.serving import Fake
from tests.fakes.serving import serving as parts_served
from tests.fakes.zns_server import APP_ID, OA_SECRET, signed
from tests.web.conftest import CHANNEL_SECRET, SECRET
from tests.web.dossiers import add_dossier, link_to
from web import chat, officers
from web.app import create_app
from web.headers import HEADERS
from web.session import COOKIE

_BY_401 = [ignored_auth, missing_required_header]
"""They want 401 or 403 where the signature is missing. The addresses for Rasa are then simply not
there: 404, which `test_platforms` holds them to."""
PUBLIC = "https://motcua.example.vn"
TWILIO_TOKEN = "a twilio token for tests only"
PASSWORD = "một mật khẩu đủ dài"
EXAMPLES = 12
"""Made-up requests of each address, beside those of its limits; bounds what the tests cost."""
schema = schemathesis.openapi.from_path(DESCRIPTION)


def test_the_description_is_what_the_code_says() -> None:
    written = DESCRIPTION.read_text(encoding="utf-8")
    assert written == described(), "write it anew: ./motcua dev openapi"


def test_every_address_is_described(site: Served) -> None:
    served = {
        (context.path, method)
        for context in iter_route_contexts(site.app.routes)
        for method in getattr(context, "methods", None) or ()
    }
    told = {
        (operation.ok().path, operation.ok().method.upper())
        for operation in schema.get_all_operations()
    }
    assert served == told


def test_every_reference_leads_somewhere() -> None:
    description = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    for reference in set(re.findall(r"#/[^'\n]+", DESCRIPTION.read_text(encoding="utf-8"))):
        found = description
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


@dataclass
class Served:
    """A site on a real port, and what opens its doors."""

    app: FastAPI
    url: str
    word: str
    """Of a dossier's link."""
    reference: str
    """Of a case on the officers' page."""
    officer: str
    """The cookie of one who is signed in."""


@pytest.fixture(scope="module")
def site(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    engine = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE openapi"))
    url = make_url(postgresql_server).set(database="openapi")
    other = Fake()
    healthy = web.Application()
    healthy.add_routes([web.get(path, _well) for path in ("/health", "/healthz")])
    with fake_rasa(CHANNEL_SECRET) as rasa, parts_served(other, healthy):
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            state_dir=tmp_path_factory.mktemp("state"),
            database_url=url.render_as_string(hide_password=False),
            rasa_port=rasa.port,
            actions_port=other.port,
            notifier_port=other.port,
            secret_key=SecretStr(SECRET),
            web_channel_secret=SecretStr(CHANNEL_SECRET),
            public_url=PUBLIC,
            twilio_auth_token=SecretStr(TWILIO_TOKEN),
            zns_app_id=APP_ID,
            zns_oa_secret=SecretStr(OA_SECRET),
            desk_officers={"lan": make_hash(PASSWORD)},
        )
        app = create_app(settings)
        made = app.state.site
        with made.sessions.begin() as session:
            Base.metadata.create_all(session.connection())
            tokens = '{"access_token": "a-1", "refresh_token": "r-1", "expires_in": "90000"}'
            sign_in(session, made.vault, tokens, clock.now())
        word = link_to(made.sessions, made.vault, add_dossier(made.sessions, made.vault))
        reference = made.cases.begin_talk(Sender("web", "a"), clock.now(), language="vi")
        with serving(app) as address:
            entered = requests.post(
                f"{address}/can-bo/vao",
                data={"name": "lan", "password": PASSWORD},
                allow_redirects=False,
                timeout=20,
            )
            yield Served(
                app,
                address,
                word.rsplit("/", 1)[1],
                reference,
                entered.cookies[officers.COOKIE],
            )
        made.sessions.kw["bind"].dispose()
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE openapi WITH (FORCE)"))
    engine.dispose()


async def _well(_request: web.Request) -> web.Response:
    return web.Response()


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """One address sends all of this: its own limits would answer for the site."""
    monkeypatch.setattr(chat, "_PER_ADDRESS", parse("100000/minute"))
    monkeypatch.setattr(officers, "_POSTS", parse("100000/minute"))
    # A password costs much of a second; after three the door is shut, which is described as well.
    monkeypatch.setattr(officers, "_TRIES_OF_ADDRESS", parse("3/15 minutes"))


@schema.parametrize()
@bounds(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_site_is_as_it_is_described(case: Case, site: Served) -> None:
    let_in(case, site)
    case.call_and_validate(
        base_url=site.url,
        auth=Genuine(site),
        allow_redirects=False,
        additional_checks=[protected, refused_in_words],
        excluded_checks=_BY_401 if case.path.startswith("/internal/") else [],
    )


def let_in(case: Case, site: Served) -> None:
    """Give a request what opens the door: a conversation's cookie and token, an officer's."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    made = site.app.state.site
    if case.path.startswith(officers.PAGE):
        case.cookies[officers.COOKIE] = site.officer
        token = form_token(site)
    else:
        conversation = made.conversations.begin()
        case.cookies[COOKIE] = made.conversations._serialiser.dumps(conversation)
        token = made.conversations.form_token(conversation)
        if case.path == "/chat/news":
            case.headers["X-Motcua-Token"] = token
    if isinstance(case.body, dict) and "token" in case.body:
        case.body["token"] = token
    for name, value in (("word", site.word), ("reference", site.reference)):
        if name in case.path_parameters and len(case.path_parameters[name]) % 2:
            case.path_parameters[name] = value


def form_token(site: Served) -> str:
    """Return the token of the officer's forms, read off a page as a browser does."""
    page = requests.get(
        f"{site.url}{officers.PAGE}", cookies={officers.COOKIE: site.officer}, timeout=20
    ).text
    return page.split('name="token" value="', 1)[1].split('"', 1)[0]


class Genuine(requests.auth.AuthBase):
    """Signs what providers and the Rasa server send, whatever is in it."""

    def __init__(self, site: Served) -> None:
        self._vault = site.app.state.site.vault

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        parts = urlsplit(str(request.url))
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        if parts.path in (twilio.CALLBACK_PATH, esms.CALLBACK_PATH):
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            if query.get("n", "").isdecimal() and len(query["n"]) < 4:
                query["k"] = receipt_token(self._vault, query.get("m", ""), int(query["n"]))
                parts = parts._replace(query=urlencode(query))
                request.url = parts.geturl()
        if parts.path == twilio.CALLBACK_PATH:
            form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
            address = f"{PUBLIC}{parts.path}?{parts.query}"
            signature = RequestValidator(TWILIO_TOKEN).compute_signature(address, form)
            request.headers["X-Twilio-Signature"] = signature
        elif parts.path == zns.CALLBACK_PATH:
            request.headers.update(signed(body))
        elif parts.path.startswith("/internal/") and signing.HEADER in request.headers:
            header = signing.sign(body, CHANNEL_SECRET, int(time.time()))
            # Signed at another second it is another question, and not one that is used twice.
            request.headers[signing.HEADER] = header
        return request


def protected(_context: CheckContext, response: Response, _case: Case) -> None:
    """Every answer bears the headers that protect."""
    missing = [name for name in HEADERS if name.lower() not in response.headers]
    assert missing == []


def refused_in_words(_context: CheckContext, response: Response, _case: Case) -> None:
    """Who is refused is told why, by a page in the site's own words."""
    if 400 <= response.status_code < 500:
        assert "<main" in response.text
        assert "tone-lead" in response.text or 'role="alert"' in response.text
