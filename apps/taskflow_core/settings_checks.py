"""What settings are held to besides their types."""

from email.utils import parseaddr
from ipaddress import ip_network

from taskflow_core.mail_server import mail_server


class SettingsError(Exception):
    """A setting is missing or wrong. The message names the variable and says what to do; it never holds the value."""


def check_network(name: str, network: str) -> None:
    """Raise SettingsError unless it is a network, or an address, and not everybody's."""
    try:
        given = ip_network(network)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}; give networks like 10.0.0.0/16") from None
    if given.prefixlen == 0:
        raise SettingsError(f"{name}: {network} would let everybody say where they come from")


def check_mail(url: str, sender: str | None, origin: str | None) -> None:
    """Raise SettingsError unless there is a server, a sender, and an origin that links can begin with."""
    try:
        mail_server(url)
    except ValueError as error:
        raise SettingsError(f"TASKFLOW_SMTP_URL: {error}") from None
    if sender is None or "@" not in parseaddr(sender)[1] or not sender.isprintable():
        raise SettingsError(
            "TASKFLOW_MAIL_FROM: with TASKFLOW_SMTP_URL give a sender like TaskFlow <tasks@example.com>"
        )
    if origin is None:
        raise SettingsError("TASKFLOW_PUBLIC_ORIGIN is required with TASKFLOW_SMTP_URL: links in mails begin with it")
