"""Cuts a message into syllables as written.

Vietnamese writes a space between syllables, not words; what belongs together is left to the
features, which look at up to three in a row.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

# A dossier code, a number with its separators and a syllable are each one token.
_TOKEN = re.compile(r"\w+(?:[.,/\-]\w+)*|[^\w\s]")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class SyllableTokenizer(Tokenizer):
    """Rasa tokenizer whose tokens keep the spelling. No model learns from them: see `analysis`."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Rasa's own settings for intents of several parts, which this project has not."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_"}

    def tokenize(self, message: Message, attribute: str) -> List[Token]:
        """Return the tokens of one of the message's texts, with their places in it."""
        text = message.get(attribute)
        return [Token(match.group(), match.start()) for match in _TOKEN.finditer(text)]

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave training lines uncut: nothing is learned from their tokens.

        Rasa fingerprints and copies all that hangs on a line several times in a training; tokens
        of twenty thousand lines cost it half a minute.
        """
        return training_data
