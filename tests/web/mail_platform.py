"""A platform that sends mails, and the mails it sent, for tests that themselves run in no event loop."""

import asyncio
import re
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.chat_api.account.mail_world import Inbox, serving
from tests.support.platform_process import QUICK_PASSWORDS, Platform, platform
from tests.support.processes import until


class Mailing(NamedTuple):
    """It, and where its mails end."""

    platform: Platform
    inbox: Inbox

    def link(self, kind: str, to: str) -> str:
        """The link that the last mail of a kind to an address brings, once there is one."""

        def found() -> list[str]:
            bodies = [mail.get_payload(decode=True) for mail in list(self.inbox.mails) if mail["To"] == to]
            text = "\n".join(body.decode() for body in bodies if isinstance(body, bytes))
            return re.findall(rf"^(\S+/#/{kind}/[\w-]+)\r?$", text, re.MULTILINE)

        until(found, within=60, what=f"a mail of kind {kind} to {to}")
        return found()[-1]


@contextmanager
def mailing_platform(home: Path, **variables: str) -> Generator[Mailing]:
    """One whose public origin is where it answers, with a mail server of its own, while entered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with _mail_server() as inbox:
        settings = {
            "TASKFLOW_PORT": str(port),
            "TASKFLOW_PUBLIC_ORIGIN": f"http://127.0.0.1:{port}",
            "TASKFLOW_SMTP_URL": f"smtp+plain://127.0.0.1:{inbox.port}",
            "TASKFLOW_MAIL_FROM": "tasks@example.com",
            **variables,
        }
        with platform(home, program=QUICK_PASSWORDS, **settings) as started:
            yield Mailing(started, inbox)


@contextmanager
def _mail_server() -> Generator[Inbox]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mail server", daemon=True)
    thread.start()
    server = serving()
    try:
        yield asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(20)
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()
