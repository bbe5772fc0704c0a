"""What clients send and get of their own account."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chat_api.account.links import LONGEST_LINK
from chat_api.account.tokens import TokenView
from chat_api.payloads import Password
from chat_api.sessions.listing import SessionView
from taskflow_core.service.personal_tokens.scopes import Scope

Link = Annotated[str, Meta(max_length=LONGEST_LINK)]
ShownPassword = Annotated[str, Meta(max_length=1000, description="The account's password, to confirm who asks")]


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """The password that there is, and the one to be."""

    current: ShownPassword
    new: Password


class AccountDeletion(msgspec.Struct, frozen=True, kw_only=True):
    """The password of the account that is to go for good."""

    password: ShownPassword


class PasswordChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Says that it was changed. `token` is there for who showed a token of Phase IV's, which has ended: another one."""

    message: str
    status: str
    token: str | UnsetType = UNSET


class AskedReset(msgspec.Struct, frozen=True, kw_only=True):
    """The address of an account whose password was lost."""

    email: Annotated[str, Meta(max_length=255)]


class ResetPassword(msgspec.Struct, frozen=True, kw_only=True):
    """A new password, and the link that allows to set it: the last part of the address that was mailed."""

    link: Link
    password: Password


class NewEmail(msgspec.Struct, frozen=True, kw_only=True):
    """The address to be."""

    password: ShownPassword
    email: Annotated[str, Meta(max_length=255)]


class EmailAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Says that a link confirms the new address. `mailed`: it is on its way; else an administrator has it."""

    message: str
    status: str
    mailed: bool


class ShownLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link: the last part of the address that was mailed."""

    link: Link


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of sessions; the next one is in the Link header."""

    items: list[SessionView]


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A personal token to make."""

    password: ShownPassword
    name: Annotated[str, Meta(min_length=1, max_length=100, description="What it is for, in your words")]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=10)]
    expires_in_days: Annotated[int, Meta(ge=1, le=366)] = 90


class ShownToken(msgspec.Struct, frozen=True, kw_only=True):
    """A personal token that was just made, and the token itself, which is never shown again."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    token: str


class TokenList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of personal tokens; the next one is in the Link header."""

    items: list[TokenView]
