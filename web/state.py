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
from dossiers.otp import Codes
from dossiers.proof import PROOF_DIGITS, Outcome, Proofs, Sender
from helpdesk.cases import Cases
from helpdesk.delivery import Outbox
from helpdesk.hearing import Ear
from language.proof_digits import CODE_GIVEN
from notifier.providers.zalo_tokens import ZaloTokens
from notifier.receipts import Intake
from web.history import History
from web.rasa import RasaClient
from web.session import Conversations, within_a_frame
from web.view import View, keep, kept_view, view_of


def awaits_proof(proofs: Proofs, codes: Codes, sender: Sender, now: datetime) -> bool:
    """Tell whether digits, or a one-time code, are awaited of `sender`."""
    return codes.awaited(sender, now) or proofs.pending(sender, now) is not None


@dataclass(frozen=True)
class Site:
    """One running site."""

    settings: Settings
    sessions: Sessions
    intake: Intake
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
        return awaits_proof(self.proofs, self.codes, sender, now)

    def check_proof(self, sender: Sender, given: str, now: datetime, code: str = "") -> str:
        """Check what `sender` gave, as the one-time code where one is awaited, else as the four
        digits of the dossier with this `code`, or of the one asked about. Return the word for the
        conversation: the outcome's, after `CODE_GIVEN` for a one-time code.

        Four digits where a code is awaited answer the question for four digits, if there is one:
        the person has gone on to another dossier.
        """
        is_code = len(re.sub(r"\D", "", given)) > PROOF_DIGITS
        asked = code or self.proofs.pending(sender, now)
        if self.codes.awaited(sender, now) and (is_code or not asked):
            return f"{CODE_GIVEN}{self.codes.check(sender, given, now)}"
        return self.proofs.prove(sender, asked, given, now) if asked else Outcome.NOTHING_ASKED

    def page(
        self,
        request: Request,
        name: str,
        status: int = 200,
        cache: str = "no-store",
        **values: Any,
    ) -> HTMLResponse:
        """Render a template, as the reader wants pages. `language` among the values is the page's,
        where it is not for the reader to choose.

        Pages hold personal words: no cache may keep them, unless `cache` says otherwise. What a
        cache keeps is for readers who have chosen nothing, and sets nobody's cookie.
        """
        view = view_of(request)
        shown = {"language": view.language, **values}
        shown |= {"settings": self.settings, "view": view}
        response = self.templates.TemplateResponse(request, name, shown, status_code=status)
        if cache == "no-store":
            if view != kept_view(request):
                keep(response, view, self.conversations.secure, within_a_frame(request))
        else:
            response.headers["Vary"] = "Cookie"
            if (view.size, view.contrast) != (View.size, View.contrast):
                cache = "private, no-cache"
        response.headers["Cache-Control"] = cache
        return response


def site_of(request: Request) -> Site:
    """Return the site that serves this request."""
    site: Site = request.app.state.site
    return site
