"""Whatever a client sends as a body, to every route: an answer below 500, no traceback, and the platform goes on.

The routes come from the apps themselves, so a new one is covered as soon as it is there.
"""

import json
import random
import time
from collections.abc import Iterable

import pytest

from taskflow_core.decoding import DEEPEST
from tests.service.edges.strange import EXAMPLES, OTHERS, TEXTS
from tests.service.edges.whole import Platform, body_of, fields_of
from tests.support.adversarial import VALUES


def undecodable() -> Iterable[tuple[str, bytes]]:
    """Bodies that are no JSON, or none that anything should read."""
    for name, value in VALUES.items():
        yield name, value
        yield f"{name}, in a field that nobody reads", b'{"title": "A", "message": "list", "nobody": %b}' % value
        yield (
            f"{name}, in a list in a field",
            b'{"title": [%b], "email": [%b], "timezone": [%b]}' % (value, value, value),
        )
        yield f"{name}, as a name", b'{"title": "A", %b: 1}' % value
    deeper = DEEPEST + 1
    yield "one level more than is read", b'{"a": %b}' % (b"[" * deeper + b"]" * deeper)
    yield "brackets that nobody closes", b"[" * 100_000
    yield "objects that nobody closes", b'{"title":' * 10_000
    yield "blanks", b" \t\n"
    yield "half of it", b'{"title": "A'
    yield "a byte order mark", b'\xef\xbb\xbf{"title": "A"}'
    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        yield encoding, '{"title": "A"}'.encode(encoding)
    yield "more behind it", b'{"title": "A"}{}'


async def test_a_body_that_cannot_be_decoded_is_422_wherever_one_is_read(
    platform: Platform, subtests: pytest.Subtests
) -> None:
    readers = [route for route in platform.routes if route.reads_body]
    assert len(readers) >= 4
    for route in readers:
        with subtests.test(route=str(route)):
            for name, body in undecodable():
                answer = await platform.ask(route, body=body)
                assert answer.status == 422, (name, answer)
                assert answer.problems[0]["loc"][0] == "body"
    for route in platform.routes:
        if not route.reads_body and route.method != "GET":
            for _, body in undecodable():
                await platform.ask(route, body=body)


async def test_a_body_that_is_too_large_is_413(platform: Platform) -> None:
    for route in platform.routes:
        answer = await platform.ask(route, body=b'{"title": "%b"}' % (b"x" * 200_000))
        assert answer.status == 413 or not route.reads_body, (str(route), answer)


async def test_a_client_that_goes_before_the_bodys_end_is_no_fault_of_ours(platform: Platform) -> None:
    for route in platform.routes:
        await platform.ask(route, body=b'{"title":', cut=True)


async def test_what_any_field_may_hold(platform: Platform, subtests: pytest.Subtests) -> None:
    """Each field of each body with each strange value, one at a time, then several together as chance has it."""
    chance = random.Random(20261128)
    for route in [route for route in platform.routes if route.body]:
        with subtests.test(route=str(route)):
            fields = fields_of(route)
            for name in fields:
                for value in chance.sample([*TEXTS, *OTHERS], 12):
                    await platform.ask(route, body=json.dumps(body_of(route, **{name: value})).encode())
            began = time.monotonic()
            for _ in range(40):
                if time.monotonic() - began > 1:
                    break
                known = {name: EXAMPLES[name] for name in fields if name in EXAMPLES and chance.random() < 0.7}
                strange = {name: chance.choice([*TEXTS, *OTHERS]) for name in fields if chance.random() < 0.3}
                await platform.ask(route, body=json.dumps(body_of(route, **known | strange)).encode())


async def test_nul_is_refused_in_every_text(platform: Platform, subtests: pytest.Subtests) -> None:
    for route in [route for route in platform.routes if route.body]:
        for name in fields_of(route):
            with subtests.test(route=str(route), field=name):
                answer = await platform.ask(route, body=json.dumps(body_of(route, **{name: "a\x00b"})).encode())
                assert 400 <= answer.status < 500 or name in {"conversation_id", "password", "refresh_token"}, answer
