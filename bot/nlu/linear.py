"""Linear classifiers with honest confidences: one label of many, or several at once.

The margins of a linear SVM say which label, not how surely. How surely is learned from margins on
rows left out of the fit: those of people whom the model has not met, since it will meet others
(`Evidence.strangers`). Kept on disk as plain NumPy arrays.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, List, Sequence, Set, Tuple

import numpy as np
from joblib import Parallel, delayed
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit, log_expit, logsumexp, softmax
from sklearn.svm import LinearSVC

PRECISION = 1e-2
"""At which the SVM stops; finer changes no score of lines left out and takes a third longer."""

_Planes = Tuple[np.ndarray, np.ndarray]
Scores = List[Tuple[str, float]]
"""Labels with their probabilities, the likeliest first."""


class _Linear:
    """Weights of some labels and the two numbers that turn margins into probabilities."""

    def __init__(
        self,
        labels: Sequence[str],
        weights: np.ndarray,
        offsets: np.ndarray,
        scale: Tuple[float, float],
    ) -> None:
        self.labels = list(labels)
        self._weights = weights
        self._offsets = offsets
        self._scale = scale

    def margins(self, rows: csr_matrix) -> np.ndarray:
        """Return distances to the separating planes, one column a label."""
        return np.asarray(rows @ self._weights) + self._offsets

    def save(self, folder: Path, name: str) -> None:
        """Write into `folder` under `name`."""
        (folder / f"{name}.json").write_text(
            json.dumps({"labels": self.labels, "scale": self._scale}), encoding="utf-8"
        )
        # Packed here, or Rasa's archive would pack it at the slowest setting (7 s of a training).
        np.savez_compressed(folder / f"{name}.npz", weights=self._weights, offsets=self._offsets)

    @classmethod
    def _read(cls, folder: Path, name: str) -> "_Linear":
        kept = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{name}.npz") as arrays:
            return cls(kept["labels"], arrays["weights"], arrays["offsets"], tuple(kept["scale"]))


class OneOf(_Linear):
    """Exactly one label applies: an intent, a procedure."""

    @classmethod
    def fit(
        cls,
        rows: csr_matrix,
        labels: Sequence[str],
        left_out: np.ndarray,
        *,
        strength: float,
        seed: int,
    ) -> "OneOf":
        """Learn from labelled rows. Those that are `left_out` (one truth value a row) tell how far
        to trust what is learned from the others.

        `strength` is the SVM's C. Raises `ValueError` for fewer than two labels.
        """
        truth = np.asarray(labels)
        names = sorted(set(labels))
        if len(names) < 2:
            raise ValueError("need two labels at least")

        def learn(chosen: np.ndarray) -> _Planes:
            return _planes(rows[chosen], truth[chosen], names, strength, seed)

        (weights, offsets), margins = _learned(rows, left_out, learn)
        # What only they speak of could not be learned from the others, and tells nothing.
        known = np.isin(truth[left_out], truth[~left_out])
        margins, index = margins[known], np.searchsorted(names, truth[left_out][known])

        def surprise(scale: np.ndarray) -> float:
            stretched = margins * np.exp(scale[0])
            right = stretched[np.arange(len(index)), index]
            return float(np.mean(logsumexp(stretched, axis=1) - right))

        stretch = float(np.exp(minimize(surprise, np.zeros(1), method="Nelder-Mead").x[0]))
        return cls(names, weights, offsets, (stretch, 0.0))

    def rank(self, rows: csr_matrix) -> List[Scores]:
        """Return every label with its probability for each row, likeliest first."""
        chances = softmax(self.margins(rows) * self._scale[0], axis=1)
        return [_ranked(self.labels, chance) for chance in chances]

    @classmethod
    def load(cls, folder: Path, name: str) -> "OneOf":
        """Read back what `save` wrote. Raises `FileNotFoundError` where nothing is."""
        kept = cls._read(folder, name)
        assert isinstance(kept, OneOf)
        return kept


class Several(_Linear):
    """Any number of labels apply: the aspects asked about."""

    @classmethod
    def fit(
        cls,
        rows: csr_matrix,
        labels: Sequence[Set[str]],
        left_out: np.ndarray,
        *,
        strength: float,
        seed: int,
    ) -> "Several":
        """Learn from rows with their sets of labels; `left_out` as in `OneOf.fit`."""
        names = sorted(set().union(*labels))
        truth = np.array([[name in wanted for name in names] for wanted in labels])

        def learn(chosen: np.ndarray) -> _Planes:
            planes = [
                _planes(rows[chosen], yes[chosen], [False, True], strength, seed) for yes in truth.T
            ]
            return (
                np.hstack([weights[:, 1:] for weights, _ in planes]),
                np.hstack([offsets[1:] for _, offsets in planes]),
            )

        (weights, offsets), margins = _learned(rows, left_out, learn)
        signs = np.where(truth[left_out], 1.0, -1.0)

        def surprise(scale: np.ndarray) -> float:
            return -float(np.mean(log_expit(signs * (margins * np.exp(scale[0]) + scale[1]))))

        best = minimize(surprise, np.zeros(2), method="Nelder-Mead").x
        return cls(names, weights, offsets, (float(np.exp(best[0])), float(best[1])))

    def rank(self, rows: csr_matrix) -> List[Scores]:
        """Return every label with the probability that it applies, likeliest first."""
        chances = expit(self.margins(rows) * self._scale[0] + self._scale[1])
        return [_ranked(self.labels, chance) for chance in chances]

    @classmethod
    def load(cls, folder: Path, name: str) -> "Several":
        """Read back what `save` wrote. Raises `FileNotFoundError` where nothing is."""
        kept = cls._read(folder, name)
        assert isinstance(kept, Several)
        return kept


def _planes(
    rows: csr_matrix, truth: np.ndarray, names: Sequence[object], strength: float, seed: int
) -> _Planes:
    """One separating plane for each of `names`: weights (columns by names) and offsets.

    A name that does not occur in `truth` gets a plane that never says yes.
    """
    weights = np.zeros((rows.shape[1], len(names)), dtype=np.float32)
    offsets = np.full(len(names), -1.0, dtype=np.float32)
    if len(set(truth)) < 2:
        return weights, offsets
    machine = LinearSVC(C=strength, class_weight="balanced", random_state=seed, tol=PRECISION)
    machine.fit(rows, truth)
    found = [list(names).index(label) for label in machine.classes_]
    if len(found) == 2:
        # For two labels scikit-learn keeps one plane, the second label's.
        weights[:, found] = np.column_stack([-machine.coef_[0], machine.coef_[0]])
        offsets[found] = [-machine.intercept_[0], machine.intercept_[0]]
    else:
        weights[:, found] = machine.coef_.T
        offsets[found] = machine.intercept_
    return weights, offsets


def _learned(
    rows: csr_matrix, left_out: np.ndarray, learn: Callable[[np.ndarray], _Planes]
) -> Tuple[_Planes, np.ndarray]:
    """Planes learned from all rows; and the margins of the rows left out, by planes learned without
    them. At once, but in two processes: liblinear draws from one generator for a whole process."""
    whole, (weights, offsets) = Parallel(n_jobs=2)(
        delayed(learn)(chosen) for chosen in (np.ones_like(left_out), ~left_out)
    )
    return whole, np.asarray(rows[left_out] @ weights) + offsets


def _ranked(labels: Sequence[str], chances: np.ndarray) -> Scores:
    order = np.argsort(-chances, kind="stable")
    return [(labels[at], float(chances[at])) for at in order]
