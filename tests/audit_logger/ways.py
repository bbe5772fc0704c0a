"""Ways to tamper with the audit trail, and by which words each is found; and those that cannot be found.

The trail they meet: row 1 is of May 2020, which is detached; rows 2 to 11 are of this month; checkpoints of rows 6 and
11 are in the database and in the archive. {month} is this month's table.
"""

from tests.audit_logger.way import OFF, ON, SUPERUSER, Way, rows
from tests.audit_logger.ways_acting import ACTING, UNSEEN_ACTING
from tests.audit_logger.ways_around import AROUND, UNSEEN_AROUND
from tests.audit_logger.ways_of_keys import KEYS, UNSEEN_KEYS

_NOTES_OFF = "ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL;"
_NOTES_ON = "ALTER TABLE audit_checkpoints ENABLE ALWAYS TRIGGER audit_append_only;"
_OLD = "task_events_2020_05_until_1"
_CUT = "DELETE FROM task_events WHERE chain_seq > 8;"
_HEAD = (
    "UPDATE audit_chain SET (seq, hash) = (SELECT chain_seq, hash FROM task_events ORDER BY chain_seq DESC LIMIT 1);"
)
_REHASH = """
DO $$ DECLARE one record; link bytea; BEGIN
FOR one IN SELECT * FROM task_events WHERE chain_seq >= 4 ORDER BY chain_seq LOOP
    SELECT hash INTO link FROM task_events WHERE chain_seq = one.chain_seq - 1;
    UPDATE task_events SET hash = audit_hash(link, chain_seq, event_id, occurred_at, recorded_at, version, type,
        task_id, user_id, actor_id, correlation_id, data) WHERE chain_seq = one.chain_seq;
END LOOP; END $$;
"""
_ADD = """
INSERT INTO task_events SELECT gen_random_uuid(), occurred_at, recorded_at, type, task_id, user_id, actor_id, version,
    correlation_id, data, {number}, hash FROM task_events WHERE chain_seq = 5;
"""
_APPEND = """
SELECT audit_record(ARRAY[gen_random_uuid()], ARRAY[now()], ARRAY['task.deleted'], ARRAY['task-1'], ARRAY['anna'],
    ARRAY['anna'], ARRAY[9], ARRAY['made-up'], ARRAY['{}'], '{}', '{}');
"""


ROWS = [
    rows("a value changed", "UPDATE task_events SET data = '{}' WHERE chain_seq = 4;", "changed: row 4"),
    rows("another did it", "UPDATE task_events SET actor_id = 'bob' WHERE chain_seq = 4;", "changed: row 4"),
    rows("another time", "UPDATE task_events SET recorded_at = now() WHERE chain_seq = 4;", "changed: row 4"),
    rows("a row deleted", "DELETE FROM task_events WHERE chain_seq = 4;", "removed: row 4"),
    rows("the first row deleted", "DELETE FROM task_events WHERE chain_seq = 2;", "removed: row 2"),
    rows("everything deleted", "TRUNCATE {month};", "cut: row 2"),
    rows("the tail cut", _CUT, "cut: row 9"),
    rows("the tail cut with the head", _CUT + _HEAD, "cut: row 9"),
    rows(
        "the tail cut with the head and the checkpoints",
        _CUT + _HEAD + _NOTES_OFF + "DELETE FROM audit_checkpoints WHERE seq > 8;" + _NOTES_ON,
        "cut: row 9",
    ),
    rows(
        "two rows exchanged",
        "UPDATE task_events SET chain_seq = 9 - chain_seq WHERE chain_seq IN (4, 5);",
        "changed: row 4",
    ),
    rows(
        "rewritten from a row on",
        "UPDATE task_events SET data = '{}' WHERE chain_seq = 4;" + _REHASH + _HEAD,
        "rewritten: row 1",
    ),
    Way("a row added with a number that is taken", _ADD.format(number=5), "added: row 5"),
    Way("a row added after the last", _ADD.format(number=12), "added: row 12"),
    Way("the hash of the head changed", "UPDATE audit_chain SET hash = sha256('x')", "changed: row 11"),
    Way("the head ahead of the rows", "UPDATE audit_chain SET seq = 15", "cut: row 12"),
    Way("the head behind the rows", "UPDATE audit_chain SET seq = 8", "added: row 9"),
    Way("the head deleted", "DELETE FROM audit_chain", "added: row 2"),
    Way("a month detached by hand", "ALTER TABLE task_events DETACH PARTITION {month}", "cut: row 2"),
    Way("a month dropped", "DROP TABLE {month}", "cut: row 2"),
]

