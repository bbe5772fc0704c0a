"""What the services' database role may do, where such a role exists.

Safe before the rollout: the running release neither reads nor is hindered by what is added.

The role is `taskflow_app`. `make up` has it; elsewhere an operator creates it (docs/operations) and the next upgrade
grants it what follows. Without it the services run as the owner of the tables.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0006_service_role"
VERSION = "1.38.0"
DESCRIPTION = "What the services' database role may do, where such a role exists"

FORWARDS = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'taskflow_app') AND current_user <> 'taskflow_app' THEN
        GRANT USAGE ON SCHEMA public TO taskflow_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON
            users, tasks, conversation, message,
            outbox, task_shadow, embedded_deliveries, dead_letters, idempotency_keys,
            user_preferences, task_series, series_slots, reminder_schedule
        TO taskflow_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO taskflow_app;
        GRANT SELECT ON migration TO taskflow_app;
    END IF;
END
$$;
"""

BACKWARDS = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'taskflow_app') AND current_user <> 'taskflow_app' THEN
        REVOKE ALL ON users, tasks, conversation, message FROM taskflow_app;
        REVOKE USAGE ON SCHEMA public FROM taskflow_app;
    END IF;
END
$$;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
