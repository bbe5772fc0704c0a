"""Ways to have something act on the trail when the services write elsewhere, or to lend somebody the owner's rights."""

from typing import Final

from tests.audit_logger.way import SUPERUSER, Way

_EMPTY: Final = """
CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql {rights} AS $$
BEGIN DELETE FROM public.outbox; RETURN NULL; END $$;
"""
_TRIGGER: Final = "CREATE TRIGGER spy AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION spy();"
_CALLED: Final = """
CREATE FUNCTION emptied() RETURNS void LANGUAGE sql AS 'DELETE FROM public.outbox';
CREATE FUNCTION spy(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM public.emptied(); RETURN $1; END $$;
"""
_SPIED: Final = "public.spy(text) is called when the services write to public."
_ATTACHED: Final = "The trigger spy on public.{table} acts when the services write"

_TRIGGERS: Final = [
    Way(
        "a deferred trigger on tasks that runs as the owner, and that nobody may call",
        _EMPTY.format(rights="SECURITY DEFINER")
        + "REVOKE ALL ON FUNCTION spy() FROM PUBLIC; CREATE CONSTRAINT TRIGGER spy AFTER INSERT ON tasks "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spy()",
        _ATTACHED.format(table="tasks"),
    ),
    Way(
        "a trigger on users that runs as the services",
        _EMPTY.format(rights="") + _TRIGGER.format(event="UPDATE", table="users"),
        _ATTACHED.format(table="users"),
    ),
    Way(
        "a trigger with PostgreSQL's own function, on a condition that is not",
        _CALLED + "CREATE TRIGGER spy BEFORE UPDATE ON message FOR EACH ROW WHEN (spy(NEW.id::text) <> '') "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        _ATTACHED.format(table="message"),
    ),
    Way(
        "a trigger that is said to be PostgreSQL's own",
        _EMPTY.format(rights="")
        + _TRIGGER.format(event="INSERT", table="sessions")
        + "UPDATE pg_trigger SET tgisinternal = true WHERE tgname = 'spy'",
        _ATTACHED.format(table="sessions"),
        (SUPERUSER,),
    ),
    Way(
        "a trigger on a table of another schema that the services may write to",
        "CREATE SCHEMA other; CREATE TABLE other.notes (note text); GRANT USAGE ON SCHEMA other TO taskflow_app; "
        "GRANT INSERT (note) ON other.notes TO taskflow_app;"
        + _EMPTY.format(rights="")
        + _TRIGGER.format(event="INSERT", table="other.notes"),
        "The trigger spy on other.notes acts when the services write",
    ),
    Way(
        "a trigger on a table that inherits from tasks",
        "CREATE TABLE more () INHERITS (tasks);"
        + _EMPTY.format(rights="")
        + _TRIGGER.format(event="UPDATE", table="more"),
        _ATTACHED.format(table="more"),
    ),
    Way(
        "a trigger on a table whose rows go with the task's",
        "CREATE TABLE more (task_id text REFERENCES tasks ON DELETE SET NULL ON UPDATE CASCADE);"
        + _EMPTY.format(rights="")
        + _TRIGGER.format(event="UPDATE", table="more"),
        _ATTACHED.format(table="more"),
    ),
    Way(
        "a trigger on a view in place of tasks",
        "ALTER TABLE tasks RENAME TO kept; CREATE VIEW tasks AS SELECT * FROM kept; "
        "GRANT SELECT, INSERT ON tasks TO taskflow_app;"
        + _EMPTY.format(rights="")
        + "CREATE TRIGGER spy INSTEAD OF INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION spy()",
        _ATTACHED.format(table="tasks"),
    ),
    Way(
        "a trigger on a table of nobody's that runs as the owner",
        "CREATE TABLE notes (note text);"
        + _EMPTY.format(rights="SECURITY DEFINER")
        + "REVOKE ALL ON FUNCTION spy() FROM PUBLIC;"
        + _TRIGGER.format(event="INSERT", table="notes"),
        "A trigger on public.notes calls public.spy(), which runs as",
    ),
    Way(
        "a rule on tasks",
        "CREATE RULE spy AS ON INSERT TO tasks DO ALSO DELETE FROM outbox",
        "The rule spy on public.tasks acts when the services write",
    ),
    Way(
        "a policy on tasks that calls what somebody made",
        _CALLED + "ALTER TABLE tasks ENABLE ROW LEVEL SECURITY; "
        "CREATE POLICY spy ON tasks USING (true) WITH CHECK (spy(id::text) <> '')",
        "The policy spy on public.tasks acts when the services write",
    ),
    Way(
        "a foreign table that the services may write to",
        "CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw; "
        "CREATE FOREIGN TABLE notes (note text) SERVER far; GRANT INSERT ON notes TO taskflow_app",
        "The foreign server far on public.notes acts when the services write",
        (SUPERUSER,),
    ),
]
_FUNCTIONS: Final = [
    Way(
        "a default that calls what somebody made",
        _CALLED + "ALTER TABLE message ADD COLUMN note text DEFAULT spy('')",
        _SPIED + "message",
    ),
    Way(
        "a column made by what somebody made",
        _CALLED + "ALTER TABLE users ADD COLUMN note text GENERATED ALWAYS AS (spy(email)) STORED",
        _SPIED + "users",
    ),
    Way(
        "a check that calls what somebody made",
        _CALLED + "ALTER TABLE tasks ADD CHECK (spy(title) IS NOT NULL) NOT VALID",
        _SPIED + "tasks",
    ),
    Way(
        "a check that calls what somebody made by an operator",
        "CREATE FUNCTION spied(text, text) RETURNS boolean LANGUAGE sql RETURN true; "
        "CREATE OPERATOR ##@ (LEFTARG = text, RIGHTARG = text, FUNCTION = spied); "
        "ALTER TABLE tasks ADD CHECK (title ##@ title) NOT VALID",
        "public.spied(text,text) is called when the services write to public.tasks",
    ),
    Way(
        "an index that calls what somebody made",
        _CALLED + "CREATE INDEX ON tasks (spy(title))",
        _SPIED + "tasks",
    ),
    Way(
        "an index of some rows by what somebody made",
        _CALLED + "CREATE INDEX ON tasks (id) WHERE spy(title) = ''",
        _SPIED + "tasks",
    ),
    Way(
        "an index in an order that somebody made",
        "CREATE FUNCTION spy(text, text) RETURNS integer LANGUAGE sql IMMUTABLE RETURN 0; "
        "CREATE OPERATOR CLASS spy FOR TYPE text USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, "
        "OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 spy(text, text); CREATE INDEX ON tasks (title spy)",
        "public.spy(text,text) is called when the services write to public.tasks",
        (SUPERUSER,),
    ),
    Way(
        "statistics of what somebody made",
        _CALLED + "CREATE STATISTICS spied ON (spy(title)) FROM tasks",
        _SPIED + "tasks",
    ),
    Way(
        "a domain that calls what somebody made",
        _CALLED + "CREATE DOMAIN words AS text CHECK (spy(VALUE) IS NOT NULL); CREATE DOMAIN inner_words AS words; "
        "ALTER TABLE tasks ADD COLUMN note inner_words[]",
        _SPIED + "tasks",
    ),
    Way(
        "a domain with a default that calls what somebody made",
        _CALLED + "CREATE DOMAIN words AS text DEFAULT spy(''); ALTER TABLE tasks ADD COLUMN note words",
        _SPIED + "tasks",
    ),
    Way(
        "a check by which PostgreSQL itself calls what somebody made",
        _CALLED + "ALTER TABLE tasks ADD CHECK (query_to_xml('SELECT public.spy('''')', true, true, '') IS NOT NULL) "
        "NOT VALID",
        "query_to_xml(text,boolean,boolean,text) is called when the services write to public.tasks",
    ),
    Way(
        "a check that has the services find other tables from then on",
        "ALTER TABLE tasks ADD CHECK (set_config('search_path', 'front, public', false) <> '') NOT VALID",
        "set_config(text,text,boolean) is called when the services write to public.tasks",
    ),
    Way(
        "a default by which an extension runs a statement elsewhere",
        "CREATE EXTENSION dblink; ALTER TABLE tasks ADD COLUMN note text; "
        "ALTER TABLE tasks ALTER COLUMN note SET DEFAULT dblink_exec('host=other', 'DELETE FROM outbox')",
        "public.dblink_exec(text,text) is called when the services write to public.tasks",
        (SUPERUSER,),
    ),
]
_LENT: Final = [
    Way(
        "a view through which everybody may delete events",
        "CREATE VIEW events AS SELECT * FROM outbox; GRANT SELECT, DELETE ON events TO PUBLIC",
        "PUBLIC has DELETE, SELECT on public.events, which acts with the owner's rights",
    ),
    Way(
        "a view that everybody may read",
        "CREATE VIEW events AS SELECT * FROM {month}; GRANT SELECT ON events TO PUBLIC",
        "PUBLIC has SELECT on public.events, which acts with the owner's rights",
    ),
    Way(
        "a view of a view, a column of which the services may change",
        "CREATE SCHEMA other; CREATE VIEW other.inside AS SELECT * FROM audit_keys; "
        "CREATE VIEW events AS SELECT * FROM other.inside; GRANT UPDATE (wrapped) ON events TO taskflow_app",
        "taskflow_app has UPDATE on public.events, which acts with the owner's rights",
    ),
    Way(
        "a copy that everybody may read, of a view that looks as its reader",
        "CREATE VIEW inside WITH (security_invoker = on) AS SELECT * FROM task_events; "
        "CREATE MATERIALIZED VIEW events AS SELECT * FROM inside; GRANT SELECT ON events TO PUBLIC",
        "PUBLIC has SELECT on public.events, which acts with the owner's rights",
    ),
    Way(
        "a table with a rule by which everybody may delete events",
        "CREATE TABLE notes (note text); GRANT INSERT ON notes TO PUBLIC; REVOKE ALL ON notes FROM taskflow_app; "
        "CREATE RULE spy AS ON INSERT TO notes DO ALSO DELETE FROM outbox",
        "The rule spy on public.notes acts when the services write",
    ),
]
_SESSIONS: Final = [
    Way(
        "a library in the services' sessions",
        "DO $$ BEGIN EXECUTE format('ALTER ROLE taskflow_app IN DATABASE %I SET session_preload_libraries = "
        "auto_explain, hstore', current_database()); END $$",
        "is set for taskflow_app",
        (SUPERUSER,),
    ),
    Way(
        "a library in everybody's sessions",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET session_preload_libraries = hstore', "
        "current_database()); END $$",
        "session_preload_libraries=hstore is set for everybody",
        (SUPERUSER,),
    ),
    Way(
        "an owner that passes triggers over",
        "DO $$ BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE %I SET session_replication_role = replica', "
        "(SELECT tableowner FROM pg_tables WHERE tablename = 'migration'), current_database()); END $$",
        "session_replication_role=replica is set for",
        (SUPERUSER,),
    ),
    Way(
        "a cast between PostgreSQL's own types",
        "CREATE FUNCTION turned(text) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN ''::bytea; "
        "CREATE CAST (text AS bytea) WITH FUNCTION turned(text) AS ASSIGNMENT",
        "The cast from text to bytea is none of PostgreSQL's",
        (SUPERUSER,),
    ),
]

ACTING: Final = [*_TRIGGERS, *_FUNCTIONS, *_LENT, *_SESSIONS]

UNSEEN_ACTING: Final[dict[str, str | None]] = {
    "What calls a function at tables that the services do not write to": _CALLED
    + "CREATE TABLE notes (note text DEFAULT spy('')); CREATE INDEX ON notes (spy(note))",
}
