"""The function that says whether a month may have a partition, in a form that a dump keeps.

PostgreSQL writes a BETWEEN among other conditions out as two of them in brackets, and reads these back as one list
without: so a database that was dumped and restored, or upgraded, had the function otherwise than the migrations make
it, and `taskflow audit verify` said so. What it answers is the same.

Safe before the rollout: the running release calls it as ever.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0027_room_for_months"
VERSION = "1.38.0"
DESCRIPTION = "A function of the audit trail as dumps keep it"

FORWARDS = """
CREATE OR REPLACE FUNCTION audit_has_room(month date) RETURNS boolean LANGUAGE sql STABLE
RETURN month >= date '0001-01-01' AND month <= date '9999-12-01' AND (
    month >= public.audit_month(now()) - interval '1 month' AND month <= public.audit_month(now()) + interval '3 months'
    OR (SELECT count(*) < 240 FROM pg_catalog.pg_inherits WHERE inhparent = 'public.task_events'::regclass)
);
"""

BACKWARDS = """
CREATE OR REPLACE FUNCTION audit_has_room(month date) RETURNS boolean LANGUAGE sql STABLE
RETURN month BETWEEN date '0001-01-01' AND date '9999-12-01' AND (
    month BETWEEN public.audit_month(now()) - interval '1 month' AND public.audit_month(now()) + interval '3 months'
    OR (SELECT count(*) < 240 FROM pg_catalog.pg_inherits WHERE inhparent = 'public.task_events'::regclass)
);
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
