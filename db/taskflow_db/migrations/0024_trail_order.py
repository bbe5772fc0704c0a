"""An index of the audit trail's rows that are about no task by time, for administrators who ask for everybody's.

Safe before the rollout: the running release neither reads nor is hindered by what is added. On a trail of many months
building it holds up new rows for some seconds; they wait in the outbox.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0024_trail_order"
VERSION = "1.38.0"
DESCRIPTION = "An index by time of the audit trail's rows that are about no task"

INDEX = r"""
CREATE INDEX ix_task_events_beside_tasks ON task_events (occurred_at, event_id) WHERE type NOT LIKE 'task.%';
"""

FORWARDS = INDEX

BACKWARDS = "DROP INDEX IF EXISTS ix_task_events_beside_tasks;"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
