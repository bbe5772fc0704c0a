"""The database schema: bring it up to this release, take all of Phase V back, or ask where it stands.

It works on TASKFLOW_MIGRATION_DATABASE_URL, else TASKFLOW_DATABASE_URL, else the platform that runs on this machine.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Coroutine
from typing import Any

from taskflow.cli.main import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    upgrade = actions.add_parser("upgrade", help="apply the migrations that are missing; several at once do one job")
    upgrade.add_argument(
        "--within", type=float, default=0.0, metavar="SECONDS", help="wait this long for the database to answer (0)"
    )
    downgrade = actions.add_parser(
        "downgrade", help="remove all that Phase V added; Phase IV's tables and rows stay as they are"
    )
    downgrade.add_argument("--yes", action="store_true", help="do not ask: due dates, repeats and the audit trail go")
    actions.add_parser("status", help="say what is applied and what is missing (exit status 1 when something is)")
    wait = actions.add_parser("wait", help="wait until the database answers and is up to date")
    wait.add_argument("--within", type=float, default=60.0, metavar="SECONDS", help="give up after this long (60)")


def run(arguments: argparse.Namespace) -> int:
    import asyncpg

    from taskflow.local.environment import StartError, beside
    from taskflow_db.runner import MigrationError

    ask = arguments.action == "downgrade" and not arguments.yes and sys.stdin.isatty()
    if ask and input("Due dates, repeats, reminders and the audit trail will be gone. Type yes: ") != "yes":
        print("Nothing was changed.")
        return 1
    try:
        environ = beside(os.environ)
        url = environ.get("TASKFLOW_MIGRATION_DATABASE_URL") or environ["TASKFLOW_DATABASE_URL"]
        return asyncio.run(_action(arguments, url))
    except (StartError, MigrationError) as error:
        raise UserError(str(error)) from error
    except TimeoutError as error:
        raise UserError(
            f"The database does not answer: {error}" if str(error) else "The database does not answer."
        ) from error
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise UserError(f"The database does not answer as it should: {error}") from error


def _action(arguments: argparse.Namespace, url: str) -> Coroutine[Any, Any, int]:
    match arguments.action:
        case "upgrade":
            return _upgrade(url, arguments.within)
        case "downgrade":
            return _downgrade(url)
        case "status":
            return _status(url)
        case _:
            return _wait(url, arguments.within)


async def _upgrade(url: str, within: float) -> int:
    from taskflow_db import runner

    if within > 0:
        await runner.answers(url, within=within)
    applied = await runner.upgrade(url)
    for migration in applied:
        print(f"applied {migration}")
    print("The schema is up to date.")
    return 0


async def _downgrade(url: str) -> int:
    from taskflow_db import runner

    taken_back = await runner.downgrade(url)
    for migration in taken_back:
        print(f"took back {migration}")
    print("The database is Phase IV's." if taken_back else "There was nothing to take back.")
    return 0


async def _status(url: str) -> int:
    from taskflow_db import runner

    status = await runner.status(url)
    for migration in status.applied:
        print(f"applied  {migration}")
    for migration in status.pending:
        print(f"missing  {migration}")
    print("The schema is up to date." if status.current else "Run `taskflow db upgrade`.")
    return 0 if status.current else 1


async def _wait(url: str, within: float) -> int:
    from taskflow_db import runner

    try:
        await runner.wait(url, within=within)
    except TimeoutError as error:
        raise UserError(f"The database is not ready: {error}.") from error
    print("The database is ready.")
    return 0
