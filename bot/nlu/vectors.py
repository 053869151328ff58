"""Turns a message into one sparse row of TF-IDF weights over the streams of `analysis`; what a long
one asks counts more than what it tells.

Fitting is scikit-learn's; what is kept on disk is only the vocabulary and its weights (JSON and
NumPy arrays), never pickled code.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.analysis import STREAMS, Said
from bot.nlu.asking import asked

FILE = "vectors"
EMPHASIS = 0.3
"""What the row of a long message's questions weighs beside the row of the whole
(docs/understanding.md)."""
NOTHING = (np.empty(0, np.int32), np.empty(0, np.float32))
"""Columns and weights of an empty row."""


class Vectors:
    """A fitted vocabulary. `width` is the number of columns of the rows it makes."""

    def __init__(
        self, streams: Mapping[str, TfidfVectorizer], weights: Mapping[str, float]
    ) -> None:
        self._streams = dict(streams)
        self._weights = dict(weights)
        # Asked of scikit-learn once: it works them out anew each time.
        rarities = [vectoriser.idf_.astype(np.float32) for vectoriser in streams.values()]
        self._rarity = np.concatenate(rarities)
        self._firsts = np.cumsum([0, *map(len, rarities[:-1])], dtype=np.int32)
        self._shares = np.array([weights[name] for name in streams], dtype=np.float32)
        self.width = self._rarity.size

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
        vectors = cls(streams, weights)
        whole = hstack(parts, format="csr", dtype=np.float32)
        return vectors, whole + EMPHASIS * vectors._rows([asked(text) for text in texts])

    def rows(self, texts: Sequence[str]) -> csr_matrix:
        """Return one row for each text.

        The weights are those of `TfidfVectorizer.transform`, worked out here: for the single
        message that a citizen sends, its checks and conversions take five times as long.
        """
        whole = self._rows(texts)
        questions = [asked(text) for text in texts]
        # Adding up takes as long as a row, and most messages are short.
        return whole + EMPHASIS * self._rows(questions) if any(questions) else whole

    def _rows(self, texts: Sequence[Optional[str]]) -> csr_matrix:
        """One row for each text, as if it were a whole message; an empty one where it is None."""
        found = [NOTHING if text is None else self._row(Said.of(text)) for text in texts]
        ends = np.cumsum([0, *(columns.size for columns, _ in found)])
        indices = np.concatenate([columns for columns, _ in found] or [np.empty(0, np.int32)])
        data = np.concatenate([weights for _, weights in found] or [np.empty(0, np.float32)])
        return csr_matrix((data, indices, ends), shape=(len(texts), self.width), dtype=np.float32)

    def _row(self, said: Said) -> Tuple[np.ndarray, np.ndarray]:
        """Columns and weights of a message, one stream after the other."""
        columns: List[int] = []
        often: List[int] = []
        streams: List[int] = []
        sizes: List[int] = []
        for number, (name, vectoriser) in enumerate(self._streams.items()):
            counts = Counter(map(vectoriser.vocabulary_.get, STREAMS[name](said)))
            del counts[None]  # what the vocabulary has not
            if counts:
                columns += counts.keys()
                often += counts.values()
                streams.append(number)
                sizes.append(len(counts))
        if not sizes:
            return NOTHING
        at = np.array(columns, dtype=np.int32) + np.repeat(self._firsts[streams], sizes)
        weights = (np.log(np.array(often, dtype=np.float32)) + 1) * self._rarity[at]
        starts = np.cumsum([0, *sizes[:-1]])
        lengths = np.sqrt(np.add.reduceat(weights * weights, starts))
        return at, weights * np.repeat(self._shares[streams] / lengths, sizes)

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
