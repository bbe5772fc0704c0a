"""Encryption of the trail: users' keys wrapped by one that is not in the database, and what they wrote under their own.

AES-256-GCM throughout. What is encrypted is bound to where it stands: a wrapped key to its user, a content to its event
and user; moved to another row it does not open.
"""

import binascii
import hashlib
import os
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit_logger.encryption.contents import canonical

_NONCE: Final = 12
_MARK: Final = 8
"""Bytes that say by which key another is wrapped."""
_WRAPPED: Final = _MARK + _NONCE + 32 + 16
"""Bytes of a wrapped key, with its tag."""

_WRAPPING: Final = b"taskflow audit trail: wrapping users' keys"
_KEY: Final = b"taskflow audit key\n"
_ROW: Final = b"taskflow audit row\n"


class UnknownWrappingError(ConnectionError):
    """Users' keys are wrapped by a key that this process was not given: an outage, which is no event's fault."""

    def __init__(self) -> None:
        super().__init__("TASKFLOW_AUDIT_ENCRYPTION_KEY is not the one that the keys of the audit trail are wrapped by")


class DamagedError(Exception):
    """A key or a content that does not open: it was changed, or moved from elsewhere."""


class Wrapper:
    """Wraps and unwraps users' keys. The first of several secrets wraps, all unwrap."""

    def __init__(self, secrets: Sequence[str]) -> None:
        derived = [HKDF(SHA256(), 32, salt=None, info=_WRAPPING).derive(secret.encode()) for secret in secrets]
        self._by_mark = {hashlib.sha256(key).digest()[:_MARK]: AESGCM(key) for key in derived}
        self.mark: Final = next(iter(self._by_mark))
        """How what is wrapped by the first begins."""
        self.marks: Final = tuple(self._by_mark)

    def wrap(self, key: bytes, user: bytes, key_id: uuid.UUID) -> bytes:
        """A key as the database keeps it, bound to the user (`user_hash`) and its own id."""
        nonce = os.urandom(_NONCE)
        return self.mark + nonce + self._by_mark[self.mark].encrypt(nonce, key, _KEY + user + key_id.bytes)

    def unwrap(self, wrapped: bytes, user: bytes, key_id: uuid.UUID) -> bytes:
        """The key again. Raises UnknownWrappingError and DamagedError."""
        if len(wrapped) != _WRAPPED:
            raise DamagedError("a user's key was changed")
        cipher = self._by_mark.get(wrapped[:_MARK])
        if cipher is None:
            raise UnknownWrappingError
        try:
            return cipher.decrypt(
                wrapped[_MARK : _MARK + _NONCE], wrapped[_MARK + _NONCE :], _KEY + user + key_id.bytes
            )
        except (InvalidTag, ValueError):
            raise DamagedError("a user's key was changed") from None


class UserKey:
    """A user's key, ready for use; `key_id` names it, `user` is the `user_hash`."""

    __slots__ = ("_cipher", "key_id", "user")

    def __init__(self, user: bytes, key_id: uuid.UUID, key: bytes) -> None:
        self.user = user
        self.key_id = key_id
        self._cipher = AESGCM(key)

    def seal(self, written: dict[str, Any], event_id: uuid.UUID, user_id: str, nonce: bytes) -> str:
        """What somebody wrote, encrypted, for one row; `nonce` is one of `nonces`, and no other row's."""
        sealed = self._cipher.encrypt(nonce, canonical(written), _bound_to(event_id, user_id))
        return binascii.b2a_base64(nonce + sealed, newline=False).decode()

    def open(self, sealed: str, event_id: uuid.UUID, user_id: str) -> dict[str, Any]:
        """The same again. Raises DamagedError."""
        try:
            raw = binascii.a2b_base64(sealed, strict_mode=True)
            text = self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], _bound_to(event_id, user_id))
            return msgspec.json.decode(text, type=dict[str, Any])
        except (InvalidTag, ValueError, msgspec.MsgspecError):
            raise DamagedError("a content does not open with its user's key") from None


def new_key() -> bytes:
    """A key for a user."""
    return AESGCM.generate_key(256)


def nonces(count: int) -> Iterator[bytes]:
    """So many random nonces, drawn at once: to ask the system for each by itself costs as much as encrypting a row."""
    drawn = os.urandom(_NONCE * count)
    return (drawn[at : at + _NONCE] for at in range(0, len(drawn), _NONCE))


def _bound_to(event_id: uuid.UUID, user_id: str) -> bytes:
    return _ROW + event_id.bytes + user_id.encode()
