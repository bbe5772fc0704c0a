"""Keyed hashes of what is kept to be recognised only: nobody who reads the database can guess an address from one."""

import hmac
from typing import Final

_PURPOSE: Final = b"taskflow: budgets and devices of sign-in"
_BYTES: Final = 16


class Keyed:
    """Makes them with a key of their own, derived from `secret`; with another secret nothing is recognised any more."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")

    def __call__(self, kind: str, *parts: str) -> bytes:
        """The hash of some text; of one kind it is never that of another."""
        text = "\x00".join((kind, *parts))
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")[:_BYTES]
