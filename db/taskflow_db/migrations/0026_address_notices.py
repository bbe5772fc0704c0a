"""Notices to the address that an account had before wait to be mailed where links do.

Safe before the rollout: the running release makes none, and forgets one that it meets.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0026_address_notices"
VERSION = "1.38.0"
DESCRIPTION = "Notices to addresses that accounts had before"

FORWARDS = """
ALTER TABLE account_links DROP CONSTRAINT account_links_kind_check,
    ADD CONSTRAINT account_links_kind_check CHECK (kind IN ('invitation', 'reset', 'email', 'changed'));
"""

BACKWARDS = """
DELETE FROM account_links WHERE kind = 'changed';
ALTER TABLE account_links DROP CONSTRAINT account_links_kind_check,
    ADD CONSTRAINT account_links_kind_check CHECK (kind IN ('invitation', 'reset', 'email'));
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
