"""A procedure's name as it falls in the middle of a conversation: "còn tách thửa thì sao".

The catalogue's names and aliases stand alone; people weave them into switches, corrections and
returns. Each short name is put into a few such turns, so that a new procedure is recognised there
without a single example written for it.
"""

from __future__ import annotations

import random
from typing import List

LONGEST = 5
"""Words; a longer name is not said in passing."""
EACH = 2
"""Turns made of one name."""
TURNS = (
    "còn {} thì sao",
    "thế còn {}",
    "vậy {} thì thế nào",
    "nếu {} thì sao ạ",
    "à không, {} cơ",
    "ý tôi là {}",
    "à nhầm, {}",
    "nhầm, phải là {} mới đúng",
    "tôi hỏi {} cơ mà",
    "quay lại chuyện {} lúc nãy",
    "còn vụ {} hồi nãy thì sao",
    "thôi, hỏi về {} đi",
    "rồi tới {} nữa",
    "trường hợp {} thì có khác gì không",
)


def in_passing(name: str, seed: int) -> List[str]:
    """Return turns that mention `name`; none for a long one. The same seed gives the same turns."""
    if len(name.split()) > LONGEST:
        return []
    chance = random.Random(f"{seed}:{name}")
    return [turn.format(name) for turn in chance.sample(TURNS, EACH)]
