"""The form in which scores travel in a message: to Rasa's tracker and to whoever reads it there."""

from __future__ import annotations

from typing import Any, Dict, List

from bot.nlu.linear import Scores

NONE = "none"
"""The candidate that says: this message names no procedure."""
MOST = 5
"""How many procedures are passed on."""
FEWEST = 0.05
"""Aspects less likely than this are not passed on."""


def intents(scores: Scores) -> List[Dict[str, Any]]:
    """Return the likeliest intents in Rasa's own form."""
    return [{"name": name, "confidence": chance} for name, chance in scores[:10]]


def candidates(scores: Scores) -> List[Dict[str, Any]]:
    """Return the likeliest procedures."""
    return [{"procedure": name, "score": chance} for name, chance in scores[:MOST]]


def parts(rankings: List[Scores]) -> List[Dict[str, Any]]:
    """Return the likeliest procedure of each part of a message that enumerates."""
    return [candidates(scores)[0] for scores in rankings]


def aspects(scores: Scores) -> List[Dict[str, Any]]:
    """Return the aspects that may be asked about."""
    return [{"aspect": name, "score": chance} for name, chance in scores if chance >= FEWEST]
