"""The tokens that our own buttons and pages send back, and the intents they stand for.

A token is `verb` or `verb:argument…`, never Rasa's `/intent{...}`, which lets whoever types it set
any slot. The table is closed: what has none of its shapes is ordinary text. A token says what was
pressed and authorises nothing; what its arguments mean is left to `actions`.
"""

from __future__ import annotations

import re
from typing import Any

from language.folding import fold

PAYLOAD = "payload"
"""The entity that carries the whole token to the action."""

_ID = r"[a-z][a-z0-9_]{0,63}"
"""A procedure, an aspect, a topic."""
_CODE = r"[A-Z0-9.]{1,32}-\d{6}-\d{1,8}"
"""A dossier code in its canonical form."""

SHAPES: tuple[tuple[str, str], ...] = (
    ("ask_procedure", rf"ask:{_ID}(?::{_ID}(?:\+{_ID})*)?"),  # ask:transfer:fee+time
    ("choose", r"choose:[1-9]"),  # the second of the choices offered last: choose:2
    ("calculate_fee", rf"calculate(?::{_ID}){{0,2}}"),  # calculate:transfer:parent_child
    ("check_status", rf"status(?::(?:other|{_CODE}))?"),
    ("proof_given", r"proof_given(?::[a-z_]{1,20})?"),  # the site has checked the digits
    ("subscribe_sms", rf"subscribe(?::{_CODE})?"),
    ("unsubscribe_sms", rf"unsubscribe(?::{_CODE})?"),
    ("help", rf"menu(?::{_ID})?"),  # menu:papers
    ("office_info", r"office"),
    ("ask_human", r"human(?::(?:talk|call))?"),
    ("complain", r"complain:(?:delay|money|other)"),
    # rate:why:unclear:9f86d081884c7d65: why the rating of that number was bad
    ("rate", r"rate:(?:good|bad|why:[a-z_]{1,20}:[0-9a-f]{16})"),
    ("repeat", r"repeat"),
    ("start_over", r"start_over"),
)
"""Each intent that a token can become, and the tokens that become it."""

_TABLE = tuple((intent, re.compile(shape)) for intent, shape in SHAPES)
# What people say to the conversation itself; as a whole message it leaves no doubt.
_PHRASES = {
    "repeat": (
        *("nhac lai", "noi lai", "lap lai", "nhac lai di", "noi lai di", "noi lai giup toi"),
        *("noi lai xem", "doc lai", "gui lai", "say it again", "say that again", "again"),
    ),
    "start_over": (
        *("bat dau lai", "bat dau lai tu dau", "lam lai", "lam lai tu dau", "hoi lai tu dau"),
        *("xoa het", "restart", "start over", "start again", "reset"),
    ),
}
_SAID = {phrase: token for token, phrases in _PHRASES.items() for phrase in phrases}
# "2", "2.", "(2)", "số 2", "so 2": a choice made by its number on a channel without buttons.
_NUMBER = re.compile(r"\(?(?:s[ốo]\s*)?(?P<number>[1-9])\s*[.)]?", re.IGNORECASE)


def read(text: str) -> dict[str, Any] | None:
    """Return what Rasa is to take `text` for, if it is a token of ours, a choice's number, or a
    word to the conversation itself ("nhắc lại", "bắt đầu lại").

    The result has the form of Rasa's parse data: text, intent, entities. None means that `text`
    is for the understanding.
    """
    if number := _NUMBER.fullmatch(text):
        token = f"choose:{number['number']}"
    else:
        token = _SAID.get(fold(text).strip(".!? "), text)
    for intent, shape in _TABLE:
        if shape.fullmatch(token):
            return {
                "text": text,
                "intent": {"name": intent, "confidence": 1.0},
                "intent_ranking": [{"name": intent, "confidence": 1.0}],
                "entities": [{"entity": PAYLOAD, "value": token}],
            }
    return None
