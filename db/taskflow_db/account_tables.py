"""The tables of what people do with their accounts."""

from piccolo.columns import UUID, Bytea, Integer, Timestamptz, Varchar
from piccolo.table import Table


class PersonalTokens(
    Table,
    tablename="personal_tokens",
    tags=["chat-api"],
    help_text="Tokens that users made for programs, hashed, until they end",
):
    id = Varchar(length=None, primary_key=True)
    user_id = Varchar(length=None)
    name = Varchar(length=100)
    token_hash = Bytea()
    scopes = Varchar(length=200, help_text="Separated by commas")
    created_at = Timestamptz()
    expires_at = Timestamptz()
    last_used_at = Timestamptz(null=True, default=None)


class AccountLinks(
    Table,
    tablename="account_links",
    tags=["chat-api"],
    help_text="One-time links that were not used: invitations and others, hashed, until their time is over",
):
    id = UUID(primary_key=True)
    kind = Varchar(length=10)
    link_hash = Bytea(null=True, default=None, help_text="Null: nobody has the link yet")
    user_id = Varchar(length=None, null=True, default=None)
    email = Varchar(length=255, null=True, default=None)
    created_at = Timestamptz()
    expires_at = Timestamptz()
    mail_at = Timestamptz(null=True, default=None, help_text="When sending its mail is tried next; null: none is sent")
    attempts = Integer(help_text="How often sending its mail was tried")
