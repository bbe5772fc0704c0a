"""Personal tokens, and their revocation.

Safe before the rollout: the running release does not know of the table, and refuses what is revoked of whatever kind.
Going back ends all personal tokens: no other release takes them.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0016_personal_tokens"
VERSION = "1.38.0"
DESCRIPTION = "Personal tokens"

FORWARDS = """
-- Owner: chat-api; every service notes when one was used. A token by its SHA-256.
CREATE TABLE personal_tokens (
    id varchar PRIMARY KEY,
    user_id varchar NOT NULL,
    name varchar(100) NOT NULL,
    token_hash bytea NOT NULL,
    scopes varchar(200) NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE UNIQUE INDEX personal_tokens_by_hash ON personal_tokens (token_hash);
CREATE INDEX personal_tokens_of_user ON personal_tokens (user_id, created_at);
CREATE INDEX personal_tokens_by_end ON personal_tokens (expires_at);

ALTER TABLE revocations DROP CONSTRAINT revocations_kind_check;
ALTER TABLE revocations ADD CONSTRAINT revocations_kind_check
    CHECK (kind IN ('session', 'token', 'user', 'personal'));
"""

BACKWARDS = """
DROP TABLE IF EXISTS personal_tokens;
DO $$
BEGIN
    IF to_regclass('public.revocations') IS NOT NULL THEN
        DELETE FROM revocations WHERE kind = 'personal';
        ALTER TABLE revocations DROP CONSTRAINT IF EXISTS revocations_kind_check;
        ALTER TABLE revocations ADD CONSTRAINT revocations_kind_check CHECK (kind IN ('session', 'token', 'user'));
    END IF;
END
$$;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
