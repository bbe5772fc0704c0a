"""Runs a command's work on the database: TASKFLOW_DATABASE_URL's, else that of the platform that runs on this machine.

What it needs is imported when a command runs, so that `taskflow --help` answers at once.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from taskflow_cli.environment import environment
from taskflow_cli.main import UserError

if TYPE_CHECKING:
    from taskflow_core.database.pool import Database

_OPEN_SECONDS: Final = 10.0


def on_database(name: str, work: Callable[["Database"], Awaitable[int]], *, command_timeout: float = 30.0) -> int:
    """What `work` returns, an exit status. `name` is what the server calls the connection, `command_timeout` the
    seconds that a statement may take.

    Raises UserError when there is no database to ask, or it does not answer.
    """
    from taskflow_core.database.outages import OUTAGES

    try:
        environ = environment(os.environ)
        url = environ.get("TASKFLOW_DATABASE_URL") or environ["TASKFLOW_MIGRATION_DATABASE_URL"]
        return asyncio.run(_work(url, name, work, command_timeout))
    except OUTAGES as error:
        raise UserError(f"The database does not answer: {str(error) or type(error).__name__}") from error


async def _work(url: str, name: str, work: Callable[["Database"], Awaitable[int]], command_timeout: float) -> int:
    from taskflow_core.database.pool import Database

    database = Database(url, size=1, command_timeout=command_timeout, name=name)
    await database.open()
    try:
        async with asyncio.timeout(_OPEN_SECONDS):
            await database.opened()
        return await work(database)
    finally:
        await database.close()
