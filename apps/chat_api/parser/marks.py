"""Marks: tags and the priority that a sentence says, with the stretches of it that they take."""

from collections.abc import Sequence

from chat_api.parser.peg import Token
from chat_api.parser.result import Span
from taskflow_core.domain.priority import Priority
from taskflow_core.domain.tags import MOST_TAGS, tag_key

Tags = tuple[tuple[str, tuple[Span, ...]], ...]
PrioritySaid = tuple[Priority, tuple[Span, ...]] | None


def marks_of(tokens: Sequence[Token]) -> tuple[Tags, PrioritySaid]:
    """The tags, each once, in their order, and the priority.

    What a task cannot have as well, a tag too many or a second priority that says otherwise, is left to the title.
    """
    tags: dict[str, tuple[str, list[Span]]] = {}
    priority: Priority | None = None
    said: list[Span] = []
    for token in tokens:
        span = Span(token.start, token.end)
        if "tag" in token.values:
            tag: str = token.values["tag"]
            if (key := tag_key(tag)) in tags or len(tags) < MOST_TAGS:
                tags.setdefault(key, (tag, []))[1].append(span)
        elif "priority" in token.values and priority in (None, token.values["priority"]):
            priority = token.values["priority"]
            said.append(span)
    return tuple((tag, tuple(spans)) for tag, spans in tags.values()), None if priority is None else (
        priority,
        tuple(said),
    )
