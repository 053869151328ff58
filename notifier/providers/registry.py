"""Which providers an installation uses: the one place that knows them all.

Adding one is its module and a line of `_KNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from notifier.providers import esms, phone, twilio, zns
from notifier.providers.base import Provider
from notifier.routing import Gateways, InvalidRoute, parse_route


class NotConfigured(Exception):
    """A route that cannot be read, or a provider in it whose settings are missing."""


@dataclass(frozen=True)
class _Known:
    make: Callable[[Settings, Sessions, Vault], Provider]
    needs: Callable[[Settings], Mapping[str, object]]
    """The settings that it cannot do without: by the variables' names, their values."""


def _needs_nothing(_settings: Settings) -> Mapping[str, object]:
    return {}


def _needs_twilio(settings: Settings) -> Mapping[str, object]:
    sender = settings.twilio_messaging_service_sid or settings.twilio_sender
    return {
        "MOTCUA_TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "MOTCUA_TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "MOTCUA_TWILIO_MESSAGING_SERVICE_SID or MOTCUA_TWILIO_SENDER": sender,
    }


def _needs_esms(settings: Settings) -> Mapping[str, object]:
    return {
        "MOTCUA_ESMS_API_KEY": settings.esms_api_key,
        "MOTCUA_ESMS_SECRET_KEY": settings.esms_secret_key.get_secret_value(),
        "MOTCUA_ESMS_BRANDNAME": settings.esms_brandname,
    }


def _needs_zns(settings: Settings) -> Mapping[str, object]:
    return {
        "MOTCUA_ZNS_APP_ID": settings.zns_app_id,
        "MOTCUA_ZNS_APP_SECRET": settings.zns_app_secret.get_secret_value(),
        "MOTCUA_ZNS_OA_SECRET": settings.zns_oa_secret.get_secret_value(),
        "MOTCUA_ZNS_TEMPLATES": settings.zns_templates,
    }


_KNOWN: Mapping[str, _Known] = {
    phone.NAME: _Known(lambda _s, sessions, v: phone.PhoneProvider(sessions, v), _needs_nothing),
    twilio.NAME: _Known(lambda s, _sessions, v: twilio.TwilioProvider(s, v), _needs_twilio),
    esms.NAME: _Known(lambda s, _sessions, v: esms.EsmsProvider(s, v), _needs_esms),
    zns.NAME: _Known(lambda s, sessions, v: zns.ZnsProvider(s, sessions, v), _needs_zns),
}


BAD_NUMBERS: Mapping[str, frozenset[str]] = {
    twilio.NAME: twilio.BAD_NUMBERS,
    esms.NAME: esms.BAD_NUMBERS,
}
"""Provider → its codes by which a number is none. Zalo's say only that Zalo does not know it."""


def make_gateways(settings: Settings, sessions: Sessions, vault: Vault) -> Gateways:
    """Return the route of an installation with its providers. Raises `NotConfigured`."""
    trouble = missing(settings)
    if trouble:
        raise NotConfigured("; ".join(trouble))
    route = parse_route(settings.message_route)
    made = {name: _KNOWN[name].make(settings, sessions, vault) for name in route.names}
    return Gateways(route, made)


def missing(settings: Settings) -> list[str]:
    """Return what keeps the installation's route from working, naming the variables."""
    try:
        names = parse_route(settings.message_route).names
    except InvalidRoute as error:
        return [f"MOTCUA_SMS_ROUTE: {error}"]
    unknown = [name for name in names if name not in _KNOWN]
    if unknown:
        return [f"MOTCUA_SMS_ROUTE names {', '.join(unknown)}; there are {', '.join(_KNOWN)}"]
    if phone.NAME in names and len(names) > 1:
        return ["MOTCUA_SMS_ROUTE: the demonstration phone reaches nobody, so it stands alone"]
    troubles = []
    for name in names:
        absent = [needed for needed, value in _KNOWN[name].needs(settings).items() if not value]
        if absent:
            troubles.append(f"the provider {name} needs {', '.join(absent)}")
    return troubles
