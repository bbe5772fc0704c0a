"""For administrators: invitations, accounts that share an address or that nobody may sign in to, what is revoked.

`invite` prints a link by which one person signs up where TASKFLOW_SIGNUP is `invite`, `reset-password` one
by which the owner of an account sets a new password, `confirm-email` the one by which they confirm the new address
that they asked for.

Addresses are compared without regard to case. Where an earlier release let two accounts in whose addresses differ in
case alone, each signs in with its own as it is written, and `duplicates` lists them, so that their owner can be asked
which one is to stay.

`sessions` lists what an account is signed in by, and `sign-out` ends one of that or all; its owner can sign in again.
`disable` ends an account's sessions and lets nobody sign in to it, in either phase, until `enable`, which puts the
password back; both may be repeated. `export` writes everything of an account to a ZIP file, as its owner gets it.
`delete-account` deletes one as its owner can; `erasures` lists what was deleted, and `apply-erasures` deletes it again
where a backup brought it back.

`revoked` says how much Phase IV would admit that is refused now; `taskflow ops rollback` asks it.
"""

import argparse
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from taskflow_cli.addresses import account_named, no_account
from taskflow_cli.environment import environment
from taskflow_cli.erasing import ERASING, add_erasing
from taskflow_cli.exporting import export_account
from taskflow_cli.main import UserError
from taskflow_cli.on_database import on_database
from taskflow_cli.signing_out import SIGNING_OUT, add_signing_out

if TYPE_CHECKING:
    from chat_api.account.links import Kind
    from taskflow_core.database.pool import Database

