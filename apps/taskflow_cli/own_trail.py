"""A user's part of the audit trail, read where no audit-logger need run: by a command that has its key."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from audit_logger.encryption.keys import Keys
from audit_logger.encryption.wrapping import UnknownWrappingError, Wrapper
from audit_logger.internal import events_of
from taskflow_cli.main import UserError
from taskflow_core.database.pool import Database


class OwnTrail:
    """A `TrailReader` (chat_api.export.trail) with the keys of keys, separated by commas."""

    def __init__(self, database: Database, secrets: str) -> None:
        """Raises UserError without any."""
        wanted = [secret.strip() for secret in secrets.split(",") if secret.strip()]
        if not wanted:
            raise UserError(
                "Set TASKFLOW_AUDIT_ENCRYPTION_KEY, or run this where audit-logger does: without it nobody can read "
                "what the audit trail holds of the account."
            )
        self._database = database
        self._keys = Keys(database, Wrapper(wanted))

    async def check(self, user_id: str, until: datetime) -> None:
        """Raise UserError where the key is another."""
        try:
            await self._keys.check()
        except UnknownWrappingError as error:
            raise UserError(f"{error}.") from error

    async def events(self, user_id: str, until: datetime) -> AsyncGenerator[Sequence[object]]:
        """As in `TrailReader`."""
        after = None
        while True:
            page = await events_of(self._database, self._keys, user_id, until, after)
            yield page.items
            after = page.next
            if after is None:
                return
