"""Settings of one installation, read from `MOTCUA_…` variables and `.env`.

Everything that differs between offices or machines is here, with a default that makes a fresh
clone work: SQLite, the demonstration phone, loopback. `.env.example` explains each for operators.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder."""


def _clock_pair(value: object) -> object:
    """Read ``21:00-07:00``; empty or ``off`` means never."""
    if isinstance(value, str):
        if value.strip().lower() in ("", "off", "none"):
            return None
        start, _, end = value.partition("-")
        return (time.fromisoformat(start.strip()), time.fromisoformat(end.strip()))
    return value


QuietHours = Annotated[tuple[time, time] | None, NoDecode, BeforeValidator(_clock_pair)]


def _clock_pairs(value: object) -> object:
    """Read ``07:30-11:30, 13:30-17:00``. Raises `ValueError` for what ends before it begins."""
    if not isinstance(value, str):
        return value
    pairs = []
    for part in filter(None, (part.strip() for part in value.split(","))):
        start, _, end = part.partition("-")
        pair = (time.fromisoformat(start.strip()), time.fromisoformat(end.strip()))
        if pair[0] >= pair[1]:
            raise ValueError(f"{part!r} ends before it begins")
        pairs.append(pair)
    return tuple(pairs)


OfficeHours = Annotated[tuple[tuple[time, time], ...], NoDecode, BeforeValidator(_clock_pairs)]

OFFICER_NAME = re.compile(r"[a-z0-9_.\-]{2,40}")
"""Names of officers' accounts."""


