"""What is refused, as each process knows it: at first sight, within a second, and while the database is away."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest

from taskflow_core.database.pool import Database
from taskflow_core.service.revocations import reading
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.service.tokens import Identity
from taskflow_core.settings import Settings
from tests.chat_api.people import add_user
from tests.support.clock import MovableClock
from tests.support.connections import connected
from tests.support.waiting import eventually

_REVOKE = """
INSERT INTO revocations (kind, subject, user_id, issued_before, effective_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_DISABLE = "INSERT INTO disabled_accounts VALUES ($1, 'hash', 'placeholder', now())"


class World:
    """A user, and the two processes that they have been to."""

    def __init__(self, database: Database, clock: MovableClock, user_id: str) -> None:
        self.database = database
        self.clock = clock
        self.user_id = user_id
        self.here, self.there = Revocations(database, clock), Revocations(database, clock)

    def identity(self, session_id: str | None = "s", *, age: float = 60, user_id: str | None = None) -> Identity:
        now = self.clock.now()
        return Identity(
            user_id=user_id or self.user_id,
            email=None,
            expires_at=now + timedelta(days=1),
            issued_at=now.timestamp() - age,
            session_id=session_id,
            key=session_id or f"hash {age}",
        )

    async def revoke(self, kind: str, subject: str, *, connection: Any = None, **columns: Any) -> None:
        now = self.clock.now()
        times = (columns.get("issued_before"), columns.get("effective_at"), now + timedelta(days=1))
        await (connection or self.database).execute(_REVOKE, kind, subject, self.user_id, *times)

    async def read(self) -> None:
        for process in (self.here, self.there):
            await process.read()


@pytest.fixture
async def world(database: Database, clock: MovableClock) -> World:
    user_id, _ = await add_user(database, clock.now())
    made = World(database, clock, user_id)
    for process in (made.here, made.there):
        assert not await process.look(made.identity())
    return made


async def test_a_session_is_refused_everywhere_within_a_reading(world: World) -> None:
    await world.revoke("session", "s")
    await world.read()
    assert [process.refuses(world.identity()) for process in (world.here, world.there)] == [True, True]
    assert world.here.refuses(world.identity("another")) is False


async def test_a_token_without_a_session_by_its_hash_or_its_age(world: World) -> None:
    await world.revoke("token", "hash 60")
    await world.read()
    assert (world.here.refuses(world.identity(None)), world.here.refuses(world.identity(None, age=61))) == (True, False)
    await world.revoke("user", world.user_id, issued_before=world.clock.now() - timedelta(seconds=50))
    await world.read()
    assert [world.here.refuses(world.identity(None, age=age)) for age in (40, 61)] == [False, True]
    assert world.here.refuses(world.identity(age=61)) is False, "a session ends by itself, not by its tokens' age"


async def test_what_was_revoked_before_a_process_first_meets_the_user(world: World) -> None:
    await world.revoke("session", "s")
    late = Revocations(world.database, world.clock)
    assert late.refuses(world.identity()) is None
    assert await late.look(world.identity())


async def test_a_transaction_that_commits_late_is_not_missed(world: World, app_url: str) -> None:
    async with connected(app_url) as slow:
        transaction = slow.transaction()
        await transaction.start()
        await world.revoke("session", "s", connection=slow)
        await world.revoke("session", "other")  # begins later, and is committed first
        await world.read()
        assert (world.here.refuses(world.identity("other")), world.here.refuses(world.identity())) == (True, False)
        await transaction.commit()
    await world.read()
    assert world.here.refuses(world.identity()) is True


async def test_one_that_takes_effect_later(world: World) -> None:
    await world.revoke("session", "s", effective_at=world.clock.now() + timedelta(seconds=60))
    await world.read()
    late = Revocations(world.database, world.clock)
    assert (world.here.refuses(world.identity()), await late.look(world.identity())) == (False, False)
    world.clock.advance(timedelta(seconds=61))
    await world.read()
    await late.read()
    assert (world.here.refuses(world.identity()), late.refuses(world.identity())) == (True, True)


async def test_an_account_that_is_gone_disabled_and_back(world: World) -> None:
    await world.database.execute(_DISABLE, world.user_id)
    await world.read()
    assert world.here.refuses(world.identity()) is True
    await world.database.execute("DELETE FROM disabled_accounts")
    await world.read()
    assert world.here.refuses(world.identity()) is False
    await world.database.execute("DELETE FROM users WHERE id = $1", world.user_id)
    await world.read()
    assert world.here.refuses(world.identity()) is True
    nobody = world.identity(user_id=str(uuid.uuid4()))
    assert await world.here.look(nobody)


async def test_who_listens_is_told_once(world: World) -> None:
    told: list[str] = []
    world.here.listen(told.append)
    await world.read()
    assert told == []
    for expected in (("session", "s"), ("token", "hash 60")):
        await world.revoke(*expected)
        await world.read()
        await world.read()
        assert told == [world.user_id]
        told.clear()
    await world.database.execute("DELETE FROM users WHERE id = $1", world.user_id)
    await world.read()
    await world.read()
    assert told == [world.user_id]


async def test_when_its_sessions_end_it_is_known_that_the_account_is_closed(world: World) -> None:
    told: list[bool] = []
    world.here.listen(lambda user_id: told.append(world.here.is_closed(user_id)))
    async with world.database.transaction() as connection:
        await connection.execute(_DISABLE, world.user_id)
        await world.revoke("session", "s", connection=connection)
        now = world.clock.now()
        await world.revoke("user", world.user_id, connection=connection, issued_before=now)
    await world.read()
    assert told, "its streams end"
    assert all(told), "whoever asks why hears of the account, not of a session"


async def test_what_this_process_revoked_it_knows_at_once(world: World) -> None:
    told: list[str] = []
    world.here.listen(told.append)
    world.here.learn(world.user_id, {"s": world.clock.now() + timedelta(days=1)})
    assert (world.here.refuses(world.identity()), told) == (True, [world.user_id])
    await world.read()
    assert world.here.refuses(world.identity()) is True, "a reading takes nothing back"


async def test_what_has_expired_is_forgotten(world: World) -> None:
    await world.revoke("session", "s")
    await world.read()
    world.clock.advance(timedelta(days=2))
    await world.read()
    assert world.here.refuses(world.identity()) is False, "no token of the session is valid any more"


async def test_many_strangers_cost_few_queries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acquired = 0
    acquire = Database.acquire

    def counting(self: Database, **how: Any) -> Any:
        nonlocal acquired
        acquired += 1
        return acquire(self, **how)

    monkeypatch.setattr(Database, "acquire", counting)
    identities = [world.identity(user_id=str(uuid.uuid4())) for _ in range(100)]
    assert all(await asyncio.gather(*map(world.here.look, identities)))
    assert acquired <= 2
    acquired = 0
    assert all(await asyncio.gather(*map(world.here.look, identities)))
    assert acquired == 0, "whoever is known is answered from memory"


async def test_users_who_ask_for_nothing_are_forgotten_unless_a_stream_is_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskflow_core.service.revocations.revocations._IDLE_ROUNDS", 2)
    world.here.hold(world.user_id)
    for _ in range(4):
        await world.read()
    assert (world.here.refuses(world.identity()), world.there.refuses(world.identity())) == (False, None)
    world.here.release(world.user_id)
    for _ in range(4):
        await world.read()
    assert world.here.refuses(world.identity()) is None


async def test_another_server_has_everything_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failover transactions may be numbered anew: what is new by its number is not all that is new."""
    await world.revoke("session", "s")
    await world.database.execute("UPDATE revocations SET xid = 1")
    await world.read()
    assert world.here.refuses(world.identity()) is False, "the number is an old one"
    another = reading._NEW.replace("pg_postmaster_start_time()", "now()")  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(reading, "_NEW", another)
    await world.read()
    assert world.here.refuses(world.identity()) is True


@pytest.fixture
async def away(settings: Settings, world: World) -> AsyncGenerator[Database]:
    """The database of a process that knows the user, and has lost its way to it."""
    yield world.database
    await world.database.open()


async def test_while_the_database_is_away_what_is_known_stays(world: World, away: Database) -> None:
    await world.revoke("session", "s")
    await world.read()
    await away.close()
    with pytest.raises(OSError, match="database"):
        await world.here.read()
    assert world.here.refuses(world.identity()) is True
    assert world.here.refuses(world.identity("another")) is False
    stranger = world.identity(user_id=str(uuid.uuid4()))
    for _ in range(2):
        with pytest.raises(OSError, match="database"):
            await world.here.look(stranger)


async def test_it_reads_by_itself(world: World) -> None:
    running = asyncio.create_task(world.here.run())
    try:
        await world.revoke("session", "s")
        await eventually(lambda: world.here.refuses(world.identity()) is True)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
