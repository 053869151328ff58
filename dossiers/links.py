"""Links to a dossier's page: not to be guessed, short enough for an SMS, and good for a while.

A link names a dossier and shows nothing of it: whoever opens it proves a right to it as in the
chat. The word in it is made from the root secret for a dossier and a month, so that all messages
of that month carry the same one; only its fingerprint is stored.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.privacy import Vault
from dossiers.inserting import insert_into
from dossiers.models import Dossier, DossierLink

PAGE = "/ho-so"
"""Where the pages of dossiers lie on the site."""
LENGTH = 12
"""Letters and digits of the word: 60 bits, in an alphabet that no telephone breaks a link at."""
_MONTH = 30


@dataclass(frozen=True)
class Link:
    """A link that was made; it leads somewhere once it is opened (`open_link`)."""

    dossier_id: int
    path: str = field(repr=False)
    """On the site."""
    until: datetime


def make_link(vault: Vault, dossier_id: int, now: datetime, lasts: timedelta) -> Link:
    """Return the link to a dossier's page that is to open for `lasts` from now."""
    word = _word(vault, dossier_id, now.toordinal() // _MONTH)
    return Link(dossier_id, f"{PAGE}/{word}", now + lasts)


def open_link(session: Session, vault: Vault, link: Link) -> None:
    """Let a link lead to its dossier's page. The caller commits."""
    word = link.path.removeprefix(f"{PAGE}/")
    session.execute(
        insert_into(session, DossierLink)
        .values(fingerprint=_fingerprint(vault, word), dossier_id=link.dossier_id, until=link.until)
        .on_conflict_do_update(index_elements=["fingerprint"], set_={"until": link.until})
    )


def link_path(
    session: Session, vault: Vault, dossier_id: int, now: datetime, lasts: timedelta
) -> str:
    """Return the path of a dossier's page; it opens for `lasts` from now. The caller commits."""
    link = make_link(vault, dossier_id, now, lasts)
    open_link(session, vault, link)
    return link.path


def linked_code(session: Session, vault: Vault, word: str, now: datetime) -> str:
    """Return the code of the dossier to whose page `word` leads.

    For a word that leads nowhere, a code that no dossier has, always the same: whoever goes on
    with it asks for proof, counts tries and refuses as for any other.
    """
    fingerprint = _fingerprint(vault, word.lower())
    code = session.scalar(
        select(Dossier.code)
        .join(DossierLink, DossierLink.dossier_id == Dossier.id)
        .where(DossierLink.fingerprint == fingerprint, DossierLink.until > now)
    )
    return code or f"link:{fingerprint[:32]}"


def forget_old_links(session: Session, now: datetime) -> int:
    """Delete links that open no more; return how many there were."""
    gone = session.execute(
        delete(DossierLink).where(DossierLink.until <= now).returning(DossierLink.fingerprint)
    )
    return len(gone.all())


def _word(vault: Vault, dossier_id: int, month: int) -> str:
    made = bytes.fromhex(vault.index(f"{dossier_id}\x1f{month}", "dossier-link"))
    return base64.b32encode(made).decode()[:LENGTH].lower()


def _fingerprint(vault: Vault, word: str) -> str:
    return vault.index(word, "dossier-link-fingerprint")
