"""What an answer leaves open: the tasks it numbered, and the question it asked.

It is stored in the message's `tool_calls`, a JSON list, behind the names of the tools that ran; Phase IV has no other
place for it. A list without it, as Phase IV writes, leaves nothing open.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

Question = Literal["delete", "which", "title", "reading", "proposal"]
"""`delete`: whether to delete the task spoken of. `which`: which of the shown tasks the person's message meant.
`reading`: which of several ways to read the message. `title`: what the new task shall be called. `proposal`: whether
the message meant what it was taken for."""


class Context(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The ids of the tasks that an answer showed, in the order of their numbers, what it asked, and the task that it
    spoke of: "it" in the next message. `proposal` is the sentence that is meant, if it is."""

    shown: list[str] = []
    asked: Question | None = None
    topic: str | None = None
    proposal: str | None = None


NOTHING: Final = Context()

_decoder = msgspec.json.Decoder(list[str | Context])


def encode(tool_calls: Sequence[str], context: Context) -> str | None:
    """What a message's `tool_calls` column holds; None where there is nothing to say."""
    items: list[str | Context] = [*tool_calls]
    if context != NOTHING:
        items.append(context)
    return msgspec.json.encode(items).decode() if items else None


def decode(text: str | None) -> Context:
    """The context in a `tool_calls` column, whoever wrote it."""
    if text is None:
        return NOTHING
    try:
        items = _decoder.decode(text)
    except msgspec.DecodeError:
        return NOTHING
    return next((item for item in items if isinstance(item, Context)), NOTHING)
