"""JSON as nobody should send it: what is no text, what is too deep, and what only some decoders take."""

from typing import Final

DEEP: Final = b"[" * 1_000 + b"]" * 1_000
"""A value nested 1,000 deep: valid, and more than a decoder that calls itself survives."""

VALUES: Final[dict[str, bytes]] = {
    "a lone byte": b'"a\xffb"',
    "a cut sequence": b'"a\xe2\x82"',
    "an overlong sequence": b'"a\xc0\xafb"',
    "half a character as bytes": b'"a\xed\xa0\x80b"',
    "half a character escaped": b'"a\\ud800b"',
    "halves in the wrong order": b'"\\udc00\\ud800"',
    "latin-1": '"café"'.encode("latin-1"),
    "a control character": b'"a\x01b"',
    "a raw NUL": b'"a\x00b"',
    "a wrong escape": b'"\\x41"',
    "1,000 arrays": DEEP,
    "1,000 objects": b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
    "no number": b"NaN",
}
"""Values that make the JSON around them undecodable, wherever in it they stand."""
