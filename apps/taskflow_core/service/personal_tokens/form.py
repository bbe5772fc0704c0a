"""What a personal token looks like: a prefix by which people and scanners know it, chance, and a check.

The check is keyed: what we did not make is told apart without asking the database.
"""

import base64
import hmac
import secrets
from typing import Final

PREFIX: Final = "tfp_"

_PURPOSE: Final = b"taskflow: personal tokens"
_RANDOM: Final = 24
_CHECK: Final = 9
_LENGTH: Final = len(PREFIX) + (_RANDOM + _CHECK) // 3 * 4


class Form:
    """Makes them, and knows its own. With another secret it knows none of those that there were."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")

    def new(self) -> str:
        """A token that nobody has."""
        chance = secrets.token_bytes(_RANDOM)
        return PREFIX + base64.urlsafe_b64encode(chance + self._check(chance)).decode()

    def knows(self, token: str) -> bool:
        """Whether it was made here."""
        if len(token) != _LENGTH or not token.isascii():
            return False
        try:
            raw = base64.b64decode(token.removeprefix(PREFIX), altchars=b"-_", validate=True)
        except ValueError:
            return False
        return hmac.compare_digest(self._check(raw[:_RANDOM]), raw[_RANDOM:])

    def _check(self, chance: bytes) -> bytes:
        return hmac.digest(self._key, chance, "sha256")[:_CHECK]
