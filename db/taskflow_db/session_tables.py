"""The tables of sessions: sign-ins, their refresh tokens, what is revoked, and accounts that are disabled."""

from piccolo.columns import BigInt, Boolean, Bytea, Timestamptz, Varchar
from piccolo.table import Table


class Sessions(Table, tablename="sessions", tags=["chat-api"], help_text="Sign-ins that go on, and lately ended ones"):
    id = Varchar(length=None, primary_key=True)
    user_id = Varchar(length=None)
    created_at = Timestamptz()
    last_used_at = Timestamptz()
    expires_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)
    device = Varchar(length=200, null=True, default=None)


class RefreshTokens(
    Table,
    tablename="refresh_tokens",
    tags=["chat-api"],
    help_text="Of each session the refresh token that counts and those just used, hashed",
):
    token_hash = Bytea(primary_key=True)
    session_id = Varchar(length=None)
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)
    adopted = Boolean()


class Revocations(
    Table,
    tablename="revocations",
    tags=["chat-api"],
    help_text="Sessions and tokens that are refused, and users to look at anew, until the last of it has expired",
):
    kind = Varchar(length=8, primary_key=True)
    subject = Varchar(length=None, primary_key=True)
    user_id = Varchar(length=None)
    issued_before = Timestamptz(
        null=True, default=None, help_text="Of a user: tokens without a session issued before are refused"
    )
    effective_at = Timestamptz(null=True, default=None, help_text="From when on it is refused; null: at once")
    expires_at = Timestamptz()
    xid = BigInt(help_text="The transaction that wrote the row")


class DisabledAccounts(
    Table,
    tablename="disabled_accounts",
    tags=["chat-api"],
    help_text="Accounts that nobody may sign in to, with the password's hash that enabling puts back",
):
    user_id = Varchar(length=None, primary_key=True)
    parked_hash = Varchar(length=None, secret=True)
    placeholder = Varchar(length=None, secret=True)
    disabled_at = Timestamptz()
