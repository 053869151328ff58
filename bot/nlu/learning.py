"""How intents, procedures and aspects are learned from evidence, without Rasa.

Rasa's components call these; so does whoever measures the understanding without Rasa.
"""

from __future__ import annotations

from bot.nlu import findings
from bot.nlu.lesson import Evidence
from bot.nlu.linear import OneOf, Several

LEFT_OUT = 0.25
"""Share of the lines that only tell how far to trust the margins."""


def intents(evidence: Evidence, strength: float, seed: int) -> OneOf:
    """Learn what is wanted, from all lines."""
    wanted = [evidence.examples[number].intent for number in evidence.numbers]
    left_out = evidence.strangers(LEFT_OUT, seed)
    return OneOf.fit(evidence.rows, wanted, left_out, strength=strength, seed=seed)


def procedures(evidence: Evidence, strength: float, seed: int) -> OneOf:
    """Learn which lines are about which procedure, and which about none."""
    about = [evidence.examples[number].procedure or findings.NONE for number in evidence.numbers]
    left_out = evidence.strangers(LEFT_OUT, seed)
    return OneOf.fit(evidence.rows, about, left_out, strength=strength, seed=seed)


def aspects(evidence: Evidence, strength: float, seed: int) -> Several:
    """Learn what is asked, from the lines that ask about an aspect."""
    asking = evidence.of([at for at, line in enumerate(evidence.examples) if line.aspects])
    asked = [set(asking.examples[number].aspects) for number in asking.numbers]
    left_out = asking.strangers(LEFT_OUT, seed)
    return Several.fit(asking.rows, asked, left_out, strength=strength, seed=seed)
