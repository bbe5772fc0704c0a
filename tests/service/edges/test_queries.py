"""Whatever a query holds: an answer below 500, and 422 where it is no text."""

import json
import random
from urllib.parse import quote

import pytest

from taskflow_core.service.incoming import MOST_PAIRS
from taskflow_core.settings import Settings
from tests.service.asking import ask
from tests.service.edges.strange import TEXTS
from tests.service.edges.whole import Platform


async def test_queries(platform: Platform, subtests: pytest.Subtests) -> None:
    chance = random.Random(20261128)
    for route in platform.routes:
        with subtests.test(route=str(route)):
            for name in (*route.query, "nobody", "token", "last_event_id"):
                for text in chance.sample(TEXTS, 8):
                    await platform.ask(route, query=f"{name}={quote(text[:2_000])}".encode())
            for query in (b"&", b"=", b"%", b"a=%zz", b"&&&=&", b"a" * 20_000, b"a&" * 10_000, b"a=\x00"):
                await platform.ask(route, query=query)


async def test_a_query_that_is_no_text_is_422(platform: Platform) -> None:
    for route in platform.routes:
        for query in (b"a=%ff", b"q=%c0%af", b"%ed%a0%80=1", b"q=\xff", b"q=%e2%82"):
            answer = await platform.ask(route, query=query)
            if route.path.startswith("/api/v1/tasks"):
                assert (answer.status, answer.problems[0]["loc"]) == (422, ["query"])


@pytest.mark.parametrize("pair", [b"a=1", b"token=x", b""], ids=["unknown", "secret", "empty"])
async def test_a_query_of_thousands_of_pairs_is_refused(platform: Platform, settings: Settings, pair: bytes) -> None:
    if settings.phase == "iv":
        return  # it reads no query, and so takes any
    for route in platform.routes:
        if not route.path.endswith("/{file}"):
            answer = await platform.ask(route, query=b"&".join([pair] * 7_500))
            assert answer.status == 422, str(route)
            [problem] = answer.problems
            assert (problem["loc"], problem["code"]) == (["query"], "TOO_MANY"), str(route)
            assert "at most 200" in problem["msg"]


async def test_as_many_as_are_taken_are_read(platform: Platform, settings: Settings) -> None:
    if settings.phase == "iv":
        return
    [route] = [route for route in platform.routes if str(route) == "GET /api/v1/tasks"]
    assert (await platform.ask(route, query=b"&".join([b"limit=5"] * MOST_PAIRS))).status == 200
    assert (await platform.ask(route, query=b"&".join([b"limit=5"] * (MOST_PAIRS + 1)))).status == 422


async def test_a_query_that_is_not_escaped_is_read_as_it_was_meant(platform: Platform, settings: Settings) -> None:
    if settings.phase == "iv":
        return  # it reads no query
    [route] = [route for route in platform.routes if str(route) == "GET /api/v1/tasks"]
    await ask(platform.host, "POST", "/api/v1/tasks", headers=platform.headers, body='{"title": "Café"}'.encode())
    for query in ("q=Café".encode(), b"q=Caf%C3%A9"):
        answer = await platform.ask(route, query=query)
        assert [task["title"] for task in json.loads(answer.body)["items"]] == ["Café"]
