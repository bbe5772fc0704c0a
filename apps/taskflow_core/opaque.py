"""Opaque secrets: random, given to one holder, and stored as a hash, from which nobody finds the secret again."""

import hashlib
import secrets
from typing import Final

_BYTES: Final = 32


def new_secret() -> str:
    """43 characters that are safe in URLs and headers."""
    return secrets.token_urlsafe(_BYTES)


def secret_hash(secret: str) -> bytes:
    """What is stored of one: it is random enough for a plain SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
