"""Receipts: a burst through the real site's endpoint, and what is made of it.

    .venv/bin/python -m tests.benchmarks.bench_receipts [--burst 100000] [--only sqlite,postgresql]

The real site (`python -m web`, one process) is called back by Twilio's contract, signed, one in
twenty twice; each is stored before it is answered. Then all are applied as the notifier's tick
applies them, and the tables are counted: none lost, each applied once. The baseline of the same run
is the site's own answer to nothing: the same client, `GET /livez`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from core.database import Sessions, session_factory
from core.privacy import Vault
from core.settings import ROOT
from notifier import outbox
from notifier.models import Message, Receipt
from notifier.providers.twilio import callback_url
from notifier.receipts import BATCH, apply_waiting
from notifier.vocabulary import Verdict
from tests.benchmarks import stage
from tests.benchmarks.stage import Stage

BASE = "https://motcua.example.vn"
TOKEN = "a token for benchmarks"


def prepare(refs: Sequence[str], path: Path) -> int:
    """Write Twilio's callbacks for these messages; return how many."""
    vault, validator, n = Vault(stage.SECRET), RequestValidator(TOKEN), 0
    with path.open("wb") as out:
        for i, ref in enumerate(refs):
            url = callback_url(BASE, vault, ref, 1)
            form = {"MessageSid": f"SM{i:032x}", "MessageStatus": "delivered", "To": "+84900000000"}
            body = urlencode(form).encode()
            signature = validator.compute_signature(url, form)
            parts = urlsplit(url)
            head = (
                f"POST {parts.path}?{parts.query} HTTP/1.1\r\nHost: motcua.example.vn\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n"
                f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            request = head.encode() + body
            for _ in range(1 + (i % 20 == 0)):
                out.write(b"%d\n%s" % (len(request), request))
                n += 1
    return n


def call(port: int, path: Path) -> tuple[float, dict[str, int]]:
    """Send prepared requests; return seconds and the answers by status."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.callbacks", str(port), str(path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    said = json.loads(done.stdout)
    return said["seconds"], said["answers"]


def apply_all(sessions: Sessions) -> int:
    """Apply what waits, as the notifier's tick does; return how many were looked at."""
    total = 0
    while True:
        with sessions.begin() as session:
            looked_at = apply_waiting(session, outbox.database_now(session))
        total += looked_at
        if looked_at < BATCH:
            return total


def measure(made: Stage, burst: int) -> None:
    """Measure one engine and print it."""
    stage.fill(made, burst, state="accepted", provider="twilio", attempts=1)
    engine = made.engine()
    sessions = session_factory(engine)
    with sessions() as session:
        refs = list(session.scalars(select(Message.ref)))
    requests, idle = made.folder / "requests", made.folder / "idle"
    told = prepare(refs, requests)
    nothing = b"GET /livez HTTP/1.1\r\nHost: motcua.example.vn\r\n\r\n"
    idle.write_bytes(b"%d\n%s" % (len(nothing), nothing) * 3000)
    port = stage.free_port()
    settings = {
        "web_port": port,
        "sms_provider": "twilio",
        "twilio_account_sid": "AC",
        "twilio_auth_token": TOKEN,
        "twilio_sender": "VPDKDD",
        "public_url": BASE,
    }
    env = stage.environment(made, 1, **settings)
    with stage.process("web", env=env, log=made.folder / "web.log") as site:
        _wait_for(f"http://127.0.0.1:{port}/livez")
        base_seconds, base_answers = call(port, idle)
        before = stage.processor_time([site.pid])
        seconds, answers = call(port, requests)
        own = 1000 * (stage.processor_time([site.pid]) - before) / told
        grown = stage.memory(site.pid)
    base = sum(base_answers.values()) / base_seconds
    print(
        f"{made.kind:11} {told} callbacks taken at {told / seconds:.0f}/s ({answers}), "
        f"{own:.2f} ms of the site's processor time each, {grown:.0f} MiB; an answer to nothing "
        f"{base:.0f}/s, ratio {told / seconds / base:.2f}",
        flush=True,
    )
    began, begun = time.monotonic(), time.process_time()
    looked_at = apply_all(sessions)
    took, own = time.monotonic() - began, time.process_time() - begun
    with sessions() as session:
        verdicts = Counter(session.scalars(select(Receipt.verdict)))
        by_state = select(Message.state, func.count()).group_by(Message.state)
        moved = dict(session.execute(by_state).all())
        epochs = session.scalar(select(func.max(Message.epoch)))
    engine.dispose()
    lost, twice = burst - verdicts[Verdict.APPLIED], (epochs or 0) > 1
    print(
        f"{made.kind:11} applied at {looked_at / took:.0f}/s ({1000 * own / looked_at:.2f} ms of "
        f"the processor each): lost {lost}, changed twice: {'yes' if twice else 'none'}; "
        f"{ {state.value: n for state, n in moved.items()} }",
        flush=True,
    )


def _wait_for(url: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(url, timeout=10):
            return
        time.sleep(0.2)
    raise RuntimeError("the site does not answer")


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--burst", type=int, default=100_000, help="on SQLite")
    arguments.add_argument("--burst-postgresql", type=int, default=20_000)
    arguments.add_argument("--only", default=",".join(stage.ENGINES))
    chosen = arguments.parse_args()
    print(stage.conditions())
    for kind in chosen.only.split(","):
        with stage.stage(kind) as made:
            measure(made, chosen.burst if kind == "sqlite" else chosen.burst_postgresql)


if __name__ == "__main__":
    main()
