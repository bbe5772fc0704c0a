"""Signed tokens as an attacker writes them."""

import string
from typing import Final

_ALPHABET: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def written_otherwise(token: str) -> list[str]:
    """The same token in other spellings of its signature, each of which decodes to the same bytes.

    The last of the 43 characters of 256 bits carries four of its six (RFC 4648, section 3.5): the other two are free.
    Decoders take padding and pass over what is not of their alphabet.
    """
    signed, _, signature = token.rpartition(".")
    last = _ALPHABET.index(signature[-1])
    spare = [signature[:-1] + _ALPHABET[last & ~3 | bits] for bits in range(4)]
    others = [*spare, signature + "=", signature + "==", f"{signature[:5]}!!{signature[5:]}"]
    return [f"{signed}.{other}" for other in others if other != signature]