_NOTE = "INSERT INTO audit_checkpoints VALUES (12, now(), "
RECORDS = [
    Way(
        "a checkpoint deleted",
        _NOTES_OFF + "DELETE FROM audit_checkpoints WHERE seq = 6;" + _NOTES_ON,
        "The checkpoint of row 6 is archived and is not in audit_checkpoints",
    ),
    Way(
        "a checkpoint changed",
        _NOTES_OFF
        + """UPDATE audit_checkpoints SET record = replace(record, '"seq":11', '"seq":10') WHERE seq = 11;"""
        + _NOTES_ON,
        "forged: row 11",
    ),
    Way(
        "a checkpoint's row changed",
        _NOTES_OFF + "UPDATE audit_checkpoints SET seq = 7 WHERE seq = 6;" + _NOTES_ON,
        "A row of audit_checkpoints says 7, and its signed record 6",
    ),
    Way(
        "a checkpoint made up",
        _NOTE
        + """'{"body":{"kind":"checkpoint","seq":12,"hash":"00",
        "at":"2026-11-28T00:00:00Z"},"signature":"00"}')""",
        "forged: row 12",
    ),
    Way("a checkpoint that is none", _NOTE + "'x')", "forged: row 12"),
    Way("the record of pruning deleted", "DELETE FROM audit_pruned", "removed: row 1"),
    Way(
        "the record of pruning changed",
        "UPDATE audit_pruned SET record = replace(record, '2020-05', '2020-06')",
        "removed: row 1",
    ),
    rows(
        "a record of pruning made up",
        """INSERT INTO audit_pruned VALUES ('x', '2020-01-01',
        '{"body":{"kind":"pruned","month":"2020-01","rows":3,"runs":[{"first":2,"last":4,"hash":"00"}],
        "at":"2026-11-28T00:00:00Z"},"signature":null}', now(), now());
        DELETE FROM task_events WHERE chain_seq < 5;""",
        "removed: row 2",
    ),
    Way(
        "a detached month changed",
        f"ALTER TABLE {_OLD} DISABLE TRIGGER ALL; UPDATE {_OLD} SET data = '{{}}'; "
        f"ALTER TABLE {_OLD} ENABLE ALWAYS TRIGGER audit_append_only",
        f"{_OLD}, a month that was detached, does not",
    ),
    Way("a detached month dropped by hand", f"DROP TABLE {_OLD}", f"{_OLD}, a month that was detached, is gone"),
    Way(
        "a detached month attached by hand",
        f"ALTER TABLE task_events ATTACH PARTITION {_OLD} FOR VALUES FROM ('2020-05-01Z') TO ('2020-06-01Z')",
        "added: row 1",
    ),
]

