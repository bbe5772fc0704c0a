"""Budgets of sign-ins, and the devices that accounts have signed in from.

Safe before the rollout: the running release neither reads nor is hindered by what is added. Going back forgets who was
known, and what was used up.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0011_sign_in_budgets"
VERSION = "1.38.0"
DESCRIPTION = "Budgets of sign-ins, and known devices"

FORWARDS = """
-- Owner: chat-api. What is used up of a budget until it is whole again, by a keyed hash of whose it is.
CREATE TABLE sign_in_budgets (
    key bytea PRIMARY KEY,
    used integer NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX ix_sign_in_budgets_ends_at ON sign_in_budgets (ends_at);

-- Owner: chat-api. Devices that a user signed in from: the hash of a browser's mark, or the keyed hash of an address.
CREATE TABLE sign_in_devices (
    user_id varchar NOT NULL,
    mark bytea NOT NULL,
    by_address boolean NOT NULL,
    last_used_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, mark)
);
CREATE INDEX ix_sign_in_devices_last_used_at ON sign_in_devices (last_used_at);
"""

BACKWARDS = """
DROP TABLE IF EXISTS sign_in_devices, sign_in_budgets;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
