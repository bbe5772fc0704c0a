"""Events on their way: how many, how old; publish what Phase IV did; publish again what the transport lost.

They are read from TASKFLOW_DATABASE_URL, else from the platform that runs on this machine. On a cluster `taskflow ops`
runs these in a pod of chat-api.
"""

import argparse
from typing import TYPE_CHECKING

from taskflow_cli.main import UserError
from taskflow_cli.on_database import on_database

if TYPE_CHECKING:
    from taskflow_core.bus.backlog import Backlog
    from taskflow_core.database.pool import Database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    status = actions.add_parser("status", help="what is not yet published, not yet in the audit trail, or given up")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    status.add_argument(
        "--unpublished-changes",
        action="store_true",
        help="also count the tasks that Phase IV changed and no event says so yet (reads every task)",
    )
    # What operators' tools of 0.5 and before ask for; the answer has the number under the name that they read, too.
    status.add_argument("--untold", action="store_true", help=argparse.SUPPRESS)
    actions.add_parser(
        "reconcile", help="publish at once what Phase IV did, as chat-api does when it starts and at intervals"
    )
    republish = actions.add_parser("republish", help="publish again what the audit trail lacks")
    republish.add_argument(
        "--older-than", type=float, default=30.0, metavar="SECONDS", help="what was published so long ago (30)"
    )


def run(arguments: argparse.Namespace) -> int:
    from asyncpg import PostgresError

    try:
        return on_database("taskflow outbox", lambda database: _run(database, arguments), command_timeout=300)
    except PostgresError as error:
        raise UserError(f"The database does not have Phase V's tables (taskflow db status): {error}") from error


async def _run(database: "Database", arguments: argparse.Namespace) -> int:
    match arguments.action:
        case "status":
            return await _status(database, arguments)
        case "reconcile":
            return await _reconcile(database)
        case _:
            return await _republish(database, arguments.older_than)


async def _status(database: "Database", arguments: argparse.Namespace) -> int:
    import msgspec

    from chat_api.commands.reconcile import count_unpublished_changes
    from taskflow_core.bus.backlog import backlog

    found = await backlog(database)
    if arguments.unpublished_changes or arguments.untold:
        found = msgspec.structs.replace(found, unpublished_changes=await count_unpublished_changes(database))
    if arguments.json:
        former = {"untold": found.unpublished_changes} if arguments.untold else {}
        print(msgspec.json.encode(msgspec.to_builtins(found) | former).decode())
    else:
        print("\n".join(_lines(found)))
    return 0


def _lines(found: "Backlog") -> list[str]:
    lines = [
        f"{waiting.producer}: {waiting.unpublished} not yet published, {waiting.unrecorded} not yet in the audit "
        f"trail, the oldest {waiting.oldest_seconds:.0f} s old"
        for waiting in found.waiting
    ]
    lines += [
        f"{group}: {held} dead letters (taskflow dlq list --group {group})"
        for group, held in found.dead_letters.items()
    ]
    if found.unpublished_changes is not None:
        lines.append(f"{found.unpublished_changes} tasks that Phase IV changed and no event says so yet")
    return lines or ["Every event is in the audit trail."]


async def _reconcile(database: "Database") -> int:
    from chat_api.commands.reconcile import reconcile

    found = await reconcile(database, await database.fetchval("SELECT clock_timestamp()"))
    print(f"Published what Phase IV did: {found.changed} tasks new or changed, {found.deleted} gone.")
    return 0


async def _republish(database: "Database", older_than: float) -> int:
    from taskflow_core.bus.backlog import republish

    count = await republish(database, older_than=older_than)
    print(f"{count} events are published again." if count else "The audit trail lacks nothing so old.")
    return 0
