"""What earlier releases wrote in the audit trail is encrypted too, once: row after row, with new hashes.

Safe before the rollout: pods of the release before add plain rows until all rows are encrypted. Then they are refused
by an error that they take for an outage, so that their events wait. Going back does not decrypt anything.
docs/audit.md tells the whole story.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.scripts.sealing_0020 import BEFORE, SEALING
from taskflow_db.sql_migration import sql_migration

ID = "0020_trail_sealing"
VERSION = "1.38.0"
DESCRIPTION = "Encryption of the audit trail's rows of before, once, from the first to the last"

TABLES = r"""
-- Owner: audit-logger. How far the rows of before are encrypted: the last one's number, its hash of before and its new
-- one. `done_at` is set when there was none left, and at once in a trail that was empty. `writer` is the transaction
-- that changes rows, while it does.
CREATE TABLE audit_sealing (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL DEFAULT 0,
    old_hash bytea NOT NULL,
    new_hash bytea NOT NULL,
    done_at timestamptz,
    writer text
);

-- Owner: audit-logger. Hashes of before that rows which left the trail follow: by these their months verify.
CREATE TABLE audit_old_hashes (
    seq bigint PRIMARY KEY,
    hash bytea NOT NULL
);
"""

BEGINNING = r"""
INSERT INTO audit_sealing (old_hash, new_hash, done_at)
SELECT decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), CASE WHEN c.seq = 0 THEN now() END
FROM audit_chain c;

REVOKE ALL ON audit_sealing, audit_old_hashes FROM PUBLIC;
REVOKE ALL ON FUNCTION audit_seal FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'taskflow_app') AND current_user <> 'taskflow_app' THEN
        REVOKE ALL ON audit_sealing, audit_old_hashes FROM taskflow_app;
        GRANT SELECT ON audit_sealing, audit_old_hashes TO taskflow_app;
        GRANT EXECUTE ON FUNCTION audit_seal TO taskflow_app;
    END IF;
END
$$;
"""

FORWARDS = TABLES + SEALING + BEGINNING

# The functions as they were. A trail some rows of which were encrypted goes as a whole or not at all: its checkpoints
# of before would no longer fit, and if plain rows came after it, encrypting them would take a second exchange of
# hashes, which nobody must be able to bring about, since rows could be exchanged under its cover.
GUARD = r"""
DO $$
BEGIN
    IF current_setting('taskflow.keys_are_lost', true) IS DISTINCT FROM 'yes'
        AND EXISTS (SELECT FROM audit_sealing WHERE seq > 0)
    THEN
        RAISE EXCEPTION 'rows of the audit trail were encrypted, which is done once: no earlier release can go on'
            USING HINT = '`taskflow db downgrade --lose-keys` takes the audit trail away as a whole.';
    END IF;
END
$$;
"""

BACKWARDS = (
    GUARD
    + BEFORE
    + r"""
DROP FUNCTION IF EXISTS audit_seal;
DROP TABLE IF EXISTS audit_sealing, audit_old_hashes;
"""
)


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
