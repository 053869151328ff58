"""Confidence before strangers: who is left out, and what it does to confidence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.special import softmax

from bot.nlu.strangers import learner, margins_of_strangers, stretch


def test_each_author_is_judged_by_what_was_learned_without_them() -> None:
    authors = ["a", "b", "", "a", "c", "b"]
    seen: dict[tuple[int, ...], tuple[int, ...]] = {}

    def margins(some: np.ndarray, others: np.ndarray) -> np.ndarray:
        seen[tuple(others)] = tuple(some)
        return np.column_stack([others, others])

    numbers, found = margins_of_strangers(authors, margins, fewest=2)
    # c wrote too little to be left out; nobody's lines are always learned from.
    assert seen == {(0, 3): (1, 2, 4, 5), (1, 5): (0, 2, 3, 4)}
    assert numbers.tolist() == [0, 3, 1, 5]
    assert found[:, 0].tolist() == numbers.tolist()


@pytest.mark.parametrize("authors", [["a", "a", ""], ["", ""], ["a", "a", "b"]])
def test_without_two_authors_there_is_no_stranger(authors: list[str]) -> None:
    with pytest.raises(ValueError, match="two authors"):
        margins_of_strangers(authors, lambda some, others: np.zeros((len(others), 2)), fewest=2)


def test_margins_that_are_right_as_often_as_they_say_are_left_as_they_are() -> None:
    chance = np.random.default_rng(1)
    margins = chance.normal(0, 2, (20_000, 3))
    truth = np.array([chance.choice(3, p=row) for row in softmax(margins, axis=1)])
    assert stretch(margins, truth) == pytest.approx(1.0, abs=0.05)
    assert stretch(4 * margins, truth) == pytest.approx(0.25, abs=0.02)


def test_whoever_errs_before_strangers_is_less_sure_than_before_friends() -> None:
    """Two authors use one word in opposite senses: what is learned of one misleads on the other."""
    chance = np.random.default_rng(2)
    truth = chance.integers(0, 2, 400)
    authors = np.repeat(["a", "b"], 200)
    shared = np.where(truth == 1, 1.0, -1.0) + chance.normal(0, 1, 400)
    habit = np.where(truth == 1, 1.0, -1.0) * np.where(authors == "a", 1.0, -1.0)
    rows = csr_matrix(np.column_stack([shared, habit]))

    def planes(some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        signs = np.where(truth[some] == 1, 1.0, -1.0)
        weights = np.linalg.lstsq(rows[some].toarray(), signs, rcond=None)[0]
        return np.column_stack([-weights, weights]), np.zeros(2)

    numbers, before_strangers = margins_of_strangers(list(authors), learner(rows, planes))
    halves = np.arange(400) % 2 == 0
    friends = np.flatnonzero(~halves)
    before_friends = learner(rows, planes)(np.flatnonzero(halves), friends)
    assert stretch(before_strangers, truth[numbers]) < stretch(before_friends, truth[friends])
