"""What the conversation adds to how a dossier is told: what people ask next, as buttons."""

from __future__ import annotations

from actions.texts import say
from actions.turn import Language
from dossiers.lifecycle import Status
from dossiers.lookup import DossierView
from dossiers.telling import tell as tell_dossier
from language.blocks import Block, Button, Buttons

# What people ask next in these states, and the aspect of the procedure that answers it.
_NEXT_ASPECT = {Status.SUPPLEMENT_NEEDED: "documents", Status.TAX_DUE: "fee"}


def tell(view: DossierView, language: Language, *, procedure: str | None) -> list[Block]:
    """Return the answer about a dossier.

    `procedure` is the dossier's procedure in the catalogue, where it is known.
    """
    return [*tell_dossier(view, language), _buttons(view, procedure, language)]


def _buttons(view: DossierView, procedure: str | None, language: Language) -> Buttons:
    buttons = []
    aspect = _NEXT_ASPECT.get(view.status)
    if procedure and aspect:
        title = say(f"button_{aspect}", language)
        buttons.append(Button(title, f"ask:{procedure}:{aspect}"))
    buttons += [
        Button(say("button_subscribe", language), f"subscribe:{view.code}"),
        Button(say("button_other_dossier", language), "status:other"),
        Button(say("button_human", language), "human"),
    ]
    return Buttons(tuple(buttons))
