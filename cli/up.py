"""`./motcua up`: the main job. Database, model, then the four processes under the supervisor."""

from __future__ import annotations

import asyncio
import os
import time

import typer
from pydantic import SecretStr

from cli.bootstrap import APPLICATION, BOT, say
from cli.database import migrate
from cli.supervisor import PortTaken, Process, StartFailed, Supervisor, check_ports
from cli.training import TrainingFailed, bot_environment, ensure_model, model_path
from core.settings import ROOT, Settings, get_settings

TOLD_TO_RASA = (
    *("state_dir", "actions_port", "web_port", "web_channel_secret", "public_url"),
    *("telegram_token", "telegram_secret", "telegram_base_url", "zns_app_id", "zns_oa_secret"),
    *("zalo_bot_token", "zalo_bot_secret", "messenger_page_token", "messenger_app_secret"),
    *("messenger_verify_token", "twilio_auth_token", "twilio_account_sid", "twilio_base_url"),
)
"""Settings of which Rasa's world is told."""


def up(
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Show every log line here."),
) -> None:
    """Set up and start everything: chat, answers, notifier, web site. Ctrl-C stops it all."""
    began = time.monotonic()
    settings = get_settings()
    processes = processes_of(settings)
    try:
        check_ports(processes)
        migrate()
        ensure_model(say)
        say("starting …")
        supervisor = Supervisor(processes, ROOT, settings.state_dir / "log", say, verbose)
        asyncio.run(supervisor.run(lambda: _announce(settings, time.monotonic() - began)))
    except (PortTaken, StartFailed, TrainingFailed) as error:
        say(str(error))
        raise typer.Exit(1) from None
    say("all stopped")


def _announce(settings: Settings, seconds: float) -> None:
    base = f"http://{settings.web_host}:{settings.web_port}"
    lines = [f"ready in {seconds:.0f} s", f"  chat:   {base}/"]
    if settings.demonstration:
        lines.append(f"  phone:  {base}/phone  (the demonstration telephone: nothing is sent)")
    lines += [
        f"  health: {base}/healthz",
        f"  logs:   {settings.state_dir / 'log'}/",
        "  try:    ./motcua import data/demo/export-2026-11-16.csv",
        "Ctrl-C stops everything.",
    ]
    for line in lines:
        say(line)


def processes_of(settings: Settings) -> list[Process]:
    """The four processes: what answers and sends first, then the site that lets people in."""
    app = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    # Each process reads the same secrets; Rasa's world cannot import `core`, so it is told.
    bot = {
        **bot_environment(),
        "PYTHONUNBUFFERED": "1",
        **_told(settings),
    }
    python = str(APPLICATION.python)
    actions = Process(
        "actions",
        (python, "-m", "actions"),
        app,
        f"http://127.0.0.1:{settings.actions_port}/health",
        settings.actions_port,
        "MOTCUA_ACTIONS_PORT",
    )
    rasa = Process(
        "rasa",
        (
            *(str(BOT.python), "-m", "rasa", "run", "--model", str(model_path())),
            *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
            *("--interface", "127.0.0.1", "--port", str(settings.rasa_port)),
        ),
        bot,
        f"http://127.0.0.1:{settings.rasa_port}/webhooks/web/",
        settings.rasa_port,
        "MOTCUA_RASA_PORT",
    )
    notifier = Process(
        "notifier",
        (python, "-m", "notifier"),
        app,
        f"http://127.0.0.1:{settings.notifier_port}/healthz",
        settings.notifier_port,
        "MOTCUA_NOTIFIER_PORT",
    )
    web = Process(
        "web",
        (python, "-m", "web"),
        app,
        f"http://{_reach(settings.web_host)}:{settings.web_port}/livez",
        settings.web_port,
        "MOTCUA_WEB_PORT",
        settings.web_host,
        stage=1,
    )
    return [actions, rasa, notifier, web]


def _told(settings: Settings) -> dict[str, str]:
    """The variables that endpoints.yml and credentials.yml name, filled in from the settings."""
    values = {name: getattr(settings, name) for name in TOLD_TO_RASA}
    return {
        f"MOTCUA_{name.upper()}": (
            value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        )
        for name, value in values.items()
    }


def _reach(host: str) -> str:
    """The address at which a server bound to `host` answers from this machine."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host
