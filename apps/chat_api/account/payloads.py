"""What clients send and get of their own account."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chat_api.payloads import Password
from chat_api.sessions.listing import SessionView

ShownPassword = Annotated[str, Meta(max_length=1000, description="The account's password, to confirm who asks")]


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """The password that there is, and the one to be."""

    current: ShownPassword
    new: Password


class PasswordChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Says that it was changed. `token` is there for who showed a token of Phase IV's, which has ended: another one."""

    message: str
    status: str
    token: str | UnsetType = UNSET


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of sessions; the next one is in the Link header."""

    items: list[SessionView]
