"""How far to trust margins before people whom the model has not met.

Margins on lines left out at random say how sure the model may be before its own authors: they share
habits with the lines that it learned from. Those of an author who is left out whole say how sure it
may be before a stranger, which is who asks.
"""

from __future__ import annotations

from collections import Counter
from typing import Callable, Sequence, Tuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

FEWEST = 100
"""Lines of an author that is left out; who wrote fewer is always learned from."""

Margins = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Learns from the rows of the first numbers; returns the margins of the rows of the second."""


def margins_of_strangers(
    authors: Sequence[str], margins: Margins, fewest: int = FEWEST
) -> Tuple[np.ndarray, np.ndarray]:
    """Return the numbers of all lines whose author can be left out, and their margins by what was
    learned without that author.

    `authors` names each line's author; "" stands for nobody (a name, something made by program),
    and is always learned from. A copy has its line's author. Raises `ValueError` where fewer than
    two authors can be left out: there is no stranger then.
    """
    names = np.asarray(authors)
    people = sorted(name for name, lines in Counter(authors).items() if name and lines >= fewest)
    if len(people) < 2:
        raise ValueError("need two authors of enough lines")
    left_out = [np.flatnonzero(names == person) for person in people]
    learned = [np.flatnonzero(names != person) for person in people]
    found = [margins(some, others) for some, others in zip(learned, left_out, strict=True)]
    return np.concatenate(left_out), np.vstack(found)


def stretch(margins: np.ndarray, truth: np.ndarray) -> float:
    """Return the factor by which margins are multiplied before softmax, so that the right labels
    (numbers of columns) surprise least."""
    rows = np.arange(len(truth))

    def surprise(logarithm: float) -> float:
        stretched = margins * np.exp(logarithm)
        return float(np.mean(logsumexp(stretched, axis=1) - stretched[rows, truth]))

    return float(np.exp(minimize_scalar(surprise, bounds=(-5.0, 5.0), method="bounded").x))


def learner(
    rows: csr_matrix, planes: Callable[[np.ndarray], Tuple[np.ndarray, np.ndarray]]
) -> Margins:
    """Return `Margins` of a linear model: `planes` learns weights and offsets from some rows."""

    def margins(some: np.ndarray, others: np.ndarray) -> np.ndarray:
        weights, offsets = planes(some)
        return np.asarray(rows[others] @ weights) + offsets

    return margins
