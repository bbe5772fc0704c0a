"""Deleted tasks, kept for a while so that they can be restored.

Safe before the rollout: the running release neither reads nor is hindered by what is added. What it deletes meanwhile
is not kept.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0023_trash"
VERSION = "1.38.0"
DESCRIPTION = "Deleted tasks that can be restored"

FORWARDS = """
-- Owner: chat-api. `task` is the row of `tasks` as it was, whatever columns it had; `series` the row of `task_series`
-- as it was before a deletion that ended it. Tasks of one `deletion` went together.
CREATE TABLE deleted_tasks (
    task_id varchar PRIMARY KEY,
    user_id varchar NOT NULL,
    version bigint NOT NULL,
    deleted_at timestamptz NOT NULL DEFAULT now(),
    deletion uuid NOT NULL,
    task jsonb NOT NULL,
    series jsonb
);
CREATE INDEX deleted_tasks_of_user ON deleted_tasks (user_id, deleted_at, task_id);
CREATE INDEX deleted_tasks_by_age ON deleted_tasks (deleted_at);
CREATE INDEX deleted_tasks_together ON deleted_tasks (deletion);
"""

BACKWARDS = "DROP TABLE IF EXISTS deleted_tasks;"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
