"""`taskflow admin export`: everything of an account in a file, for who asks for it in another way than by the page."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from taskflow_cli.addresses import account_named
from taskflow_cli.environment import environment
from taskflow_cli.main import UserError

if TYPE_CHECKING:
    from taskflow_core.database.pool import Database


async def export_account(database: "Database", *, email: str, file: Path) -> int:
    """Write the export of the account with this address. The file appears whole, for its owner only, or not at all.

    Raises UserError for an address of none or several, a file that is there or cannot be written, and without the key
    that the audit trail is encrypted with: an export without it would not be whole.
    """
    from audit_logger.evidence.files import new_file, write_all
    from chat_api.export.export import Exports
    from chat_api.security.telling import OPERATOR
    from taskflow_cli.own_trail import OwnTrail
    from taskflow_core.domain.errors import DomainError

    account = await account_named(database, email)
    if file.exists():  # noqa: ASYNC240  # blocks nobody: the command has nothing else to do
        raise UserError(f"{file} is there already; name another file.")
    trail = OwnTrail(database, environment(os.environ).get("TASKFLOW_AUDIT_ENCRYPTION_KEY", ""))
    size = 0
    try:
        async with Exports(database, trail).begun(account["id"], by=OPERATOR) as pieces:
            with new_file(file) as descriptor:
                async for piece in pieces:
                    write_all(descriptor, piece)
                    size += len(piece)
    except DomainError as error:
        raise UserError(error.message) from error
    except (FileExistsError, FileNotFoundError, NotADirectoryError, PermissionError) as error:
        raise UserError(f"{file} cannot be written: {error.strerror}") from error
    print(f"{account['email']} ({account['id']}): {size:,} bytes in {file}.")
    return 0
