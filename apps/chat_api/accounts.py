"""Accounts: signing up and in. What stands before the look at a password is in chat_api.signing_in."""

import re
import uuid
from datetime import datetime
from typing import Final, Literal

import asyncpg
import msgspec

from chat_api.account import links
from chat_api.security.refusals import Kind, Refusals
from chat_api.security.telling import about, tell
from chat_api.signing_in.client import Client
from chat_api.signing_in.gate import Gate
from chat_api.signing_in.hashing import AT_ONCE, Hashing
from chat_api.signing_in.turns import Turns
from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.errors import (
    AccountGoneError,
    InvitationNeededError,
    SignUpClosedError,
    SignUpError,
    TooManyAttemptsError,
    WrongCredentialsError,
    WrongPasswordError,
)
from taskflow_core.events.account import SignedUp

_EMAIL: Final = re.compile(r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}")
"""The addresses that Phase IV takes."""
_LONGEST_EMAIL: Final = 255

# A new account.
_INSERT: Final = """
INSERT INTO users (id, email, hashed_password, created_at, updated_at)
VALUES ($1, $2, $3, $4::timestamptz, $4::timestamptz)
ON CONFLICT (email) DO NOTHING RETURNING id
"""
# The account of an address: the one written just so, else in lower case.
_BY_EMAIL: Final = """
SELECT id, email, hashed_password, created_at::timestamptz FROM users WHERE email IN ($1, $2) ORDER BY email = $1 DESC
"""
# Accounts whose address is not in lower case, which an earlier release let in and which could not be put into it.
_BY_OTHER_CASE: Final = """
SELECT id, email, hashed_password, created_at::timestamptz FROM users
WHERE lower(email) = $1 AND email <> lower(email) LIMIT 2
"""
# Accounts whose addresses differ in case alone, each with its number of tasks.
_DUPLICATES: Final = """
SELECT id, email, created_at::timestamptz, (SELECT count(*) FROM tasks WHERE tasks.user_id = users.id) AS tasks
FROM users
WHERE lower(email) IN (SELECT lower(email) FROM users WHERE email <> lower(email))
    AND lower(email) IN (SELECT lower(email) FROM users GROUP BY 1 HAVING count(*) > 1)
ORDER BY lower(email), created_at, id
"""
# The account of an id.
_BY_ID: Final = "SELECT id, email, hashed_password, created_at::timestamptz FROM users WHERE id = $1"
# The same, where nobody has disabled or deleted it.
_OPEN_BY_ID: Final = f"{_BY_ID} AND NOT EXISTS (SELECT FROM disabled_accounts WHERE user_id = $1)"
# An account whose password is the one that was shown; it stays so until the transaction ends.
_HOLD: Final = "SELECT id FROM users WHERE id = $1 AND hashed_password = $2 FOR SHARE"


SignUps = Literal["open", "invite", "closed"]
"""Who may sign up: everybody, who was invited, nobody."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A user as others see it."""

    id: str
    email: str
    created_at: datetime


class SharedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An account whose address another one has in another case."""

    id: str
    email: str
    created_at: datetime
    tasks: int


def new_address(email: str) -> str | None:
    """An address as an account may have it, in lower case; None for what is none."""
    return email.lower() if len(email) <= _LONGEST_EMAIL and _EMAIL.fullmatch(email) else None


async def duplicates(database: Database) -> list[SharedAddress]:
    """Accounts that share an address, those of one address together, the oldest first. Reads every address."""
    return [msgspec.convert(dict(row), SharedAddress) for row in await database.fetch(_DUPLICATES)]


async def account_of(database: Database | Connection, email: str) -> asyncpg.Record | None:
    """The account that an address means: one written just so, else in lower case, else the only one in another case.

    None where it is of no account, or of several. Everything that goes by an address asks here.
    """
    found = await _accounts_of(database, email)
    return found[0] if len(found) == 1 or (found and found[0]["email"] in (email, email.lower())) else None


async def is_taken(database: Database | Connection, email: str, *, besides: str | None = None) -> bool:
    """Whether an address is an account's, in whatever case, other than the account `besides`."""
    return any(row["id"] != besides for row in await _accounts_of(database, email))


