"""Our requests to Twilio against its public contract: its OpenAPI description, run by prism.

The fake server of `tests/fakes` is ours and could err with us; this one is not. Skipped, and says
so, where the contract or npm is not there.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from core.privacy import Vault
from core.settings import ROOT, Settings
from notifier.providers.base import Inquiry, Request
from notifier.providers.twilio import TwilioProvider
from notifier.vocabulary import Outcome
from tests.fakes.twilio_server import ACCOUNT, SERVICE

PRISM = "@stoplight/prism-cli@5.14.2"
CONTRACT = next(
    (
        path
        for folder in ROOT.parents
        if (path := folder / "shared" / "contracts" / "twilio_api_v2010.json").exists()
    ),
    None,
)

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(CONTRACT is None, reason="shared/contracts is not beside the project"),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
]


@pytest.fixture(scope="module")
def prism_command() -> Path:
    """Prism, installed once into the state folder."""
    folder = ROOT / "var" / "prism"
    command = folder / "node_modules" / ".bin" / "prism"
    if not command.exists():
        folder.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund"]
        done = subprocess.run(
            [*install, "--ignore-scripts", PRISM], capture_output=True, text=True, timeout=500
        )
        if done.returncode:
            pytest.skip(f"npm could not bring prism: {done.stderr.strip()[-200:]}")
    return command


@pytest.fixture(scope="module")
def prism(
    prism_command: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """The contract served on loopback: its address, and what prism says of requests."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = tmp_path_factory.mktemp("prism") / "prism.log"
    arguments = ["mock", "--errors", "--host", "127.0.0.1", "--port", str(port), str(CONTRACT)]
    with said.open("wb") as log:
        process = subprocess.Popen(
            [str(prism_command), *arguments], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + 120
        while "Prism is listening" not in said.read_text():
            assert process.poll() is None, said.read_text()[-2000:]
            assert time.monotonic() < until, said.read_text()[-2000:]
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", said
    finally:
        process.terminate()
        process.wait(20)


def settings(base_url: str, state_dir: Path, **overrides: object) -> Settings:
    values: dict[str, object] = {
        "state_dir": state_dir,
        "public_url": "https://motcua.example.vn",
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": SecretStr("any"),
        "twilio_base_url": base_url,
        "twilio_timeout": 30.0,
        **overrides,
    }
    return Settings(_env_file=None, **values)  # type: ignore[arg-type, call-arg]


@pytest.mark.parametrize(
    "sender",
    [{"twilio_messaging_service_sid": SERVICE}, {"twilio_sender": "VPDKDD"}],
    ids=["messaging service", "sender"],
)
async def test_what_we_send_and_ask_keeps_to_the_contract(
    prism: tuple[str, Path], tmp_path: Path, vault: Vault, sender: dict[str, str]
) -> None:
    base_url, said = prism
    provider = TwilioProvider(settings(base_url, tmp_path, **sender), vault)
    sent = Request("AbCdEfGhIjKlMnOp", 1, "+84912345678", "VPDKDD: Ho so H60-1 da xong.", 86_400.0)
    before = len(said.read_text())
    answer = await provider.send(sent)
    assert answer.outcome is Outcome.ACCEPTED, said.read_text()[before:]
    assert answer.provider_ref
    await provider.look_up(Inquiry(sent, datetime.now(UTC)))
    await provider.close()
    told = said.read_text()[before:]
    assert "iolation" not in told, told
    assert told.count("passed the validation rules") == 2, told


async def test_prism_does_look(prism: tuple[str, Path]) -> None:
    """A request that breaks the contract is refused, so that the test above can fail."""
    base_url, _ = prism
    url = f"{base_url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    form = {"Body": "no recipient", "ValidityPeriod": "soon"}
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, "any")}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, data=form) as answer,
    ):
        assert answer.status in (400, 422)
