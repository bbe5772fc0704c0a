"""Security events: what happened to an account. The audit trail alone takes them.

None carries an address, a password, a token or what one was hashed to. `device` is a program's name for itself (its
User-Agent), as the list of sessions shows it; `name` what the user called a token. They evolve as events of tasks do.
"""

from datetime import datetime
from typing import ClassVar, Literal

from taskflow_core.events.model import Event, Happening, Instant

AccountEventType = Literal[
    "account.signed_up",
    "account.signed_in",
    "account.sign_in_refused",
    "account.locked",
    "account.password_changed",
    "account.password_reset",
    "account.reset_link_made",
    "account.email_link_made",
    "account.email_changed",
    "account.sessions_revoked",
    "account.token_made",
    "account.tokens_revoked",
    "account.disabled",
    "account.enabled",
    "account.exported",
    "account.deleted",
]

RevokedBy = Literal["signed_out", "everywhere", "password", "reset", "reuse", "disabled", "deleted"]
"""What ended sessions or tokens: their owner, one by one or all at once; a new password, set by who knew the old one or
by a link; a refresh token that was used twice; the account's being disabled or deleted."""


class _AccountEvent(Happening, frozen=True, kw_only=True, gc=False):
    event_type: ClassVar[AccountEventType]


class SignedUp(_AccountEvent, frozen=True, kw_only=True, tag="account.signed_up"):
    """The account came to be."""

    event_type: ClassVar[AccountEventType] = "account.signed_up"


class SignedIn(_AccountEvent, frozen=True, kw_only=True, tag="account.signed_in"):
    """A session began: with the password, or with a token that Phase IV had given out."""

    session_id: str
    device: str | None = None
    by: Literal["password", "earlier_token"] = "password"
    event_type: ClassVar[AccountEventType] = "account.signed_in"


class _Refusals(_AccountEvent, frozen=True, kw_only=True, gc=False):
    """`count` refusals by one process, the first at `since`, the last at `timestamp`: at most one event a minute."""

    count: int
    since: Instant


class SignInRefused(_Refusals, frozen=True, kw_only=True, tag="account.sign_in_refused"):
    """The password was wrong."""

    event_type: ClassVar[AccountEventType] = "account.sign_in_refused"


class Locked(_Refusals, frozen=True, kw_only=True, tag="account.locked"):
    """There had been too many attempts: refused for a while without a look at the password."""

    event_type: ClassVar[AccountEventType] = "account.locked"


class PasswordChanged(_AccountEvent, frozen=True, kw_only=True, tag="account.password_changed"):
    """Somebody who knew the password set another, in this session."""

    session_id: str | None = None
    event_type: ClassVar[AccountEventType] = "account.password_changed"


class PasswordReset(_AccountEvent, frozen=True, kw_only=True, tag="account.password_reset"):
    """Somebody who had a one-time link set a new password."""

    event_type: ClassVar[AccountEventType] = "account.password_reset"


class ResetLinkMade(_AccountEvent, frozen=True, kw_only=True, tag="account.reset_link_made"):
    """An operator had such a link be printed."""

    event_type: ClassVar[AccountEventType] = "account.reset_link_made"


class EmailLinkMade(_AccountEvent, frozen=True, kw_only=True, tag="account.email_link_made"):
    """An operator had the link be printed that confirms the address which the account's owner had asked for."""

    event_type: ClassVar[AccountEventType] = "account.email_link_made"


class EmailChanged(_AccountEvent, frozen=True, kw_only=True, tag="account.email_changed"):
    """The account has another address, which nothing here tells."""

    event_type: ClassVar[AccountEventType] = "account.email_changed"


class SessionsRevoked(_AccountEvent, frozen=True, kw_only=True, tag="account.sessions_revoked"):
    """Sessions ended: the one of `session_id`, begun by `device`; without it all there were, apart from `kept`.

    `count` is how many went on until then.
    """

    reason: RevokedBy
    count: int
    session_id: str | None = None
    device: str | None = None
    kept: str | None = None
    event_type: ClassVar[AccountEventType] = "account.sessions_revoked"


class TokenMade(_AccountEvent, frozen=True, kw_only=True, tag="account.token_made"):
    """A personal token was given out."""

    token_id: str
    name: str
    scopes: list[str]
    expires_at: datetime
    event_type: ClassVar[AccountEventType] = "account.token_made"


class TokensRevoked(_AccountEvent, frozen=True, kw_only=True, tag="account.tokens_revoked"):
    """Personal tokens ended: the one of `token_id`, without it all there were."""

    reason: RevokedBy
    count: int
    token_id: str | None = None
    name: str | None = None
    event_type: ClassVar[AccountEventType] = "account.tokens_revoked"


class Disabled(_AccountEvent, frozen=True, kw_only=True, tag="account.disabled"):
    """Nobody may sign in any more."""

    event_type: ClassVar[AccountEventType] = "account.disabled"


class Enabled(_AccountEvent, frozen=True, kw_only=True, tag="account.enabled"):
    """They may again."""

    event_type: ClassVar[AccountEventType] = "account.enabled"


class Exported(_AccountEvent, frozen=True, kw_only=True, tag="account.exported"):
    """Everything of the account was about to be given out as a file."""

    event_type: ClassVar[AccountEventType] = "account.exported"


class Deleted(_AccountEvent, frozen=True, kw_only=True, tag="account.deleted"):
    """The account closed for good; what there is of it is being erased."""

    event_type: ClassVar[AccountEventType] = "account.deleted"


AccountEvent = (
    SignedUp
    | SignedIn
    | SignInRefused
    | Locked
    | PasswordChanged
    | PasswordReset
    | ResetLinkMade
    | EmailLinkMade
    | EmailChanged
    | SessionsRevoked
    | TokenMade
    | TokensRevoked
    | Disabled
    | Enabled
    | Exported
    | Deleted
)
"""Any event of an account."""

AnyEvent = Event | AccountEvent
"""Any event; the field `type` tells which."""


def subject_of(event: AnyEvent) -> str:
    """What it is about, and keeps its order with: the task's id, or the user's."""
    return event.task_id if isinstance(event, Event) else event.user_id
