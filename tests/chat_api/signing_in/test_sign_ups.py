"""Sign-ups are limited: by address and in all."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from taskflow_core.database.pool import Database
from taskflow_core.service.composition import Service
from taskflow_core.settings import Settings
from tests.chat_api.signing_in.conftest import At
from tests.support.clock import MovableClock


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, address_sign_ups_per_hour=4, all_sign_ups_per_hour=10)


async def test_from_one_address(at: At, clock: MovableClock) -> None:
    answers = [await at("192.0.2.7").signs_up(f"{n}@example.com") for n in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 4 + [429] * 2
    assert answers[-1].json()["detail"]["code"] == "TOO_MANY_SIGN_UPS"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3600
    assert (await at("192.0.2.8").signs_up("x@example.com")).status_code == 201
    assert (await at("192.0.2.7").signs_in("0@example.com")).status_code == 200, "signing in is another matter"
    clock.advance(timedelta(hours=1, seconds=1))
    assert (await at("192.0.2.7").signs_up("y@example.com")).status_code == 201


async def test_asking_which_addresses_are_taken_counts_as_well(at: At) -> None:
    answers = [await at("192.0.2.7").signs_up() for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] + [400] * 3 + [429] * 2


async def test_in_all_and_together(at: At, replica: Service, database: Database) -> None:
    people = [at(f"192.0.2.{n % 8}", *((replica,) if n % 3 else ())) for n in range(24)]
    answers = await asyncio.gather(*(person.signs_up(f"{n}@example.com") for n, person in enumerate(people)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {201, 429}
    assert await database.fetchval("SELECT count(*) FROM users") == statuses.count(201) <= 10
