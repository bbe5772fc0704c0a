"""The tables of the gate before a sign-in: budgets of attempts, and known devices."""

from piccolo.columns import Boolean, Bytea, Integer, Timestamptz, Varchar
from piccolo.table import Table


class SignInBudgets(
    Table,
    tablename="sign_in_budgets",
    tags=["chat-api"],
    help_text="What is used up of a budget until it is whole again, by a keyed hash of whose it is",
):
    key = Bytea(primary_key=True)
    used = Integer()
    ends_at = Timestamptz()


class SignInDevices(
    Table,
    tablename="sign_in_devices",
    tags=["chat-api"],
    help_text="Devices that a user signed in from: hashes of browsers' marks, keyed hashes of addresses",
):
    user_id = Varchar(length=None, primary_key=True)
    mark = Bytea(primary_key=True)
    by_address = Boolean()
    last_used_at = Timestamptz()
