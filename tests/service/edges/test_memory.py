"""What is large in requests is gone with them, whoever sends it and however often."""

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.service.edges.whole import Platform

_TIMES: Final = 3
_MOST: Final = 8_000
"""Bytes that may stay of a request, each of another 30,000. Of what is remembered by itself four times as much would,
and of what was read of queries or cookies a hundred times."""


def _many(number: int, between: str) -> str:
    return between.join(f"{number:x}{name:x}=" for name in range(3_500))[:30_000]


PARTS: Final[dict[str, Callable[[int], dict[str, Any]]]] = {
    "query": lambda number: {"query": _many(number, "&").encode()},
    "one parameter": lambda number: {"query": f"q={number:x}{'x' * 30_000}".encode()},
    "cookies": lambda number: {"headers": [(b"host", b"127.0.0.1:8000"), (b"cookie", _many(number, ";").encode())]},
    "host": lambda number: {"headers": [(b"host", f"{number:x}{'x' * 30_000}".encode())]},
}


@pytest.mark.parametrize("part", PARTS)
async def test_nothing_large_stays(platform: Platform, part: str) -> None:
    await _send(platform, PARTS[part], range(1))
    tracemalloc.start()
    try:
        await _send(platform, PARTS[part], range(1, _TIMES))
        gc.collect()
        stays = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert stays < _MOST * (_TIMES - 1) * len(platform.routes)


async def test_cookies_beyond_many_are_not_read(platform: Platform) -> None:
    route = next(one for one in platform.routes if str(one) == "GET /api/v1/tasks")
    unsigned = [pair for pair in platform.headers if pair[0] != b"authorization"]
    token = dict(platform.headers)[b"authorization"].removeprefix(b"Bearer ")
    for before, status in ((0, 200), (10, 200), (200, 401)):
        cookies = b"a=b; " * before + b"taskflow_session=" + token
        answer = await platform.ask(route, headers=[*unsigned, (b"cookie", cookies)])
        assert answer.status == status


async def test_nor_does_a_long_path(platform: Platform) -> None:
    """As a whole and as a parameter."""
    for route in platform.routes:
        await platform.ask(route, body=b"{}")
    tracemalloc.start()
    try:
        for route in platform.routes:
            for number in range(_TIMES):
                await platform.ask(route, path=f"{route.at(task_id='x')}/{number:x}{'x' * 30_000}", body=b"{}")
                await platform.ask(route, path=route.at(task_id=f"{number:x}{'x' * 30_000}"), body=b"{}")
        gc.collect()
        stays = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert stays < _MOST * 2 * _TIMES * len(platform.routes)


async def _send(platform: Platform, how: Callable[[int], dict[str, Any]], numbers: range) -> None:
    for number in numbers:
        for route in platform.routes:
            if route.path.endswith("/logout"):
                continue  # who asks stays signed in
            await platform.ask(route, **how(number * 1000 + len(route.path)))
