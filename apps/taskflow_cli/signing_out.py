"""`taskflow admin sessions` and `sign-out`."""

import argparse
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from taskflow_cli.addresses import account_named
from taskflow_cli.main import UserError

if TYPE_CHECKING:
    from taskflow_core.database.pool import Database


def add_signing_out(actions: Any) -> None:
    """Add the actions to those of `taskflow admin`."""
    sessions = actions.add_parser("sessions", help="list what an account is signed in by: sessions and personal tokens")
    sessions.add_argument("email", metavar="EMAIL")
    sessions.add_argument("--json", action="store_true", help="one JSON object a line")
    sign_out = actions.add_parser("sign-out", help="end one of these, or all; the account itself stays open")
    sign_out.add_argument("email", metavar="EMAIL")
    sign_out.add_argument("id", metavar="ID", nargs="?", help="the one to end, as `sessions` lists it (default: all)")


async def _list(database: "Database", *, arguments: argparse.Namespace, lasts: timedelta) -> int:
    import msgspec

    from chat_api.sessions.by_operator import signed_in_by

    del lasts
    account = await account_named(database, arguments.email)
    found = await signed_in_by(database, account["id"])
    for one in found:
        if arguments.json:
            print(msgspec.json.encode(one).decode())
            continue
        used = f"{one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never"
        name = "".join(character if character.isprintable() else "?" for character in one.name or "unnamed")
        print(f"{one.id}  {one.kind}  since {one.created_at:%Y-%m-%d %H:%M}  used {used}  {name}")
    if not arguments.json:
        sessions = sum(one.kind == "session" for one in found)
        print(f"{account['email']} is signed in by {sessions} sessions and {len(found) - sessions} personal tokens.")
    return 0


async def _sign_out(database: "Database", *, arguments: argparse.Namespace, lasts: timedelta) -> int:
    from chat_api.sessions.by_operator import end_all, end_one

    account = await account_named(database, arguments.email)
    if arguments.id is not None:
        if not await end_one(database, account["id"], arguments.id):
            raise UserError(f"{account['email']} has no session or token {arguments.id} (taskflow admin sessions)")
        print(f"{arguments.id} of {account['email']} has ended.")
        return 0
    sessions, tokens = await end_all(database, account["id"], lasts=lasts)
    print(f"{account['email']} is signed out: {sessions} sessions and {tokens} personal tokens ended.")
    return 0


SIGNING_OUT: Final[Mapping[str, Callable[..., Coroutine[Any, Any, int]]]] = {"sessions": _list, "sign-out": _sign_out}
"""The actions by their names."""
