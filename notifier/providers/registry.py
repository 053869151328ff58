"""Which provider an installation uses: the one place that knows them all."""

from __future__ import annotations

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from notifier.providers.base import Provider
from notifier.providers.phone import PhoneProvider
from notifier.providers.twilio import TwilioProvider


class NotConfigured(Exception):
    """A provider is chosen whose settings are missing."""


def make_provider(settings: Settings, sessions: Sessions, vault: Vault) -> Provider:
    """Return the provider that `MOTCUA_SMS_PROVIDER` names. Raises `NotConfigured`."""
    if settings.sms_provider == "phone":
        return PhoneProvider(sessions, vault)
    missing = [
        name
        for name, value in (
            ("MOTCUA_TWILIO_ACCOUNT_SID", settings.twilio_account_sid),
            ("MOTCUA_TWILIO_AUTH_TOKEN", settings.twilio_auth_token.get_secret_value()),
            (
                "MOTCUA_TWILIO_MESSAGING_SERVICE_SID or MOTCUA_TWILIO_SENDER",
                settings.twilio_messaging_service_sid or settings.twilio_sender,
            ),
        )
        if not value
    ]
    if missing:
        raise NotConfigured(f"MOTCUA_SMS_PROVIDER=twilio needs {', '.join(missing)}")
    return TwilioProvider(settings, vault)
