"""Relatives as people call them: what the two sides of a gift or an estate are to each other.

Pure. Whether a relation frees of tax is `procedures.money`'s to say; an unclear word is no answer,
and is asked about.
"""

from __future__ import annotations

import re

from language.folding import fold
from procedures.money import Relation

# Folded. In this order: "bố dượng" holds "bố", "em dâu" holds "em".
_WORDS: tuple[tuple[Relation, tuple[str, ...]], ...] = (
    (
        Relation.STEP,
        ("(bo|cha|ba) duong", "me ke", "di ghe", "con rieng", "step-?(father|mother|son|child)"),
    ),
    (
        Relation.OTHER,
        (
            "nguoi (ngoai|la|dung|quen)",
            "ban (be|than)",
            "hang xom",
            "(chu|bac|cau|co|di|o|mo|thim) (ruot|cho|tang|de lai)",
            r"(anh|chi|em|con) ho\b",
            "(anh|em) re",
            "(chi|em) dau",
            r"(uncle|aunt|cousin|friend|stranger|neighbou?r)s?\b",
        ),
    ),
    (
        Relation.PARENT_IN_LAW,
        ("con (dau|re)", "(bo|cha|ba|me|ma) (vo|chong)", r"(father|mother|son|daughter)-in-law"),
    ),
    (
        Relation.SPOUSE,
        (
            "(vo|chong) (toi|em|minh|tui|cho|tang|de lai)",
            "(cho|tang) (vo|chong)",
            r"(spouse|wife|husband)\b",
        ),
    ),
    (
        Relation.GRANDPARENT,
        (
            "ong (ba|noi|ngoai)",
            "ba (noi|ngoai)",
            "chau (noi|ngoai)",
            "grand(father|mother|parents?|son|daughter|child)",
        ),
    ),
    (
        Relation.SIBLING,
        ("(anh|chi|em) (ruot|trai|gai)", "anh (chi )?em ruot", r"(brother|sister)s?\b"),
    ),
    (
        Relation.PARENT_CHILD,
        (
            "(bo|cha|ba|me|ma|tia) ((me|toi|tui|em|minh) )?(cho|tang|de lai|mat|ruot|nuoi)",
            "(bo me|ba ma|cha me) ",
            "(cho|tang) (cac |may )?con",
            "con (ruot|trai|gai|nuoi|de)",
            r"(father|mother|parents?|son|daughter)\b",
        ),
    ),
)
_TABLE = tuple(
    (relation, re.compile(r"\b(?:" + "|".join(words) + ")")) for relation, words in _WORDS
)


def relation_in(text: str) -> Relation | None:
    """Return the relation that `text` names, or None where it names none for sure."""
    plain = fold(text) + " "
    return next((relation for relation, words in _TABLE if words.search(plain)), None)
