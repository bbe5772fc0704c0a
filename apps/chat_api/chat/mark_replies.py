"""What is answered about tags and priority."""

from collections.abc import Sequence

from chat_api.chat import intents as i
from chat_api.chat.moments import order_words
from chat_api.chat.replies import quoted
from taskflow_core.domain.task import Task


def labelled(before: Task, after: Task, wanted: i.Label) -> str:
    """A task has other tags, or another priority; or it had none of those to take away."""
    if before.version == after.version and wanted.remove:
        tags = " ".join(f"#{tag.lstrip('#')}" for tag in wanted.remove)
        return f"“{after.title}” has no tag {tags}."
    same = "Nothing changed: " if before.version == after.version else "🏷️ "
    return f"{same}“{after.title}”: {', '.join(order_words(after)) or 'no tags, no priority'}."


def not_marked(title: str, ref: i.Ref) -> str:
    """Tasks are called so, and none of them has the marks that were said."""
    marks = quoted([*(f"#{tag.lstrip('#')}" for tag in ref.tags), *(f"!{one}" for one in ref.priorities)])
    return f"No task called “{title}” has {marks}. Say it without, or “tag it with …” or “make it … priority” first."


def left_aside(words: Sequence[str]) -> str:
    """Marks behind a new title, which may be of the task or of its title; empty without them."""
    return f" I left {quoted(words)} aside: say “tag it with …” or “make it … priority”." if words else ""
