"""Makes connections: to the first host of the URL that will do, with what refuses told once and in plain words."""

import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import asyncpg
import structlog

from taskflow_core.database.outages import OUTAGES

log = structlog.get_logger(__name__)

_CONNECT_SECONDS: Final = 5.0
"""For all hosts together."""
_OPTIONAL: Final = frozenset(
    {"jit", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout"}
)
"""Parameters that a session can do without: poolers refuse those that they do not know."""


class DatabaseUnavailableError(ConnectionError):
    """The database has not answered yet, no longer does, or cannot be used as it is now."""


def one_by_one(url: str) -> list[str]:
    """A URL for each host of `url`, in order: hosts are separated by commas, each with a port of its own or none."""
    scheme, _, rest = url.partition("://")
    ends = [at for at in (rest.find(mark) for mark in "/?#") if at >= 0]
    authority, tail = (rest[: min(ends)], rest[min(ends) :]) if ends else (rest, "")
    user, at, hosts = authority.rpartition("@")
    if "," in hosts:
        return [f"{scheme}://{user}{at}{host}{tail}" for host in hosts.split(",")]
    before, question, query = tail.partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    if "," not in given.get("host", ""):
        return [url]
    named = given["host"].split(",")
    ports = given.get("port", "").split(",")
    ports = ports if len(ports) == len(named) else ports[:1] * len(named)
    each = (given | {"host": host} | ({"port": port} if port else {}) for host, port in zip(named, ports, strict=True))
    return [f"{scheme}://{authority}{before}{question}{urlencode(one)}" for one in each]


class Connector:
    """Connects to one database. Names are resolved anew each time, so that a failover by DNS is followed.

    Where the URL names several hosts only one that takes writes will do, unless it says `target_session_attrs` itself.
    Each host gets its share of the time, so that one that swallows packets does not hide the others.
    """

    def __init__(self, url: str, settings: Mapping[str, str], *, command_timeout: float) -> None:
        self.urls = one_by_one(url)
        self._settings = dict(settings)
        self._command_timeout = command_timeout
        self._reported: str | None = None
        self.stopping = False
        """Whether no more connections are to be made, since the process stops."""

        several = len(self.urls) > 1 and "target_session_attrs" not in url and "PGTARGETSESSIONATTRS" not in os.environ
        self._attributes: dict[str, Any] = {"target_session_attrs": "read-write"} if several else {}

    async def connect(self, _url: str | None = None, /, **arguments: Any) -> asyncpg.Connection:
        """A connection; what a pool makes its own by. Raises outages only: whoever asks is not at fault.

        `_url` and `arguments` are what a pool hands over: the URL that it was not given, and asyncpg's arguments.
        """
        if self.stopping:
            raise DatabaseUnavailableError("no more connections are made: the process stops")
        share = _CONNECT_SECONDS / len(self.urls)
        problems: list[Exception] = []
        for url in list(self.urls):
            try:
                connection = await self._connect(url, share, arguments)
            except (*OUTAGES, asyncpg.PostgresError, ValueError) as error:  # the last: a URL that makes no sense
                problems.append(error)
            else:
                if url != self.urls[0]:  # the one that works is asked first next time
                    self.urls.sort(key=lambda one: one != url)
                if self._reported is not None:
                    log.info("database_available")
                    self._reported = None
                return connection
        self._say(problems)
        if len(problems) == 1 and isinstance(problems[0], OUTAGES):
            raise problems[0]
        raise DatabaseUnavailableError("; ".join(map(reason_of, problems))) from problems[-1]

    async def _connect(self, url: str, within: float, arguments: dict[str, Any]) -> asyncpg.Connection:
        try:
            return await asyncpg.connect(
                url,
                timeout=within,
                command_timeout=self._command_timeout,
                server_settings=self._settings,
                **self._attributes,
                **arguments,
            )
        except asyncpg.ProtocolViolationError as error:
            if "startup parameter" not in str(error) or not _OPTIONAL & self._settings.keys():
                raise
            log.info("pooler_refuses_parameters", reason=str(error), action="connecting without them")
            self._settings = {name: value for name, value in self._settings.items() if name not in _OPTIONAL}
        return await self._connect(url, within, arguments)

    def _say(self, problems: list[Exception]) -> None:
        """Once for an outage, however long it lasts and however many ask; again when the reason is another."""
        reason = "; ".join(map(reason_of, problems))
        if reason == self._reported:
            return
        self._reported = reason
        if all(isinstance(error, OSError | TimeoutError | asyncpg.InternalClientError) for error in problems):
            log.warning("database_unavailable", reason=reason, action="retrying")
        else:  # the server answers and refuses: a password, a name, a limit. Somebody has to look
            log.error("database_refuses", reason=reason, action="retrying")


def reason_of(error: BaseException) -> str:
    """What an error says; its type where it says nothing."""
    return str(error) or type(error).__name__
