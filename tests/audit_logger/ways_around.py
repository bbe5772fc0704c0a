"""Ways to tamper with what is around the trail: what feeds it, what is found in its place, and who may do what."""

from typing import Final

from tests.audit_logger.way import OWNER, SUPERUSER, Way

_NO_ROW: Final = "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
_HELPER: Final = (
    "FUNCTION {schema}.helper(text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN EXECUTE $1; END $$;"
)
_MOOD: Final = "CREATE TYPE mood AS ENUM ('sad', 'glad');"
_LOOKS_LIKE: Final = "CREATE FUNCTION public.sha256({takes}) RETURNS bytea LANGUAGE sql RETURN ''::bytea;"
_ALIKE: Final = (
    "CREATE FUNCTION alike(varchar, varchar) RETURNS boolean LANGUAGE sql RETURN false; "
    "CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = {called});"
)
_OPS: Final = "CREATE SCHEMA ops; GRANT USAGE ON SCHEMA ops TO PUBLIC;"
_NEXT: Final = "'task_events_' || to_char(now() + interval '1 month', 'YYYY_MM')"


def _database(change: str) -> str:
    """A change of the test's own database, or of a role in it."""
    return f"DO $$ BEGIN EXECUTE format('{change}', current_database()); END $$;"


def _in_front(name: str) -> str:
    """A view with all rows, in front of a table."""
    return f"CREATE SCHEMA front; CREATE VIEW front.{name} AS SELECT * FROM public.{name}; GRANT USAGE ON SCHEMA front \
TO PUBLIC; GRANT SELECT ON front.{name} TO PUBLIC;"


