"""Mails the links and notices that are to be mailed. Each is a row first; nothing is sent within a request.

A row is claimed for longer than sending may take, so that no other process sends it meanwhile. One that this process
leaves undone, by a crash or because the server does not answer, is sent later: at least once, always with the same
link and Message-ID. The link is made when the mail is, from the row's id and a key, and only its hash is stored.
"""

import asyncio
import base64
import hmac
import uuid
from datetime import timedelta
from typing import Final

import asyncpg
import structlog
from prometheus_client import Counter

from chat_api.account.links import Mailed, address_of
from chat_api.account.mail import Mailer, MailError
from chat_api.account.mails import LASTS, address_changed, text_of
from chat_api.accounts import account_of
from chat_api.sessions.disabling import is_disabled
from taskflow_core.database.pool import Database
from taskflow_core.mail_server import mail_server
from taskflow_core.opaque import secret_hash
from taskflow_core.periodic import every
from taskflow_core.settings import Settings
from taskflow_core.telemetry.metrics import REGISTRY

log = structlog.get_logger(__name__)

MAILS: Final = Counter(
    "taskflow_mails",
    "Mails, by what became of an attempt: sent, failed (tried again), refused (given up)",
    ["kind", "outcome"],
    registry=REGISTRY,
)

KEPT_TRYING: Final = timedelta(days=1)
"""How long sending a mail is tried."""

_PURPOSE: Final = b"taskflow: links that are mailed"
_POLL_SECONDS: Final = 1.0
_AT_ONCE: Final = 8

# Claims some that are due: the next attempt is a minute away, then two, four, up to half an hour.
_CLAIM: Final = """
UPDATE account_links SET attempts = attempts + 1, mail_at = now() + interval '1 minute' * least(2 ^ attempts, 30)
WHERE id IN (
    SELECT id FROM account_links WHERE mail_at <= now() AND expires_at > now()
    ORDER BY mail_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING id, kind, user_id, email
"""
# From now on the link counts; none where the row is gone, used or withdrawn.
_PREPARE: Final = """
UPDATE account_links SET link_hash = $2, user_id = $3 WHERE id = $1 AND mail_at IS NOT NULL RETURNING id
"""
_SENT: Final = "UPDATE account_links SET mail_at = NULL, expires_at = now() + $2 WHERE id = $1"
_FORGET: Final = "DELETE FROM account_links WHERE id = $1"


def mailing_of(settings: Settings, database: Database) -> "Mailing | None":
    """The job as it is set; None where there is no mail server."""
    if settings.smtp_url is None or settings.mail_from is None or settings.public_origin is None:
        return None
    mailer = Mailer(mail_server(settings.smtp_url), settings.mail_from)
    return Mailing(database, mailer, secret=settings.auth_secret, origin=settings.public_origin)


class Mailing:
    """The job of one process; those of several share the work."""

    def __init__(self, database: Database, mailer: Mailer, *, secret: str, origin: str) -> None:
        self._database = database
        self._mailer = mailer
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
        self._origin = origin
        self._domain = origin.partition("://")[2].partition(":")[0]

    async def run(self) -> None:
        """For ever, until cancelled."""
        await self._database.opened()
        await every(_POLL_SECONDS, self.work, name="mail")

    async def work(self) -> bool:
        """Send what is due, some at once; whether there may be more. Raises outages of the database."""
        rows = await self._database.fetch(_CLAIM, _AT_ONCE)
        for outcome in await asyncio.gather(*map(self._mail, rows), return_exceptions=True):
            if outcome is not None:
                raise outcome
        return len(rows) == _AT_ONCE

    async def _mail(self, row: asyncpg.Record) -> None:
        row_id, kind = row["id"], row["kind"]
        user_id, to = await self._recipient(row)
        if to is None:
            await self._database.execute(_FORGET, row_id)
            return
        if kind == "changed":
            text = address_changed(self._origin)
        else:
            link = self._link(row_id)
            if await self._database.fetchval(_PREPARE, row_id, secret_hash(link), user_id) is None:
                return
            text = text_of(kind, address_of(self._origin, kind, link))
        try:
            await self._mailer.send(to, text.subject, text.body, f"<{row_id}@{self._domain}>")
        except MailError as error:
            await self._failed(row_id, kind, user_id, error)
            return
        if kind == "changed":
            await self._database.execute(_FORGET, row_id)
        else:
            await self._database.execute(_SENT, row_id, LASTS[kind])
        MAILS.labels(kind, "sent").inc()
        log.info("mail_sent", kind=kind, user_id=user_id)

    async def _failed(self, row_id: uuid.UUID, kind: Mailed, user_id: str | None, error: MailError) -> None:
        MAILS.labels(kind, "refused" if error.for_good else "failed").inc()
        log.warning("mail_not_sent", kind=kind, user_id=user_id, reason=str(error), tried_again=not error.for_good)
        if error.for_good:
            await self._database.execute(_FORGET, row_id)

    async def _recipient(self, row: asyncpg.Record) -> tuple[str | None, str | None]:
        """Whose it is, and where it goes: a link that sets a password to the account's own address as it is stored.

        No address: to nobody. A notice may be of an account that is gone."""
        if row["kind"] in {"email", "changed"}:
            return row["user_id"], row["email"]
        account = await account_of(self._database, row["email"])
        if account is None or await is_disabled(self._database, account["id"]):
            return None, None
        return account["id"], account["email"]

    def _link(self, row_id: uuid.UUID) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._key, row_id.bytes, "sha256")).rstrip(b"=").decode()
