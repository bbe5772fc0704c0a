"""Sending a mail to a real SMTP server: encrypted as it was said, in time, and to no other server."""

import asyncio
import ssl
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from chat_api.account.mail import Mailer, MailError
from taskflow_core.mail_server import mail_server
from taskflow_core.settings import SettingsError, load
from tests.chat_api.account.mail_world import PASSWORD, USER, authenticate, certificate, serving

SENDER = "TaskFlow <tasks@example.com>"
LOGIN = f"{USER}:{quote(PASSWORD)}@"


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's, whose certificate this machine trusts."""
    path, made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return made


async def send(url: str, to: str = "bob@example.com", *, seconds: float = 20) -> None:
    mailer = Mailer(mail_server(url), SENDER, seconds=seconds)
    await mailer.send(to, "Grüße", "https://tasks.example.com/#/reset/x\n", "<1@tasks.example.com>")


async def test_what_arrives() -> None:
    async with serving() as inbox:
        await send(f"smtp+plain://localhost:{inbox.port}")
    [mail] = inbox.mails
    assert (mail["From"], mail["To"], mail["Message-ID"]) == (SENDER, "bob@example.com", "<1@tasks.example.com>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert abs(parsedate_to_datetime(mail["Date"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert mail.get_payload(decode=True) == b"https://tasks.example.com/#/reset/x\r\n"


async def test_by_starttls_with_a_password(context: ssl.SSLContext) -> None:
    options: dict[str, Any] = {"require_starttls": True, "auth_required": True, "authenticator": authenticate}
    async with serving(tls_context=context, **options) as inbox:
        await send(f"smtp://{LOGIN}localhost:{inbox.port}")
        with pytest.raises(MailError, match="535"):
            await send(f"smtp://{USER}:wrong@localhost:{inbox.port}")
    assert len(inbox.mails) == 1


async def test_by_tls(context: ssl.SSLContext) -> None:
    async with serving(tls=context) as inbox:
        await send(f"smtps://localhost:{inbox.port}")
    assert len(inbox.mails) == 1


async def test_not_without_the_encryption_that_was_asked_for() -> None:
    """Whoever sits in between may take STARTTLS out of what the server offers."""
    async with serving() as inbox:
        with pytest.raises(MailError):
            await send(f"smtp://localhost:{inbox.port}")
        with pytest.raises(MailError):
            await send(f"smtps://localhost:{inbox.port}")
    assert not inbox.mails


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_not_to_a_server_nobody_vouches_for(tmp_path: Path, scheme: str) -> None:
    _, context = certificate(tmp_path)
    tls: dict[str, Any] = {"tls": context} if scheme == "smtps" else {"tls_context": context}
    async with serving(**tls) as inbox:
        with pytest.raises(MailError, match=r"SMTP|SSL"):
            await send(f"{scheme}://localhost:{inbox.port}")
    assert not inbox.mails


async def test_not_to_a_server_of_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, context = certificate(tmp_path, "elsewhere.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    async with serving(tls=context) as inbox:
        with pytest.raises(MailError):
            await send(f"smtps://localhost:{inbox.port}")
    assert not inbox.mails


@pytest.mark.parametrize(("answer", "for_good"), [("550 no such user", True), ("451 try later", False)])
async def test_a_recipient_that_is_refused(answer: str, for_good: bool) -> None:
    async with serving() as inbox:
        inbox.answers = [answer]
        with pytest.raises(MailError) as refused:
            await send(f"smtp+plain://localhost:{inbox.port}", "nobody@example.com")
    assert refused.value.for_good is for_good
    assert "nobody" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["p@x..com", ".p@example.com", "p..q@example.com", "%@-.-.aa", f"{'l' * 80}@example.com"]
)
async def test_an_address_that_is_none_by_the_rules_for_mails_is_the_servers_to_refuse(address: str) -> None:
    """Phase IV takes such ones. Whatever the server says, it is an answer, and holds up no other mail."""
    async with serving() as inbox:
        with suppress(MailError):
            await send(f"smtp+plain://localhost:{inbox.port}", address)
        await send(f"smtp+plain://localhost:{inbox.port}")
    assert inbox.mails[-1]["To"] == "bob@example.com"


@pytest.mark.parametrize("greets", [False, True])
async def test_a_server_that_hangs(greets: bool) -> None:
    """At once, or after every byte that looks like life."""
    done = asyncio.Event()
    hanging: list[asyncio.Task[None]] = []

    async def talk(writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while greets and not done.is_set():
                writer.write(b"220-still here\r\n")
                await asyncio.wait([asyncio.ensure_future(done.wait())], timeout=0.1)
            await done.wait()
            writer.close()
            await writer.wait_closed()

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hanging.append(asyncio.create_task(talk(writer)))

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        began = time.monotonic()
        try:
            with pytest.raises(MailError):
                await send(f"smtp+plain://127.0.0.1:{port}", seconds=1)
            assert time.monotonic() - began < 20
        finally:
            done.set()
            await asyncio.gather(*hanging)


async def test_nobody_there() -> None:
    async with serving() as inbox:
        pass
    with pytest.raises(MailError):
        await send(f"smtp+plain://127.0.0.1:{inbox.port}")


def test_what_a_url_says() -> None:
    server = mail_server("smtp://taskflow:p%40ss@mail.example.com")
    assert (server.host, server.port, server.encryption) == ("mail.example.com", 587, "starttls")
    assert (server.user, server.password) == ("taskflow", "p@ss")
    assert mail_server("smtps://mail.example.com").port == 465
    assert mail_server("smtp+plain://[::1]:2525").port == 2525


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com/path",
        "smtp://mail.example.com:99999",
        "smtp://secretuser@mail.example.com",
        "smtp+plain://u:secretword@mail.example.com",
    ],
)
def test_what_is_wrong_is_said_without_what_is_secret(url: str) -> None:
    environ = {
        "TASKFLOW_DATABASE_URL": "postgresql://x/y",
        "BETTER_AUTH_SECRET": "s" * 32,
        "TASKFLOW_BUS": "embedded",
        "TASKFLOW_MAIL_FROM": SENDER,
        "TASKFLOW_PUBLIC_ORIGIN": "https://tasks.example.com",
    }
    assert load(environ | {"TASKFLOW_SMTP_URL": "smtp://u:p@mail.example.com"}).smtp_url
    with pytest.raises(SettingsError, match="TASKFLOW_SMTP_URL") as error:
        load(environ | {"TASKFLOW_SMTP_URL": url})
    assert "secret" not in str(error.value)
    for missing in ("TASKFLOW_MAIL_FROM", "TASKFLOW_PUBLIC_ORIGIN"):
        with pytest.raises(SettingsError, match=missing):
            load({**environ, "TASKFLOW_SMTP_URL": "smtp://mail.example.com", missing: ""})
