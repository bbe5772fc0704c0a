"""The sidecar's bulk deliveries, taken apart so that an entry that cannot be read spoils none of its neighbours.

The sidecar passes an event's bytes on as they came. So what is wrong with one of them (bytes that are no text, half a
character, a thousand brackets) is wrong with the whole body, which a JSON decoder then refuses.
"""

import base64
import binascii
import re
from typing import Final

import msgspec

from taskflow_core.decoding import JsonDecoder, UndecodableError

# A string or one of the marks that structure JSON. What else there is lies between them.
_MARK: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)
_MEMBER: Final = re.compile(rb'\s*("[^"\\]*(?:\\.[^"\\]*)*")\s*:(.*)', re.DOTALL)
_NO_ID: Final = "the delivery gave the entry no id"


class Entry(msgspec.Struct, frozen=True):
    """An entry of a bulk delivery: its id there, None where it has none to be answered by, and the event's bytes."""

    entry_id: str | None
    payload: bytes

    @property
    def problem(self) -> str | None:
        """Why it is not to be handled, whatever the event is."""
        return _NO_ID if self.entry_id is None else None


class Bulk(msgspec.Struct, frozen=True):
    """A delivery: the topic as the sidecar names it, and its entries in order."""

    topic: str
    entries: list[Entry]


class _Entry(msgspec.Struct, rename="camel"):
    entry_id: str
    event: msgspec.Raw


class _Bulk(msgspec.Struct):
    topic: str
    entries: list[_Entry]


_decode_bulk: Final = msgspec.json.Decoder(_Bulk).decode
_decode_name: Final = JsonDecoder(str, largest=1024)


def read_bulk(body: bytes, *, encoded: bool) -> Bulk:
    """A delivery from the body of its request; `encoded` where events are raw, in base64, since they need not be JSON.

    Raises UndecodableError for what is no bulk delivery.
    """
    try:
        bulk = _decode_bulk(body)
    except (ValueError, RecursionError):
        return _taken_apart(body, encoded=encoded)
    return Bulk(bulk.topic, [Entry(e.entry_id, _payload(bytes(e.event), encoded=encoded)) for e in bulk.entries])


def _taken_apart(body: bytes, *, encoded: bool) -> Bulk:
    """The same, each entry by itself; slower, and indifferent to what is within an event."""
    delivery = members(body)
    if "entries" not in delivery:
        raise UndecodableError("has no entries")
    entries: list[Entry] = []
    for part in _parts(delivery["entries"], b"[]"):
        try:
            fields = members(part)
            entry_id = name(fields.get("entryId"))
            entries.append(Entry(entry_id, _payload(fields.get("event", b""), encoded=encoded)))
        except UndecodableError:
            entries.append(Entry(None, part.strip()))  # its event may be readable all the same
    return Bulk(name(delivery.get("topic")) or "", entries)


def _payload(event: bytes, *, encoded: bool) -> bytes:
    """An event's bytes; one that is not base64 after all is taken as it stands."""
    if not encoded:
        return event
    try:
        return base64.b64decode(msgspec.json.decode(event, type=str), validate=True)
    except (ValueError, RecursionError, binascii.Error):
        return event


def name(raw: bytes | None) -> str | None:
    """A short text from its JSON; None for anything else."""
    try:
        return None if raw is None else _decode_name(raw)
    except UndecodableError:
        return None


def members(raw: bytes) -> dict[str, bytes]:
    """An object's members, each as it stands, whatever is in it. Raises UndecodableError for what is no object."""
    found: dict[str, bytes] = {}
    for part in _parts(raw, b"{}"):
        match = _MEMBER.fullmatch(part)
        key = match and name(match[1])
        if match is None or key is None:
            raise UndecodableError("has a member without a name")
        found[key] = match[2].strip()
    return found


def _parts(raw: bytes, brackets: bytes) -> list[bytes]:
    """What stands between the outermost brackets, at its commas."""
    raw = raw.strip()
    if not raw.startswith(brackets[:1]):
        raise UndecodableError(f"is not within {brackets.decode()}")
    parts: list[bytes] = []
    depth = begin = 0
    for mark in _MARK.finditer(raw):
        if mark[0] in b"[{":
            depth += 1
            begin = begin or mark.end()
        elif mark[0] in b"]}":
            depth -= 1
            if depth == 0:
                parts.append(raw[begin : mark.start()])
                if mark.end() != len(raw):
                    raise UndecodableError("goes on behind its end")
                return parts if len(parts) > 1 or parts[0].strip() else []
        elif mark[0] == b"," and depth == 1:
            parts.append(raw[begin : mark.start()])
            begin = mark.end()
    raise UndecodableError("ends before its end")
