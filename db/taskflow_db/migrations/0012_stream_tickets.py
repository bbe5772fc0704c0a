"""One-time tickets for streams whose client can send no header.

Safe before the rollout: the running release does not know of them. Going back ends their streams' coming back; each
client asks for another one.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0012_stream_tickets"
VERSION = "1.38.0"
DESCRIPTION = "Tickets for streams"

FORWARDS = """
CREATE TABLE stream_tickets (
    ticket_hash bytea PRIMARY KEY,
    user_id varchar NOT NULL,
    sign_in_key varchar NOT NULL,
    session_id varchar,
    signed_in_at double precision NOT NULL,
    signed_in_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    first_used_at timestamptz,
    began_with varchar,
    seen_at timestamptz NOT NULL DEFAULT now(),
    mark_key uuid NOT NULL DEFAULT gen_random_uuid(),
    holder uuid
);
CREATE INDEX stream_tickets_of_user ON stream_tickets (user_id, created_at);
CREATE INDEX stream_tickets_by_sight ON stream_tickets (seen_at);
"""

BACKWARDS = "DROP TABLE IF EXISTS stream_tickets;"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