_FEEDING: Final = [
    Way(
        "a trigger that swallows events",
        _NO_ROW + "CREATE TRIGGER swallow BEFORE INSERT ON outbox FOR EACH ROW WHEN (NEW.user_id = 'root') "
        "EXECUTE FUNCTION swallow()",
        "outbox has the trigger swallow, which no migration makes",
    ),
    Way(
        "a trigger that swallows deliveries",
        _NO_ROW + "CREATE TRIGGER swallow BEFORE INSERT ON embedded_deliveries FOR EACH ROW EXECUTE FUNCTION swallow()",
        "embedded_deliveries has the trigger swallow",
    ),
    Way(
        "a trigger that swallows erasures",
        _NO_ROW + "CREATE TRIGGER swallow BEFORE INSERT ON erasures FOR EACH ROW EXECUTE FUNCTION swallow()",
        "erasures has the trigger swallow",
    ),
    Way(
        "a rule that swallows events",
        "CREATE RULE swallow AS ON INSERT TO outbox WHERE NEW.user_id = 'root' DO INSTEAD NOTHING",
        "The table outbox has the rule swallow",
    ),
    Way(
        "a policy that hides events from the relay",
        "ALTER TABLE outbox ENABLE ROW LEVEL SECURITY; CREATE POLICY hide ON outbox USING (user_id <> 'root') "
        "WITH CHECK (true)",
        "The table outbox has the policy hide",
    ),
    Way(
        "events that count as published from the first",
        "ALTER TABLE outbox ALTER COLUMN published_at SET DEFAULT now()",
        "In the table outbox, the column published_at is not as",
    ),
    Way("an outbox that a crash empties", "ALTER TABLE outbox SET UNLOGGED", "outbox is not kept through a crash"),
    Way(
        "dead letters behind a view",
        "ALTER TABLE dead_letters RENAME TO kept; CREATE VIEW dead_letters AS SELECT * FROM kept",
        "dead_letters is no table of its own kind",
    ),
    Way("an outbox that all may read", "GRANT SELECT ON outbox TO PUBLIC", "PUBLIC has SELECT on outbox"),
]
_BEHIND: Final = [
    Way(
        "a back door in a function of the owner's",
        "CREATE " + _HELPER.format(schema="public"),
        "Others may call public.helper(text), which runs as",
    ),
    Way(
        "a back door in another schema",
        "CREATE SCHEMA other; CREATE " + _HELPER.format(schema="other"),
        "Others may call other.helper(text), which runs as",
    ),
    Way(
        "something that runs when tables change",
        "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$; "
        "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen()",
        "The event trigger seen runs at ddl_command_end",
        (SUPERUSER,),
    ),
    Way("retention's own row deleted", "DELETE FROM audit_upkeep", "audit_upkeep has no row any more"),
    Way("a function made dear", "ALTER FUNCTION audit_append COST 1000000", "the function audit_append("),
    Way(
        "an empty month detached",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE task_events DETACH PARTITION ' || " + _NEXT + "; END $$",
        "is called like a month, and is no part of the trail",
    ),
]
_STANDING_IN: Final = [
    Way(
        "an outbox in front by the services' search path",
        _in_front("outbox") + _database("ALTER ROLE taskflow_app IN DATABASE %I SET search_path = front, public"),
        "front.outbox would be found before",
        (SUPERUSER,),
    ),
    Way(
        "a trail in front that shows as many rows",
        _in_front("task_events") + _database("ALTER DATABASE %I SET search_path = front, public"),
        "taskflow_app finds front.task_events instead of public.task_events",
    ),
    Way(
        "PostgreSQL's own functions found last",
        _database("ALTER DATABASE %I SET search_path = public, pg_catalog"),
        "taskflow_app finds what is in public before what is PostgreSQL's own",
    ),
    Way(
        "a function called like one of PostgreSQL's",
        _LOOKS_LIKE.format(takes="text"),
        "The function public.sha256(text) could be taken for",
    ),
    Way(
        "an operator called like one of PostgreSQL's",
        _ALIKE.format(called="alike"),
        "The operator public.=(character varying,character varying) could be taken for",
    ),
    Way(
        "an operator called like one of PostgreSQL's in another schema of the search path",
        _OPS
        + "CREATE FUNCTION ops.alike(varchar, varchar) RETURNS boolean LANGUAGE sql RETURN false; "
        + "CREATE OPERATOR ops.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = ops.alike);"
        + _database("ALTER DATABASE %I SET search_path = public, ops"),
        "The operator ops.=(character varying,character varying) could be taken for",
    ),
    Way(
        "a function called like one of PostgreSQL's in another schema of the services' search path",
        _OPS
        + "CREATE FUNCTION ops.lower(varchar) RETURNS text LANGUAGE sql RETURN '';"
        + _database("ALTER ROLE taskflow_app IN DATABASE %I SET search_path = public, ops"),
        "The function ops.lower(character varying) could be taken for",
        (SUPERUSER,),
    ),
    Way(
        "services that pass triggers over",
        _database("ALTER ROLE taskflow_app IN DATABASE %I SET session_replication_role = replica"),
        "taskflow_app works with session_replication_role = replica",
        (SUPERUSER,),
    ),
]
_IN_AN_EXTENSION: Final = [
    Way(
        "a back door made a part of an extension",
        "CREATE EXTENSION hstore; CREATE " + _HELPER.format(schema="public") + "ALTER EXTENSION hstore ADD FUNCTION "
        "helper(text)",
        "Others may call public.helper(text), which runs as",
        (OWNER,),
    ),
    Way(
        "a function called like one of PostgreSQL's, made a part of an extension",
        "CREATE EXTENSION hstore;" + _LOOKS_LIKE.format(takes="text") + "ALTER EXTENSION hstore ADD FUNCTION "
        "sha256(text)",
        "The function public.sha256(text) could be taken for",
    ),
    Way(
        "an operator in SQL made a part of an extension",
        "CREATE EXTENSION hstore;"
        + _ALIKE.format(called="alike")
        + "ALTER EXTENSION hstore ADD OPERATOR public.= (varchar, varchar)",
        "The operator public.=(character varying,character varying) could be taken for",
    ),
    Way(
        "an operator made of an extension's function, and a part of it",
        "CREATE EXTENSION pg_trgm; CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, "
        "FUNCTION = similarity_op); ALTER EXTENSION pg_trgm ADD OPERATOR public.= (text, text)",
        "The operator public.=(text,text) could be taken for",
        (OWNER,),
    ),
    Way(
        "an event trigger made a part of an extension",
        "CREATE EXTENSION hstore; CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$; "
        "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen(); "
        "ALTER EXTENSION hstore ADD EVENT TRIGGER seen; ALTER EXTENSION hstore ADD FUNCTION seen()",
        "The event trigger seen runs at ddl_command_end",
        (SUPERUSER,),
    ),
    Way(
        "something that runs as a superuser when anybody makes an extension",
        "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN END $$; "
        "CREATE EVENT TRIGGER seen ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION seen()",
        "The event trigger seen runs at ddl_command_end",
        (SUPERUSER,),
    ),
]
_OF_A_TYPE: Final = [
    Way(
        "a function like PostgreSQL's that need not be given its own type",
        _MOOD + _LOOKS_LIKE.format(takes="text, mood DEFAULT 'sad'"),
        "The function public.sha256(text,public.mood) could be taken for",
    ),
    Way(
        "a function like PostgreSQL's of a domain, which takes any text",
        "CREATE DOMAIN words AS text;" + _LOOKS_LIKE.format(takes="words"),
        "The function public.sha256(public.words) could be taken for",
    ),
    Way(
        "a function like PostgreSQL's of many domains, which takes many texts",
        "CREATE DOMAIN words AS text;" + _LOOKS_LIKE.format(takes="words[]"),
        "The function public.sha256(public.words[]) could be taken for",
    ),
    Way(
        "a function like PostgreSQL's of a type that texts turn into",
        _MOOD + "CREATE CAST (text AS mood) WITH INOUT AS IMPLICIT;" + _LOOKS_LIKE.format(takes="mood"),
        "The function public.sha256(public.mood) could be taken for",
    ),
]
_POWERS: Final = [
    Way(
        "services that may make functions",
        "GRANT CREATE ON SCHEMA public TO taskflow_app",
        "taskflow_app may make functions and tables in the schema public",
    ),
    Way(
        "everybody may make functions",
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        "taskflow_app may make functions and tables in the schema public",
    ),
    Way(
        "services that may make schemas",
        _database("GRANT CREATE ON DATABASE %I TO taskflow_app"),
        "taskflow_app may make schemas",
    ),
    Way(
        "the database another's",
        _database("ALTER DATABASE %I OWNER TO taskflow_app"),
        "taskflow_app may make schemas",
        (SUPERUSER,),
    ),
    Way(
        "the schema another's",
        "ALTER SCHEMA public OWNER TO taskflow_app",
        "taskflow_app may make functions and tables",
        (SUPERUSER,),
    ),
]

AROUND: Final = [*_FEEDING, *_BEHIND, *_STANDING_IN, *_IN_AN_EXTENSION, *_OF_A_TYPE, *_POWERS]

UNSEEN_AROUND: Final[dict[str, str | None]] = {
    "Months made otherwise, with all their rows": "ALTER TABLE task_events DETACH PARTITION {month}; "
    "INSERT INTO task_events SELECT * FROM {month}; DROP TABLE {month};"
    "DO $$ BEGIN EXECUTE 'DROP TABLE ' || " + _NEXT + "; END $$",
    "A record of ours written twice": "INSERT INTO audit_checkpoints SELECT * FROM audit_checkpoints; "
    "INSERT INTO audit_pruned SELECT relation || '_again', month, record, detached_at, now() FROM audit_pruned",
    "Rights on what is not made yet": "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO PUBLIC",
    "The outbox's numbers set back": "SELECT setval('outbox_seq_seq', 1)",
}
