"""The gate as Phase IV's tables allow it: failures are counted in this process's memory, and no device is known."""

from collections.abc import Sequence

from chat_api.signing_in.budgets import Budget, LocalBudgets
from chat_api.signing_in.client import Client
from chat_api.signing_in.gate import Limits
from chat_api.signing_in.keyed import Keyed
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.errors import TooManyAttemptsError


class LocalGate:
    """Counts per address, and per e-mail from an address: failures from elsewhere lock nobody out."""

    def __init__(self, clock: Clock, secret: str, limits: Limits) -> None:
        self._limits = limits
        self._keyed = Keyed(secret)
        self._budgets = LocalBudgets(clock)

    async def recognise(self, user_id: str, client: Client) -> bytes | None:
        """See Gate."""
        return None

    async def charge(self, email: str, client: Client, device: bytes | None) -> Sequence[Budget]:
        """See Gate."""
        charged = [
            Budget(key=self._keyed("address", client.network), most=self._limits.address),
            Budget(key=self._keyed("e-mail", email.lower(), client.network), most=self._limits.email, wiped=True),
        ]
        wait = await self._budgets.charge(charged)
        if wait:
            raise TooManyAttemptsError(wait)
        return charged

    async def succeeded(
        self, user_id: str, client: Client, device: bytes | None, charged: Sequence[Budget]
    ) -> tuple[str, ...]:
        """See Gate."""
        await self._budgets.give_back(charged)
        return ()

    async def charge_sign_up(self, client: Client) -> None:
        """See Gate. Phase IV takes any number."""

    async def check_new(self, password: str) -> None:
        """See Gate. Phase IV takes any that its API takes."""
