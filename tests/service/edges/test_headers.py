"""Whatever headers hold: an answer below 500, and 400 for a host that is none."""

import json
import random

import pytest

from tests.service.asking import ask
from tests.service.edges.strange import HEADER_VALUES, HEADERS
from tests.service.edges.whole import Platform, body_of


async def test_headers(platform: Platform, subtests: pytest.Subtests) -> None:
    chance = random.Random(20261128)
    for route in platform.routes:
        body = json.dumps(body_of(route)).encode() if route.body else b""
        with subtests.test(route=str(route)):
            for name in HEADERS:
                others = [pair for pair in platform.headers if pair[0] != name]
                for value in chance.sample(HEADER_VALUES, 1 + (len(route.query) > 2)):
                    await platform.ask(route, headers=[*others, (name, value)], body=body)


@pytest.mark.parametrize("host", [b"[", b"[::1", b"a:b", b"x:99999", b"a@b", b"\xff", b"a b", b"]"])
async def test_a_host_that_is_none_is_400(platform: Platform, host: bytes) -> None:
    headers = [pair for pair in platform.headers if pair[0] != b"host"]
    answer = await ask(platform.host, "GET", "/api/v1/tasks", headers=[*headers, (b"host", host)], query=b"a=b")
    assert answer.status == 400
