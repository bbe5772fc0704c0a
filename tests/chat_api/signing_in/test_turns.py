"""Turns at hashing: short, fair, known devices first; what would wait for long is refused at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from chat_api.signing_in.turns import Room, Turns
from taskflow_core.domain.errors import SignInBusyError
from tests.support.waiting import eventually


class Hashes:
    """Hashes that end when the test says so."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._end: dict[str, asyncio.Event] = {}
        self.began: list[str] = []
        self.refused: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def _one(self, name: str, address: str, subject: str, known: bool) -> None:
        try:
            async with self._turns.turn(address, subject, known=known):
                self.began.append(name)
                await self._end[name].wait()
        except SignInBusyError:
            self.refused.append(name)

    def asks(self, name: str, address: str, *, subject: str | None = None, known: bool = False) -> None:
        self._end[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._one(name, address, subject or name, known))

    async def asked(self, name: str, address: str, *, subject: str | None = None, known: bool = False) -> None:
        self.asks(name, address, subject=subject, known=known)
        await asyncio.sleep(0)

    async def ends(self, name: str) -> None:
        self._end[name].set()
        await self.tasks[name]
        await asyncio.sleep(0)

    async def end_all(self) -> None:
        while pending := [name for name, task in self.tasks.items() if not task.done()]:
            for name in pending:
                self._end[name].set()
            await asyncio.sleep(0)


@asynccontextmanager
async def hashes(at_once: int = 2, *, known: Room | None = None, others: Room | None = None) -> AsyncGenerator[Hashes]:
    room = Room(addresses=8, attempts=32)
    made = Hashes(Turns(at_once, known=known or room, others=others or room))
    yield made
    await made.end_all()


async def test_so_many_at_once() -> None:
    async with hashes() as made:
        for name in "abc":
            await made.asked(name, name)
        assert made.began == ["a", "b"]
        await made.ends("b")
        assert made.began == ["a", "b", "c"]


async def test_who_is_known_goes_first() -> None:
    async with hashes(1) as made:
        for name in "abc":
            await made.asked(name, name)
        await made.asked("owner", "a", known=True)
        await made.ends("a")
        assert made.began == ["a", "owner"]


async def test_they_keep_nobody_out() -> None:
    """Who has a few accounts is known as well: every third turn is a newcomer's, where one waits."""
    async with hashes(1) as made:
        for n in range(9):
            await made.asked(f"known {n}", "one address", known=True)
        for name in ("new", "newer"):
            await made.asked(name, name)
        while made.began[-1] != "newer":
            await made.ends(made.began[-1])
        assert len(made.began) <= 6
        assert made.began.index("newer") - made.began.index("new") == 3


async def test_addresses_take_turns_however_many_attempts_they_make() -> None:
    async with hashes(1) as made:
        for n in range(20):
            await made.asked(f"flood {n}", "one address")
        await made.asked("newcomer", "another")
        await made.ends("flood 0")
        await made.ends("flood 1")
        assert made.began[2] == "newcomer"
        await made.ends("newcomer")
        assert made.began[3] == "flood 2", "the others go on in their order"


async def test_one_of_a_subject_at_a_time() -> None:
    async with hashes(2) as made:
        for name in ("bob 1", "bob 2", "bob 3"):
            await made.asked(name, "a", subject="bob")
        await made.asked("anna", "a")
        assert made.began == ["bob 1", "anna"], "others pass those who wait for their turn"
        await made.ends("bob 1")
        assert made.began == ["bob 1", "anna", "bob 2"]


async def test_more_than_there_is_room_for_is_refused_at_once() -> None:
    async with hashes(1, others=Room(addresses=2, attempts=3)) as made:
        await made.asked("first", "x")
        for n in range(5):
            await made.asked(f"a{n}", "a")
        for name in ("b", "c"):
            await made.asked(name, name)
        assert made.refused == ["a3", "a4", "c"]
        await made.asked("owner", "a", known=True)
        assert "owner" not in made.refused, "who is known has room of their own"


async def test_nobody_waits_for_long() -> None:
    async with hashes(1, others=Room(addresses=2, attempts=3, seconds=0.05)) as made:
        await made.asked("first", "x")
        await made.asked("second", "a")

        def refused() -> None:
            assert made.refused == ["second"]

        await eventually(refused)
        await made.ends("first")
        await made.asked("third", "a")
        assert made.began == ["first", "third"], "who gave up holds nothing"


@pytest.mark.parametrize("given", [False, True])
async def test_clients_that_go_away_hold_nothing(given: bool) -> None:
    async with hashes(1) as made:
        await made.asked("first", "x")
        await made.asked("gone", "a")
        if given:  # its turn comes in the moment in which it goes
            made.tasks["first"].cancel()
            await asyncio.sleep(0)
        made.tasks["gone"].cancel()
        await asyncio.gather(*made.tasks.values(), return_exceptions=True) if given else await asyncio.sleep(0)
        await made.asked("next", "a")
        if not given:
            await made.ends("first")
        assert made.began[-1] == "next"