_NO_ROW = "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
_POLICY = "ALTER TABLE task_events ENABLE ROW LEVEL SECURITY; CREATE POLICY hide ON task_events"
STRUCTURE = [
    Way(
        "the guard of the trail off",
        "ALTER TABLE task_events DISABLE TRIGGER audit_append_only",
        "The trigger audit_append_only of task_events is disabled or changed",
    ),
    Way(
        "the guard for replicas only",
        "ALTER TABLE {month} ENABLE REPLICA TRIGGER audit_append_only",
        "is disabled or changed",
    ),
    Way(
        "the guard passed over by replicas",
        "ALTER TABLE audit_checkpoints ENABLE TRIGGER audit_append_only",
        "The trigger audit_append_only of audit_checkpoints is disabled or changed",
    ),
    Way("the guard of a month dropped", "DROP TRIGGER audit_append_only ON {month}", "lacks the trigger"),
    Way(
        "a guard that lets deletions pass",
        "DROP TRIGGER audit_append_only ON {month}; CREATE TRIGGER audit_append_only BEFORE UPDATE ON {month} "
        "EXECUTE FUNCTION audit_refuse_change()",
        "is disabled or changed",
    ),
    Way("a guard of the detached month off", f"ALTER TABLE {_OLD} DISABLE TRIGGER ALL", f"{_OLD} is disabled"),
    Way(
        "what the guards call replaced",
        "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger "
        "LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN NULL; END $$",
        "the function audit_refuse_change() is not as the migrations make it",
    ),
    Way(
        "a trigger that swallows rows",
        _NO_ROW + "CREATE TRIGGER swallow BEFORE INSERT ON {month} FOR EACH ROW EXECUTE FUNCTION swallow()",
        "has the trigger swallow, which no migration makes",
    ),
    Way(
        "a rule that swallows checkpoints",
        "CREATE RULE swallow AS ON INSERT TO audit_checkpoints DO INSTEAD NOTHING",
        "The table audit_checkpoints has the rule swallow",
    ),
    Way(
        "a rule that sends events elsewhere",
        "CREATE RULE swallow AS ON INSERT TO task_events DO INSTEAD NOTHING",
        "The table task_events has the rule swallow",
    ),
    Way(
        "a policy that hides a row from all",
        _POLICY + " USING (chain_seq <> 5); ALTER TABLE task_events FORCE ROW LEVEL SECURITY",
        "The table task_events has the policy hide",
    ),
    Way(
        "a policy that hides a row from the services",
        _POLICY + " USING (chain_seq <> 5)",
        "taskflow_app sees 9 rows of task_events, and 10 are there",
    ),
    Way(
        "row-level security without a policy",
        "ALTER TABLE audit_pruned ENABLE ROW LEVEL SECURITY",
        "The table audit_pruned has row-level security",
    ),
    Way(
        "appending replaced",
        "DROP FUNCTION audit_append; CREATE FUNCTION audit_append(uuid[], timestamptz[], text[], "
        "text[], text[], text[], bigint[], text[], text[]) RETURNS integer LANGUAGE sql AS 'SELECT 0'",
        "lacks the function audit_append(",
    ),
    Way(
        "hashing replaced",
        "CREATE OR REPLACE FUNCTION audit_hash(before bytea, seq bigint, event_id uuid, "
        "occurred_at timestamptz, recorded_at timestamptz, version bigint, type text, task_id text, user_id text, "
        "actor_id text, correlation_id text, data text) RETURNS bytea LANGUAGE sql RETURN '\\x00'::bytea",
        "the function audit_hash(",
    ),
    Way(
        "a function with another search path",
        "ALTER FUNCTION audit_append RESET search_path",
        "the function audit_append(",
    ),
    Way(
        "a function that runs as its caller",
        "ALTER FUNCTION audit_drop_detached SECURITY INVOKER",
        "the function audit_drop_detached(detached text) is not as the migrations make it",
    ),
    Way(
        "a second function of the name",
        "CREATE FUNCTION audit_append(text) RETURNS text LANGUAGE sql RETURN $1",
        "has the function audit_append(text), which no migration makes",
    ),
    Way("a column more", "ALTER TABLE task_events ADD COLUMN note text", "has the column note"),
    Way(
        "a column that may be empty",
        "ALTER TABLE task_events ALTER COLUMN user_id DROP NOT NULL",
        "In the table task_events, the column user_id is not as",
    ),
    Way("a default", "ALTER TABLE {month} ALTER COLUMN data SET DEFAULT 'x'", "the column data is not as"),
    Way(
        "an index that makes events duplicates",
        "DROP INDEX ix_task_events_correlation; CREATE UNIQUE INDEX ON {month} (correlation_id)",
        "has the index UNIQUE USING btree (correlation_id)",
    ),
    Way("a constraint", "ALTER TABLE {month} ADD CHECK (user_id <> 'bob') NOT VALID", "has the constraint CHECK"),
    Way("a table that a crash empties", "ALTER TABLE audit_checkpoints SET UNLOGGED", "is not kept through a crash"),
    Way(
        "a view in place of the checkpoints",
        "ALTER TABLE audit_checkpoints RENAME TO kept; CREATE VIEW audit_checkpoints AS SELECT * FROM kept",
        "audit_checkpoints is no table of its own kind",
    ),
    Way(
        "a view in place of the trail",
        "ALTER TABLE task_events RENAME TO kept; CREATE VIEW task_events AS SELECT * FROM kept",
        "task_events is no table of its own kind",
    ),
    Way(
        "a child that adds checkpoints",
        "CREATE TABLE more () INHERITS (audit_checkpoints)",
        "public.more inherits from audit_checkpoints",
    ),
    Way(
        "a month with other bounds",
        "ALTER TABLE task_events DETACH PARTITION {month}; "
        "ALTER TABLE task_events ATTACH PARTITION {month} FOR VALUES FROM "
        "(date_trunc('month', now(), 'UTC') + interval '1 second') "
        "TO (date_trunc('month', now(), 'UTC') + interval '1 month')",
        "is attached to task_events as FOR VALUES FROM",
    ),
    Way(
        "a table of another schema as a month",
        "CREATE SCHEMA other; CREATE TABLE other.task_events_2031_01 "
        "PARTITION OF task_events FOR VALUES FROM ('2031-01-01Z') TO ('2031-02-01Z')",
        "other.task_events_2031_01 is attached to task_events",
    ),
    Way(
        "the default partition dropped", "DROP TABLE task_events_default", "The table task_events_default is not there"
    ),
]

