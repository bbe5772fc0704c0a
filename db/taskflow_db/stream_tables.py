"""The table of streams' tickets."""

from piccolo.columns import UUID, Bytea, DoublePrecision, Timestamptz, Varchar
from piccolo.table import Table


class StreamTickets(
    Table,
    tablename="stream_tickets",
    tags=["notification-service"],
    help_text="Tickets for streams, hashed, with the sign-in that each stands for and the stream that holds it",
):
    ticket_hash = Bytea(primary_key=True)
    user_id = Varchar(length=None)
    sign_in_key = Varchar(length=None, help_text="What the sign-in is revoked by")
    session_id = Varchar(length=None, null=True, default=None)
    signed_in_at = DoublePrecision(help_text="Seconds since 1970")
    signed_in_until = Timestamptz()
    created_at = Timestamptz()
    first_used_at = Timestamptz(null=True, default=None)
    began_with = Varchar(length=None, null=True, default=None, help_text="The position that its first use named")
    seen_at = Timestamptz(help_text="When it was made, or a stream of it was last seen open")
    mark_key = UUID(help_text="Stands in the marks of its streams, so that nobody else makes one up")
    holder = UUID(null=True, default=None, help_text="The stream that has it; another one ends")
