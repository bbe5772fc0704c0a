"""The address of a mail server, as one setting: how it is reached, and what it is shown."""

from typing import Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

Encryption = Literal["starttls", "tls", "none"]

_SCHEMES: Final[dict[str, tuple[Encryption, int]]] = {
    "smtp": ("starttls", 587),
    "smtps": ("tls", 465),
    "smtp+plain": ("none", 25),
}


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server; with `starttls` nothing is sent to one that does not offer it."""

    host: str
    port: int
    encryption: Encryption
    user: str | None
    password: str | None


def mail_server(url: str) -> MailServer:
    """The server at `smtp://`, `smtps://` or `smtp+plain://` `user:password@host:port`.

    Raises ValueError, whose message never shows what was given.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ValueError("begin it with smtp:// (STARTTLS), smtps:// (TLS) or smtp+plain:// (neither)")
    encryption, usual_port = _SCHEMES[parts.scheme]
    if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("give user:password@host:port, with nothing after the port")
    if (parts.username is None) is not (parts.password is None):
        raise ValueError("give a user and a password, or neither")
    if parts.username is not None and encryption == "none":
        raise ValueError("a password is not sent without encryption; use smtp:// or smtps://")
    return MailServer(
        host=parts.hostname,
        port=_port(parts) or usual_port,
        encryption=encryption,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError("the port is no number up to 65535") from None
