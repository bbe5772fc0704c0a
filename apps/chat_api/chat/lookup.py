"""Finds the task that a person names, by its title. Only Phase IV's columns are read, so both phases share this."""

from typing import Final

from chat_api.text_search import contains, fold, folded
from taskflow_core.database.pool import Connection

# Tasks whose title holds some text: one that is just this text first, then open ones, then the newest.
_FIND: Final = f"""
SELECT id, {folded("title")} AS folded FROM tasks WHERE user_id = $1 AND {folded("title")} LIKE $2
ORDER BY {folded("title")} = $3 DESC, completed <> $4, created_at DESC, id LIMIT $5
"""  # noqa: S608  # constants
LOOKED_AT: Final = 200
"""Tasks whose title may hold what is looked for."""
_ARTICLES: Final = ("the ", "my ", "a ", "an ")


async def find(
    connection: Connection, user_id: str, text: str, *, completed: bool, most: int = LOOKED_AT, exactly: bool = True
) -> list[str]:
    """Ids of at most `most` tasks that `text` names: those titled just so, else those whose title has it as words;
    unless `exactly`, all of them.

    Where several do, the `completed` (or open) ones come first. "art" is no word of "start car".
    """
    for words in dict.fromkeys((text, _without_article(text))):
        wanted = fold(words)
        rows = await connection.fetch(_FIND, user_id, contains(words), wanted, completed, LOOKED_AT)
        named = [row for row in rows if _has_words(row["folded"], wanted)]
        if named:
            exact = [row["id"] for row in named if row["folded"] == wanted]
            return (exact if exact and exactly else [row["id"] for row in named])[:most]
    return []


def same_title(title: str, text: str) -> bool:
    """Whether `text` is a title, an article before it aside."""
    return fold(title) in (fold(text), fold(_without_article(text)))


def _has_words(title: str, wanted: str) -> bool:
    """Whether a title has `wanted` with no letter or digit right before or behind it."""
    at = title.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        apart = not (at and title[at - 1].isalnum() and wanted[0].isalnum())
        if apart and not (end < len(title) and title[end].isalnum() and wanted[-1].isalnum()):
            return True
        at = title.find(wanted, at + 1)
    return False


def _without_article(text: str) -> str:
    lowered = text.lower()
    taken = next((len(article) for article in _ARTICLES if lowered.startswith(article)), 0)
    return text[taken:].strip() or text