class Settings(BaseSettings):
    """What an operator may set. Durations in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(
        env_prefix="MOTCUA_",
        env_file=ROOT / ".env",
        env_file_encoding="utf-8",
        extra="ignore",
        # What was wrong with a setting is said without its value, which may be a secret.
        hide_input_in_errors=True,
    )

    # --- where things are kept -----------------------------------------------------------------
    state_dir: Path = ROOT / "var"
    """Database, trained model, generated secrets and logs of this installation."""
    database_url: str = ""
    """SQLAlchemy URL; empty means SQLite in `state_dir`."""

    # --- where the processes listen (all on loopback, but for the public site) -------------------
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    rasa_port: int = 5005
    actions_port: int = 5055
    notifier_port: int = 9105
    """The notifier's own /healthz and /metrics."""
    public_url: str = ""
    """How the site is reached from outside, e.g. https://motcua.example.gov.vn; used in links and
    in the addresses that providers call back. Empty means http://{web_host}:{web_port}."""

    embed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Sites, e.g. https://vpdk.example.gov.vn, that may show the chat within a page of theirs."""

    # --- secrets: generated into state_dir/secrets.json where not given ---------------------------
    secret_key: SecretStr = SecretStr("")
    """Root secret: cookies, indexes of phones and IDs, encryption at rest. Keep it: data encrypted
    with a lost key stays unreadable."""
    web_channel_secret: SecretStr = SecretStr("")
    """Shared by the web site and Rasa's web channel."""

    # --- the office ------------------------------------------------------------------------------
    province: str = ""
    """Slug of the province whose rules hold, e.g. hai-phong; empty means the national baseline."""
    offices_file: Path = ROOT / "data" / "offices" / "offices.yml"
    columns_file: Path = ROOT / "data" / "offices" / "columns.yml"
    """How the headings of the office's export are called."""
    theme_file: Path = Path()
    """A stylesheet of the office's own that sets the variables of `web/static/tokens.css`; none if
    empty."""
    hotline: str = ""
    """Number that citizens may call; shown in answers and on every page."""

    # --- messages --------------------------------------------------------------------------------
    sms_provider: Literal["phone", "twilio", "esms", "zns"] = "phone"
    """`phone` shows messages on a page of ours and sends nothing."""
    sms_route: str = ""
    """Several providers: tiers between commas, tried in order; within a tier, weights after colons:
    `zns, esms:70 twilio:30`. Empty means `sms_provider` alone."""
    sms_sign: str = "VPDKDD"
    """How an SMS names its sender at its beginning; unaccented."""
    sms_ends_with: Literal["contact", "link"] = "contact"
    """What an SMS about one dossier ends with: where to ask, or a link to the dossier's page where
    that costs no further segment."""
    quiet_hours: QuietHours = (time(21, 0), time(7, 0))
    """Office time in which nobody is texted; messages wait till its end. The demonstration phone
    wakes nobody and ignores it."""
    first_import: Literal["silent", "recent", "all"] = "recent"
    """Whom the first import of an office tells: nobody; those whose dossier moved within
    `recent_days` before the export's newest date; everybody."""
    recent_days: int = Field(default=1, ge=0)
    """Calendar days that count as news in a first import."""
    message_expiry_hours: int = Field(default=24, ge=1)
    """A notice not sent by then says nothing new and is dropped."""
    recipient_hourly_cap: int = Field(default=5, ge=1)
    """Most messages to one number within an hour."""
    collect_reminder_days: Annotated[tuple[int, ...], NoDecode] = (3, 10, 30)
    """Working days after which a result not collected is reminded of."""
    tax_reminder_days: Annotated[tuple[int, ...], NoDecode] = (5, 15)
    """Working days after which a tax or fee not known to be paid is reminded of. No limit of law:
    the one that holds is in the tax office's own notice, to which the reminder points."""
    supplement_reminder_days: Annotated[tuple[int, ...], NoDecode] = (5, 15)
    """Working days after which papers not handed in are reminded of. No limit of law either: it is
    in the request for them."""
    reminder_at: time = time(8, 30)
    """Office time at which the morning's reminders and warnings are made."""
    late_warning: Literal["off", "likely", "all"] = "likely"
    """Who is warned, without a new date, one working day before the appointment: nobody; those
    whose dossier is not even in process; everybody whose result is not there."""
    message_retention_days: int = Field(default=180, ge=0)
    """Days after which the text and number of a message that has come to its end are blotted out;
    0 for never."""

    quiet_release_spread: float = Field(default=1800.0, ge=0)
    """Seconds over which the messages that waited for the morning are spread."""
    digest_from: int = Field(default=3, ge=2)
    """From so many waiting notices to one number on, one message tells of all of them."""
    digest_settle: float = Field(default=10.0, ge=0)
    """Seconds for which notices to somebody with as many dossiers wait for one another."""
    sms_test_numbers: Annotated[tuple[str, ...], NoDecode] = ()
    """Numbers (+84…) to which `./motcua sms test` may send through a real provider."""
    sms_prices: Annotated[dict[str, NonNegativeInt], NoDecode] = Field(default_factory=dict)
    """Provider → VND for one segment, e.g. twilio=1500; for `zns`, for one message. Nothing is
    known of prices otherwise."""
    sms_daily_budget: int | None = Field(default=None, ge=0)
    """VND that messages may cost in a day; what exceeds it waits for the next day. None: no limit.
    """
    sms_large_batch: int = Field(default=200, ge=0)
    """An office's first import that would text more people than that asks before it does."""
    sms_concurrency: int = Field(default=64, ge=1)
    """Requests to the provider that one notifier has open at once."""
    sms_lease: float = Field(default=60.0, ge=2)
    """For which a notifier has a claimed message to itself; at least twice the time-outs below."""
    uncertain_grace: float = Field(default=120.0, ge=0)
    """How long a message that may or may not have left waits for a receipt before its provider is
    asked."""
    unconfirmed_hours: float = Field(default=72.0, gt=0)
    """After which a message without a receipt is closed as unconfirmed. It is never sent again."""

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_messaging_service_sid: str = ""
    twilio_sender: str = ""
    """Registered alphanumeric sender, where no Messaging Service is used."""
    twilio_base_url: str = "https://api.twilio.com"
    twilio_timeout: float = 10.0
    twilio_rate: float = Field(default=0.0, ge=0)
    """Messages per second, of all processes together; 0 means no limit. So for the others."""

    esms_api_key: str = ""
    esms_secret_key: SecretStr = SecretStr("")
    esms_brandname: str = ""
    """Registered sender name."""
    esms_sandbox: bool = False
    """True: eSMS checks requests and sends nothing."""
    esms_base_url: str = "https://rest.esms.vn"
    esms_timeout: float = 10.0
    esms_rate: float = Field(default=0.0, ge=0)

    zns_app_id: str = ""
    zns_app_secret: SecretStr = SecretStr("")
    """Of the app, for refreshing tokens."""
    zns_oa_secret: SecretStr = SecretStr("")
    """Of the official account's webhook page, for the signature of receipts; not the app's."""
    zns_templates: Annotated[dict[str, str], NoDecode] = {}
    """Which ZNS template stands for which of ours: `done:123456, accepted:234567`."""
    zns_development: bool = False
    """True: Zalo delivers to the app's own administrators alone."""
    zns_base_url: str = "https://business.openapi.zalo.me"
    zns_oauth_url: str = "https://oauth.zaloapp.com"
    zns_timeout: float = 10.0
    zns_rate: float = Field(default=0.0, ge=0)

    # --- chat on other platforms: a channel is on where all of its settings are there -------------
    telegram_token: SecretStr = SecretStr("")
    telegram_secret: SecretStr = SecretStr("")
    """What Telegram is to send with every update: `./motcua channels register telegram`."""
    telegram_base_url: str = "https://api.telegram.org"
    zalo_bot_token: SecretStr = SecretStr("")
    zalo_bot_secret: SecretStr = SecretStr("")
    messenger_page_token: SecretStr = SecretStr("")
    messenger_app_secret: SecretStr = SecretStr("")
    messenger_verify_token: SecretStr = SecretStr("")
    """A word of your own that Facebook repeats when the webhook is entered on its page."""

    # --- look-up of dossiers --------------------------------------------------------------------
    proof_attempts: int = Field(default=5, ge=1)
    """Proofs that one sender, or one dossier, may get wrong within `proof_window`."""
    proof_window: int = 15 * 60
    verified_for: int = 15 * 60
    """How long a proof holds for the sender who gave it."""
    lookup_retention_days: int = Field(default=90, ge=2)
    """Days after which tries to prove a right, and the times of one-time codes, are deleted."""

    link_days: int = Field(default=180, ge=1)
    """Days for which a link to a dossier's page opens. It shows nothing without proof."""

    # --- what the conversation leaves behind ------------------------------------------------------
    rating_retention_days: int = Field(default=365, ge=1)
    """Days after which ratings are deleted."""

    service_rating_retention_days: int = Field(default=730, ge=1)
    """Days after which what applicants said of the service on a dossier is deleted."""

    # --- officers behind the bot ---------------------------------------------------------------
    desk_officers: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    """Name → Argon2id hash of the password, e.g. lan=$argon2id$… minh=$argon2id$…
    (`./motcua desk password`). Empty: nobody is there, and the bot hands nothing over."""
    desk_hours: OfficeHours = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0)))
    """Office time, on working days, in which officers answer."""
    desk_retention_days: int = Field(default=90, ge=1)
    """Days after its closing for which a talk, a call-back or a complaint is kept."""

    log_level: str = "INFO"

    @field_validator(
        "collect_reminder_days", "tax_reminder_days", "supplement_reminder_days", mode="before"
    )
    @classmethod
    def _days(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(int(part) for part in value.replace(",", " ").split())
        return value

    @field_validator("sms_prices", mode="before")
    @classmethod
    def _prices(cls, value: object) -> object:
        """Read ``twilio=1500, phone=0``."""
        if isinstance(value, str):
            pairs = (part.partition("=") for part in value.replace(",", " ").split())
            return {name: price for name, _, price in pairs}
        return value

    @field_validator("desk_officers", mode="before")
    @classmethod
    def _accounts(cls, value: object) -> object:
        """Read accounts between spaces; a hash holds commas."""
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split()]
        for name, _, kept in pairs:
            if not OFFICER_NAME.fullmatch(name) or not kept.startswith("$argon2id$"):
                raise ValueError("MOTCUA_DESK_OFFICERS: name=$argon2id$…, names of a-z 0-9 . _ -")
        return {name: kept for name, _, kept in pairs}

    @field_validator("sms_daily_budget", mode="before")
    @classmethod
    def _no_budget(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @model_validator(mode="after")
    def _budget_has_prices(self) -> Self:
        if self.sms_daily_budget is not None and not self.sms_prices:
            raise ValueError("MOTCUA_SMS_DAILY_BUDGET needs MOTCUA_SMS_PRICES, e.g. twilio=1500")
        return self

    @field_validator("zns_templates", mode="before")
    @classmethod
    def _template_ids(cls, value: object) -> object:
        if isinstance(value, str):
            pairs = (part.partition(":") for part in value.replace(",", " ").split())
            return {key: id_ for key, _, id_ in pairs if id_}
        return value

    @field_validator("sms_test_numbers", "embed_origins", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("embed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:\d+)?", origin):
                raise ValueError(f"{origin!r} is no origin such as https://vpdk.example.gov.vn")
        return value

    @model_validator(mode="after")
    def _links_lead_somewhere(self) -> Self:
        if self.sms_ends_with == "link" and not (self.public_url or self.demonstration):
            raise ValueError("MOTCUA_SMS_ENDS_WITH=link needs MOTCUA_PUBLIC_URL")
        return self

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.state_dir / 'motcua.db'}"

    @property
    def message_route(self) -> str:
        """The route in force: `sms_route`, or the one provider."""
        return self.sms_route.strip() or self.sms_provider

    @property
    def desk_on(self) -> bool:
        """True where officers have accounts, so that there is somebody to hand over to."""
        return bool(self.desk_officers)

    @property
    def demonstration(self) -> bool:
        """True if messages are shown on the demonstration phone and reach nobody."""
        return self.message_route == "phone"

    @property
    def public_base(self) -> str:
        """The site's public address, without a slash at its end."""
        return (self.public_url or f"http://{self.web_host}:{self.web_port}").rstrip("/")


_GENERATED = ("secret_key", "web_channel_secret")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return this process's settings, with generated secrets where none were given.

    The first caller of a new installation makes `state_dir/secrets.json`, readable by its owner
    alone; every later process reads the same.
    """
    settings = Settings()
    missing = [name for name in _GENERATED if not getattr(settings, name).get_secret_value()]
    if missing:
        kept = _kept_secrets(settings.state_dir / "secrets.json")
        settings = settings.model_copy(update={name: SecretStr(kept[name]) for name in missing})
    return settings


def _kept_secrets(path: Path) -> dict[str, str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = {name: secrets.token_urlsafe(32) for name in _GENERATED}
    # Written whole under another name and linked into place: of two processes that start at once
    # one wins, and the other reads what the winner wrote.
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            json.dump(fresh, f)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept
