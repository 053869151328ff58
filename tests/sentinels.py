"""Looks for a person in every column of every table, in whatever form they are kept there."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import MetaData, Table, select
from sqlalchemy.orm import Session

from core.database import Sessions
from core.privacy import UnreadableSecret, Vault
from dossiers.proof import Sender, proof_print
from language.folding import fold

EVIDENCE = frozenset(
    {
        ("consent", "phone_index"),
        ("erasure", "fingerprint"),
        ("suppression", "phone_index"),
    }
)
"""Where the fingerprint of a number or ID stays after an erasure, and has to."""


def traces(
    sessions: Sessions, vault: Vault, phone: str, id_number: str, name: str, sender: Sender
) -> list[str]:
    """Return `table.column` of every value that gives a person away.

    Looked for are the number in either form and its last nine digits, the ID, the name with and
    without its marks, every keyed fingerprint of them by which tables are searched, its beginning
    as keys of messages have it, the fingerprints of the proof digits for every dossier there is,
    and the sender's key; within texts, JSON, and whatever decrypts.
    """
    found = []
    e164 = "+84" + phone[1:]
    with sessions() as session:
        tables = _tables(session)
        codes = session.execute(select(tables["dossier"].c.code)).scalars().all()
        words = [phone[1:], id_number, name, name.upper(), fold(name)]
        index, id_index = vault.index(e164, "phone"), vault.index(id_number, "id")
        prints = [index, index[:16], id_index, sender.key(vault)]
        prints += [
            proof_print(vault, code, last)
            for code in codes
            for last in (phone[-4:], id_number[-4:])
        ]
        for table in tables.values():
            for row in session.execute(select(table)).mappings():
                for column, value in row.items():
                    where = (table.name, str(column))
                    text = _plain(vault, value)
                    told = any(word in text for word in words)
                    marked = any(one in text for one in prints)
                    if told or (marked and where not in EVIDENCE):
                        found.append(".".join(where))
    return found


def everything(sessions: Sessions, of: str | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables as they are; with `of`, the rows that belong to a dossier (its
    code), over whatever refers to it."""
    with sessions() as session:
        tables = _tables(session)
        rows: dict[str, list[tuple[Any, ...]]] = {}
        mine = None
        if of is not None:
            dossier = tables["dossier"]
            mine = session.execute(select(dossier.c.id).where(dossier.c.code == of)).scalar_one()
        for name, table in tables.items():
            query = select(table)
            if of is not None:
                if name == "dossier":
                    query = query.where(table.c.code == of)
                elif "dossier_id" in table.c:
                    query = query.where(table.c.dossier_id == mine)
                else:
                    continue
            rows[name] = sorted(map(tuple, session.execute(query)), key=repr)
        return rows


def _tables(session: Session) -> dict[str, Table]:
    """Return the tables that there are, as the database tells and not as the code does."""
    metadata = MetaData()
    metadata.reflect(session.get_bind())  # type: ignore[arg-type]
    return dict(metadata.tables)


def _plain(vault: Vault, value: Any) -> str:
    if not isinstance(value, str):
        return str(value)
    if re.fullmatch(r"gAAAA[\w\-]+=*", value):
        try:
            return vault.decrypt(value)
        except UnreadableSecret:
            return value
    return value
