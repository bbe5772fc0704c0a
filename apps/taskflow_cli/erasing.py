"""`taskflow admin delete-account`, `erasures` and `apply-erasures`."""

import argparse
import sys
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from taskflow_cli.addresses import account_named
from taskflow_cli.main import UserError

if TYPE_CHECKING:
    from taskflow_core.database.pool import Database


def add_erasing(actions: Any) -> None:
    """Add the actions to those of `taskflow admin`."""
    delete = actions.add_parser("delete-account", help="close an account for good, and have all of it erased")
    delete.add_argument("email", metavar="EMAIL")
    delete.add_argument("--yes", action="store_true", help="do not ask for the address")
    erasures = actions.add_parser(
        "erasures", help="list the accounts that are being erased, and marks of those that were"
    )
    erasures.add_argument("--json", action="store_true", help="one JSON object a line: what apply-erasures reads")
    apply = actions.add_parser("apply-erasures", help="after a backup was restored: erase again what had been erased")
    apply.add_argument("file", metavar="FILE", type=Path, help="what `taskflow admin erasures --json` had written")


async def _delete(database: "Database", *, arguments: argparse.Namespace, lasts: timedelta) -> int:
    from chat_api.erasing.again import delete

    account = await account_named(database, arguments.email)
    if not arguments.yes and not _confirmed(account["email"]):
        raise UserError("Nothing was changed.")
    await delete(database, account["id"], lasts=lasts)
    print(
        f"{account['email']} ({account['id']}) is closed; what there is of it is being erased (taskflow admin erasures)"
    )
    return 0


def _confirmed(email: str) -> bool:
    """Whether the user typed the address. Raises UserError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise UserError("Nothing was changed: there is no terminal to ask on. --yes says that all of it may go.")
    try:
        return input(f"All of this account goes for good. Type its address ({email}) to go on: ").strip() == email
    except EOFError:
        return False


async def _list(database: "Database", *, arguments: argparse.Namespace, lasts: timedelta) -> int:
    import msgspec

    from chat_api.erasing.again import erasures

    del lasts
    found = await erasures(database)
    for one in found:
        if arguments.json:
            print(msgspec.json.encode(one).decode())
        else:
            state = (
                f"erased {one.done_at:%Y-%m-%d %H:%M}" if one.done_at else f"at work: {one.last_error or 'deleting'}"
            )
            print(f"{one.mark}  asked {one.asked_at:%Y-%m-%d %H:%M}  {state}")
    if not arguments.json:
        print(f"{len(found)} erasures, {sum(one.done_at is None for one in found)} of them at work.")
    return 0


async def _apply(database: "Database", *, arguments: argparse.Namespace, lasts: timedelta) -> int:
    import msgspec

    from chat_api.erasing.again import Erasure, apply

    try:
        lines = arguments.file.read_bytes().splitlines()  # blocks nobody: the command has nothing else to do
        marks = [msgspec.json.decode(line, type=Erasure).mark for line in lines if line.strip()]
    except OSError as error:
        raise UserError(f"{arguments.file} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise UserError(f"{arguments.file} is not what `taskflow admin erasures --json` writes: {error}") from error
    again = await apply(database, marks, lasts=lasts)
    print(f"{len(marks)} erasures, {again} accounts closed again; what there is of them is being erased.")
    return 0


ERASING: Final[Mapping[str, Callable[..., Coroutine[Any, Any, int]]]] = {
    "delete-account": _delete,
    "erasures": _list,
    "apply-erasures": _apply,
}
"""The actions by their names."""
