"""Two users of a whole platform: Anna, who has something of everything, and Mallory, who wants it."""

import json
import re
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from taskflow_core.service.host import Host
from taskflow_core.service.tokens import Tokens
from tests.chat_api.people import add_user
from tests.security.attack import COOKIE, MALLORY, Attack
from tests.service.asking import Asked, ask
from tests.support.waiting import eventually

SITE: Final = "http://127.0.0.1:8000"
SECRET: Final = "Annas-own-words"  # a marker in what she wrote
"""Stands in everything that Anna has written: it must never come back to somebody else."""

_NAME: Final = re.compile(r"<([a-z_. ]+)>")
_CURSOR: Final = re.compile(r"cursor=([\w-]+)")
# Tables whose rows belong to a user. What follows from others a moment later (the outbox, the trail) is left out.
_OWNED: Final = """
SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND c.column_name = 'user_id' AND t.table_type = 'BASE TABLE'
    AND c.table_name !~ '^(outbox|task_shadow|task_events|audit)' ORDER BY 1
"""


# A sign-in that goes on.
_SESSION: Final = """
INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, device)
VALUES (md5($1), $1, now(), now(), now() + interval '7 days', $2) RETURNING id
"""


# A personal token; nobody has it.
_PERSONAL: Final = """
INSERT INTO personal_tokens (id, user_id, name, token_hash, scopes, created_at, expires_at)
VALUES (md5($1), $1, $2, sha256($1::bytea), 'tasks:read', now(), now() + interval '7 days') RETURNING id
"""


class State(NamedTuple):
    """Prints of everything that is Anna's and that is Mallory's, and the number of accounts."""

    annas: str
    mallorys: str
    users: int


class World:
    """The platform, and the names of what is in it."""

    def __init__(self, host: Host, tokens: Tokens) -> None:
        self.host = host
        self.tokens = tokens
        self.names: dict[str, str] = {}
        self._tables: list[str] = []

    async def settle(self) -> None:
        """Makes Anna's and Mallory's things; ends when the platform has done what follows from them."""
        for who in ("anna", "mallory"):
            await self._settle(who)
        owned = await self.host.database.fetch(_OWNED)
        self._tables = [row["table_name"] for row in owned]

    async def _settle(self, who: str) -> None:
        user_id, email = await add_user(self.host.database, datetime.now(UTC))
        names = {"id": user_id, "email": email, "token": self.tokens.issue(user_id, email)}
        names["refresh"] = self.tokens.issue(user_id, email, "refresh")
        self.names |= {f"{who}.{name}": value for name, value in names.items()}
        words = SECRET if who == "anna" else "Mallory's"

        async def make(method: str, path: str, *, key: str = "", **body: Any) -> Any:
            named = {"authorization": f"Bearer {names['token']}", "content-type": "application/json"}
            headers = self._headers(named | ({"idempotency-key": key} if key else {}))
            answer = await ask(self.host, method, path, headers=headers, body=json.dumps(body).encode())
            assert answer.status < 300, answer
            return json.loads(answer.body)

        task = await make("POST", "/api/v1/tasks", title=words, description=words, tags=[words])
        for number in range(2):
            await make("POST", "/api/v1/tasks", title=f"{words} {number}")
        trashed = await make("POST", "/api/v1/tasks", title=f"{words} deleted")
        bearer = self._headers({"authorization": f"Bearer {names['token']}"})
        assert (await ask(self.host, "DELETE", f"/api/v1/tasks/{trashed['id']}", headers=bearer)).status == 204
        await make("POST", "/api/v1/tasks", key=f"key-of-{who}", title="The same")
        due: dict[str, Any] = {"due_date": "2050-03-01T09:00:00Z", "reminders": ["1 hour"]}
        series = await make("POST", "/api/v1/tasks", title=words, recurrence_pattern="daily", **due)
        await make("PUT", "/api/v1/me/preferences", timezone="Asia/Tokyo", notifications="reminders")
        said = await make("POST", "/api/v1/chat", message=f"add {words}")

        async def read(path: str, query: bytes, by: str | None = names["token"]) -> Asked:
            headers = self._headers({"authorization": f"Bearer {by}"} if by else {})
            return await ask(self.host, "GET", path, query=query, headers=headers)

        async def reminder() -> Any:
            planned = await read("/api/v1/reminders", b"status=pending")
            items: list[Any] = json.loads(planned.body)["items"]
            return items[0]["id"] if items else False

        async def recorded() -> Any:
            return next(
                iter(_CURSOR.findall((await read("/api/v1/audit/events", b"limit=3")).headers.get("link", ""))), False
            )

        unused = (await make("POST", "/api/v1/notifications/stream/ticket"))["ticket"]
        used = (await make("POST", "/api/v1/notifications/stream/ticket"))["ticket"]
        assert (await read("/api/v1/notifications/stream", f"ticket={used}".encode(), by=None)).status == 200
        tasks = await read("/api/v1/tasks", b"limit=1")
        found = {
            "session": await self.host.database.fetchval(_SESSION, user_id, words),
            "personal": await self.host.database.fetchval(_PERSONAL, user_id, words),
            "ticket": unused,
            "used": used,
            "task": task["id"],
            "trashed": trashed["id"],
            "series": series["id"],
            "conversation": said["conversation_id"],
            "reminder": await eventually(reminder),
            "events": await eventually(recorded),
            "tasks": _CURSOR.findall(tasks.headers["link"])[0],
            "etag": (await read(f"/api/v1/tasks/{task['id']}", b"")).headers["etag"],
        }
        self.names |= {f"{who}.{name}": value for name, value in found.items()}

    @staticmethod
    def _headers(named: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        return [(name.encode(), value.encode("latin-1")) for name, value in {"host": "127.0.0.1:8000", **named}.items()]

    def fill(self, text: str) -> str:
        """`text` with what its names stand for."""
        return _NAME.sub(lambda match: self.names.get(match[1], match[0]), text)

    async def send(self, attack: Attack) -> Asked:
        """One attack, as a server hands it over."""
        named: MutableMapping[str, str] = {}
        if attack.by == MALLORY:
            named["authorization"] = f"Bearer {self.names['mallory.token']}"
        elif attack.by == COOKIE:
            named |= {"cookie": f"taskflow_session={self.names['mallory.token']}", "origin": SITE}
        body = attack.body
        if body is not None:
            named["content-type"] = "application/json"
            if not isinstance(body, bytes):
                body = self.fill(json.dumps(body)).encode()
        given = {name for name, _ in attack.headers}
        headers = [pair for pair in self._headers(named) if pair[0].decode() not in given]
        headers += [(name.encode(), self._bytes(value)) for name, value in attack.headers]
        path, query = self._bytes(attack.path), self._bytes(attack.query)
        return await ask(self.host, attack.method, path, query=query, headers=headers, body=body or b"")

    def _bytes(self, value: str | bytes) -> bytes:
        if isinstance(value, bytes):
            return self.fill(value.decode("latin-1")).encode("latin-1")
        return self.fill(value).encode()

    async def state(self) -> State:
        """What is anybody's now."""
        owned = [
            f"(SELECT string_agg(t::text, '|' ORDER BY t::text) FROM {table} t WHERE user_id = who)"
            for table in self._tables
        ]
        user = "(SELECT t::text FROM users t WHERE id = who)"
        prints = f"SELECT md5(row({user}, {', '.join(owned)})::text) FROM unnest($1::text[]) who"
        found = await self.host.database.fetch(prints, [self.names["anna.id"], self.names["mallory.id"]])
        return State(found[0][0], found[1][0], await self.host.database.fetchval("SELECT count(*) FROM users"))
