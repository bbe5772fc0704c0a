"""What chat-api alone is told: who may sign up, how mails are sent, who else reads sentences."""

from typing import Annotated, Literal

from msgspec import Meta

from taskflow_core.audit_settings import AuditSettings, Positive, Var

_Address = Annotated[str, Meta(pattern=r"^https?://[^/?#\s@]+(/[^?#\s@]*)?$")]


class ChatSettings(AuditSettings, frozen=True, kw_only=True):
    """A part of `Settings`."""

    sign_up: Annotated[
        Literal["open", "invite", "closed"],
        Var("TASKFLOW_SIGNUP", "Who may sign up: everybody, who was invited, or nobody; in Phase IV everybody may"),
    ] = "open"
    smtp_url: Annotated[
        str | None,
        Var(
            "TASKFLOW_SMTP_URL",
            "Mail server, as smtp://user:password@host:587 (STARTTLS), smtps:// (TLS) or smtp+plain://; unset: no mail",
            secret=True,
        ),
    ] = None
    mail_from: Annotated[
        str | None, Var("TASKFLOW_MAIL_FROM", "Sender of mails, for example TaskFlow <tasks@example.com>")
    ] = None
    second_reader_url: Annotated[
        _Address | None,
        Var(
            "TASKFLOW_SECOND_READER_URL",
            "A server of chat completions that may read what the chat does not understand, for example http://host/v1",
        ),
    ] = None
    second_reader_model: Annotated[
        str | None, Var("TASKFLOW_SECOND_READER_MODEL", "The model that it is asked for; required with its URL")
    ] = None
    second_reader_password: Annotated[
        str | None, Var("TASKFLOW_SECOND_READER_KEY", "What it is shown as a bearer token", secret=True)
    ] = None
    second_reader_seconds: Annotated[
        Positive, Var("TASKFLOW_SECOND_READER_SECONDS", "How long its answer is waited for")
    ] = 8
