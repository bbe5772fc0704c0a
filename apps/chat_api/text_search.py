"""Finding words in texts whatever their case and however their letters are put together (Unicode)."""

import unicodedata
from typing import Final

_ALIKE: Final = (("ß", "ss"), ("ς", "σ"))
"""Letters that lower case leaves apart though they are the same in another: STRASSE, Straße; the Greek final sigma."""


def fold(text: str) -> str:
    """`text` as it is compared: letters composed (NFKC), in lower case."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    for letter, other in _ALIKE:
        folded = folded.replace(letter, other)
    return folded


def folded(column: str) -> str:
    """SQL that folds a column just as `fold` does; `column` is a name, never what a user sent."""
    sql = f"normalize(lower(normalize({column}, NFKC)), NFKC)"
    for letter, other in _ALIKE:
        sql = f"replace({sql}, '{letter}', '{other}')"
    return sql


def contains(text: str) -> str:
    """The LIKE pattern, for a folded column, of what holds `text`, literally."""
    return f"%{literally(fold(text))}%"


def literally(text: str) -> str:
    """`text` within a LIKE pattern, where it means itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
