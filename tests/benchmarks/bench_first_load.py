"""The first load of each page on a slow line: Chromium slowed to 400 ms for every request and
400 kbit/s, its processor to a quarter, nothing in its cache; the site itself answers on loopback.

What the protocol's slowing leaves out is told beside the figures: setting a connection up (name,
TCP, TLS) takes three more round trips, 1.2 s on such a line.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser
from pydantic import SecretStr

import dossiers.models
import notifier.models
import web.models
from core.database import Base
from core.privacy import Vault
from core.settings import Settings
from tests.browser import chromium, serving
from tests.fakes.rasa_server import fake_rasa
from tests.web.dossiers import add_dossier, link_to
from web.app import create_app

_ = (dossiers.models, notifier.models, web.models)
RUNS = 5
LATENCY = 400
"""Milliseconds of a round trip."""
BYTES_A_SECOND = 400_000 / 8
SLOWER = 4
"""Times that the processor is slowed."""
SECRET = "a secret of the benchmark alone"

_TIMES = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const all = [page, ...performance.getEntriesByType("resource")];
  return [paint.startTime, page.loadEventEnd, all.reduce((sum, one) => sum + one.transferSize, 0)];
}"""


def first_load(browser: Browser, address: str) -> tuple[float, float, float]:
    """Return when something was first seen and when all was there, in milliseconds, and the bytes
    that came over the line."""
    with browser.new_context(viewport={"width": 360, "height": 640}) as context:
        page = context.new_page()
        protocol = context.new_cdp_session(page)
        protocol.send("Network.enable")
        protocol.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY,
                "downloadThroughput": BYTES_A_SECOND,
                "uploadThroughput": BYTES_A_SECOND,
            },
        )
        protocol.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address, wait_until="load")
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
        seen, loaded, size = page.evaluate(_TIMES)
        return seen, loaded, size


def main() -> None:
    """Print a row for each page: the median of the runs, and the slowest."""
    with tempfile.TemporaryDirectory() as folder, fake_rasa(SECRET) as rasa:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            state_dir=Path(folder),
            rasa_port=rasa.port,
            secret_key=SecretStr(SECRET),
            web_channel_secret=SecretStr(SECRET),
            hotline="1900 0000",
        )
        app = create_app(settings)
        sessions, vault = app.state.site.sessions, Vault(SECRET)
        with sessions.begin() as session:
            Base.metadata.create_all(session.connection())
        pages = {
            "chat": "/",
            "chat in a frame": "/embed",
            "chat in English": "/?lang=en",
            "procedures": "/thu-tuc",
            "one procedure": "/thu-tuc/transfer",
            "its checklist": "/thu-tuc/transfer/giay-to",
            "its calculator": "/thu-tuc/transfer/tinh-tien",
            "dossier, before proof": link_to(sessions, vault, add_dossier(sessions, vault)),
            "what is stored": "/rieng-tu",
        }
        print(f"{LATENCY} ms, 400 kbit/s, processor / {SLOWER}, {RUNS} first loads of each page")
        print("| page | first seen | all there | slowest of all | over the line |")
        print("|---|---|---|---|---|")
        with serving(app) as site, chromium() as browser:
            for path in pages.values():  # what the site itself does only once
                first_load(browser, site + path)
            for name, path in pages.items():
                runs = [first_load(browser, site + path) for _ in range(RUNS)]
                seen, loaded, size = (
                    statistics.median(column) for column in zip(*runs, strict=True)
                )
                slowest = max(run[1] for run in runs)
                print(
                    f"| {name} | {seen / 1000:.2f} s | {loaded / 1000:.2f} s "
                    f"| {slowest / 1000:.2f} s | {size / 1024:.1f} KB |"
                )


if __name__ == "__main__":
    main()
