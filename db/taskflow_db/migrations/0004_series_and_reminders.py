"""User preferences, recurring series with their slots, and the reminder schedule.

Safe before the rollout: the running release neither reads nor is hindered by what is added.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0004_series_and_reminders"
VERSION = "1.38.0"
DESCRIPTION = "User preferences, recurring series with their slots, and the reminder schedule"

FORWARDS = """
-- Owner: chat-api.
CREATE TABLE user_preferences (
    user_id varchar PRIMARY KEY,
    timezone varchar(64) NOT NULL DEFAULT 'UTC',
    notifications text NOT NULL DEFAULT 'all',
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Owner: chat-api. A series' rule and state; its id is its first task's id.
CREATE TABLE task_series (
    series_id varchar PRIMARY KEY,
    user_id varchar NOT NULL,
    title varchar(255) NOT NULL,
    description varchar(5000),
    reminder_config jsonb,
    pattern varchar(500) NOT NULL,
    timezone varchar(64) NOT NULL,
    start_local timestamp NOT NULL,
    all_day boolean NOT NULL,
    end_date date,
    mode varchar(20) NOT NULL DEFAULT 'fixed' CHECK (mode IN ('fixed', 'after_completion')),
    catch_up varchar(10) NOT NULL DEFAULT 'latest' CHECK (catch_up IN ('latest', 'all')),
    last_slot date NOT NULL,
    next_slot date,
    next_due timestamptz,
    make_at timestamptz,
    made_count integer NOT NULL DEFAULT 1,
    attempts integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    last_error varchar(500),
    ended_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_task_series_make_at ON task_series (make_at) WHERE ended_at IS NULL AND make_at IS NOT NULL;
CREATE INDEX ix_task_series_user_id ON task_series (user_id);

-- Owner: chat-api. The slots (occurrence dates) a series has used; a slot is never made twice.
CREATE TABLE series_slots (
    series_id varchar NOT NULL,
    occurrence_date date NOT NULL,
    task_id varchar NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (series_id, occurrence_date)
);
CREATE INDEX ix_series_slots_task_id ON series_slots (task_id);

-- Owner: reminder-service (chat-api may acknowledge and cancel).
CREATE TABLE reminder_schedule (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    task_id varchar NOT NULL,
    user_id varchar NOT NULL,
    reminder_offset varchar(32) NOT NULL,
    due_at timestamptz NOT NULL,
    due_all_day boolean NOT NULL DEFAULT false,
    timezone varchar(64),
    scheduled_at timestamptz NOT NULL,
    fire_at timestamptz NOT NULL,
    snoozed_until timestamptz,
    status varchar(16) NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'sent', 'acknowledged', 'cancelled')),
    task_version bigint NOT NULL,
    event_id uuid,
    fired_at timestamptz,
    acknowledged_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (task_id, due_at, reminder_offset)
);
CREATE INDEX ix_reminder_schedule_pending ON reminder_schedule (fire_at, id) WHERE status = 'pending';
CREATE INDEX ix_reminder_schedule_user ON reminder_schedule (user_id, status, fire_at, id);
CREATE INDEX ix_reminder_schedule_updated_at ON reminder_schedule (updated_at) WHERE status <> 'pending';
-- Open tasks with reminders, for comparing them with the schedule.
CREATE INDEX ix_tasks_open_reminders ON tasks (id) WHERE reminder_config IS NOT NULL AND NOT completed;
"""

BACKWARDS = """
DROP INDEX IF EXISTS ix_tasks_open_reminders;
DROP TABLE IF EXISTS reminder_schedule, series_slots, task_series, user_preferences;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
