"""How much one user may have: tasks, and answers kept under Idempotency-Keys.

Nothing is counted at each request. A count now and then gives this process an allowance, which is spent in memory; it
is a fiftieth of the quota at most and shrinks as the quota fills, down to nothing. So a quota is kept exactly near its
end, but for what other replicas still have of earlier allowances: a fiftieth each.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from taskflow_core.database.pool import Connection
from taskflow_core.domain.errors import DomainError, TooManyAnswersError, TooManyTasksError
from taskflow_core.settings import Settings

_REMEMBERED: Final = 10_000
"""Users whose allowances are remembered; one that is forgotten is counted again."""

# Until the transaction ends nobody else counts the same, so that two at once do not both take what one may have.
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_TASKS: Final = "SELECT count(*) FROM tasks WHERE user_id = $1"
_ANSWERS: Final = """
SELECT count(*) FROM idempotency_keys WHERE user_id = $1 AND created_at > now() - interval '24 hours'
"""


class Quota:
    """One kind of thing of which each user may have `limit`. `counted` is the statement that counts a user's."""

    def __init__(self, name: str, limit: int, counted: str, refused: Callable[[int], DomainError]) -> None:
        self._name = name
        self._limit = limit
        self._counted = counted
        self._refused = refused
        self._allowances: OrderedDict[str, int] = OrderedDict()

    async def take(self, connection: Connection, user_id: str, count: int = 1) -> None:
        """Take `count`, in the transaction that makes them. Raises the quota's error where they would be too many.

        What is taken in vain, in a transaction that fails, is given back by the next count.
        """
        left = self._allowances.get(user_id, 0) - count
        if left < 0:
            left = await self._count(connection, user_id, count)
        self._allowances[user_id] = left
        self._allowances.move_to_end(user_id)
        if len(self._allowances) > _REMEMBERED:
            self._allowances.popitem(last=False)

    async def _count(self, connection: Connection, user_id: str, count: int) -> int:
        """The allowance that is left once `count` are taken."""
        self._allowances.pop(user_id, None)
        await connection.execute(_LOCK, f"{self._name}:{user_id}")
        free = self._limit - await connection.fetchval(self._counted, user_id) - count
        if free < 0:
            raise self._refused(self._limit)
        return min(self._limit // 50, free // 20)


@dataclass(frozen=True, kw_only=True)
class Quotas:
    """The quotas of one chat-api."""

    tasks: Quota
    answers: Quota


def quotas(settings: Settings) -> Quotas:
    """The quotas that the settings say."""
    return Quotas(
        tasks=Quota("tasks", settings.tasks_per_user, _TASKS, TooManyTasksError),
        answers=Quota("kept-answers", settings.kept_answers_per_user, _ANSWERS, TooManyAnswersError),
    )
