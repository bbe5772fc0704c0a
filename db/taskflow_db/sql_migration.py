"""Builds a Piccolo migration from two SQL scripts, one to go forwards and one to go back."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db import piccolo_conf
from taskflow_db.piccolo_app import APP_NAME


def sql_migration(migration_id: str, description: str, *, forwards: str, backwards: str) -> MigrationManager:
    """A migration that runs `forwards`, or `backwards` when it is undone.

    Both scripts run on the connection of the transaction that the runner has opened, so that every migration of one
    run, and Piccolo's own note of it, is committed or none is. (Piccolo's query strings would read the braces of a JSON
    literal as placeholders, which is why the scripts go straight to asyncpg.)
    """
    manager = MigrationManager(migration_id, APP_NAME, description=description, wrap_in_transaction=False)

    async def go() -> None:  # Piccolo awaits only what is declared async: a lambda would do nothing, and say nothing
        await _execute(forwards)

    async def go_back() -> None:
        await _execute(backwards)

    # Piccolo declares these two with a callable of unknown type.
    manager.add_raw(go)  # pyright: ignore[reportUnknownMemberType]
    manager.add_raw_backwards(go_back)  # pyright: ignore[reportUnknownMemberType]
    return manager


async def _execute(script: str) -> None:
    transaction = piccolo_conf.DB.current_transaction.get()
    if transaction is None:
        raise RuntimeError("migrations run through taskflow_db.runner, inside its transaction")
    await transaction.connection.execute(script)
