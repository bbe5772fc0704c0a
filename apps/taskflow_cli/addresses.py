"""The account that an operator names by its address."""

from typing import TYPE_CHECKING

from taskflow_cli.main import UserError

if TYPE_CHECKING:
    import asyncpg

    from taskflow_core.database.pool import Database


async def account_named(database: "Database", email: str) -> "asyncpg.Record":
    """The one account of an address. Raises UserError where it is of none, or of several."""
    from chat_api.accounts import account_of

    account = await account_of(database, email)
    if account is None:
        raise no_account(email)
    return account


def no_account(email: str) -> UserError:
    """What is told of an address that names no account, or several."""
    return UserError(f"{email} is the address of no account, or of several in other cases (taskflow admin duplicates)")
