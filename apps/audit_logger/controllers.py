"""The routes under /api/v1/audit: users read their own trail, administrators anybody's, which leaves a row."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import asyncpg
import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation

from audit_logger.encryption.keys import Keys
from audit_logger.trail import queries
from audit_logger.trail.queries import AuditItem, EventFilter, RowType
from audit_logger.trail.records import read_records
from audit_logger.trail.writing import Trail
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import Clock
from taskflow_core.service.auth import SignedInRequest, signed_in
from taskflow_core.service.cursors import LONGEST_CURSOR
from taskflow_core.service.errors import ApiError, invalid
from taskflow_core.service.litestar_app import SECURITY
from taskflow_core.service.openapi import answers
from taskflow_core.service.pages import DEFAULT_LIMIT, LARGEST_LIMIT, link_to_next
from taskflow_core.telemetry import logs

_FILTERS: Final = frozenset({"user", "type", "about", "from", "to", "correlation_id", "limit"})


class AuditList(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the trail; where there are more, the Link header leads on."""

    items: list[AuditItem]


@dataclass(frozen=True, kw_only=True)
class AuditAccess:
    """What these routes work with; `administrators` are the user ids that may read everybody's trail."""

    database: Database
    keys: Keys
    trail: Trail
    clock: Clock
    administrators: frozenset[str]

    async def note_read(
        self, reader: str, owners: Mapping[str, int], task_id: str | None, query: Mapping[str, str]
    ) -> None:
        """Add a row for each owner that says who read, and how many of their rows; before the answer goes out, so that
        no read goes unseen."""
        records = read_records(
            reader=reader,
            owners=owners,
            task_id=task_id,
            query=query,
            at=self.clock.now(),
            correlation_id=logs.correlation_id() or "",
        )
        await self.trail.append(records)


FromAudit = NamedDependency[SkipValidation[AuditAccess]]


class AuditController(Controller):
    path = "/api/v1/audit"
    guards = (signed_in,)
    security = SECURITY
    tags = ("audit",)

    @get(
        "/tasks/{task_id:str}",
        responses=answers(401, 404, 422, 503, s200=AuditList),
        summary="A task's history",
        description="Oldest first, also of a deleted task. Administrators may read any task's.",
    )
    async def task_history(
        self, request: SignedInRequest, audit: FromAudit, task_id: Annotated[str, PathParameter(max_length=255)]
    ) -> Response[Any]:
        reader = request.user.user_id
        everybody = reader in audit.administrators
        items: list[AuditItem] = []
        owner: str | None = None
        if storable(task_id):
            items = await queries.history(audit.database, audit.keys, task_id, None if everybody else reader)
            owner = items[0].user_id if items else await queries.owner_of(audit.database, task_id)
        if not items and (owner is None or (owner != reader and not everybody)):
            raise ApiError("TASK_NOT_FOUND", "There is no such task of yours, now or earlier.", error="Task not found")
        if owner is not None and owner != reader:
            await audit.note_read(reader, {owner: len(items)}, task_id, {})
        return _json(AuditList(items=items))

    @get(
        "/events",
        responses=answers(401, 403, 422, 503, s200=AuditList),
        summary="Events of the trail",
        description=(
            "Newest first. Without `user`: one's own; for administrators everybody's. Where there are more, the "
            'header `Link: <…>; rel="next"` leads to them.'
        ),
    )
    async def events(
        self,
        request: SignedInRequest,
        audit: FromAudit,
        user: Annotated[str | None, QueryParameter(min_length=1, max_length=255)] = None,
        type: Annotated[RowType | None, QueryParameter()] = None,
        about: Annotated[
            Literal["account", "tasks"] | None,
            QueryParameter(description="`account`: what happened to accounts, and reads by administrators"),
        ] = None,
        since: Annotated[
            datetime | None,
            QueryParameter(name="from", description="This instant and later; UTC without an offset"),
        ] = None,
        until: Annotated[
            datetime | None, QueryParameter(name="to", description="Before this instant; UTC without an offset")
        ] = None,
        correlation_id: Annotated[str | None, QueryParameter(min_length=1, max_length=255)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, QueryParameter(max_length=LONGEST_CURSOR)] = None,
    ) -> Response[Any]:
        reader = request.user.user_id
        for field, text in (("user", user), ("correlation_id", correlation_id)):
            if text is not None and not storable(text):
                raise invalid(field, "holds a character that no id has", where="query", code="CONTROL_CHARACTERS")
        if user not in (None, reader) and reader not in audit.administrators:
            raise ApiError("NOT_ALLOWED", "You may read your own events only; leave `user` out.")
        owner = user if user is not None or reader in audit.administrators else reader
        criteria = EventFilter(
            user=owner,
            type=type,
            about=about,
            since=None if since is None else queries.instant("from", since),
            until=None if until is None else queries.instant("to", until),
            correlation_id=correlation_id,
        )
        found = await queries.page(audit.database, criteria, limit=limit, cursor=cursor)
        asked = {key: value for key, value in request.query_params.items() if key in _FILTERS}
        answer = _answer(audit.keys, found.items, link_to_next(request.url.path, asked, found.cursor))
        if owner == reader:
            return await answer
        # Made while PostgreSQL adds the rows that say so, and sent after.
        shown = _owners(found.items, owner, reader)
        _, response = await asyncio.gather(audit.note_read(reader, shown, None, asked), answer)
        return response


async def _answer(keys: Keys, rows: Sequence[asyncpg.Record], headers: Mapping[str, str]) -> Response[Any]:
    return _json(AuditList(items=await queries.items(keys, rows)), headers)


def _owners(rows: Sequence[asyncpg.Record], owner: str | None, reader: str) -> dict[str, int]:
    """Whose rows an administrator was shown, with how many. Where they were none, whose were asked for; the
    administrator stands for everybody."""
    shown = Counter(row["user_id"] for row in rows)
    del shown[reader]
    return dict(shown) or {owner or reader: 0 if owner else len(rows)}


def storable(text: str) -> bool:
    """Whether PostgreSQL can hold `text` at all; what it cannot hold is nobody's id."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


def _json(body: AuditList, headers: Mapping[str, str] | None = None) -> Response[Any]:
    return Response(msgspec.json.encode(body), headers=dict(headers or {}), media_type="application/json")
