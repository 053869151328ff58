"""Tells whether a message is written in English, so that its writer is answered in English.

Only English and Vietnamese are told apart: by English words that are no Vietnamese syllable, and
by the share of words that Vietnamese cannot have written.
"""

from __future__ import annotations

import re

from language.folding import fold, has_marks
from language.syllables import is_syllable, undo_keys


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Function words and a land office's commonest words. Those that are Vietnamese syllables when
# folded ("the", "to", "my", "an", "can") tell nothing and are not here.
_ENGLISH = _words(
    """
    and any are as at been before buy by cannot could did does for from get give given had has
    have having her him how if is isn't its just many mine month months must need needed not of off
    office old one other our out over own owner please pls sell she should since sold some that
    their them then there these they this those through two us was we were what when where which
    who whom whose why wife will with without would year years you your
    apartment bank book books building certificate condo contract cost costs day days document
    documents dossier fee fees file foreigner form house land law lease loan lost mortgage name
    notary paper papers parcel parents passport pay permit plot price property red pink register
    registration status submit tax taxes title transfer website
    gift gifted inherit inherited inheritance merge merging split splitting selling
    want talk speak person someone help know like tell show check find work open close hours meant
    mean giving instead replace torn stolen extend renew dispute neighbour neighbor boundary
    daughter officer collect
    """
)
_SHARED = _words("ok okay hi hello thank thanks bye sorry please pls admin file form")
"""English words that Vietnamese chatters use too: alone they tell nothing."""
_GREETINGS = _words("hi hello thank thanks goodbye bye good morning afternoon you")
# English words that are Vietnamese syllables when folded: they do not make a message Vietnamese.
_ALSO_VIETNAMESE = _words(
    """
    a am an at but by can do go he her hi him i in it man me men met my no not oh on pay phone say
    so son the them then this to too up us we you
    """
)
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def is_english(text: str) -> bool:
    """Tell whether `text` is English. An empty message or a bare "ok" is not."""
    words = _WORD.findall(fold(text))
    if not words:
        return False
    if len(words) > 1 and all(word in _GREETINGS for word in words):
        return True
    telling = sum(word in _ENGLISH and word not in _SHARED for word in words)
    foreign = sum(word in _ENGLISH or _is_foreign(word) for word in words)
    share = foreign / len(words)
    if has_marks(text):
        # Personal and place names carry their marks into an English sentence.
        return telling >= 3 and share >= 0.5
    return (telling >= 1 and share >= 0.5) or (telling >= 2 and share >= 0.4)


def is_vietnamese_alone(word: str) -> bool:
    """Tell whether a folded word is a Vietnamese syllable and no common English word."""
    return word not in _ALSO_VIETNAMESE and word not in _ENGLISH and is_syllable(undo_keys(word))


def _is_foreign(word: str) -> bool:
    return len(word) > 3 and not is_syllable(undo_keys(word))
