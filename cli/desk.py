"""The desk of this installation, for every command that makes messages judges
dossiers or says what they cost."""

from __future__ import annotations

import typer

from core.privacy import get_vault
from core.settings import get_settings
from dossiers.offices import get_offices
from notifier.desk import Desk
from notifier.lateness import Judge
from notifier.routing import InvalidRoute
from notifier.templates import get_templates
from procedures.appointments import get_reckoner
from procedures.deadlines import get_calendar


def installed_desk() -> Desk:
    """Return the desk of this installation."""
    settings = get_settings()
    real = not settings.demonstration
    try:
        return Desk.of(settings, get_offices(), get_templates(), get_vault(), real)
    except InvalidRoute as error:
        raise typer.BadParameter(f"MOTCUA_SMS_ROUTE: {error}") from None


def installed_judge() -> Judge:
    """Return by what this installation judges appointments."""
    return Judge(get_reckoner().reckon, get_offices(), get_calendar().between)


def dong(amount: int) -> str:
    """Return an amount of VND as people write it: 1.250.000 đ."""
    return f"{amount:,} đ".replace(",", ".")
