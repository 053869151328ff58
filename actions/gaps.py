"""What the conversation could not answer, grouped, for whoever keeps the catalogue.

Questions that say nearly the same make a group. Nearness is the cosine of their runs of letters,
weighted by rarity, over the plain form, so that "đổi sổ", "doi so" and "đỏi sổ" are one. Each
question joins the first group whose leader is near enough; a group is known by its leader, the
earliest question in it, and so keeps its name from day to day.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from actions import phrases
from actions.models import Unanswered, Why
from core.privacy import UnreadableSecret, Vault
from helpdesk.anonymising import MASKS
from language.abbreviations import plain_words

NEAR = 0.5
"""Cosine from which two questions are taken to ask the same."""
_RUN = 3
"""Letters in a run; words are edged, so that short ones count."""
_COURTESIES = phrases.FILLERS | {
    "hoi",
    "xin",
    "chao",
    "ad",
    "oi",
    "ah",
    "uh",
    "duoc",
    "khong",
    "co",
}
"""Words that are in every question and tell none apart."""


@dataclass(frozen=True)
class Question:
    """A question that is kept, readable."""

    id: int
    at: datetime
    why: Why
    words: str
    """Anonymised."""
    procedure: str | None
    aspects: str


@dataclass
class Group:
    """Questions that ask nearly the same."""

    leader: Question
    questions: list[Question] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Six letters and digits by which it is called on the command line."""
        return sha256(f"{self.leader.id}\0{self.leader.words}".encode()).hexdigest()[:6]

    @property
    def about(self) -> tuple[str | None, str]:
        """The procedure and the aspects that most of its questions were near to."""
        counted = Counter((question.procedure, question.aspects) for question in self.questions)
        return counted.most_common(1)[0][0]

    @property
    def reasons(self) -> Mapping[Why, int]:
        """How many of its questions were kept for which reason."""
        return Counter(question.why for question in self.questions)

    def examples(self, most: int) -> list[str]:
        """Different wordings, the latest first."""
        latest = sorted(self.questions, key=lambda question: question.at, reverse=True)
        return list(dict.fromkeys(question.words for question in latest))[:most]


def read_questions(session: Session, vault: Vault, since: datetime) -> list[Question]:
    """Return what was kept since then and is not settled, the earliest first.

    What another key encrypted cannot be read any more and is left out.
    """
    rows = session.scalars(
        select(Unanswered)
        .where(Unanswered.at >= since, Unanswered.settled_at.is_(None))
        .order_by(Unanswered.id)
    )
    found = []
    for row in rows:
        try:
            words = vault.decrypt(row.words_enc)
        except UnreadableSecret:
            continue
        found.append(Question(row.id, row.at, row.why, words, row.procedure, row.aspects))
    return found


def groups_since(session: Session, vault: Vault, now: datetime, days: int) -> list[Group]:
    """Return the groups of the last `days`, the largest first."""
    return group(read_questions(session, vault, now - timedelta(days=days)))


def settle(session: Session, questions: Iterable[Question], now: datetime) -> None:
    """Mark questions as dealt with: they are listed no more."""
    ids = [question.id for question in questions]
    session.execute(update(Unanswered).where(Unanswered.id.in_(ids)).values(settled_at=now))


def group(questions: Sequence[Question]) -> list[Group]:
    """Group questions by what they say, the largest group first. Their order decides who leads."""
    runs = [_runs(question.words) for question in questions]
    rarity = _rarity(runs)
    groups: list[Group] = []
    # Run of letters → the groups whose leader has it, with its weight there.
    holding: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for question, counted in zip(questions, runs, strict=True):
        weights = _unit({run: count * rarity[run] for run, count in counted.items()})
        nearness: dict[int, float] = defaultdict(float)
        for run, weight in weights.items():
            for at, held in holding[run]:
                nearness[at] += weight * held
        best = max(nearness, key=lambda at: nearness[at], default=None)
        if best is not None and nearness[best] >= NEAR:
            groups[best].questions.append(question)
            continue
        for run, weight in weights.items():
            holding[run].append((len(groups), weight))
        groups.append(Group(question, [question]))
    return sorted(groups, key=lambda one: -len(one.questions))


def _runs(words: str) -> Counter[str]:
    """Runs of letters of the words that tell what is asked."""
    for mask in MASKS:
        words = words.replace(mask, " ")
    plain = [word for word in plain_words(words) if word != "?" and not word.isdigit()]
    telling = [word for word in plain if word not in _COURTESIES] or plain
    edged = [f" {word} " for word in telling]
    return Counter(
        word[at : at + _RUN] for word in edged for at in range(max(1, len(word) - _RUN + 1))
    )


def _rarity(runs: Sequence[Counter[str]]) -> dict[str, float]:
    seen = Counter(run for counted in runs for run in counted)
    return {run: 1 + math.log((1 + len(runs)) / (1 + n)) for run, n in seen.items()}


def _unit(weights: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {run: weight / length for run, weight in weights.items()}
