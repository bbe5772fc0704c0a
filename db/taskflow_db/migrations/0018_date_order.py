"""How a user writes day and month, which their sentences are read by.

Safe before the rollout: the running release does not name the column.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0018_date_order"
VERSION = "1.38.0"
DESCRIPTION = "Order of day and month"

FORWARDS = """
ALTER TABLE user_preferences ADD COLUMN date_order varchar(3) CHECK (date_order IN ('dmy', 'mdy'));
"""

BACKWARDS = "ALTER TABLE user_preferences DROP COLUMN IF EXISTS date_order;"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
