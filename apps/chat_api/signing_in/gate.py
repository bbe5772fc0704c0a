"""The gate: what an attempt to sign in or up is charged to, and who is known. One for all replicas, in the database."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from chat_api.signing_in.budgets import Budget, SharedBudgets
from chat_api.signing_in.client import Client
from chat_api.signing_in.devices import Devices
from chat_api.signing_in.keyed import Keyed
from chat_api.signing_in.passwords import check_new
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.errors import TooManyAttemptsError, TooManyMailsError, TooManySignUpsError
from taskflow_core.settings import Settings
from taskflow_core.telemetry.metrics import SIGN_INS_REFUSED

_HOUR: Final = 3600
_MAILS: Final = 5
"""Mails in an hour that are sent to one address because somebody asked."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Failed sign-ins in a minute: with one e-mail (of a device: with its account), from one address, in all; and
    sign-ups in an hour."""

    email: int
    address: int
    everybody: int
    sign_ups_of_address: int
    sign_ups_of_everybody: int


def limits_of(settings: Settings) -> Limits:
    """As they are set."""
    return Limits(
        email=settings.login_attempts_per_minute,
        address=settings.address_login_attempts_per_minute,
        everybody=settings.all_login_attempts_per_minute,
        sign_ups_of_address=settings.address_sign_ups_per_hour,
        sign_ups_of_everybody=settings.all_sign_ups_per_hour,
    )


class Gate(Protocol):
    """What Accounts asks before and after it looks at a password. `device` is how a client is known, if it is."""

    async def recognise(self, user_id: str, client: Client) -> bytes | None:
        """How the client is known as a device of the user ("" is nobody)."""
        ...

    async def charge(self, email: str, client: Client, device: bytes | None) -> Sequence[Budget]:
        """Count an attempt to sign in; what it was charged to. Raises TooManyAttemptsError."""
        ...

    async def succeeded(
        self, user_id: str, client: Client, device: bytes | None, charged: Sequence[Budget]
    ) -> tuple[str, ...]:
        """Give back, and remember the device; the marks that its cookie is to hold."""
        ...

    async def charge_sign_up(self, client: Client) -> None:
        """Count a sign-up. Raises TooManySignUpsError."""
        ...

    async def check_new(self, password: str) -> None:
        """Raise FieldError for a password that is not to be set."""
        ...


class SharedGate:
    """The gate of the platform."""

    def __init__(self, database: Database, clock: Clock, secret: str, limits: Limits) -> None:
        self._limits = limits
        self._keyed = Keyed(secret)
        self._budgets = SharedBudgets(database, clock)
        self._devices = Devices(database, clock, self._keyed)

    async def recognise(self, user_id: str, client: Client) -> bytes | None:
        """See Gate."""
        return await self._devices.recognise(user_id, client)

    async def charge(self, email: str, client: Client, device: bytes | None) -> Sequence[Budget]:
        """See Gate. A known device is charged to itself alone, so that nobody's failures but its own count for it."""
        most, keyed = self._limits, self._keyed
        if device is not None:
            charged = [Budget(key=keyed("device", device.hex()), most=most.email, wiped=True)]
        else:
            charged = [
                Budget(key=keyed("everybody"), most=most.everybody),
                Budget(key=keyed("address", client.network), most=most.address),
                Budget(key=keyed("e-mail", email.lower()), most=most.email, wiped=True),
            ]
        wait = await self._budgets.charge(charged)
        if wait:
            SIGN_INS_REFUSED.labels("attempts").inc()
            raise TooManyAttemptsError(wait)
        return charged

    async def succeeded(
        self, user_id: str, client: Client, device: bytes | None, charged: Sequence[Budget]
    ) -> tuple[str, ...]:
        """See Gate."""
        if charged:
            await self._budgets.give_back(charged)
        return await self._devices.remember(user_id, client, device)

    async def charge_sign_up(self, client: Client) -> None:
        """See Gate. Successes count as well."""
        most, keyed = self._limits, self._keyed
        wait = await self._budgets.charge(
            [
                Budget(key=keyed("sign-ups"), most=most.sign_ups_of_everybody, seconds=_HOUR),
                Budget(key=keyed("sign-ups of", client.network), most=most.sign_ups_of_address, seconds=_HOUR),
            ]
        )
        if wait:
            SIGN_INS_REFUSED.labels("sign_ups").inc()
            raise TooManySignUpsError(wait)

    async def charge_mail(self, email: str, client: Client) -> None:
        """Count a mail that is asked for, to an address; as many as sign-ups, by a client and in all. Raises
        TooManyMailsError."""
        most, keyed = self._limits, self._keyed
        wait = await self._budgets.charge(
            [
                Budget(key=keyed("mails"), most=most.sign_ups_of_everybody, seconds=_HOUR),
                Budget(key=keyed("mails of", client.network), most=most.sign_ups_of_address, seconds=_HOUR),
                Budget(key=keyed("mails to", email.lower()), most=_MAILS, seconds=_HOUR),
            ]
        )
        if wait:
            SIGN_INS_REFUSED.labels("mails").inc()
            raise TooManyMailsError(wait)

    async def check_new(self, password: str) -> None:
        """See Gate."""
        await check_new(password)

    async def forget_devices(self, user_id: str) -> None:
        """Let every device of a user be unknown again."""
        await self._devices.forget(user_id)

    async def purge(self) -> None:
        """Delete budgets and devices that count for nothing any more."""
        await self._budgets.purge()
        await self._devices.purge()
