"""Sends a mail by SMTP, within half a minute or not at all."""

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

import aiosmtplib

from taskflow_core.mail_server import MailServer

SEND_SECONDS: Final = 30.0
"""How long sending one may take in all, whatever the server does or does not do."""

_PERMANENT: Final = 500


class MailError(Exception):
    """The mail was not sent, as far as we know. `for_good`: the server knows no such recipient.

    The message names no address.
    """

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        super().__init__(message)
        self.for_good = for_good


class Mailer:
    """Sends mails in the name of one sender, by one server."""

    def __init__(self, server: MailServer, sender: str, *, seconds: float = SEND_SECONDS) -> None:
        self._server = server
        self._sender = sender
        self._seconds = seconds

    async def send(self, to: str, subject: str, text: str, message_id: str) -> None:
        """Send a mail of plain text. Raises MailError; then it may have been sent after all."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = datetime.now(UTC)
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        server = self._server
        try:
            async with asyncio.timeout(self._seconds):
                await aiosmtplib.send(
                    message,
                    # What Phase IV takes for an address may be none by the rules for mails: the server is to say so.
                    recipients=[to],
                    hostname=server.host,
                    port=server.port,
                    username=server.user,
                    password=server.password,
                    use_tls=server.encryption == "tls",
                    start_tls=server.encryption == "starttls",
                    timeout=self._seconds,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            raise MailError(f"refused with {codes}", for_good=min(codes, default=0) >= _PERMANENT) from None
        except aiosmtplib.SMTPResponseException as error:
            raise MailError(f"{type(error).__name__} {error.code}") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailError(type(error).__name__) from None
        except ValueError as error:  # an address that no mail can be made for
            raise MailError(type(error).__name__, for_good=True) from None
