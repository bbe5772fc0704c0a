"""JSON from outside: its size, encoding and depth are looked at before anything reads it.

Bodies, events, tokens and cursors all come by here, so that what no decoder takes fails in one way. msgspec alone fails
in three: its own errors, UnicodeDecodeError, and RecursionError at a depth that depends on Python's version and stack.
What it skips it does not look at: a field that nobody asked for may hold bytes that are no text.
"""

import itertools
import re
from typing import Any, Final, Generic, TypeVar

import msgspec

T = TypeVar("T")

DEEPEST: Final = 100
"""How deep arrays and objects may be nested. What TaskFlow reads itself is nested six deep at most."""

# A string, whole or cut off.
_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKET: Final = bytes(set(range(256)).difference(b"[]{}"))
_STEPS: Final = bytes.maketrans(b"[]{}", b"\x01\xff\x01\xff")
"""What a bracket adds to the depth, as a signed byte."""

# An escaped NUL; behind an odd number of backslashes it would be the six characters themselves.
_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class UndecodableError(ValueError):
    """Bytes that are not what is read here; the message says why, in words for whoever sent them."""


class JsonDecoder(Generic[T]):
    """Decodes JSON of one type, of at most `largest` bytes. Refuses the NUL character, which PostgreSQL cannot keep."""

    def __init__(self, kind: type[T], *, largest: int) -> None:
        self._decode = msgspec.json.Decoder(kind).decode
        self._largest = largest

    def __call__(self, raw: bytes | str) -> T:
        """The value. Raises UndecodableError for whatever is wrong with `raw`."""
        text = json_text(raw, self._largest)
        if "\\u0000" in text and _NUL.search(text):
            raise UndecodableError("holds the character U+0000")
        return _read(self._decode, text)


def json_value(raw: bytes, largest: int) -> Any:
    """JSON of any shape as Python's own types. Raises UndecodableError."""
    return _read(msgspec.json.decode, json_text(raw, largest))


def json_text(raw: bytes | str, largest: int) -> str:
    """`raw` as text that may safely be decoded as JSON, which it need not be. Raises UndecodableError."""
    if len(raw) > largest:
        raise UndecodableError(f"has {len(raw):,} bytes; {largest:,} are taken")
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
    except UnicodeDecodeError as error:
        raise UndecodableError(f"is not UTF-8: {error.reason} at byte {error.start}") from None
    if text.startswith("\ufeff"):
        raise UndecodableError("begins with a byte order mark; send UTF-8 without one")
    if _is_too_deep(text):
        raise UndecodableError(f"is nested more than {DEEPEST} deep")
    return text


def keepable(text: str) -> str:
    """`text` as PostgreSQL can keep it: what it cannot, NUL and halves of characters, is written as an escape.

    Within JSON that is still undecodable: nothing becomes an event by being kept.
    """
    return text.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()


def _read(decode: Any, text: str) -> Any:
    try:
        return decode(text)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors; so are texts with halves of pairs
        raise UndecodableError(str(error) or type(error).__name__) from None


def _is_too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= DEEPEST:
        return False  # nearly always, and a hundred times as fast as to look closely
    brackets = _STRING.sub("", text).encode("ascii", "ignore").translate(_STEPS, _NO_BRACKET)
    # No loop of our own: a body may be brackets alone, and this is five times as fast.
    return max(itertools.accumulate(memoryview(brackets).cast("b")), default=0) > DEEPEST
