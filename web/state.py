"""What the site's pages share: settings, sessions, Rasa, the memory of chats, the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.lookup import Lookup
from dossiers.otp import Codes
from dossiers.proof import Proofs
from web.history import History
from web.rasa import RasaClient
from web.session import Conversations


@dataclass(frozen=True)
class Site:
    """One running site."""

    settings: Settings
    sessions: Sessions
    vault: Vault
    proofs: Proofs
    codes: Codes
    lookup: Lookup
    rasa: RasaClient
    history: History
    conversations: Conversations
    templates: Jinja2Templates

    def page(
        self,
        request: Request,
        name: str,
        status: int = 200,
        cache: str = "no-store",
        **values: Any,
    ) -> HTMLResponse:
        """Render a template. `language` among the values is the page's, Vietnamese if left out.

        Pages hold personal words: no cache may keep them, unless `cache` says otherwise.
        """
        values["settings"] = self.settings
        return self.templates.TemplateResponse(
            request, name, values, status_code=status, headers={"Cache-Control": cache}
        )


def site_of(request: Request) -> Site:
    """Return the site that serves this request."""
    site: Site = request.app.state.site
    return site
