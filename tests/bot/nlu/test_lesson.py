"""Which rows tell how far to trust what is learned from the others."""

from __future__ import annotations

from collections import Counter

import numpy as np

from bot.nlu.examples import Example
from bot.nlu.lesson import Lesson

WEIGHTS, RAREST = {"words": 1.0}, {"words": 1}


def lesson(**lines: int) -> Lesson:
    """So many lines of each author."""
    return Lesson(
        tuple(
            Example(f"{author} hỏi việc số {number} về đất", "ask_procedure", author=author or None)
            for author, many in lines.items()
            for number in range(many)
        ),
        seed=20,
    )


def left_out(of: Lesson, share: float) -> Counter[str | None]:
    _, evidence = of.learned(WEIGHTS, RAREST)
    out = evidence.strangers(share, seed=20)
    return Counter(of.examples[n].author for n in set(evidence.numbers[out]))


def test_whole_authors_are_left_out_those_who_wrote_least() -> None:
    many = lesson(first=60, second=20, third=15, fourth=5)
    assert left_out(many, 0.25) == {"third": 15, "fourth": 5}


def test_of_a_single_author_examples_are_drawn_with_their_copies() -> None:
    alone = lesson(first=40)
    _, evidence = alone.learned(WEIGHTS, RAREST)
    out = evidence.strangers(0.25, seed=20)
    assert out.any() and not out.all()
    assert not set(evidence.numbers[out]) & set(evidence.numbers[~out])
    assert np.array_equal(out, evidence.strangers(0.25, seed=20))
