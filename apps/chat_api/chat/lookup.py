"""Finds the task that a person names, by its title. Only Phase IV's columns are read, so both phases share this."""

from typing import Final

from chat_api.text_search import contains, fold, folded
from taskflow_core.database.pool import Connection

# Tasks whose title holds some words: one that is just these words first, then open ones, then the newest.
_FIND: Final = f"""
SELECT id, {folded("title")} = $3 AS exact FROM tasks WHERE user_id = $1 AND {folded("title")} LIKE $2
ORDER BY exact DESC, completed <> $4, created_at DESC, id LIMIT $5
"""  # noqa: S608  # constants
_ARTICLES: Final = ("the ", "my ", "a ", "an ")


async def find(connection: Connection, user_id: str, text: str, *, completed: bool, most: int) -> list[str]:
    """Ids of at most `most` tasks that `text` names: those titled just so, else those whose title holds it.

    Where several do, the `completed` (or open) ones come first.
    """
    for words in dict.fromkeys((text, _without_article(text))):
        rows = await connection.fetch(_FIND, user_id, contains(words), fold(words), completed, most)
        if rows:
            exact = [row["id"] for row in rows if row["exact"]]
            return exact or [row["id"] for row in rows]
    return []


def _without_article(text: str) -> str:
    lowered = text.lower()
    taken = next((len(article) for article in _ARTICLES if lowered.startswith(article)), 0)
    return text[taken:].strip() or text
