"""What the services' database role may do, where such a role exists: read and write rows, and nothing of the schema.

The role is `taskflow_app`. `make up` has it; elsewhere an operator creates it, before or after the first upgrade, and
every upgrade grants it what it lacks. Without it the services run as the owner of the tables. What it may do with the
audit trail, migrations 0005, 0006, 0019 and 0020 say; its rights are repeated here for a role that came later.

A downgrade takes these rights away with the tables; those on Phase IV's tables stay, since `TASKFLOW_PHASE=iv` may well
be serving as this role at that moment.
"""

from typing import Final

# Whether there is such a role and it cannot yet work. The migrations are there.
WAITS: Final = """
SELECT EXISTS (
    SELECT FROM pg_roles WHERE rolname = 'taskflow_app' AND rolname <> current_user
    AND NOT (
        has_table_privilege(rolname, 'outbox', 'INSERT') AND has_table_privilege(rolname, 'task_events', 'INSERT')
        AND has_table_privilege(rolname, 'migration', 'SELECT')
    )
)
"""

GRANTS: Final = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'taskflow_app') OR current_user = 'taskflow_app' THEN
        RETURN;
    END IF;
    GRANT USAGE ON SCHEMA public TO taskflow_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON
        users, tasks, conversation, message,
        outbox, task_shadow, embedded_deliveries, dead_letters, idempotency_keys,
        user_preferences, task_series, series_slots, reminder_schedule, stream_tickets,
        sign_in_budgets, sign_in_devices,
        sessions, refresh_tokens, revocations, disabled_accounts, account_links, personal_tokens,
        erasures, deleted_tasks
    TO taskflow_app;
    GRANT SELECT, INSERT ON task_events, audit_checkpoints TO taskflow_app;
    GRANT SELECT ON
        migration, task_events_default, audit_chain, audit_pruned, audit_upkeep, audit_upkeep_days, audit_keys,
        audit_sealing, audit_old_hashes
    TO taskflow_app;
    GRANT EXECUTE ON FUNCTION
        audit_append, audit_sort_default, audit_ensure_partition, audit_detach_partition, audit_drop_detached,
        audit_upkeep_ran, audit_clock_is_steady, audit_days_of_upkeep, audit_detach_old, audit_hindrance,
        audit_make_keys, audit_rewrap_key, audit_destroy_key, audit_record, audit_seal
    TO taskflow_app;
END
$$;
"""
