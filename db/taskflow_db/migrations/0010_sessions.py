"""Sessions that end: sign-ins, their refresh tokens, what is revoked, and accounts that are disabled.

Safe before the rollout: the running release neither reads nor is hindered by what is added. Going back opens disabled
accounts again, with the passwords that they had: the hashes would be lost otherwise.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0010_sessions"
VERSION = "1.38.0"
DESCRIPTION = "Sessions, revocations and disabled accounts"

FORWARDS = """
CREATE TABLE sessions (
    id varchar PRIMARY KEY,
    user_id varchar NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    device varchar(200)
);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Of each session the token that counts, and for a while those before it, by the SHA-256 of the token.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id varchar NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    adopted boolean NOT NULL DEFAULT false
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

-- Every process reads what is new here each second. Transactions commit in another order than they begin in, so what is
-- new is told by the transaction that wrote it, against the oldest that was at work at the reading before.
CREATE TABLE revocations (
    kind varchar(8) NOT NULL CHECK (kind IN ('session', 'token', 'user')),
    subject varchar NOT NULL,
    user_id varchar NOT NULL,
    issued_before timestamptz,
    effective_at timestamptz,
    expires_at timestamptz NOT NULL,
    xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX revocations_of_user ON revocations (user_id);
CREATE INDEX revocations_by_transaction ON revocations (xid);
CREATE INDEX revocations_by_effect ON revocations (effective_at) WHERE effective_at IS NOT NULL;
CREATE INDEX revocations_by_end ON revocations (expires_at);

CREATE TABLE disabled_accounts (
    user_id varchar PRIMARY KEY,
    parked_hash varchar NOT NULL,
    placeholder varchar NOT NULL,
    disabled_at timestamptz NOT NULL
);
"""

BACKWARDS = """
DO $$
BEGIN
    IF to_regclass('public.disabled_accounts') IS NOT NULL THEN
        UPDATE users SET hashed_password = parked_hash FROM disabled_accounts
        WHERE users.id = disabled_accounts.user_id AND users.hashed_password = disabled_accounts.placeholder;
    END IF;
END
$$;
DROP TABLE IF EXISTS disabled_accounts, revocations, refresh_tokens, sessions;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
