"""Tells which aspects of a procedure a message asks about; there may be several, or none.

Learned from the example questions of all procedures together, so that a new procedure needs no
examples of "how long" in its own words.
"""

from __future__ import annotations

from pathlib import Path

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import findings, learning
from bot.nlu.lesson import Evidence
from bot.nlu.linear import Scores, Several
from bot.nlu.trained import TrainedComponent


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class AspectClassifier(TrainedComponent[Several], IntentClassifier):
    """Sets `aspects`: each with the probability that it is asked about."""

    FILE = "aspects"

    def learn(self, evidence: Evidence) -> Several:
        """Learn from the lines that ask about an aspect."""
        return learning.aspects(evidence, self.config["strength"], self.config["seed"])

    @staticmethod
    def read(folder: Path, name: str) -> Several:
        """Read what was learned."""
        return Several.load(folder, name)

    def tell(self, message: Message, scores: Scores) -> None:
        """Write the aspects into the message."""
        message.set("aspects", findings.aspects(scores), add_to_output=True)
