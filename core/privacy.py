"""Keeping personal data: encryption at rest, indexes for equality, masks for eyes and logs.

A phone number is stored encrypted and found by an HMAC of it; a national ID is kept as an HMAC
only. Keys are derived from one root secret, so that an office has one thing to guard.
"""

from __future__ import annotations

import base64
import hmac
from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.settings import get_settings


class UnreadableSecret(Exception):
    """Stored data cannot be decrypted with this installation's key: is MOTCUA_SECRET_KEY the one
    it was written with?"""


class Vault:
    """Encrypts, decrypts and indexes with keys derived from one root secret."""

    def __init__(self, root_secret: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(self._derive(root_secret, b"encryption")))
        self._index_key = self._derive(root_secret, b"index")

    @staticmethod
    def _derive(root_secret: str, purpose: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"motcua/" + purpose).derive(
            root_secret.encode()
        )

    def encrypt(self, plain: str) -> str:
        """Return `plain` encrypted; two calls give two texts."""
        return self._fernet.encrypt(plain.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Return what was encrypted. Raises `UnreadableSecret` for another key's text."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise UnreadableSecret(UnreadableSecret.__doc__) from None

    def index(self, value: str, purpose: str = "") -> str:
        """Return a keyed fingerprint of `value`, equal for equal values of one purpose.

        For finding and comparing only: it cannot be turned back, nor guessed without the key.
        """
        # Not `hmac.digest`: it lets go of the interpreter, which then has to be waited for.
        return hmac.new(self._index_key, f"{purpose}\0{value}".encode(), sha256).hexdigest()


@lru_cache(maxsize=1)
def get_vault() -> Vault:
    """Return the vault of this installation."""
    return Vault(get_settings().secret_key.get_secret_value())


def mask_phone(phone: str) -> str:
    """Return a phone number of which only the last three digits can be read."""
    return f"••• ••• {phone[-3:]}" if len(phone) > 3 else "•••"


def mask_name(name: str) -> str:
    """Return a name of which only first letters can be read: ``Ng••• V•• A•``."""
    return " ".join(
        (part[:2] if i == 0 and len(part) > 3 else part[:1]) + "•" * min(3, max(1, len(part) - 1))
        for i, part in enumerate(name.split())
    )
