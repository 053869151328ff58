"""What a training line says besides its intent: the procedure and aspects meant, and whose copy.

Rasa keeps such knowledge in a message's metadata; this is the one place that writes and reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Iterable, List, Optional

from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_EXAMPLE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


@dataclass(frozen=True)
class Example:
    """A labelled line."""

    text: str
    intent: str
    procedure: Optional[str] = None
    """Id of the catalogue; None where the line is about none or does not say which."""
    aspects: FrozenSet[str] = frozenset()
    line: int = -1
    """Number of the line as it was written. Copies of one line share it, so that they are never
    parted between what is learned from and what is tested on."""

    def message(self) -> Message:
        """Return the line as Rasa knows it."""
        said: Dict[str, Any] = {"line": self.line}
        if self.procedure:
            said["procedure"] = self.procedure
        if self.aspects:
            said["aspects"] = sorted(self.aspects)
        return Message(
            data={TEXT: self.text, INTENT: self.intent, METADATA: {METADATA_EXAMPLE: said}}
        )


def example_of(message: Message) -> Optional[Example]:
    """Read the line back; None for a message that is none, such as the name of an action."""
    text, intent = message.get(TEXT), message.get(INTENT)
    if not text or not intent:
        return None
    said = (message.get(METADATA) or {}).get(METADATA_EXAMPLE)
    if not isinstance(said, dict):
        said = {}
    return Example(
        text=text,
        intent=intent,
        procedure=said.get("procedure"),
        aspects=frozenset(said.get("aspects", ())),
        line=said.get("line", -1),
    )


def labelled(training_data: TrainingData) -> List[Message]:
    """Return the messages of `training_data` that are labelled lines."""
    return [m for m in training_data.training_examples if example_of(m) is not None]


def groups(examples: Iterable[Example]) -> List[int]:
    """Return a group number for each example: copies share theirs, others stand alone."""
    return [example.line if example.line >= 0 else -1 - at for at, example in enumerate(examples)]
