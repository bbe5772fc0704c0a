"""Phase IV's four tables: made where absent, adopted as they are where present.

Safe before the rollout. Going back leaves them: they and their rows are Phase IV's.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0001_phase_iv_tables"
VERSION = "1.38.0"
DESCRIPTION = "Phase IV's four tables: made where absent, adopted as they are where present"

FORWARDS = """
CREATE TABLE IF NOT EXISTS users (
    id varchar PRIMARY KEY,
    email varchar(255) NOT NULL,
    hashed_password varchar NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS ix_users_email ON users (email);

CREATE TABLE IF NOT EXISTS tasks (
    id varchar PRIMARY KEY,
    user_id varchar NOT NULL REFERENCES users (id),
    title varchar(255) NOT NULL,
    description varchar(5000),
    completed boolean NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_tasks_user_id ON tasks (user_id);

CREATE TABLE IF NOT EXISTS conversation (
    id varchar PRIMARY KEY,
    user_id varchar NOT NULL REFERENCES users (id),
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_conversation_user_id ON conversation (user_id);

CREATE TABLE IF NOT EXISTS message (
    id varchar PRIMARY KEY,
    user_id varchar NOT NULL REFERENCES users (id),
    conversation_id varchar NOT NULL REFERENCES conversation (id),
    role varchar(20) NOT NULL,
    content varchar NOT NULL,
    tool_calls varchar,
    created_at timestamp NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_message_user_id ON message (user_id);
CREATE INDEX IF NOT EXISTS ix_message_conversation_id ON message (conversation_id);
"""

BACKWARDS = """
SELECT 1;  -- Phase IV's tables stay
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
