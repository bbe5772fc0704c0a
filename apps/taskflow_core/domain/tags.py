"""Tags: words that people put on tasks. They keep their order and case, and are compared without case.

Two tags are the same when their keys are (`tag_key`): letters composed, compatible forms and case folded by Unicode's
rules, so that `Straße` is `STRASSE`, whatever the letters are made of.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

from taskflow_core.domain.errors import FieldError

MOST_TAGS: Final = 20
LONGEST_TAG: Final = 50
"""Characters (Unicode code points) of a tag, composed and trimmed."""

_REFUSED: Final = frozenset(("Cc", "Cs", "Zl", "Zp"))
_DIRECTION: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN: Final = frozenset("\u00ad\u200b\u2060\ufeff")


def tag_key(tag: str) -> str:
    """What tags are compared by."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())


def parse_tag(text: str, field: str = "tags") -> str:
    """A tag as it is stored: composed (NFC), with one space where there were several, without a # in front of it.

    Raises FieldError for one that is empty or too long, and for characters that control a line, turn the direction of
    writing, or cannot be seen: two tags that look the same must be the same.
    """
    if any(unicodedata.category(char) in _REFUSED or char in _DIRECTION or char in _UNSEEN for char in text):
        raise FieldError(
            field, "must not contain control characters, or ones that cannot be seen", "CONTROL_CHARACTERS"
        )
    tag = " ".join(unicodedata.normalize("NFC", text).split()).lstrip("# ")
    if not tag or not tag_key(tag).strip():
        raise FieldError(field, "must not be empty; give a word, or leave it out", "BLANK")
    if len(tag) > LONGEST_TAG:
        message = f"{tag[:20]!r}… is longer than {LONGEST_TAG} characters; give a shorter one"
        raise FieldError(field, message, "TOO_LONG", most=LONGEST_TAG)
    return tag


def parse_tags(texts: Sequence[str], field: str = "tags") -> list[str]:
    """The tags of `texts` in order; of those that are the same the first. Raises FieldError, also for too many."""
    tags: dict[str, str] = {}
    for text in texts:
        tag = parse_tag(text, field)
        tags.setdefault(tag_key(tag), tag)
    if len(tags) > MOST_TAGS:
        raise FieldError(field, f"a task can have at most {MOST_TAGS} tags", "TOO_MANY", most=MOST_TAGS)
    return list(tags.values())
