"""Answers of the task routes: encoded once, with an ETag, and kept under an Idempotency-Key when one was sent."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from litestar import Request, Response

from chat_api.views import TaskView, without_view
from taskflow.database.pool import Connection, Database
from taskflow.domain.task import Task
from taskflow.service.errors import ApiError, invalid

_LONGEST_KEY: Final = 255

# Whether another request with the key is running; the lock goes with the transaction.
_TRY_LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
# The answer kept under a key.
_KEPT: Final = """
SELECT request_hash, status, headers, body FROM idempotency_keys
WHERE user_id = $1 AND route = $2 AND key = $3 AND created_at > now() - interval '24 hours'
"""
# Keeps an answer; one that is over a day old gives way.
_KEEP: Final = """
INSERT INTO idempotency_keys (user_id, route, key, request_hash, status, headers, body)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (user_id, route, key) DO UPDATE SET request_hash = excluded.request_hash, status = excluded.status,
    headers = excluded.headers, body = excluded.body, created_at = now()
"""
# Answers whose day is over.
EXPIRE: Final = """
DELETE FROM idempotency_keys WHERE (user_id, route, key) IN (
    SELECT user_id, route, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT 1000
)
"""

AnyRequest = Request[Any, Any, Any]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer: status, headers, body as bytes."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}

    def response(self) -> Response[Any]:
        """As Litestar sends it."""
        headers = dict(self.headers)
        return Response(self.body or None, status_code=self.status, headers=headers, media_type="application/json")


Work = Callable[[Connection], Awaitable[Answer]]


def task_answer(task: TaskView, status: int = 200) -> Answer:
    """A task with its ETag."""
    return Answer(status=status, body=msgspec.json.encode(task), headers={"ETag": etag_of(task)})


def etag_of(task: TaskView) -> str:
    """A task's ETag: of what a client can change, so that Phase IV's changes show too, and of the rest that it sees.

    The first part alone is what If-Match means: that a reminder went off is no reason to refuse an edit.
    """
    beside = [task.rrule, task.recurrence_mode, task.catch_up, task.reminder_status]
    return f'"{_content_tag(task)}-{_digest(msgspec.json.encode(beside), 4)}"'


def _content_tag(task: Task) -> str:
    return _digest(msgspec.json.encode(msgspec.structs.replace(without_view(task), version=0)), 12)


def _digest(content: bytes, size: int) -> str:
    return hashlib.blake2b(content, digest_size=size).hexdigest()


def if_match(request: AnyRequest) -> Callable[[Task], None]:
    """Checks a locked task against the request's If-Match. Raises ApiError PRECONDITION_FAILED."""
    wanted = request.headers.get("if-match")

    def check(task: Task) -> None:
        if wanted is None or wanted.strip() == "*":
            return
        present = _content_tag(task)
        if present not in [tag.partition("-")[0] for tag in _tags(wanted)]:
            raise ApiError(
                "PRECONDITION_FAILED",
                "The task has changed since you read it. Read it again and decide anew.",
                error="Precondition failed",
                headers={"ETag": f'"{present}"'},
            )

    return check


def is_known(request: AnyRequest, task: TaskView) -> bool:
    """Whether the client has the task as it is (If-None-Match)."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or etag_of(task).strip('"') in _tags(known)


def _tags(header: str) -> list[str]:
    """The tags of a list, without quotes; weak ones are as good, since a proxy that compresses makes them so."""
    return [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]


async def answered(request: AnyRequest, database: Database, user_id: str, work: Work) -> Response[Any]:
    """Run `work` in one transaction. With an Idempotency-Key its answer is kept in the same transaction, and given
    again for the same request.

    Raises InvalidError (422) for a key used with another request, ApiError IDEMPOTENCY_KEY_IN_USE (409) for one whose
    request is still running.
    """
    key = request.headers.get("idempotency-key")
    async with database.transaction() as connection:
        if key is None:
            return (await work(connection)).response()
        if not key or len(key) > _LONGEST_KEY or not key.isprintable():
            raise invalid("Idempotency-Key", f"give 1 to {_LONGEST_KEY} printable characters", where="header")
        route = f"{request.method} {request.url.path}".replace("\x00", "")[:200]
        if not await connection.fetchval(_TRY_LOCK, f"idempotency:{user_id}:{route}:{key}"):
            raise ApiError(
                "IDEMPOTENCY_KEY_IN_USE",
                "A request with this Idempotency-Key is still running; ask again in a moment.",
                error="Request in progress",
                headers={"Retry-After": "1"},
            )
        asked = hashlib.blake2b(await request.body() + _conditions(request), digest_size=16).digest()
        kept = await connection.fetchrow(_KEPT, user_id, route, key)
        if kept is not None:
            if kept["request_hash"] != asked:
                raise invalid("Idempotency-Key", "was used with another request; use a new one", where="header")
            headers = msgspec.json.decode(kept["headers"], type=dict[str, str])
            return Answer(status=kept["status"], headers=headers, body=kept["body"]).response()
        answer = await work(connection)
        headers = msgspec.json.encode(answer.headers).decode()
        await connection.execute(_KEEP, user_id, route, key, asked, answer.status, headers, answer.body)
        return answer.response()


def _conditions(request: AnyRequest) -> bytes:
    """What besides the body makes a request another one."""
    return b"\x00" + request.headers.get("if-match", "").encode() + b"\x00" + request.url.query.encode()
