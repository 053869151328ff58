"""Finding procedures by words, typed with or without diacritics, for the list on the site.

A plain word search over names, aliases and codes that an old phone can use without a script. What a
sentence means is understood by the trained component of the chat, not here.
"""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from collections.abc import Collection
from functools import lru_cache

from language.abbreviations import plain_words
from language.folding import fold
from procedures.catalogue import Catalogue, CatalogueError
from procedures.menu import groups_of

_ENOUGH = 0.6
"""Share of the query's weight that a procedure's names must hold."""
_BEHIND = 0.7
"""Share of the best score below which a procedure is no answer any more."""


def search(catalogue: Catalogue, query: str) -> tuple[str, ...]:
    """Return the procedures that a query names, likeliest first; none where it says nothing."""
    if coded := catalogue.find_codes(query):
        return coded
    wanted = tuple(dict.fromkeys(_words(query)))
    names = {procedure: _names(catalogue, procedure) for procedure in _in_menu_order(catalogue)}
    spread = Counter(word for known in names.values() for word in set().union(*known))
    # A word that every procedure has ("đất") tells little; one that none has, nothing.
    weight = {word: math.log(1 + len(names) / spread[word]) for word in wanted if spread[word]}
    total = sum(weight.values()) + 0.5 * (len(wanted) - len(weight))
    if not weight:
        return ()

    def share(words: Collection[str]) -> float:
        return sum(value for word, value in weight.items() if word in words) / total

    scores: dict[str, float] = {}
    for procedure, known in names.items():
        if (together := share(set().union(*known))) >= _ENOUGH:
            exact = wanted in known
            scores[procedure] = together + max(share(name) for name in known) + exact
    least = _BEHIND * max(scores.values(), default=0)
    ranked = sorted(scores, key=lambda procedure: -scores[procedure])
    return tuple(procedure for procedure in ranked if scores[procedure] >= least)


def suggest(catalogue: Catalogue, unknown: str, most: int = 4) -> tuple[str, ...]:
    """Return procedures that an address that does not exist may have meant."""
    close = difflib.get_close_matches(unknown, catalogue.ids(), n=most, cutoff=0.6)
    found = search(catalogue, re.sub(r"[-_/]+", " ", unknown))
    return tuple(dict.fromkeys((*close, *found)))[:most]


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-z0-9]+", fold(" ".join(plain_words(text)))))


def _names(catalogue: Catalogue, procedure: str) -> list[tuple[str, ...]]:
    try:
        file = catalogue.file(procedure)
    except CatalogueError:
        return []  # its own page says so; the others are found all the same
    names = [file.name.vi, file.name.en, file.short.vi, file.short.en, file.official_name]
    names += [alias for aliases in file.aliases.values() for alias in aliases]
    return [_words(name) for name in (*names, procedure.replace("_", " "))]


def _in_menu_order(catalogue: Catalogue) -> list[str]:
    """The commonest first: they win ties."""
    return [procedure for group in groups_of(catalogue) for procedure in group.procedures]
