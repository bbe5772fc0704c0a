"""The task that some words name, and titles as they are said."""

from collections.abc import Callable
from dataclasses import replace

from chat_api.chat import intents as i
from chat_api.chat import vocabulary as v
from chat_api.chat.marks import narrowed, parted
from chat_api.chat.words import Words


def reference(words: Words) -> i.Ref | None:
    """The task that `words` name, or None without words. Marks say which of those that are called so."""
    bare, marks = parted(words)
    if not len(marks):
        return _reference(words)
    return replace(narrowed(_reference(bare) or i.Ref(""), marks), said=words.text)


def _reference(words: Words) -> i.Ref | None:
    if quoted := words.quoted():
        return i.Ref(quoted[0], quoted=True) if not len(quoted[1]) else i.Ref(words.text)
    keys = tuple(key for key in words.keys if key)
    if not keys:
        return None
    if keys in v.PRONOUNS:
        return i.Ref(words.text, is_pronoun=True)
    bare = keys[words.starts(v.NUMBERED) :] if len(keys) > 1 else keys
    number: int | None = None
    digits = bare[0].lstrip("#") if len(bare) == 1 else ""
    if digits.isascii() and digits.isdigit() and len(digits) <= 6:
        number = int(digits)
    else:
        core = bare[1:] if bare and bare[0] == "the" else bare
        core = core[:-1] if len(core) == 2 and core[1] in ("one", "task", "item") else core
        number = v.ORDINALS.get(core[0]) if len(core) == 1 else None
    return i.Ref(trimmed(words), number)


def trimmed(words: Words) -> str:
    """Words without punctuation around them."""
    return words.text.strip(" ,;:-–—").rstrip(".!?") or words.text


def title_of(words: Words) -> str:
    """A title as said: its case and inner words kept, without quotes around it and dangling punctuation behind it."""
    quoted = words.quoted()
    if quoted and not len(quoted[1]):
        return quoted[0]
    return words.text.strip(" ,;:-–—") if len(words) else ""


def named(words: Words, make: Callable[[i.Ref], i.Intent]) -> i.Intent:
    """The intent for the one task that `words` name."""
    ref = reference(words)
    if ref is None:
        return i.Refused(i.Problem.NO_TASK)
    keys = tuple(key for key in parted(words)[0].keys if key not in ("", "and", "&"))
    numbers = [key for key in keys if key.lstrip("#").isdigit()]
    if not ref.quoted and (keys in v.ALL_TASKS or (len(keys) > 1 and len(numbers) == len(keys))):
        return i.Refused(i.Problem.ONE_AT_A_TIME)
    return make(ref)
