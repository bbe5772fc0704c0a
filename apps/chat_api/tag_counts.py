"""A user's tags, with how many tasks have each."""

from typing import Final

import msgspec

from chat_api.text_search import literally
from taskflow_core.database.pool import Connection
from taskflow_core.domain.tags import tag_key

# A user's tags whose key is like $2, those of most open tasks first; each as most of the tasks have it.
_TAGS: Final = """
SELECT mode() WITHIN GROUP (ORDER BY of.tag) AS tag, count(*) FILTER (WHERE NOT t.completed) AS open,
    count(*) AS tasks, count(*) OVER () AS total
FROM tasks t, unnest(t.tags, t.tag_keys) AS of (tag, key)
WHERE t.user_id = $1 AND t.tag_keys IS NOT NULL AND of.key LIKE $2
GROUP BY of.key ORDER BY open DESC, tasks DESC, of.key LIMIT $3
"""


class TagCount(msgspec.Struct, frozen=True, kw_only=True):
    """A tag, in the spelling that most of its tasks have; how many open tasks have it, and how many in all."""

    tag: str
    open: int
    tasks: int


class TagList(msgspec.Struct, frozen=True, kw_only=True):
    """Tags, those with the most open tasks first; `total` is how many there are, shown or not."""

    items: list[TagCount]
    total: int


async def tag_counts(connection: Connection, user_id: str, *, begins: str, limit: int) -> TagList:
    """The tags of a user's tasks that begin with `begins`, at most `limit` of them."""
    rows = await connection.fetch(_TAGS, user_id, literally(tag_key(begins)) + "%", limit)
    items = [TagCount(tag=row["tag"], open=row["open"], tasks=row["tasks"]) for row in rows]
    return TagList(items=items, total=rows[0]["total"] if rows else 0)
