"""The whole system, as an operator starts it: real processes, a database of its own, free ports."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cli.training import ensure_model, model_path
from core.settings import ROOT
from tests.fakes.telegram_server import TOKEN, FakeTelegram, fake_telegram

TELEGRAM_SECRET = "what Telegram was told"
PORTS = ("WEB", "RASA", "ACTIONS", "NOTIFIER")


@dataclass
class System:
    """A running Motcua."""

    environment: dict[str, str]
    address: str
    telegram: FakeTelegram
    process: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)

    def start(self) -> None:
        """`./motcua up`, until it says that it is ready."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up"],
            cwd=ROOT,
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        self.until(lambda: self.heard("ready in") or self.process.poll() is not None, 240)  # type: ignore[union-attr]
        assert self.heard("ready in"), self.said

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.said.append(line.rstrip())

    def heard(self, words: str) -> bool:
        return any(words in line for line in self.said)

    def stop(self) -> int:
        """One Ctrl-C."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of ours, beside the running system."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            return str(answer.read().decode())

    def health(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.get("/healthz")))
        except urllib.error.HTTPError as error:
            return dict(json.loads(error.read()))
        except OSError:
            return {"status": "down"}

    def children(self) -> dict[str, int]:
        """The processes under the supervisor, by name."""
        assert self.process is not None
        found: dict[str, int] = {}
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in children.read_text().split():
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            name = next((n for n in ("actions", "rasa", "notifier", "web") if n in command), None)
            if name:
                found[name] = int(pid)
        return found

    @staticmethod
    def until(condition: Callable[[], Any], seconds: float = 60) -> None:
        """Wait for something to become true; fail where it does not."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.1)


@pytest.fixture(scope="session")
def telegram() -> Iterator[FakeTelegram]:
    """The platform on which some of its citizens write."""
    with fake_telegram() as fake:
        yield fake


def prepared(state: Path, telegram: FakeTelegram, **more: str) -> System:
    """A system that is ready to be started: the model at hand, ports that nobody else has, `more`
    of its variables."""
    (state / "models").mkdir()
    for made in (model_path(), model_path().with_suffix(".inputs")):
        shutil.copy(made, state / "models")
    holders = [socket.socket() for _ in PORTS]
    for holder in holders:
        holder.bind(("127.0.0.1", 0))
    ports = {name: str(h.getsockname()[1]) for name, h in zip(PORTS, holders, strict=True)}
    for holder in holders:
        holder.close()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("MOTCUA_")},
        **{f"MOTCUA_{name}_PORT": port for name, port in ports.items()},
        "MOTCUA_STATE_DIR": str(state),
        "MOTCUA_HOTLINE": "1900 0000",
        "MOTCUA_TELEGRAM_TOKEN": TOKEN,
        "MOTCUA_TELEGRAM_SECRET": TELEGRAM_SECRET,
        "MOTCUA_TELEGRAM_BASE_URL": f"http://127.0.0.1:{telegram.port}",
        "PYTHONPATH": str(ROOT),
        **more,
    }
    return System(environment, f"http://127.0.0.1:{ports['WEB']}", telegram)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, telegram: FakeTelegram) -> Iterator[System]:
    """One system for all acceptance tests: starting Rasa takes its time."""
    ensure_model(lambda line: None)
    made_system = prepared(tmp_path_factory.mktemp("state"), telegram)
    try:
        made_system.start()
        yield made_system
    finally:
        if made_system.process and made_system.process.poll() is None:
            made_system.process.kill()
