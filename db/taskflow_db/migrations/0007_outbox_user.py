"""Whose event a row of the outbox is: a reader that comes back asks for its own, not for everybody's.

Safe before the rollout: the running release neither reads nor is hindered by what is added. Its rows have none there,
and are looked into one by one.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0007_outbox_user"
VERSION = "1.38.0"
DESCRIPTION = "Whose event a row of the outbox is"

FORWARDS = "ALTER TABLE outbox ADD COLUMN user_id varchar;"

BACKWARDS = "ALTER TABLE IF EXISTS outbox DROP COLUMN IF EXISTS user_id;"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
