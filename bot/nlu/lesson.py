"""What the models learn from: every line that somebody wrote with its copies in other hands, and
what the program made; for each its row of evidence."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import List, Mapping, Sequence, Tuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.model_selection import GroupShuffleSplit

from bot.nlu.copies import hurried, told_at_length
from bot.nlu.examples import Example
from bot.nlu.vectors import Vectors


@dataclass(frozen=True)
class Lesson:
    """All lines of a training."""

    examples: Tuple[Example, ...]
    """As written or made; their copies are not among them."""
    seed: int

    @cached_property
    def lines(self) -> List[Tuple[str, int]]:
        """Texts, each with the number of its example: a line and its copy share one."""
        return [
            (text, number)
            for number, example in enumerate(self.examples)
            for text in dict.fromkeys([example.text, *self._copies(example)])
        ]

    def _copies(self, example: Example) -> List[str]:
        # What the program made needs no copies: it is many enough, and plain already.
        if not example.author:
            return []
        told = told_at_length(example.text, self.seed)
        return [hurried(example.text, self.seed), *([told] if told else [])]

    def learned(
        self, weights: Mapping[str, float], rarest: Mapping[str, int]
    ) -> Tuple[Vectors, "Evidence"]:
        """Return the vocabulary of all lines, and their rows: see `Vectors.fit`."""
        return _learned(self, tuple(weights.items()), tuple(rarest.items()))

    @cached_property
    def _digest(self) -> str:
        digest = hashlib.sha256(f"{self.seed}".encode())
        for e in self.examples:
            said = (e.text, e.intent, e.procedure, sorted(e.aspects), e.author, e.theme)
            digest.update(repr(said).encode())
        return digest.hexdigest()

    def fingerprint(self) -> str:
        """Return what changes when, and only when, a line does. Rasa asks for it."""
        return self._digest

    def __deepcopy__(self, memo: object) -> "Lesson":
        """Rasa copies its training data again and again; this never changes."""
        return self


@lru_cache(maxsize=1)  # Rasa asks for the vocabulary in one step and for the rows in another
def _learned(
    lesson: Lesson, weights: Tuple[Tuple[str, float], ...], rarest: Tuple[Tuple[str, int], ...]
) -> Tuple[Vectors, "Evidence"]:
    texts = [text for text, _ in lesson.lines]
    vectors, rows = Vectors.fit(texts, dict(weights), dict(rarest))
    return vectors, Evidence(rows, lesson.examples, np.array([n for _, n in lesson.lines]))


@dataclass(frozen=True)
class Evidence:
    """Rows with the examples they stand for."""

    rows: csr_matrix
    examples: Sequence[Example]
    numbers: np.ndarray
    """Of each row's example. Rows of one number are never parted between what is learned from and
    what is tested on."""

    def strangers(self, share: float, seed: int) -> np.ndarray:
        """Tell for each row whether it is of an author whom models that grade themselves are not to
        have met: those who wrote least, up to `share` of the lines that somebody signed.

        Whoever wrote more than that is never among them. Without such authors, that share of the
        examples is drawn by `seed`; a line and its copies are not parted.
        """
        by = [self.examples[number].author or "" for number in self.numbers]
        left, out = int(share * sum(map(bool, by))), set()
        for author, many in sorted(Counter(filter(None, by)).items(), key=lambda a: (a[1], a[0])):
            if many <= left:
                left -= many
                out.add(author)
        if out:
            return np.array([author in out for author in by])
        drawn = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
        chosen = np.zeros(len(by), dtype=bool)
        chosen[next(drawn.split(by, groups=self.numbers))[1]] = True
        return chosen

    def of(self, chosen: Sequence[int]) -> "Evidence":
        """Return the rows of the examples whose numbers are `chosen`."""
        kept = np.flatnonzero(np.isin(self.numbers, chosen))
        return Evidence(self.rows[kept], self.examples, self.numbers[kept])

    def fingerprint(self) -> str:
        """Return what changes when the rows do. Rasa asks for it."""
        return hashlib.sha256(self.rows.data.tobytes() + self.rows.indices.tobytes()).hexdigest()

    def __deepcopy__(self, memo: object) -> "Evidence":
        """Rasa copies its training data again and again; this never changes."""
        return self
