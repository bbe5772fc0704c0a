"""The database schema: bring it up to this release, take all of Phase V back, or ask where it stands.

It works on TASKFLOW_MIGRATION_DATABASE_URL, else TASKFLOW_DATABASE_URL, else the platform that runs on this machine.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from taskflow_cli.environment import environment
from taskflow_cli.main import UserError

if TYPE_CHECKING:
    from taskflow_db.losses import Losses


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    upgrade = actions.add_parser("upgrade", help="apply the migrations that are missing; several at once do one job")
    downgrade = actions.add_parser(
        "downgrade", help="remove all that Phase V added; Phase IV's tables and rows stay as they are"
    )
    downgrade.add_argument(
        "--yes", action="store_true", help="do not ask for the database's name: what is listed goes for good"
    )
    downgrade.add_argument(
        "--lose-keys",
        action="store_true",
        help="also where users' keys of the audit trail go with it: then nobody reads again what was encrypted with "
        "them, in backups and exported months either",
    )
    status = actions.add_parser(
        "status", help="say what is applied and what is missing (exit status 1 when something is)"
    )
    for action in (upgrade, status):
        action.add_argument(
            "--within", type=float, default=0.0, metavar="SECONDS", help="wait this long for the database to answer (0)"
        )
    wait = actions.add_parser("wait", help="wait until the database answers and is up to date")
    wait.add_argument("--within", type=float, default=60.0, metavar="SECONDS", help="give up after this long (60)")


def run(arguments: argparse.Namespace) -> int:
    import asyncpg

    from taskflow_db.runner import MigrationError

    try:
        environ = environment(os.environ)
        url = environ.get("TASKFLOW_MIGRATION_DATABASE_URL") or environ["TASKFLOW_DATABASE_URL"]
        return asyncio.run(_action(arguments, url))
    except MigrationError as error:
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
            return _downgrade(url, sure=arguments.yes, lose_keys=arguments.lose_keys)
        case "status":
            return _status(url, arguments.within)
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


async def _downgrade(url: str, *, sure: bool, lose_keys: bool) -> int:
    from taskflow_db import runner

    if (await runner.status(url)).applied:
        found = await _say_losses(url)
        if found.keys and not lose_keys:
            raise UserError(
                "Nothing was changed: audit_keys has the keys of what users wrote, and without a copy of it nobody "
                "reads that again, in backups and exported months either. --lose-keys says that they may go."
            )
        if not sure and not _confirmed(found.database):
            print("Nothing was changed.")
            return 1
    taken_back = await runner.downgrade(url, lose_keys=lose_keys)
    for migration in taken_back:
        print(f"took back {migration}")
    print("The database is Phase IV's." if taken_back else "There was nothing to take back.")
    return 0


async def _say_losses(url: str) -> "Losses":
    """Print and return what a downgrade would drop."""
    import asyncpg

    from taskflow_db.losses import Loss, losses

    connection = await asyncpg.connect(url, timeout=10)
    try:
        found = await losses(connection)
    finally:
        await connection.close()

    def line(loss: Loss) -> str:
        return f"  {'about ' if loss.about else '':>6}{loss.rows:>12,}  {loss.name}"

    print(f"In the database {found.database} these go for good, with so many rows:")
    print("\n".join(line(loss) for loss in found.gone))
    print("These stay, without the columns named above:")
    print("\n".join(line(loss) for loss in found.stays))
    return found


def _confirmed(database: str) -> bool:
    """Whether the user typed the database's name. Raises UserError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise UserError("Nothing was changed: there is no terminal to ask on. --yes says that all of it may go.")
    try:
        return input(f"Type the database's name ({database}) to go on: ").strip() == database
    except EOFError:
        return False


async def _status(url: str, within: float) -> int:
    from taskflow_db import runner

    if within > 0:
        await runner.answers(url, within=within)
    status = await runner.status(url)
    for migration in status.applied:
        print(f"applied  {migration}")
    for migration in status.pending:
        print(f"missing  {migration}")
    print("The schema is up to date." if status.current else "Run `taskflow db upgrade`.")
    why = await runner.hindrance(url)
    if why is not None:
        print(f"The audit trail can make no months: {why}.")
    return 0 if status.current and why is None else 1


async def _wait(url: str, within: float) -> int:
    from taskflow_db import runner

    try:
        await runner.wait(url, within=within)
    except TimeoutError as error:
        raise UserError(f"The database is not ready: {error}.") from error
    print("The database is ready.")
    return 0
