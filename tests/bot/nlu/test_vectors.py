"""Rows of evidence: scikit-learn's weights, without its cost for a single message."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import hstack

from bot.nlu.analysis import Said
from bot.nlu.vectors import EMPHASIS, Vectors

TEXTS = [
    "Mất sổ đỏ làm lại ở đâu",
    "mat so do lam lai o dau, mat so do",
    "Tách thửa đất 100 m2 hết bao nhiêu tiền?",
    "tach thua het bao nhieu",
    "Sang tên sổ đỏ cần giấy tờ gì",
]
WEIGHTS = {"words": 1.0, "pieces": 0.5, "accented": 0.25}
RAREST = {"words": 1, "pieces": 1, "accented": 1}


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return Vectors.fit(TEXTS, WEIGHTS, RAREST)[0]


@pytest.mark.parametrize("texts", [TEXTS, TEXTS[:1], ["", "xyz"], ["đỏ", "", "mất mất mất"], []])
def test_rows_are_what_scikit_learn_makes(vectors: Vectors, texts: list[str]) -> None:
    rows = vectors.rows(texts)
    assert rows.shape == (len(texts), vectors.width) and rows.dtype == np.float32
    if texts:
        said = [Said.of(text) for text in texts]
        streams = vectors._streams.items()
        wanted = hstack([kind.transform(said) * WEIGHTS[name] for name, kind in streams])
        assert np.allclose(rows.toarray(), wanted.toarray(), atol=1e-6)


STORY = "Mất sổ đỏ tách thửa đất. " * 10 + "Sang tên sổ đỏ cần giấy tờ gì"


def test_learning_gives_the_rows_that_reading_gives() -> None:
    texts = [*TEXTS, STORY]
    vectors, learned = Vectors.fit(texts, WEIGHTS, RAREST)
    assert np.allclose(learned.toarray(), vectors.rows(texts).toarray(), atol=1e-6)


def test_what_a_story_asks_counts_beside_the_whole(vectors: Vectors) -> None:
    story, question, short = vectors.rows([STORY, TEXTS[-1], TEXTS[0]]).toarray()
    said = [Said.of(STORY)]
    streams = vectors._streams.items()
    whole = hstack([kind.transform(said) * WEIGHTS[name] for name, kind in streams]).toarray()[0]
    assert np.allclose(story, whole + EMPHASIS * question, atol=1e-6)
    assert np.allclose(short, vectors.rows(TEXTS[:1]).toarray()[0], atol=1e-6)
