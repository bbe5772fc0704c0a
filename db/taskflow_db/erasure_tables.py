"""The table of erasures."""

from piccolo.columns import Bytea, Integer, Timestamptz, Varchar
from piccolo.table import Table


class Erasures(
    Table, tablename="erasures", tags=["chat-api"], help_text="Accounts being erased, and a mark of those that were"
):
    user_hash = Bytea(primary_key=True, help_text="The SHA-256 of the user's id; all that stays")
    user_id = Varchar(length=None, null=True, default=None, unique=True, help_text="Null when it is done")
    asked_at = Timestamptz()
    done_at = Timestamptz(null=True, default=None)
    attempts = Integer()
    retry_at = Timestamptz(null=True, default=None)
    last_error = Varchar(length=500, null=True, default=None)