_BY_NAME: Final = {**ERASING, **SIGNING_OUT}
_LONGEST_INVITATION: Final = 365
"""Days that an invitation may count."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    actions.add_parser("duplicates", help="list the accounts whose addresses differ in case alone")
    for action, what in (
        ("disable", "end an account's sessions and let nobody sign in to it"),
        ("enable", "let a disabled account be signed in to again, with the password that it had"),
    ):
        actions.add_parser(action, help=what).add_argument("email", metavar="EMAIL")
    invite = actions.add_parser("invite", help="print a link by which one person signs up, once")
    invite.add_argument("email", metavar="EMAIL", nargs="?", help="the only address that it is for")
    invite.add_argument("--days", type=int, default=7, metavar="N", help="how long it counts (default: 7)")
    reset = actions.add_parser("reset-password", help="print a link by which a new password is set, once, within a day")
    reset.add_argument("email", metavar="EMAIL")
    confirm = actions.add_parser("confirm-email", help="print the link that confirms the new address of an account")
    confirm.add_argument("email", metavar="EMAIL", help="the address that the account has now")
    export = actions.add_parser("export", help="write everything of an account to a new ZIP file")
    export.add_argument("email", metavar="EMAIL")
    export.add_argument("file", metavar="FILE", type=Path)
    add_signing_out(actions)
    add_erasing(actions)
    revoked = actions.add_parser("revoked", help="how many sessions are revoked, which Phase IV would admit")
    revoked.add_argument("--json", action="store_true", help="as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    from asyncpg import UndefinedTableError

    if arguments.action == "duplicates":
        return on_database("taskflow admin", _duplicates)
    work: Callable[[Database], Awaitable[int]]
    if arguments.action == "revoked":
        work = partial(_revoked, as_json=arguments.json)
    elif arguments.action == "reset-password":
        work = partial(_reset, email=arguments.email)
    elif arguments.action == "confirm-email":
        work = partial(_confirm, email=arguments.email)
    elif arguments.action in _BY_NAME:
        work = partial(_BY_NAME[arguments.action], arguments=arguments, lasts=_longest_token())
    elif arguments.action == "export":
        work = partial(export_account, email=arguments.email, file=arguments.file)
    elif arguments.action == "invite":
        work = partial(_invite, email=arguments.email, days=arguments.days)
    else:
        work = partial(_set, action=arguments.action, email=arguments.email)
    try:
        return on_database("taskflow admin", work)
    except UndefinedTableError as error:
        raise UserError(f"The database does not have this release's tables (taskflow db status): {error}") from error


async def _set(database: "Database", *, action: str, email: str) -> int:
    from chat_api.sessions.disabling import disable, enable

    lasts = _longest_token()
    if action == "disable":
        done = await disable(database, email, lasts=lasts)
        how = "was disabled already" if done and done.already else "is disabled"
    else:
        done = await enable(database, email, lasts=lasts)
        how = "was not disabled" if done and done.already else "is enabled"
    if done is None:
        raise no_account(email)
    ended = f"; {done.sessions} sessions ended" if action == "disable" else ""
    print(f"{done.email} ({done.user_id}) {how}{ended}.")
    return 0


async def _invite(database: "Database", *, email: str | None, days: int) -> int:
    from chat_api.account import links
    from chat_api.accounts import new_address

    address = None if email is None else new_address(email)
    if email is not None and address is None:
        raise UserError(f"{email} is no address that an account may have")
    if not 0 < days <= _LONGEST_INVITATION:
        raise UserError(f"An invitation counts for 1 to {_LONGEST_INVITATION} days")
    made = await links.make(database, "invitation", timedelta(days=days), email=address)
    print(f"For {address or 'anybody'}, once, until {made.expires_at:%Y-%m-%d %H:%M} UTC:")
    _print_link("invitation", made.link)
    return 0


async def _reset(database: "Database", *, email: str) -> int:
    from chat_api.account import links
    from chat_api.sessions.disabling import is_disabled

    account = await account_named(database, email)
    if await is_disabled(database, account["id"]):
        raise UserError(f"{account['email']} is disabled; enable it first (taskflow admin enable)")
    made = await links.make_reset(database, account["id"], timedelta(days=1))
    print(f"For {account['email']} ({account['id']}), once, until {made.expires_at:%Y-%m-%d %H:%M} UTC:")
    _print_link("reset", made.link)
    return 0


async def _confirm(database: "Database", *, email: str) -> int:
    from chat_api.account import links

    account = await account_named(database, email)
    handed = await links.hand_out(database, account["id"], timedelta(days=1))
    if handed is None:
        raise UserError(f"{account['email']} has asked for no other address, or too long ago")
    address, made = handed
    print(
        f"For {account['email']} ({account['id']}) to be {address}, once, until {made.expires_at:%Y-%m-%d %H:%M} UTC:"
    )
    _print_link("email", made.link)
    return 0


def _print_link(kind: "Kind", link: str) -> None:
    from chat_api.account.links import address_of

    origin = environment(os.environ).get("TASKFLOW_PUBLIC_ORIGIN")
    print(address_of(origin, kind, link))
    if not origin:
        print("(TASKFLOW_PUBLIC_ORIGIN is not set: put the site's address before it.)")


def _longest_token() -> timedelta:
    """How long a token may be valid that the services issued."""
    from taskflow_core.service.tokens import REFRESH_SECONDS

    try:
        access_seconds = int(environment(os.environ).get("JWT_EXPIRY") or 0)
    except ValueError:
        raise UserError("JWT_EXPIRY is no number of seconds") from None
    return timedelta(seconds=max(access_seconds, REFRESH_SECONDS))


async def _revoked(database: "Database", *, as_json: bool) -> int:
    import msgspec

    from taskflow_core.service.revocations.counting import count_revoked

    found = await count_revoked(database)
    print(msgspec.json.encode(found).decode() if as_json else f"Revoked: {found}.")
    return 0


async def _duplicates(database: "Database") -> int:
    from chat_api.accounts import duplicates

    found = await duplicates(database)
    for account in found:
        print(f"{account.email}  {account.id}  since {account.created_at:%Y-%m-%d}  {account.tasks} tasks")
    print(f"{len(found)} accounts share an address." if found else "No two accounts share an address.")
    return 0
