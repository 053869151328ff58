"""Tells which aspects of a procedure a message asks about; there may be several, or none.

Learned from the example questions of all procedures together, so that a new procedure needs no
examples of "how long" in its own words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message
from scipy.sparse import csr_matrix

from bot.nlu import findings
from bot.nlu.examples import Example, groups
from bot.nlu.linear import Scores, Several
from bot.nlu.trained import TrainedComponent


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class AspectClassifier(TrainedComponent[Several], IntentClassifier):
    """Sets `aspects`: each with the probability that it is asked about."""

    FILE = "aspects"

    def learn(self, rows: csr_matrix, examples: Sequence[Example]) -> Several:
        """Learn from the lines that ask about an aspect."""
        asking = np.array([at for at, example in enumerate(examples) if example.aspects])
        asked = [examples[at] for at in asking]
        return Several.fit(
            rows[asking],
            [set(example.aspects) for example in asked],
            groups(asked),
            strength=self.config["strength"],
            seed=self.config["seed"],
        )

    @staticmethod
    def read(folder: Path, name: str) -> Several:
        """Read what was learned."""
        return Several.load(folder, name)

    def tell(self, message: Message, scores: Scores) -> None:
        """Write the aspects into the message."""
        message.set("aspects", findings.aspects(scores), add_to_output=True)
