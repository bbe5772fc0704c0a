"""Phase V's columns on tasks: when a task is due, how it repeats and when to remind of it.

Safe before the rollout: the running release neither reads nor is hindered by what is added.
Each column is nullable and each check passes a row that sets none of them, so Phase IV's statements go on working.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0002_task_columns"
VERSION = "1.38.0"
DESCRIPTION = "Phase V's columns on tasks: when a task is due, how it repeats and when to remind of it"

FORWARDS = """
ALTER TABLE tasks
    ADD COLUMN due_date timestamptz,
    ADD COLUMN due_all_day boolean,
    ADD COLUMN recurrence_pattern varchar(500),
    ADD COLUMN recurrence_end_date date,
    ADD COLUMN recurrence_timezone varchar(64),
    ADD COLUMN parent_recurring_task_id varchar,
    ADD COLUMN occurrence_date date,
    ADD COLUMN reminder_config jsonb;

-- NOT VALID first: every row has nulls there, so there is nothing to scan under the strongest lock.
ALTER TABLE tasks
    ADD CONSTRAINT tasks_pattern_needs_due_date
        CHECK (recurrence_pattern IS NULL OR due_date IS NOT NULL) NOT VALID,
    ADD CONSTRAINT tasks_end_date_needs_pattern
        CHECK (recurrence_end_date IS NULL OR recurrence_pattern IS NOT NULL) NOT VALID,
    ADD CONSTRAINT tasks_reminder_needs_due_date
        CHECK (reminder_config IS NULL OR due_date IS NOT NULL) NOT VALID,
    ADD CONSTRAINT tasks_parent_needs_occurrence_date
        CHECK (parent_recurring_task_id IS NULL OR occurrence_date IS NOT NULL) NOT VALID,
    ADD CONSTRAINT tasks_one_task_per_occurrence
        UNIQUE (parent_recurring_task_id, occurrence_date);
ALTER TABLE tasks
    VALIDATE CONSTRAINT tasks_pattern_needs_due_date,
    VALIDATE CONSTRAINT tasks_end_date_needs_pattern,
    VALIDATE CONSTRAINT tasks_reminder_needs_due_date,
    VALIDATE CONSTRAINT tasks_parent_needs_occurrence_date;

CREATE INDEX ix_tasks_user_due_date ON tasks (user_id, due_date) WHERE due_date IS NOT NULL;
CREATE INDEX ix_tasks_open_occurrences ON tasks (parent_recurring_task_id, occurrence_date)
    WHERE parent_recurring_task_id IS NOT NULL AND NOT completed;
-- A page of a user's list, newest first, reads the rows it shows and no more.
CREATE INDEX ix_tasks_user_created_at ON tasks (user_id, created_at DESC, id DESC);
"""

BACKWARDS = """
DROP INDEX IF EXISTS ix_tasks_user_created_at;
ALTER TABLE tasks
    DROP COLUMN reminder_config,
    DROP COLUMN occurrence_date,
    DROP COLUMN parent_recurring_task_id,
    DROP COLUMN recurrence_timezone,
    DROP COLUMN recurrence_end_date,
    DROP COLUMN recurrence_pattern,
    DROP COLUMN due_all_day,
    DROP COLUMN due_date;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
