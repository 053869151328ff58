"""What the conversation adds to how a dossier is told: its page, and what people ask
next, as buttons."""

from __future__ import annotations

from actions.texts import say
from actions.turn import Language
from dossiers.lifecycle import Status
from dossiers.lookup import DossierView
from dossiers.telling import tell as tell_dossier
from language.blocks import Block, Button, Buttons, Link

# What people ask next in these states, and the aspect of the procedure that answers it.
_NEXT_ASPECT = {Status.SUPPLEMENT_NEEDED: "documents", Status.TAX_DUE: "fee"}


def tell(view: DossierView, language: Language, *, procedure: str | None, page: str) -> list[Block]:
    """Return the answer about a dossier.

    `procedure` is the dossier's procedure in the catalogue, where it is known; `page` the whole
    address of the dossier's page.
    """
    return [
        *tell_dossier(view, language),
        Link(say("button_dossier_page", language), page),
        _buttons(view, procedure, language),
    ]


def _buttons(view: DossierView, procedure: str | None, language: Language) -> Buttons:
    buttons = []
    aspect = _NEXT_ASPECT.get(view.status)
    if procedure and aspect:
        title = say(f"button_{aspect}", language)
        buttons.append(Button(title, f"ask:{procedure}:{aspect}"))
    else:
        # With the page there is room for three: what the dossier itself calls for goes first.
        buttons.append(Button(say("button_other_dossier", language), "status:other"))
    buttons += [
        Button(say("button_subscribe", language), f"subscribe:{view.code}"),
        Button(say("button_human", language), "human"),
    ]
    return Buttons(tuple(buttons))
