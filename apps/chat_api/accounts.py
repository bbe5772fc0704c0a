"""Accounts: signing up and in, with bcrypt off the event loop and failed attempts limited."""

import asyncio
import re
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar
from weakref import WeakValueDictionary

import asyncpg
import bcrypt

from chat_api.payloads import Account
from taskflow.database.pool import Database
from taskflow.domain.clock import Clock
from taskflow.service.errors import ApiError

R = TypeVar("R")

_EMAIL: Final = re.compile(r"[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+")
_LONGEST_EMAIL: Final = 255
_BCRYPT_BYTES: Final = 72
"""What bcrypt reads of a password; Phase IV let it cut the rest off."""

# A new account.
_INSERT: Final = """
INSERT INTO users (id, email, hashed_password, created_at, updated_at)
VALUES ($1, $2, $3, $4::timestamptz, $4::timestamptz)
ON CONFLICT (email) DO NOTHING RETURNING id
"""
# The account of an address.
_BY_EMAIL: Final = "SELECT id, email, hashed_password, created_at::timestamptz FROM users WHERE email = $1"
# The account of an id.
_BY_ID: Final = "SELECT id, email, created_at::timestamptz FROM users WHERE id = $1"


def _secret(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")[:_BCRYPT_BYTES]


class Accounts:
    """The users of the platform. `rounds` is bcrypt's cost; tests lower it."""

    def __init__(self, database: Database, clock: Clock, *, attempts_per_minute: int, rounds: int = 12) -> None:
        self._database = database
        self._clock = clock
        self._rounds = rounds
        self._failures = FailedAttempts(attempts_per_minute)
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        # Two at a time: hashing is all CPU, and a flood of sign-ins must not take the machine from everyone else.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="bcrypt")
        self._nobody: bytes | None = None

    async def sign_up(self, email: str, password: str) -> Account:
        """A new account. Raises ApiError SIGNUP_ERROR for an address that is taken or none."""
        if not _EMAIL.fullmatch(email) or len(email) > _LONGEST_EMAIL:
            raise ApiError("SIGNUP_ERROR", "Invalid email format")
        if await self._database.fetchrow(_BY_EMAIL, email) is not None:
            raise ApiError("SIGNUP_ERROR", "Email already registered")
        hashed = await self._run(bcrypt.hashpw, _secret(password), bcrypt.gensalt(self._rounds))
        account = Account(id=str(uuid.uuid4()), email=email, created_at=self._clock.now())
        if await self._database.fetchval(_INSERT, account.id, email, hashed.decode(), account.created_at) is None:
            raise ApiError("SIGNUP_ERROR", "Email already registered")
        return account

    async def sign_in(self, email: str, password: str, address: str) -> Account:
        """The account of these credentials, asked for from `address`.

        Raises ApiError INVALID_CREDENTIALS, or TOO_MANY_ATTEMPTS after too many failures of the address with the
        e-mail. An unknown e-mail takes as long as a known one.
        """
        who = (address, email)
        # One at a time: attempts that come together must not all be let through before the first has failed.
        async with self._turns.setdefault(who, asyncio.Lock()):
            return await self._sign_in(who, email, password)

    async def _sign_in(self, who: tuple[str, str], email: str, password: str) -> Account:
        wait = self._failures.wait(who)
        if wait:
            raise ApiError(
                "TOO_MANY_ATTEMPTS",
                f"Too many failed sign-ins; try again in {wait} seconds.",
                error="Too many attempts",
                headers={"Retry-After": str(wait)},
            )
        row = None
        if "\x00" not in email:
            row = await self._database.fetchrow(_BY_EMAIL, email)
        known = await self._matches(password, row)
        if row is None or not known:
            self._failures.add(who)
            raise ApiError("INVALID_CREDENTIALS", "Email or password is incorrect", error="Invalid email or password")
        self._failures.forget(who)
        return Account(id=row["id"], email=row["email"], created_at=row["created_at"])

    async def find(self, user_id: str) -> Account | None:
        """The account with an id."""
        if "\x00" in user_id:
            return None
        row = await self._database.fetchrow(_BY_ID, user_id)
        return None if row is None else Account(id=row["id"], email=row["email"], created_at=row["created_at"])

    def close(self) -> None:
        """Let the hashing threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _matches(self, password: str, row: asyncpg.Record | None) -> bool:
        if row is None:
            if self._nobody is None:
                self._nobody = await self._run(bcrypt.hashpw, b"nobody", bcrypt.gensalt(self._rounds))
            hashed = self._nobody
        else:
            hashed = row["hashed_password"].encode()
        try:
            return await self._run(bcrypt.checkpw, _secret(password), hashed)
        except ValueError:
            return False  # what is stored is no bcrypt hash: nobody signs in with it

    async def _run(self, function: Callable[[bytes, bytes], R], first: bytes, second: bytes) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, first, second)


class FailedAttempts:
    """Failures of the last minute by address and e-mail, in bounded memory."""

    _MINUTE: Final = 60.0
    _MOST: Final = 10_000

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._times: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def wait(self, who: tuple[str, str]) -> int:
        """Seconds until `who` may try again; 0 for now."""
        times = self._times.get(who)
        if times is None:
            return 0
        now = time.monotonic()
        while times and times[0] <= now - self._MINUTE:
            times.popleft()
        return 0 if len(times) < self._limit else max(1, round(times[0] + self._MINUTE - now))

    def add(self, who: tuple[str, str]) -> None:
        """Count a failure."""
        self._times.setdefault(who, deque(maxlen=self._limit)).append(time.monotonic())
        self._times.move_to_end(who)
        if len(self._times) > self._MOST:
            self._times.popitem(last=False)

    def forget(self, who: tuple[str, str]) -> None:
        """A success wipes the slate."""
        self._times.pop(who, None)
