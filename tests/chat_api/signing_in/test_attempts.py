"""Attempts to sign in are limited: by e-mail, by address and in all, on all replicas together."""

import asyncio
import itertools
from datetime import timedelta

import msgspec
import pytest

from chat_api.signing_in.budgets import SharedBudgets
from taskflow_core.database.pool import Database
from taskflow_core.service.composition import Service
from taskflow_core.settings import Settings
from tests.chat_api.signing_in.conftest import ATTEMPTS, BOB, At, Client
from tests.support.clock import MovableClock
from tests.support.connections import connected
from tests.support.waiting import eventually

_END_THOSE_THAT_WAIT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_locks
WHERE NOT granted AND relation = 'sign_in_budgets'::regclass
"""
ELSEWHERE, AWAY = "198.51.100.1", "198.51.100.2"


async def test_by_e_mail_wherever_they_come_from(bob: Client, at: At) -> None:
    for address in (ELSEWHERE, AWAY, "2001:db8::1"):
        assert (await at(address).fails()).status_code == 401
    refused = await at("203.0.113.9").signs_in()
    assert (refused.status_code, refused.json()["detail"]["code"]) == (429, "TOO_MANY_ATTEMPTS")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert (await at(ELSEWHERE).signs_in("BOB@example.com")).status_code == 429, "in any case"
    assert (await at(ELSEWHERE).fails("another@example.com")).status_code == 401, "others are not held up"


async def test_an_unknown_e_mail_is_refused_alike(bob: Client, at: At) -> None:
    answers: list[list[tuple[int, str]]] = []
    for email in (BOB["email"], "nobody@example.com"):
        client = at(ELSEWHERE)
        tried = [await client.fails(email) for _ in range(ATTEMPTS + 1)]
        answers.append([(answer.status_code, answer.text) for answer in tried])
        assert "retry-after" in tried[-1].headers
    assert answers[0][:ATTEMPTS] == answers[1][:ATTEMPTS]
    assert [answer[ATTEMPTS][0] for answer in answers] == [429, 429]


async def test_one_that_is_right_forgets_the_failures(bob: Client, at: At) -> None:
    for _ in range(3):
        elsewhere = at(f"198.51.100.{10 + _}")
        for _ in range(ATTEMPTS - 1):
            assert (await elsewhere.fails()).status_code == 401
        assert (await elsewhere.signs_in()).status_code == 200


async def test_a_minute_later_there_are_new_attempts(bob: Client, at: At, clock: MovableClock) -> None:
    clock.freeze(clock.now())
    await at(ELSEWHERE).uses_up()
    clock.advance(timedelta(seconds=59))
    assert (await at(ELSEWHERE).signs_in()).status_code == 429
    clock.advance(timedelta(seconds=2))
    assert (await at(ELSEWHERE).signs_in()).status_code == 200


async def test_a_clock_that_is_set_back_locks_nobody_out(bob: Client, at: At, clock: MovableClock) -> None:
    await at(ELSEWHERE).uses_up()
    clock.advance(timedelta(days=-1))
    assert (await at(ELSEWHERE).signs_in()).status_code == 200


async def test_those_that_come_together_are_limited_too(bob: Client, at: At, replica: Service) -> None:
    clients = [client for n in range(10) for client in (at(f"198.51.100.{n % 5}"), at(f"198.51.100.{n % 7}", replica))]
    answers = await asyncio.gather(*(client.fails() for client in clients))
    assert sorted(answer.status_code for answer in answers) == [401] * ATTEMPTS + [429] * (20 - ATTEMPTS)


async def test_who_knows_the_password_is_not_held_up_by_themselves(bob: Client, at: At) -> None:
    elsewhere = at(ELSEWHERE)
    answers = await asyncio.gather(*(elsewhere.signs_in() for _ in range(ATTEMPTS * 2)))
    assert {answer.status_code for answer in answers} == {200}
    answers = await asyncio.gather(*(bob.signs_in() for _ in range(ATTEMPTS * 2)))
    assert {answer.status_code for answer in answers} == {200}


async def test_a_restart_forgets_nothing(bob: Client, at: At, replica: Service) -> None:
    await at(ELSEWHERE).uses_up()
    assert (await at(ELSEWHERE, replica).signs_in()).status_code == 429


async def test_one_whose_process_died_counts_until_its_minute_is_over(
    bob: Client, at: At, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.freeze(clock.now())

    async def dies(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(SharedBudgets, "give_back", dies)
        for _ in range(ATTEMPTS):
            with pytest.raises(asyncio.CancelledError):
                await at(ELSEWHERE).signs_in()
    assert (await at(ELSEWHERE).signs_in()).status_code == 429
    clock.advance(timedelta(seconds=61))
    assert (await at(ELSEWHERE).signs_in()).status_code == 200


async def test_nobody_is_let_in_uncounted(bob: Client, at: At, owner_url: str, admin_url: str) -> None:
    """The database goes away while it counts."""
    async with connected(owner_url) as owner, connected(admin_url) as admin:
        async with owner.transaction():
            await owner.execute("LOCK TABLE sign_in_budgets")
            trying = asyncio.create_task(at(ELSEWHERE).signs_in())

            async def waits() -> bool:
                return await admin.fetchval(_END_THOSE_THAT_WAIT) > 0

            await eventually(waits)
            answer = await trying
        assert (answer.status_code, answer.json()["detail"]["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert "retry-after" in answer.headers
        assert (await at(ELSEWHERE).signs_in()).status_code == 200


class TestOfAnAddress:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, address_login_attempts_per_minute=5)

    async def test_over_many_accounts(self, bob: Client, at: At) -> None:
        spray = at(ELSEWHERE)
        answers = [await spray.fails(f"{n}@example.com") for n in range(8)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
        assert (await at(AWAY).fails("1@example.com")).status_code == 401, "another address is not held up"

    async def test_of_ipv6_a_network_is_one(self, bob: Client, at: At) -> None:
        statuses = [(await at(f"2001:db8:1:2::{n:x}").fails(f"{n}@example.com")).status_code for n in range(1, 8)]
        assert statuses == [401] * 5 + [429] * 2
        assert (await at("2001:db8:1:3::1").fails("1@example.com")).status_code == 401

    async def test_an_ipv4_address_is_one_however_it_is_written(self, bob: Client, at: At) -> None:
        await at(ELSEWHERE).uses_up(3, "x@example.com")
        statuses = [(await at(f"::ffff:{ELSEWHERE}").fails(f"{n}@example.com")).status_code for n in range(3)]
        assert statuses == [401, 401, 429]

    async def test_a_success_gives_back_no_more_than_it_took(self, bob: Client, at: At) -> None:
        spray = at(ELSEWHERE)
        for n in range(5):
            assert (await spray.signs_in()).status_code == 200
            await bob.http.post("/api/v1/auth/logout")
            assert (await spray.fails(f"{n}@example.com")).status_code == 401
        assert (await spray.fails("6@example.com")).status_code == 429


class TestInAll:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, all_login_attempts_per_minute=40)

    async def test_from_anywhere_and_with_a_row_for_each_that_was_let_through_only(
        self, bob: Client, at: At, database: Database, clock: MovableClock
    ) -> None:
        counted = itertools.count()

        async def sprays(times: int) -> list[int]:
            return [
                (await at(f"198.51.{n % 200}.{n // 200}").fails(f"{n}@example.com")).status_code
                for n in itertools.islice(counted, times)
            ]

        statuses = [status for some in await asyncio.gather(*(sprays(50) for _ in range(8))) for status in some]
        assert statuses.count(401) == 40
        assert statuses.count(429) == 360
        rows = await database.fetchval("SELECT count(*) FROM sign_in_budgets")
        assert rows <= 40 * 2 + 1 + 2 + 16, "of the sprays, everybody, Bob's sign-up, and what raced"
        clock.advance(timedelta(hours=2))
        await SharedBudgets(database, clock).purge()
        assert await database.fetchval("SELECT count(*) FROM sign_in_budgets") == 0


async def test_nothing_in_the_tables_can_be_guessed_from(bob: Client, at: At, database: Database) -> None:
    await at(ELSEWHERE).uses_up()
    rows = [str(row) for table in ("budgets", "devices") for row in await database.fetch(f"TABLE sign_in_{table}")]
    assert len(rows) >= 5
    text = "\n".join(rows)
    assert not [word for word in ("bob", "example.com", ELSEWHERE, "192.0.2") if word in text]
