"""Dead letters: events that a consumer group gave up on after its attempts, kept with the reason.

Replaying hands them to that group alone, within seconds, if its service runs. They are read from TASKFLOW_DATABASE_URL,
else from the platform that runs on this machine.
"""

import argparse
import uuid
from typing import TYPE_CHECKING

from taskflow_cli.main import UserError
from taskflow_cli.on_database import on_database

if TYPE_CHECKING:
    from taskflow_core.bus.dead_letters import DeadLetter
    from taskflow_core.database.pool import Database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    listing = actions.add_parser("list", help="one line for each, the newest first")
    listing.add_argument("--group", help="only this consumer group, for example audit-logger")
    listing.add_argument("--limit", type=int, default=100, help="at most so many (100)")
    show = actions.add_parser("show", help="one event, whole, with the reason of each group that gave it up")
    show.add_argument("event_id", type=_event_id)
    replay = actions.add_parser("replay", help="ask for another try")
    replay.add_argument("event_ids", nargs="*", type=_event_id, metavar="EVENT_ID", help="these events")
    replay.add_argument("--group", help="only to this consumer group; without EVENT_ID all letters of it")
    replay.add_argument("--all", action="store_true", help="every dead letter of every group")


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "replay" and not (arguments.event_ids or arguments.group or arguments.all):
        raise UserError("Replay what? Name events, a group (--group), or --all.")
    action = {"list": _list, "show": _show, "replay": _replay}[arguments.action]
    return on_database("taskflow dlq", lambda database: action(database, arguments))


async def _list(database: "Database", arguments: argparse.Namespace) -> int:
    from taskflow_core.bus.dead_letters import letters

    found = await letters(database, group=arguments.group, limit=arguments.limit)
    for letter in found:
        asked = "replay asked " if letter.replay_requested_at else ""
        reason = " ".join(letter.reason.split())
        print(f"{letter.dead_at:%F %T}  {letter.event_id}  {letter.consumer_group:<25} {asked}{reason[:120]}")
    if not found:
        print("No dead letters.")
    return 0


async def _show(database: "Database", arguments: argparse.Namespace) -> int:
    from taskflow_core.bus.dead_letters import letters

    found = await letters(database, event_id=arguments.event_id)
    if not found:
        raise UserError(f"No group has given up event {arguments.event_id}. `taskflow dlq list` shows those there are.")
    for letter in found:
        print("\n".join(_lines(letter)), end="\n\n")
    return 0


async def _replay(database: "Database", arguments: argparse.Namespace) -> int:
    from taskflow_core.bus.dead_letters import request_replay

    asked = await request_replay(database, group=arguments.group, event_ids=arguments.event_ids or None)
    if asked == 0:
        raise UserError("There is no such dead letter. `taskflow dlq list` shows those there are.")
    print(f"Asked for another try of {asked}. What succeeds leaves the list within seconds; what fails stays.")
    return 0


def _lines(letter: "DeadLetter") -> list[str]:
    replay = f"asked for at {letter.replay_requested_at:%F %T} UTC" if letter.replay_requested_at else "not asked for"
    return [
        f"event     {letter.event_id}",
        f"group     {letter.consumer_group}",
        f"topic     {letter.topic}",
        f"task      {letter.task_id or 'unknown'}",
        f"attempts  {letter.attempts}",
        f"given up  {letter.dead_at:%F %T} UTC",
        f"replay    {replay}",
        f"reason    {letter.reason}",
        f"payload   {letter.payload}",
    ]


def _event_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no event id") from None
