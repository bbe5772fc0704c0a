"""What is said to a server of chat completions, and what of its answer is read.

The protocol is the one that OpenAI's API made usual (`POST /chat/completions`, tools): vLLM, Ollama and llama.cpp's
server speak it as well.
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from taskflow_core.decoding import JsonDecoder

LARGEST_ANSWER: Final = 64 * 1024
"""Bytes of an answer that is read."""

_MOST_TOKENS: Final = 400

_SYSTEM: Final = (
    "You translate what the user of a to-do list wrote into one tool call. Call exactly one tool, or none when the"
    " message asks for nothing that a tool does, or leaves open what is meant. Never invent tasks, days or times that"
    " the message does not say. `task` is words of an existing task's title, a number of the list last shown, or it."
    " `when` is short English such as: tomorrow at 17:00; on 3 may; every monday at 9:00; remind me 1 hour before."
    " Give titles in the user's language."
)


class Call(msgspec.Struct, frozen=True):
    """A tool that was called: its name and its arguments, a JSON object as text."""

    name: str
    arguments: str = "{}"


class _ToolCall(msgspec.Struct, frozen=True):
    function: Call


class _Message(msgspec.Struct, frozen=True):
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice]


def _tool(name: str, does: str, **arguments: str) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": does,
            "parameters": {
                "type": "object",
                "properties": {key: {"type": "string", "description": text} for key, text in arguments.items()},
                "required": [key for key in arguments if key != "when" or name != "add_task"],
                "additionalProperties": False,
            },
        },
    }


TOOLS: Final = [
    _tool("add_task", "Make a task", title="What is to be done", when="When it is due, repeats, reminds; if said"),
    _tool("list_tasks", "Show tasks", which="Such as: due tomorrow; overdue; completed this week; all"),
    _tool("find_tasks", "Search titles and descriptions", text="The words to look for"),
    _tool("complete_task", "Mark a task as done", task="Which"),
    _tool("reopen_task", "Mark a task as not done", task="Which"),
    _tool("delete_task", "Delete a task", task="Which"),
    _tool("rename_task", "Give a task another title", task="Which", title="The new title"),
    _tool("move_task", "Give a task another due date", task="Which", when="When"),
    _tool("repeat_task", "Let a task repeat", task="Which", when="Such as: every monday"),
    _tool("remind_of_task", "Remind of a task", task="Which", when="Such as: 1 hour before"),
]
"""One for each thing that the chat does."""


def request(model: str, message: str, now: datetime) -> bytes:
    """The body that asks about `message`, said at `now` in the person's zone."""
    told = f"{_SYSTEM} Now it is {now:%A}, {now:%Y-%m-%d %H:%M}."
    return msgspec.json.encode(
        {
            "model": model,
            "temperature": 0,
            "max_tokens": _MOST_TOKENS,
            "messages": [{"role": "system", "content": told}, {"role": "user", "content": message}],
            "tools": TOOLS,
            "tool_choice": "auto",
        }
    )


_decode: Final = JsonDecoder(_Completion, largest=LARGEST_ANSWER)


def call_of(answer: bytes) -> Call | None:
    """The one tool that an answer calls; None where it calls none, or several. Raises UndecodableError."""
    choices = _decode(answer).choices
    calls = (choices[0].message.tool_calls or []) if choices else []
    return calls[0].function if len(calls) == 1 else None
