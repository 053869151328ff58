"""Turns a message into one sparse row of TF-IDF weights over the streams of `analysis`.

Fitting is scikit-learn's; what is kept on disk is only the vocabulary and its weights (JSON and
NumPy arrays), never pickled code.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Dict, Iterator, Mapping, Sequence, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.analysis import STREAMS, Said

FILE = "vectors"


class Vectors:
    """A fitted vocabulary. `width` is the number of columns of the rows it makes."""

    def __init__(
        self, streams: Mapping[str, TfidfVectorizer], weights: Mapping[str, float]
    ) -> None:
        self._streams = dict(streams)
        self._weights = dict(weights)
        # Asked of scikit-learn once: it works them out anew each time.
        self._rarity = {name: v.idf_.astype(np.float32) for name, v in streams.items()}

    @property
    def width(self) -> int:
        """Number of columns."""
        return sum(len(vectoriser.vocabulary_) for vectoriser in self._streams.values())

    @classmethod
    def fit(
        cls, texts: Sequence[str], weights: Mapping[str, float], rarest: Mapping[str, int]
    ) -> Tuple["Vectors", csr_matrix]:
        """Learn the vocabulary of `texts`; return it with their rows.

        `weights` names the streams and says how much each counts; `rarest` in how many texts a
        feature of a stream must occur to be kept.
        """
        said = [Said.of(text) for text in texts]
        streams, parts = {}, []
        for name in weights:
            vectoriser = TfidfVectorizer(
                analyzer=STREAMS[name], min_df=rarest[name], sublinear_tf=True, dtype=np.float32
            )
            try:
                parts.append(vectoriser.fit_transform(said) * weights[name])
            except ValueError:
                # Nothing of this stream in the texts, as when none of them has accents.
                continue
            streams[name] = vectoriser
        return cls(streams, weights), hstack(parts, format="csr", dtype=np.float32)

    def rows(self, texts: Sequence[str]) -> csr_matrix:
        """Return one row for each text.

        The weights are those of `TfidfVectorizer.transform`, worked out here: for the single
        message that a citizen sends, its checks and conversions take five times as long.
        """
        columns, weights, ends = [], [], [0]
        for text in texts:
            parts = [part for part in self._parts(Said.of(text)) if part[0].size]
            columns += [found for found, _ in parts]
            weights += [found for _, found in parts]
            ends.append(ends[-1] + sum(found.size for found, _ in parts))
        indices = np.concatenate(columns) if columns else np.empty(0, np.int32)
        data = np.concatenate(weights) if weights else np.empty(0, np.float32)
        return csr_matrix((data, indices, ends), shape=(len(texts), self.width), dtype=np.float32)

    def _parts(self, said: Said) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
        """Columns and weights that a message has in each stream."""
        first = 0
        for name, vectoriser in self._streams.items():
            vocabulary = vectoriser.vocabulary_
            counts = Counter(f for f in STREAMS[name](said) if f in vocabulary)
            columns = np.array([vocabulary[feature] for feature in counts], dtype=np.int32)
            often = np.log(np.array(list(counts.values()), dtype=np.float32)) + 1
            order = np.argsort(columns)
            weights = (often * self._rarity[name][columns])[order]
            length = np.sqrt(np.sum(weights * weights)) or 1.0
            yield columns[order] + first, weights * (self._weights[name] / length)
            first += len(vocabulary)

    def save(self, folder: Path) -> None:
        """Write vocabulary and weights into `folder`."""
        vocabularies: Dict[str, object] = {
            name: {
                "weight": self._weights[name],
                "features": vectoriser.get_feature_names_out().tolist(),
            }
            for name, vectoriser in self._streams.items()
        }
        (folder / f"{FILE}.json").write_text(
            json.dumps(vocabularies, ensure_ascii=False), encoding="utf-8"
        )
        np.savez_compressed(
            folder / f"{FILE}.npz", **{name: v.idf_ for name, v in self._streams.items()}
        )

    @classmethod
    def load(cls, folder: Path) -> "Vectors":
        """Read back what `save` wrote. Raises `FileNotFoundError` where nothing is."""
        kept = json.loads((folder / f"{FILE}.json").read_text(encoding="utf-8"))
        streams, weights = {}, {}
        with np.load(folder / f"{FILE}.npz") as arrays:
            for name, stream in kept.items():
                vectoriser = TfidfVectorizer(
                    analyzer=STREAMS[name],
                    vocabulary=stream["features"],
                    sublinear_tf=True,
                    dtype=np.float32,
                )
                vectoriser.idf_ = arrays[name]
                streams[name] = vectoriser
                weights[name] = stream["weight"]
        return cls(streams, weights)
