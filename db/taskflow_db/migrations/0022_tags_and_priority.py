"""Tags and priority of tasks, and what a series gives its occurrences of them.

Safe before the rollout: the running release neither reads nor is hindered by what is added. Each column is nullable and
a row that sets none of them passes every check, so Phase IV's statements go on working.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0022_tags_and_priority"
VERSION = "1.38.0"
DESCRIPTION = "Tags and priority"

FORWARDS = """
-- `tag_keys` are what `tags` are compared by, one for each, in the same order (taskflow_core.domain.tags).
ALTER TABLE tasks
    ADD COLUMN tags text[],
    ADD COLUMN tag_keys text[],
    ADD COLUMN priority smallint;
ALTER TABLE task_series
    ADD COLUMN tags text[],
    ADD COLUMN priority smallint CHECK (priority BETWEEN 1 AND 3);

-- NOT VALID first: every row has nulls there, so there is nothing to scan under the strongest lock.
ALTER TABLE tasks
    ADD CONSTRAINT tasks_tags_have_keys CHECK (
        tags IS NULL AND tag_keys IS NULL
        OR tags IS NOT NULL AND tag_keys IS NOT NULL AND cardinality(tags) BETWEEN 1 AND 20
            AND cardinality(tag_keys) = cardinality(tags)
    ) NOT VALID,
    ADD CONSTRAINT tasks_priority_is_one CHECK (priority BETWEEN 1 AND 3) NOT VALID;
ALTER TABLE tasks
    VALIDATE CONSTRAINT tasks_tags_have_keys,
    VALIDATE CONSTRAINT tasks_priority_is_one;

-- A user's tags, and their tasks with one of them, are found among the tasks that have any. Not a GIN index of the
-- keys: it knows no user, and a tag like "home" is everybody's.
CREATE INDEX ix_tasks_user_tagged ON tasks (user_id, created_at DESC, id DESC) WHERE tag_keys IS NOT NULL;
"""

BACKWARDS = """
DROP INDEX IF EXISTS ix_tasks_user_tagged;
ALTER TABLE tasks
    DROP COLUMN IF EXISTS priority,
    DROP COLUMN IF EXISTS tag_keys,
    DROP COLUMN IF EXISTS tags;
ALTER TABLE IF EXISTS task_series
    DROP COLUMN IF EXISTS priority,
    DROP COLUMN IF EXISTS tags;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
