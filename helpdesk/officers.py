"""Officers' accounts: names and Argon2id hashes of the settings, and whether a password fits one.

Kept apart from any page, so that the command line makes what the site checks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

SHORTEST = 12
"""Characters of a password."""
LONGEST = 200
_LENGTH, _ITERATIONS, _LANES, _MEMORY = 32, 3, 4, 64 * 1024
"""Of OWASP's and RFC 9106's second choice: 64 MiB, three rounds, four lanes."""


def make_hash(password: str) -> str:
    """Return what is kept of a password. Raises `ValueError` for one too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters")
    made: str = Argon2id(
        salt=os.urandom(16),
        length=_LENGTH,
        iterations=_ITERATIONS,
        lanes=_LANES,
        memory_cost=_MEMORY,
    ).derive_phc_encoded(password.encode())
    return made


def fits(accounts: Mapping[str, str], name: str, password: str) -> bool:
    """Tell whether a password is that of the account `name`; of a name that is not there, after
    the same work."""
    kept = accounts.get(name) or _nobodys()
    try:
        Argon2id.verify_phc_encoded(password[:LONGEST].encode(), kept)
    except (InvalidKey, ValueError):
        return False
    return name in accounts


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return make_hash(os.urandom(16).hex())
