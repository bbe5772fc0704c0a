"""The decoder at every edge: one error for all that is wrong with bytes, and none for what is unusual and right."""

import time
from typing import Any

import pytest

from taskflow_core.decoding import DEEPEST, JsonDecoder, UndecodableError, json_value, keepable
from tests.support.adversarial import VALUES

LARGEST = 200_000
decode: JsonDecoder[Any] = JsonDecoder(dict, largest=LARGEST)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("place", [b"%b", b'{"a": %b}', b'{"a": [1, {"b": %b}]}', b"[%b, 1]"])
def test_what_is_wrong_is_one_error(value: bytes, place: bytes) -> None:
    with pytest.raises(UndecodableError):
        decode(place % value)
    with pytest.raises(UndecodableError):
        json_value(place % value, LARGEST)


@pytest.mark.parametrize(
    "raw", [b"", b" ", b"{", b"{} {}", b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16"), "{'a'}", "\ufeff{}"]
)
def test_so_is_what_is_no_json(raw: bytes | str) -> None:
    with pytest.raises(UndecodableError):
        decode(raw)


def test_depth_counts_brackets_and_not_what_texts_say() -> None:
    deep = b'{"a":' * DEEPEST + b"1" + b"}" * DEEPEST
    assert decode(deep)
    with pytest.raises(UndecodableError, match="100 deep"):
        decode(b'{"a":' + deep + b"}")
    assert decode(b'{"a": "%b", "b": [%b]}' % (b"[" * 1_000, b",".join([b'{"c": "\\"[{"}'] * 1_000)))


def test_size_comes_first() -> None:
    with pytest.raises(UndecodableError, match="bytes"):
        decode(b"\xff" * (LARGEST + 1))


@pytest.mark.parametrize(
    ("raw", "refused"), [(r'{"a":"\u0000"}', True), (r'{"a":"\\u0000"}', False), (r'{"a":"\\\u0000"}', True)]
)
def test_nul_is_refused_and_its_escape_written_out_is_not(raw: str, *, refused: bool) -> None:
    if refused:
        with pytest.raises(UndecodableError, match="U\\+0000"):
            decode(raw)
    else:
        assert decode(raw) == {"a": "\\u0000"}


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * LARGEST,
        b'"' * LARGEST,
        b"[]," * (LARGEST // 3),
        b'["' + b"\\" * (LARGEST - 2),
        b"\\u0000" * (LARGEST // 6),
    ],
)
def test_nothing_takes_long(raw: bytes) -> None:
    """Under a second, and be the machine busy: what is looked at is looked at once."""

    began = time.process_time()
    with pytest.raises(UndecodableError):
        decode(raw)
    assert time.process_time() - began < 1


def test_what_is_kept_can_be_kept_and_says_what_it_was() -> None:
    assert keepable("a\x00b\ud800c\U0001f600") == "a\\x00b\\ud800c\U0001f600"
