"""Some hundred requests that mean no good, kept as data (tests/security/cases), against the whole platform."""

import importlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.security.attack import Attack
from tests.security.world import SECRET, World
from tests.service.asking import Asked, Route, routes_of

THEMES = sorted(path.stem for path in (Path(__file__).parent / "cases").glob("*.py"))
LEAST = 300


def cases(theme: str) -> tuple[Attack, ...]:
    return importlib.import_module(f"tests.security.cases.{theme}").CASES


EVERY = [attack for theme in THEMES for attack in cases(theme)]


@pytest.mark.parametrize("theme", THEMES)
async def test_attacks(theme: str, world: World, subtests: pytest.Subtests) -> None:
    before = await world.state()
    for attack in cases(theme):
        with subtests.test(attack.name):
            answer = await world.send(attack)
            known, before = before, await world.state()
            judge(attack, answer, world)
            assert before.annas == known.annas, "something of Anna's has changed"
            assert before.users == known.users, "there are other accounts than before"
            assert attack.writes or before.mallorys == known.mallorys, "something has changed"


def judge(attack: Attack, answer: Asked, world: World) -> None:
    """Whether an answer is as it must be."""
    assert answer.status == attack.status, answer
    assert SECRET in str(attack.body) or SECRET.encode() not in answer.body
    assert world.names["anna.token"].encode() not in answer.body
    assert attack.sets_cookies or "set-cookie" not in answer.headers, answer.headers
    if attack.code is not None:
        assert code_of(answer) == attack.code
    if attack.check is not None:
        assert attack.check(answer, world.names), answer


def code_of(answer: Asked) -> str | None:
    body: Any = json.loads(answer.body)
    return body.get("code") or body["detail"]["code"]


def test_there_are_enough_and_each_is_another() -> None:
    names = Counter(attack.name for attack in EVERY)
    assert len(EVERY) >= LEAST
    assert not [name for name, count in names.items() if count > 1]
    sent = Counter((one.by, one.method, one.path, one.query, one.headers, str(one.body)) for one in EVERY)
    assert not [request for request, count in sent.items() if count > 1]


async def test_every_route_is_attacked(world: World) -> None:
    untried = [str(route) for route in routes_of(world.host) if not any(reaches(attack, route) for attack in EVERY)]
    assert not untried


async def test_every_route_with_an_id_is_asked_for_somebody_elses(world: World) -> None:
    with_id = [route for route in routes_of(world.host) if re.search(r"\{\w+_id", route.path)]
    assert len(with_id) >= 8
    assert not [str(route) for route in with_id if not any(reaches(attack, route) for attack in cases("others"))]


def reaches(attack: Attack, route: Route) -> bool:
    path = attack.path if isinstance(attack.path, str) else attack.path.decode("latin-1")
    pattern = re.sub(r"\{[^/]*:path\}|\{file\}", ".+", re.sub(r"\{\w+:str\}", "[^/]+", route.path))
    return attack.method == route.method and re.fullmatch(pattern, path) is not None
