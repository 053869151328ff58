"""Finds what a long message asks: its sentences with a question's words, and its last one.

Whoever tells a story names years, kin and what was done with the land before; what is wanted now
stands in a sentence or two. Found in folded text, so that it is the same without diacritics.
"""

from __future__ import annotations

import re
from typing import List, Optional

from language.folding import fold, normalise

STORY = 44
"""Words; a message of no more asks as a whole."""
_LONGEST = 40
"""Words; a sentence of more has lost its full stops, as dictated ones do, and is cut at commas …"""
_CLAUSE = 15
"""… after this many words at least, …"""
_BREATH = 30
"""… or where there are none after this many."""
_SHORTEST = 5
"""Words; less, if it asks nothing ("Dạ.", "Em cảm ơn."), stands with the sentence before it."""
_ENDS = re.compile(r"(?<=[.?!;])\s+")
_QUESTION = re.compile(
    r"\?|\b(?:(?:xin|cho|muon|de) (?:\w+ ){0,3}hoi|hoi (?:luat su|la|xem|vay)"
    r"|(?:lam|phai|thi|tinh|xu ly|giai quyet) (?:lam )?sao|ra sao|the nao|lam gi|nhung gi|can gi"
    r"|giay (?:to )?gi|thu tuc (?:gi|nao)|o dau|cho nao|bao nhieu|bao lau|khi nao|chung nao"
    r"|may (?:ngay|thang|tien|bua|hom)|huong dan|tu van"
    r"|(?:duoc|phai|dung) (?:hay )?(?:khong|ko|hong)"
    r"|co (?:phai|duoc|can|bi|the|con|dung)\b.{0,80}\b(?:khong|ko|hong|chua)"
    r"|what|how|which|where|who|can (?:i|we|he|she|they)|do (?:i|we)|is it|should)\b"
)


def asked(text: str) -> Optional[str]:
    """Return the sentences of a long message that ask, and its last one; of a shorter one None."""
    if len(text.split()) <= STORY:
        return None
    sentences = _sentences(normalise(text))
    return " ".join(
        sentence
        for number, sentence in enumerate(sentences, 1)
        if number == len(sentences) or _asks(sentence)
    )


def _asks(sentence: str) -> bool:
    return _QUESTION.search(fold(sentence)) is not None


def _sentences(text: str) -> List[str]:
    found: List[str] = []
    for sentence in _ENDS.split(text):
        words = sentence.split()
        for part in _clauses(words) if len(words) > _LONGEST else [words]:
            said = " ".join(part)
            if found and len(part) < _SHORTEST and not _asks(said):
                found[-1] += f" {said}"
            else:
                found.append(said)
    return found


def _clauses(words: List[str]) -> List[List[str]]:
    parts: List[List[str]] = [[]]
    for word in words:
        if len(parts[-1]) >= _BREATH or (
            len(parts[-1]) >= _CLAUSE and parts[-1][-1].endswith((",", ":"))
        ):
            parts.append([])
        parts[-1].append(word)
    return parts
