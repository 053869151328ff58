"""A topic's name as it falls in a conversation: "còn tách thửa thì sao", "làm hộ chiếu cần gì".

The catalogue's names and aliases stand alone; people weave them into switches, corrections and
returns. Each short name is put into a few such turns, so that a new procedure is recognised there
without a single example written for it. Topics of other offices are asked about in the words in
which land is, so that these words alone do not make a question one on land.
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
QUESTIONS = (
    "{} cần giấy tờ gì",
    "hồ sơ {} gồm những gì",
    "{} mất bao lâu",
    "{} mấy ngày xong ạ",
    "{} hết bao nhiêu tiền",
    "lệ phí {} bao nhiêu",
    "{} ở đâu",
    "muốn {} thì nộp ở đâu",
    "thủ tục {} thế nào",
    "cho em hỏi {} với ạ",
    "tôi muốn hỏi về {}",
    "làm sao để {}",
    "điều kiện {} là gì",
    "{} có được không",
    "{} online được không",
    "mẫu đơn {} tải ở đâu",
    "{} theo quy định nào",
    "{} ntn vậy ad",
    "tui muốn {} thì phải làm sao",
    "{} bao giờ có kết quả",
)
"""What is asked of any administration."""
ASKED = 3
"""Questions made of one topic."""


def asked_about(topic: str, seed: int) -> List[str]:
    """Return questions about `topic`. The same seed gives the same questions."""
    chance = random.Random(f"{seed}:{topic}")
    return [question.format(topic) for question in chance.sample(QUESTIONS, ASKED)]


def in_passing(name: str, seed: int) -> List[str]:
    """Return turns that mention `name`; none for a long one. The same seed gives the same turns."""
    if len(name.split()) > LONGEST:
        return []
    chance = random.Random(f"{seed}:{name}")
    return [turn.format(name) for turn in chance.sample(TURNS, EACH)]
