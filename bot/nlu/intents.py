"""Rasa's intent classifier: what the citizen wants, with a confidence that can be relied upon."""

from __future__ import annotations

from pathlib import Path

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import findings, learning
from bot.nlu.lesson import Evidence
from bot.nlu.linear import OneOf, Scores
from bot.nlu.trained import TrainedComponent


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(TrainedComponent[OneOf], IntentClassifier):
    """Sets `intent` and `intent_ranking`."""

    FILE = "intents"

    def learn(self, evidence: Evidence) -> OneOf:
        """Learn the intents of all lines."""
        return learning.intents(evidence, self.config["strength"], self.config["seed"])

    @staticmethod
    def read(folder: Path, name: str) -> OneOf:
        """Read what was learned."""
        return OneOf.load(folder, name)

    def tell(self, message: Message, scores: Scores) -> None:
        """Write the ranking into the message."""
        ranking = findings.intents(scores)
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
