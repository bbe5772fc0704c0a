"""Descriptions taken out of the events that wait: they do not leave the database any more.

Safe before the rollout: the running release reads what remains. What it publishes until it is replaced has the text
still, and is gone when the audit trail holds it. Going back brings no text back: tasks have it.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0009_descriptions"
VERSION = "1.38.0"
DESCRIPTION = "Events without the text of descriptions"

# A payload is text: what arrived at a consumer may be no JSON, and then is none of ours.
FORWARDS = """
CREATE FUNCTION pg_temp.without_description(payload text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    event jsonb;
BEGIN
    event := payload::jsonb;
    IF jsonb_typeof(event #> '{data,task,description}') = 'string' THEN
        event := jsonb_set(event, '{data,task,description}', 'null'::jsonb);
        event := jsonb_set(event, '{data,task,has_description}', 'true'::jsonb);
    END IF;
    IF event #> '{data,changes,description}' IS NOT NULL THEN
        event := jsonb_set(event, '{data,changes,description}', '{"old": null, "new": "changed"}'::jsonb);
    END IF;
    RETURN event::text;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN payload;
END
$$;

UPDATE outbox SET payload = pg_temp.without_description(payload) WHERE payload LIKE '%"description"%';
UPDATE embedded_deliveries SET payload = pg_temp.without_description(payload) WHERE payload LIKE '%"description"%';
UPDATE dead_letters SET payload = pg_temp.without_description(payload) WHERE payload LIKE '%"description"%';

DROP FUNCTION pg_temp.without_description(text);
"""

BACKWARDS = "SELECT 1;"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
