"""Which folded letters can be a Vietnamese syllable, and how to undo keys typed but not composed.

Vietnamese has a small, closed set of syllable shapes, so that a token which is none of them is a
slip of the keyboard, an abbreviation or a foreign word.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ONSET = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|b|c|d|g|h|k|l|m|n|p|q|r|s|t|v|x"
_NUCLEUS = (
    "ieu|yeu|oai|oay|oao|oeo|uay|uoi|uou|uya|uyu|uye|"
    "ai|ao|au|ay|eo|eu|ia|ie|iu|oa|oe|oi|ua|ue|ui|uo|uu|uy|ye|a|e|i|o|u|y"
)
_SYLLABLE = re.compile(f"(?:{_ONSET})?(?:{_NUCLEUS})(?:ng|nh|ch|c|m|n|p|t)?")
# Telex: a doubled vowel or d, or w after it, composes a letter; s f r x j set the tone.
_TELEX = (("aa", "a"), ("ee", "e"), ("oo", "o"), ("dd", "d"), ("w", ""))
_TONE_KEYS = "sfrxj"


def is_syllable(token: str) -> bool:
    """Tell whether folded `token` can be a Vietnamese syllable."""
    return _SYLLABLE.fullmatch(token) is not None


@lru_cache(maxsize=4096)  # few words make up all that is said
def undo_keys(token: str) -> str:
    """Return folded `token` without Telex or VNI keys that were typed but not composed.

    ``soor`` → ``so``, ``ddaast`` → ``dat``, ``dat61`` → ``dat``. A token that is a syllable as it
    stands, or does not become one, is returned unchanged.
    """
    if len(token) < 3 or not token.isascii() or is_syllable(token):
        return token
    letters = re.sub(r"[1-9]", "", token)
    if letters != token:
        # VNI keys follow letters; a token that begins with a digit is a number with its unit.
        return letters if token[0].isalpha() and is_syllable(letters) else token
    for toneless in _without_tone_key(token):
        composed = toneless
        for keys, letter in _TELEX:
            composed = composed.replace(keys, letter)
        if is_syllable(composed):
            return composed
    return token


def _without_tone_key(token: str) -> list[str]:
    """The token itself, then with each of its tone keys taken out, the last one first."""
    tones = [at for at in range(len(token) - 1, 0, -1) if token[at] in _TONE_KEYS]
    return [token, *(token[:at] + token[at + 1 :] for at in tones)]
