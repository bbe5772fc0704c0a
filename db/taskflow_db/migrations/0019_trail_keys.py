"""What people wrote lies in the audit trail encrypted, with a key per user; deleting an account destroys its key.

Safe before the rollout: the running release goes on adding rows as it did. docs/audit.md tells the whole story.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.scripts.appending_0019 import APPENDING
from taskflow_db.sql_migration import sql_migration

ID = "0019_trail_keys"
VERSION = "1.38.0"
DESCRIPTION = "Keys of the audit trail, one per user, and the functions that make and destroy them"

TABLES = r"""
-- Owner: audit-logger. The key of what a user wrote, wrapped by one that is not in the database; the user is named by
-- the SHA-256 of their id. A key that was destroyed stays as a mark: no other is ever made for that user.
CREATE TABLE audit_keys (
    user_hash bytea PRIMARY KEY,
    key_id uuid,
    wrapped bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
    CHECK ((wrapped IS NULL) = (key_id IS NULL))
);
"""

KEYS = r"""
-- Keeps new keys, but for users who have one already or whose key was destroyed.
CREATE FUNCTION audit_make_keys(hashes bytea[], ids uuid[], keys bytea[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
    INSERT INTO public.audit_keys (user_hash, key_id, wrapped)
    SELECT k.hash, k.id, k.wrapped FROM unnest(hashes, ids, keys) AS k (hash, id, wrapped) ORDER BY k.hash
    ON CONFLICT DO NOTHING;
$$;

-- Wraps a key anew, if it is still wrapped as `before`; answers whether it was.
CREATE FUNCTION audit_rewrap_key(hash bytea, id uuid, before bytea, after bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
    UPDATE public.audit_keys SET wrapped = after WHERE user_hash = hash AND key_id = id AND wrapped = before;
    RETURN FOUND;
END
$$;

-- Destroys a user's key, also one that they never had. From the end of the caller's transaction on nothing can be read
-- that was encrypted with it, and nothing is added any more. Appending looks at keys with the head of the chain locked:
-- an update of the head makes it wait, and fail where its snapshot is older.
CREATE FUNCTION audit_destroy_key(owner text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
    UPDATE public.audit_chain SET seq = seq;
    INSERT INTO public.audit_keys AS k (user_hash, destroyed_at) VALUES (sha256(convert_to(owner, 'UTF8')), now())
    ON CONFLICT (user_hash) DO UPDATE
        SET key_id = NULL, wrapped = NULL, destroyed_at = coalesce(k.destroyed_at, excluded.destroyed_at);
END
$$;
"""

BEGINNING = r"""
-- Accounts that were erased before there were keys.
INSERT INTO audit_keys (user_hash, destroyed_at) SELECT user_hash, done_at FROM erasures WHERE done_at IS NOT NULL;

REVOKE ALL ON audit_keys FROM PUBLIC;
REVOKE ALL ON FUNCTION
    audit_make_keys, audit_rewrap_key, audit_destroy_key, audit_check_keys, audit_add, audit_record
FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'taskflow_app') AND current_user <> 'taskflow_app' THEN
        REVOKE ALL ON audit_keys FROM taskflow_app;
        GRANT SELECT ON audit_keys TO taskflow_app;
        GRANT EXECUTE ON FUNCTION audit_make_keys, audit_rewrap_key, audit_destroy_key, audit_record TO taskflow_app;
    END IF;
END
$$;
"""

FORWARDS = TABLES + KEYS + APPENDING + BEGINNING

BACKWARDS = r"""
-- Nobody ever reads again what was encrypted, in a backup or a file that was exported either: only who said so.
DO $$
BEGIN
    IF current_setting('taskflow.keys_are_lost', true) IS DISTINCT FROM 'yes'
        AND EXISTS (SELECT FROM audit_keys WHERE wrapped IS NOT NULL)
    THEN
        RAISE EXCEPTION 'audit_keys has the keys of what users wrote, and they would be lost'
            USING HINT = '`taskflow db downgrade --lose-keys` takes them away together with the audit trail.';
    END IF;
END
$$;
DROP FUNCTION IF EXISTS
    audit_record, audit_add, audit_check_keys, audit_destroy_key, audit_rewrap_key, audit_make_keys;
DROP TABLE IF EXISTS audit_keys;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
