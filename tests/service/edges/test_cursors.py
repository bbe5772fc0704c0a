"""A cursor that no list gave is 422."""

import base64
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from taskflow_core.settings import Settings
from tests.service.asking import ask
from tests.service.edges.whole import Platform, encoded
from tests.support.adversarial import VALUES


def cursors(of: str) -> Iterable[str]:
    """Cursors that no list gave, though some are of its own filters."""
    some = "5e1b7f2c-6c1e-4d43-9d2c-9a3f0c2f7a10"
    times: list[Any] = [
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2026-11-28T00:00:00",
        "10000-01-01T00:00:00Z",
        "infinity",
        1e308,
        [],
    ]
    for at in times:
        yield encoded(json.dumps([of, at, some]).encode())
    today = "2026-11-28T00:00:00Z"
    contents: list[Any] = [[], {}, 1, [of], [of, today, "a\x00b"], [of, today, 5], ["other", None, some]]
    for content in contents:
        yield encoded(json.dumps(content).encode())
    for value in VALUES.values():
        yield encoded(b'["%b",null,%b]' % (of.encode(), value))
        yield encoded(value)[:990]
    yield from ("", "=", "é", "%00", "a", "x" * 1_001, "&&&", "....")


async def test_a_cursor_that_no_list_gave_is_422(platform: Platform, settings: Settings) -> None:
    if settings.phase == "iv":
        return  # it has no pages
    lists = {
        "/api/v1/tasks": [b"limit=1", b"sort=due&limit=1"],
        "/api/v1/trash": [b"limit=1"],
        "/api/v1/audit/events": [b"limit=1"],
        "/api/v1/auth/sessions": [b"limit=1"],
        "/api/v1/auth/tokens": [b"limit=1"],
        "/api/v1/reminders": [b"status=pending", b"status=sent"],
    }
    for _ in range(2):
        await ask(platform.host, "POST", "/api/v1/tasks", headers=platform.headers, body=b'{"title": "A"}')
        gone = await ask(platform.host, "POST", "/api/v1/tasks", headers=platform.headers, body=b'{"title": "B"}')
        path = f"/api/v1/tasks/{json.loads(gone.body)['id']}"
        await ask(platform.host, "DELETE", path, headers=platform.headers)
    assert {route.path for route in platform.routes if "cursor" in route.query} == set(lists), "one for each page"
    for path, filters in lists.items():
        for query in filters:
            first = await ask(platform.host, "GET", path, headers=platform.headers, query=query)
            given = first.headers.get("link", "")
            own = json.loads(_decoded(given.partition("cursor=")[2].partition(">")[0]))[0] if given else "sent"
            for cursor in [*cursors(own), *cursors("pending")]:
                asked = query + b"&cursor=" + quote(cursor).encode()
                answer = await ask(platform.host, "GET", path, headers=platform.headers, query=asked)
                assert answer.status == 422, (path, cursor, answer)
                assert answer.problems[0]["loc"][0] == "query"


def _decoded(cursor: str) -> bytes:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
