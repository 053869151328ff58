"""`./motcua channels`: which platforms citizens can chat on, what those that are off lack, and the
address to give to each; `channels register telegram` tells Telegram of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any

import aiohttp
import typer
from pydantic import SecretStr

from core.settings import Settings, get_settings

app = typer.Typer(help="Chat on other platforms: state of each, and registration.")

NEEDS: Mapping[str, tuple[str, ...]] = {
    "zalo": ("zns_app_id", "zns_app_secret", "zns_oa_secret"),
    "zalo_bot": ("zalo_bot_token", "zalo_bot_secret"),
    "telegram": ("telegram_token", "telegram_secret"),
    "messenger": ("messenger_page_token", "messenger_app_secret", "messenger_verify_token"),
    "sms": ("twilio_auth_token", "public_url"),
    "whatsapp": ("twilio_auth_token", "public_url"),
}
"""Each platform and the settings without which its channel is off."""


def missing(channel: str) -> list[str]:
    """Return the variables that are not set of those that a channel needs."""
    settings = get_settings()
    values = {name: getattr(settings, name) for name in NEEDS[channel]}
    return [
        f"MOTCUA_{name.upper()}"
        for name, value in values.items()
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value)
    ]


def address(channel: str) -> str:
    """Return where a platform reaches its channel."""
    return f"{get_settings().public_base}/webhooks/{channel}/webhook"


@app.command("list")
def show(
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show each platform: on, or what it lacks, and the address to enter at the platform's."""
    lines = [
        {"channel": name, "on": not missing(name), "missing": missing(name), "url": address(name)}
        for name in NEEDS
    ]
    if json_output:
        typer.echo(json.dumps(lines, ensure_ascii=False))
        return
    for line in lines:
        lacks = ", ".join(missing(str(line["channel"])))
        typer.echo(f"{line['channel']:<10} {f'off: set {lacks}' if lacks else 'on'}")
        typer.echo(f"{'':<10} {line['url']}")


@app.command()
def register(
    channel: Annotated[str, typer.Argument(help="telegram; the others are entered by hand.")],
) -> None:
    """Tell Telegram where this installation's webhook is, and the secret to send with updates."""
    if channel != "telegram":
        known = ", ".join(NEEDS)
        hint = f"enter {address(channel)} there" if channel in NEEDS else f"there are {known}"
        typer.echo(f"{channel}: cannot be registered from here; {hint}", err=True)
        raise typer.Exit(2)
    settings = get_settings()
    lacks = missing("telegram") + ([] if settings.public_url else ["MOTCUA_PUBLIC_URL"])
    if lacks:
        typer.echo(f"telegram: set {', '.join(lacks)} first", err=True)
        raise typer.Exit(2)
    try:
        told = asyncio.run(_set_webhook(settings))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        # The error's own text holds the address, and with it the token.
        typer.echo(f"telegram: not reached ({type(error).__name__})", err=True)
        raise typer.Exit(1) from None
    if not told.get("ok"):
        typer.echo(f"telegram: refused: {told.get('description', 'no reason given')}", err=True)
        raise typer.Exit(1)
    typer.echo(f"telegram: registered {address('telegram')}")


async def _set_webhook(settings: Settings) -> dict[str, Any]:
    token = settings.telegram_token.get_secret_value()
    body = {
        "url": address("telegram"),
        "secret_token": settings.telegram_secret.get_secret_value(),
        "allowed_updates": ["message", "callback_query"],
    }
    timeout = aiohttp.ClientTimeout(total=15)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(f"{settings.telegram_base_url}/bot{token}/setWebhook", json=body) as answer,
    ):
        told = await answer.json(content_type=None)
        return told if isinstance(told, dict) else {}
