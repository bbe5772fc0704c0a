"""From a tool that the model called to a sentence of the chat's own language, which the grammar then reads."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from chat_api.chat import intents as i
from chat_api.chat.grammar import understand
from chat_api.chat.words import Speaker
from chat_api.second_reader.protocol import Call

LONGEST: Final = 600
"""Characters that a sentence may have."""

_QUOTES: Final = re.compile('["“”„«»]')
_SPACES: Final = re.compile(r"[\s\x00-\x1f\x7f]+")


def sentence_of(call: Call, speaker: Speaker) -> str | None:
    """What `call` says, in a sentence of the chat; None where the grammar does not read it wholly and as just that."""
    known = _TOOLS.get(call.name)
    try:
        arguments = msgspec.json.decode(call.arguments or "{}", type=dict[str, str])
    except msgspec.MsgspecError:
        return None
    if known is None:
        return None
    make, kinds = known
    try:
        sentence = make({key: _one_line(text) for key, text in arguments.items()}).strip()
    except KeyError:
        return None
    intent = understand(sentence, speaker) if len(sentence) <= LONGEST else None
    if not isinstance(intent, kinds):
        return None
    # Words that are no time would be taken into the title.
    if isinstance(intent, i.Add) and (intent.unread or intent.title != _one_line(arguments["title"])):
        return None
    return sentence


def _one_line(text: str) -> str:
    """Without line breaks and double quotes, between which titles stand."""
    return _SPACES.sub(" ", _QUOTES.sub("'", text)).strip()


def _title(text: str) -> str:
    """Between quotes, where nothing of it is read."""
    return f'"{text}"' if text else ""


def _task(text: str) -> str:
    """A number, a pronoun, or words of a title."""
    return text if text.isdecimal() or text.lower() in ("it", "that") else _title(text)


_Arguments = Mapping[str, str]

_TOOLS: Final[dict[str, tuple[Callable[[_Arguments], str], type[i.Intent] | tuple[type[i.Intent], ...]]]] = {
    "add_task": (lambda given: f"add {_title(given['title'])} {given.get('when', '')}", i.Add),
    "list_tasks": (lambda given: f"show tasks {given['which']}", i.ListTasks),
    "find_tasks": (lambda given: f"find {_title(given['text'])}", i.Search),
    "complete_task": (lambda given: f"complete {_task(given['task'])}", i.Complete),
    "reopen_task": (lambda given: f"reopen {_task(given['task'])}", i.Reopen),
    "delete_task": (lambda given: f"delete {_task(given['task'])}", i.Delete),
    "rename_task": (lambda given: f"rename {_task(given['task'])} to {_title(given['title'])}", i.Rename),
    "move_task": (lambda given: f"move {_task(given['task'])} to {given['when']}", i.Schedule),
    "repeat_task": (lambda given: f"repeat {_task(given['task'])} {given['when']}", i.Schedule),
    "remind_of_task": (
        lambda given: f"remind me {given['when']} {_task(given['task'])}",
        (i.Remind, i.Schedule),
    ),
}