async def _accounts_of(database: Database | Connection, email: str) -> list[asyncpg.Record]:
    """Accounts of an address: one written just so first, then in lower case; else those in another case."""
    if "\x00" in email or len(email) > _LONGEST_EMAIL:
        return []
    found = await database.fetch(_BY_EMAIL, email, email.lower())
    return found or await database.fetch(_BY_OTHER_CASE, email.lower())


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has shown who they are, and the marks by which the device is known from now on, if it is.

    `password_hash` is the stored hash of the password that they showed.
    """

    account: Account
    password_hash: str
    devices: tuple[str, ...]


async def hold(connection: Connection, entry: Entry) -> None:
    """Have an account stay as it was confirmed until the transaction ends: what is done in it counts for nobody who
    knows an earlier password. Comes before whatever else the transaction locks, but for what ends sessions.

    Raises WrongPasswordError and AccountGoneError, as `Accounts.confirm` does, where it has changed since.
    """
    if await connection.fetchval(_HOLD, entry.account.id, entry.password_hash) is None:
        still_there = await connection.fetchrow(_OPEN_BY_ID, entry.account.id) is not None
        raise WrongPasswordError if still_there else AccountGoneError


class Accounts:
    """The users of the platform. `rounds` is bcrypt's cost; tests lower it. Without `refusals` no security event is
    told, of sign-ups neither: so it is in Phase IV."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        gate: Gate,
        *,
        sign_ups: SignUps = "open",
        rounds: int = 12,
        refusals: Refusals | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._gate = gate
        self._sign_ups = sign_ups
        self._refusals = refusals
        self._hashing = Hashing(rounds)
        self._turns = Turns(AT_ONCE)

    async def sign_up(self, email: str, password: str, client: Client, invitation: str | None = None) -> Entry:
        """A new account, its address in lower case.

        Raises SignUpError for an address that is taken or none, FieldError for a password that is not taken,
        SignUpClosedError or InvitationNeededError where not everybody may sign up, TooManySignUpsError and
        SignInBusyError where there are too many.
        """
        if self._sign_ups == "closed":
            raise SignUpClosedError
        address = new_address(email)
        if address is None:
            raise SignUpError("Invalid email format", reason="malformed")
        email = address
        await self._gate.check_new(password)
        await self._gate.charge_sign_up(client)
        if self._sign_ups == "invite":
            _check(await links.find(self._database, "invitation", invitation, self._clock.now()), email)
        if await is_taken(self._database, email):
            raise SignUpError("Email already registered", reason="taken")
        hashed = await self.hash_new(password, email, client)
        account = Account(id=str(uuid.uuid4()), email=email, created_at=self._clock.now())
        # Beforehand: an account whose sign-up failed in the end could not be signed up again.
        devices = await self._gate.succeeded(account.id, client, None, ())
        async with self._database.transaction() as connection:
            if self._sign_ups == "invite":
                _check(await links.use(connection, "invitation", invitation, self._clock.now()), email)
            if await connection.fetchval(_INSERT, account.id, email, hashed, account.created_at) is None:
                raise SignUpError("Email already registered", reason="taken")
            if self._refusals is not None:
                await tell(connection, SignedUp(**about(account.id, account.created_at)))
        return Entry(account=account, password_hash=hashed, devices=devices)

    async def sign_in(self, email: str, password: str, client: Client) -> Entry:
        """The account of these credentials.

        Raises WrongCredentialsError, TooManyAttemptsError after too many failures, SignInBusyError where too many wait.
        An unknown e-mail is answered as a known one, and takes as long.
        """
        row = await account_of(self._database, email)
        entry = await self._shown(row, email.lower()[:_LONGEST_EMAIL], password, client)
        if entry is None:
            raise WrongCredentialsError
        return entry

    async def confirm(self, user_id: str, password: str, client: Client) -> Entry:
        """The account of somebody who is signed in and gives their password once more, before what they may not undo.

        A wrong one counts as a failed sign-in. What it was asked for is done in a transaction that begins with `hold`.
        Raises WrongPasswordError, AccountGoneError where the account was closed, TooManyAttemptsError and
        SignInBusyError.
        """
        row = await self._row(user_id, _OPEN_BY_ID)
        if row is None:
            raise AccountGoneError
        entry = await self._shown(row, row["email"].lower(), password, client)
        if entry is None:
            raise WrongPasswordError
        return entry

    async def hash_new(self, password: str, email: str, client: Client) -> str:
        """The hash of a password that `check_new` takes, in the turn of an e-mail. Raises SignInBusyError."""
        async with self._turns.turn(client.network, email, known=False):
            return await self._hashing.hashed(password)

    async def remember(self, user_id: str, client: Client) -> tuple[str, ...]:
        """Have the client be known as a device of the user; the marks that its cookie is to hold."""
        return await self._gate.succeeded(user_id, client, None, ())

    async def _shown(self, row: asyncpg.Record | None, who: str, password: str, client: Client) -> Entry | None:
        """What it is an entry to where the password is the one of `row`; charged to `who`, an e-mail, if not."""
        device = await self._gate.recognise("" if row is None else row["id"], client)
        # One at a time of a device or e-mail: those who know the password do not use up what they are allowed together.
        async with self._turns.turn(client.network, who if device is None else device.hex(), known=device is not None):
            try:
                charged = await self._gate.charge(who, client, device)
            except TooManyAttemptsError:
                self._refused(row, "locked")
                raise
            known = await self._hashing.matches(password, None if row is None else row["hashed_password"])
            if row is None or not known:
                self._refused(row, "wrong")
                return None
            devices = await self._gate.succeeded(row["id"], client, device, charged)
        return Entry(account=_account(row), password_hash=row["hashed_password"], devices=devices)

    def _refused(self, row: asyncpg.Record | None, kind: Kind) -> None:
        if row is not None and self._refusals is not None:
            self._refusals.note(row["id"], kind)

    async def find(self, user_id: str) -> Account | None:
        """The account with an id."""
        row = await self._row(user_id)
        return None if row is None else _account(row)

    async def _row(self, user_id: str, statement: str = _BY_ID) -> asyncpg.Record | None:
        return None if "\x00" in user_id else await self._database.fetchrow(statement, user_id)

    def close(self) -> None:
        """Let the hashing threads go."""
        self._hashing.close()


def _check(invited: links.Holder | None, email: str) -> None:
    """Raise InvitationNeededError unless it is an invitation of this address, or of anybody."""
    if invited is None or invited.email not in (None, email):
        raise InvitationNeededError


def _account(row: asyncpg.Record) -> Account:
    return Account(id=row["id"], email=row["email"], created_at=row["created_at"])