RIGHTS = [
    Way("deleting granted", "GRANT DELETE ON task_events TO taskflow_app", "taskflow_app has DELETE on task_events"),
    Way("a month granted", "GRANT SELECT ON {month} TO taskflow_app", "taskflow_app has SELECT on"),
    Way(
        "a column granted",
        "GRANT UPDATE (data) ON task_events TO taskflow_app",
        "has the right UPDATE on the column data",
    ),
    Way("the head granted", "GRANT UPDATE ON audit_chain TO taskflow_app", "taskflow_app has UPDATE on audit_chain"),
    Way("everybody may read", "GRANT SELECT ON task_events TO PUBLIC", "PUBLIC has SELECT on task_events"),
    Way(
        "granted with the right to grant",
        "GRANT SELECT ON task_events TO taskflow_app WITH GRANT OPTION",
        "SELECT with grant option",
    ),
    Way(
        "an owner's function granted",
        "GRANT EXECUTE ON FUNCTION audit_drop_now TO taskflow_app",
        "taskflow_app has EXECUTE on audit_drop_now",
    ),
    Way(
        "a function for everybody",
        "GRANT EXECUTE ON FUNCTION audit_put_back TO PUBLIC",
        "PUBLIC has EXECUTE on audit_put_back",
    ),
    Way("a right taken away", "REVOKE INSERT ON task_events FROM taskflow_app", "taskflow_app lacks INSERT"),
    Way(
        "the trail out of the services' sight",
        "REVOKE SELECT ON task_events FROM taskflow_app",
        "taskflow_app may not read task_events",
    ),
    Way(
        "a table of another's",
        "ALTER TABLE audit_pruned OWNER TO taskflow_app",
        "audit_pruned belongs to taskflow_app",
        (SUPERUSER,),
    ),
    Way(
        "the trail another's",
        "ALTER TABLE task_events OWNER TO taskflow_app",
        "task_events belongs to taskflow_app",
        (SUPERUSER,),
    ),
    Way(
        "a function of another's",
        "ALTER FUNCTION audit_append OWNER TO postgres",
        "audit_append belongs to postgres",
        (SUPERUSER,),
    ),
    Way(
        "a trail in the services' own schema",
        "CREATE SCHEMA taskflow_app; CREATE TABLE taskflow_app.task_events (LIKE task_events)",
        "taskflow_app.task_events would be found before",
    ),
    Way(
        "a trail in front by the database's search path",
        "CREATE SCHEMA front; CREATE VIEW front.task_events AS "
        "SELECT * FROM public.task_events WHERE chain_seq <> 5; DO $$ BEGIN EXECUTE "
        "format('ALTER DATABASE %I SET search_path = front, public', current_database()); END $$",
        "front.task_events would be found before",
    ),
    Way(
        "a function among PostgreSQL's own",
        "SET allow_system_table_mods = on; CREATE FUNCTION "
        "pg_catalog.audit_append(int) RETURNS int LANGUAGE sql RETURN 0",
        "audit_append(integer) would be found before",
        (SUPERUSER,),
    ),
    Way(
        "a guard off in the catalogue",
        "UPDATE pg_trigger SET tgenabled = 'D' WHERE tgname = 'audit_append_only'",
        "is disabled or changed",
        (SUPERUSER,),
    ),
    Way(
        "a function changed in the catalogue",
        "UPDATE pg_proc SET prosrc = 'BEGIN RETURN 0; END' WHERE proname = 'audit_append'",
        "the function audit_append(",
        (SUPERUSER,),
    ),
]

WAYS = [*ROWS, *RECORDS, *STRUCTURE, *RIGHTS, *KEYS, *AROUND, *ACTING]

UNSEEN: dict[str, str | None] = {
    "Rows after the last checkpoint, cut off together with the head": OFF + _APPEND + "DELETE FROM task_events WHERE "
    "chain_seq > 11;" + _HEAD + ON,
    "Rows after the last checkpoint, rewritten with all their hashes": OFF + _APPEND + "UPDATE task_events SET "
    "data = '[]' WHERE chain_seq = 12;" + _REHASH + _HEAD + ON,
    "An event made up and added by `audit_append`": _APPEND,
    "An event deleted from the outbox before it was recorded": "DELETE FROM outbox",
    "Something changed and changed back": OFF + ON,
    "A detached month dropped and noted as dropped": f"SELECT audit_drop_now('{_OLD}')",
    "Settings of the owner": "UPDATE audit_chain SET least_months = 1; UPDATE audit_upkeep SET grace_days = 1;"
    "DELETE FROM audit_upkeep_days",
    "Reading": "SELECT * FROM task_events",
    **UNSEEN_AROUND,
    **UNSEEN_ACTING,
    **UNSEEN_KEYS,
    "Anything else, while the list of migrations is another release's": None,
    "Other roles with power over everything": None,
    "What a superuser makes a part of an extension": None,
    "A server whose program or catalogue lies": None,
    "Whoever has the key, or may write to the archive": None,
}
"""What cannot be found, as docs/audit.md lists it, and how it is done where that can be shown."""
