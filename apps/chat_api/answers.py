"""Answers of the task routes: encoded once, with an ETag, and stored under an Idempotency-Key when one was sent."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from litestar import Request, Response

from chat_api.quotas import Quotas
from chat_api.views import TaskView, one_shown, without_view
from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.task import Task
from taskflow_core.service.errors import ApiError, invalid

_LONGEST_KEY: Final = 255

# Whether another request with the key is running; the lock goes with the transaction.
_TRY_LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
# The answer stored under a key.
_FIND: Final = """
SELECT request_hash, status, headers, body FROM idempotency_keys
WHERE user_id = $1 AND route = $2 AND key = $3 AND created_at > now() - interval '24 hours'
"""
# Keeps an answer; one that is over a day old gives way.
_STORE: Final = """
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


def holds(if_match: str | None) -> Callable[[Task], None]:
    """Checks a locked task against an If-Match header. Raises ApiError PRECONDITION_FAILED."""

    def check(task: Task) -> None:
        if if_match is None or if_match.strip() == "*":
            return
        if _content_tag(task) not in [tag.partition("-")[0] for tag in tags_of(if_match)]:
            raise _ChangedMeanwhileError(task)

    return check


def is_known(if_none_match: str | None, task: TaskView) -> bool:
    """Whether the client has the task as it is."""
    known, ours = if_none_match or "", etag_of(task).strip('"')
    # Proxies that compress add how to the tag: "…-gzip".
    return known.strip() == "*" or any(f"{tag}-".startswith(f"{ours}-") for tag in tags_of(known))


def tags_of(header: str) -> list[str]:
    """The tags of an If-Match or If-None-Match header, without quotes.

    Weak ones are as good, since a proxy that compresses makes them so.
    """
    return [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]


class _ChangedMeanwhileError(Exception):
    """If-Match does not hold for this task."""

    def __init__(self, task: Task) -> None:
        super().__init__(task.id)
        self.task = task


async def _worked(connection: Connection, work: Work) -> Answer:
    """The answer of `work`. Raises ApiError PRECONDITION_FAILED with the ETag that GET gives."""
    try:
        return await work(connection)
    except _ChangedMeanwhileError as error:
        present = etag_of(await one_shown(connection, error.task))
        raise ApiError(
            "PRECONDITION_FAILED",
            "The task has changed since you read it. Read it again and decide anew.",
            error="Precondition failed",
            headers={"ETag": present},
        ) from None


def quotas_of(request: AnyRequest) -> Quotas:
    """The quotas of the app that answers a request: from its state, since a second dependency would cost 50 µs."""
    return request.app.state["quotas"]


async def answered(
    request: AnyRequest,
    database: Database,
    user_id: str,
    work: Work,
    *,
    key: str | None,
    if_match: str | None = None,
) -> Response[Any]:
    """Run `work` in one transaction. With `key`, an Idempotency-Key, its answer is stored in the same transaction, and
    given again for the same request, which `if_match` is a part of.

    Raises InvalidError (422) for a key used with another request, ApiError IDEMPOTENCY_KEY_IN_USE (409) for one whose
    request is still running, TooManyAnswersError where the user has too many kept: none is given up before its time,
    since the same request would do its work again.
    """
    async with database.transaction() as connection:
        if key is None:
            return (await _worked(connection, work)).response()
        if not key or len(key) > _LONGEST_KEY or not key.isprintable():
            message = f"give 1 to {_LONGEST_KEY} printable characters"
            raise invalid("Idempotency-Key", message, where="header", code="INVALID_KEY")
        route = f"{request.method} {request.url.path}".replace("\x00", "")[:200]
        if not await connection.fetchval(_TRY_LOCK, f"idempotency:{user_id}:{route}:{key}"):
            raise ApiError(
                "IDEMPOTENCY_KEY_IN_USE",
                "A request with this Idempotency-Key is still running; ask again in a moment.",
                error="Request in progress",
                headers={"Retry-After": "1"},
            )
        body, conditions = await request.body(), _conditions(request, if_match)
        asked = _digest_of(_canonical(body) + conditions)
        stored = await connection.fetchrow(_FIND, user_id, route, key)
        if stored is not None:
            # An earlier release stored the digest of the bytes as they came.
            if stored["request_hash"] not in (asked, _digest_of(body + conditions)):
                message = "was used with another request; use a new one"
                raise invalid("Idempotency-Key", message, where="header", code="KEY_USED_OTHERWISE")
            headers = msgspec.json.decode(stored["headers"], type=dict[str, str])
            return Answer(status=stored["status"], headers=headers, body=stored["body"]).response()
        await quotas_of(request).answers.take(connection, user_id)
        answer = await _worked(connection, work)
        headers = msgspec.json.encode(answer.headers).decode()
        await connection.execute(_STORE, user_id, route, key, asked, answer.status, headers, answer.body)
        return answer.response()


def _digest_of(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _canonical(body: bytes) -> bytes:
    """The same bytes for the same JSON, whatever its blanks, escapes and the order of its members."""
    try:
        return msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    except (ValueError, RecursionError):
        return body  # no body, or none that a handler reads


def _conditions(request: AnyRequest, if_match: str | None) -> bytes:
    """What besides the body makes a request another one."""
    return b"\x00" + (if_match or "").encode() + b"\x00" + request.url.query.encode()
