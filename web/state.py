"""What the site's pages share: settings, sessions, Rasa, the memory of chats, the templates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.lookup import Lookup
from dossiers.otp import CODE_GIVEN, Codes
from dossiers.proof import PROOF_DIGITS, Proofs, Sender
from helpdesk.cases import Cases
from helpdesk.delivery import Outbox
from helpdesk.hearing import Ear
from notifier.providers.zalo_tokens import ZaloTokens
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
    zalo_tokens: ZaloTokens
    ear: Ear
    cases: Cases
    desk_lines: Outbox

    def awaits_proof(self, sender: Sender, now: datetime) -> bool:
        """Tell whether digits, or a one-time code, are awaited of `sender`."""
        return self.codes.awaited(sender, now) or self.proofs.pending(sender, now) is not None

    def check_proof(self, sender: Sender, given: str, now: datetime) -> str:
        """Check what `sender` gave, as the one-time code where one is awaited, else as the four
        digits. Return the word for the conversation: the outcome's, after `CODE_GIVEN` for a code.

        Four digits where a code is awaited answer the question for four digits, if there is one:
        the person has gone on to another dossier.
        """
        is_code = len(re.sub(r"\D", "", given)) > PROOF_DIGITS
        if self.codes.awaited(sender, now) and (is_code or not self.proofs.pending(sender, now)):
            return f"{CODE_GIVEN}{self.codes.check(sender, given, now)}"
        return self.proofs.check(sender, given, now)

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
