"""How a lesson travels through Rasa's training: on one message that is nothing else.

The importer puts the lesson on it, the featurizer adds the rows, the other components learn from
these. Rasa's fingerprints see all of it change.
"""

from __future__ import annotations

from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.lesson import Evidence, Lesson

LESSON = "lesson"
EVIDENCE = "evidence"


def carrier(lesson: Lesson) -> Message:
    """Return the message that carries `lesson`. Rasa takes it for one more example."""
    first = lesson.examples[0]
    return Message(data={TEXT: first.text, INTENT: first.intent, LESSON: lesson})


def lesson_of(training_data: TrainingData) -> Lesson:
    """Return the lesson. Raises `ValueError` where none is carried."""
    lesson = _carrier_in(training_data).get(LESSON)
    assert isinstance(lesson, Lesson)
    return lesson


def add_evidence(training_data: TrainingData, evidence: Evidence) -> None:
    """Put the rows of the lesson beside it."""
    _carrier_in(training_data).set(EVIDENCE, evidence)


def evidence_of(training_data: TrainingData) -> Evidence:
    """Return the rows. Raises `ValueError` where the featurizer has not added any."""
    evidence = _carrier_in(training_data).get(EVIDENCE)
    if not isinstance(evidence, Evidence):
        raise ValueError("no rows of evidence: put EvidenceFeaturizer before this")
    return evidence


def _carrier_in(training_data: TrainingData) -> Message:
    for message in training_data.training_examples:
        if message.get(LESSON) is not None:
            return message
    raise ValueError("no lesson to learn from: CatalogueImporter brings it")
