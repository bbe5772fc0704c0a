"""Accounts that are being erased, and a mark of those that were: so that a restored backup can erase them again.

Safe before the rollout: the running release neither reads nor is hindered by what is added. Going back leaves accounts
that are half erased closed, since nobody knows their passwords.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0017_erasures"
VERSION = "1.38.0"
DESCRIPTION = "Erasures of accounts"

FORWARDS = """
-- Owner: chat-api. The user's id is there until the work is done; the mark that stays is its SHA-256.
CREATE TABLE erasures (
    user_hash bytea PRIMARY KEY,
    user_id varchar UNIQUE,
    asked_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    last_error varchar(500),
    CHECK ((user_id IS NULL) = (done_at IS NOT NULL))
);
CREATE INDEX erasures_to_do ON erasures (asked_at) WHERE done_at IS NULL;
"""

BACKWARDS = "DROP TABLE IF EXISTS erasures;"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
