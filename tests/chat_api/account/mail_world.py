"""A real SMTP server on this machine, and what it was sent."""

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.handlers import Message as MessageHandler
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from taskflow_core.settings import Settings

ORIGIN = "https://tasks.example.com"
USER, PASSWORD = "taskflow", "a pass@word"


class Inbox(MessageHandler):
    """Takes mails. `answers` are said to a recipient first, one after the other, in place of 250."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Message] = []
        self.answers: list[str] = []
        self.port = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802  # aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def handle_message(self, message: Message) -> None:
        self.mails.append(message)


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, auth_data: Any) -> AuthResult:
    known = (auth_data.login, auth_data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@asynccontextmanager
async def serving(port: int = 0, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncGenerator[Inbox]:
    """A server while entered; `tls` has it speak TLS from the first byte, `options` are aiosmtpd's."""
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(inbox, hostname="localhost", loop=loop, **options), "127.0.0.1", port, ssl=tls
    )
    inbox.port = server.sockets[0].getsockname()[1]
    try:
        yield inbox
    finally:
        server.close()
        await server.wait_closed()


def with_mail(settings: Settings, inbox: Inbox) -> Settings:
    """The same with this server, plain as a relay on the same machine is."""
    return msgspec.structs.replace(
        settings,
        smtp_url=f"smtp+plain://127.0.0.1:{inbox.port}",
        mail_from="tasks@example.com",
        public_origin=ORIGIN,
        allowed_hosts=("chat-api",),
    )


def link_in(mail: Message, kind: str) -> str:
    """The link that a mail brings."""
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    [link] = re.findall(rf"^{ORIGIN}/#/{kind}/([\w-]{{43}})\r?$", body.decode(), re.MULTILINE)
    return link


def certificate(directory: Path, host: str = "localhost") -> tuple[Path, ssl.SSLContext]:
    """A certificate that vouches for itself, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = directory / f"{host}.pem", directory / f"{host}.key"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return path, context
