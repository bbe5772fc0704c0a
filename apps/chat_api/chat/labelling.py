"""Requests about tags and priority: "tag X with home", "make X high priority", "show tasks tagged home"."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chat_api.chat import intents as i
from chat_api.chat import vocabulary as v
from chat_api.chat.references import named, trimmed
from chat_api.chat.words import Speaker, Words, among, phrases
from taskflow_core.domain.priority import Priority

_LEVELS: Final[dict[str, Priority]] = {
    "high": "high", "medium": "medium", "med": "medium", "low": "low", "none": "none", "no": "none",
}  # fmt: skip
_TAG: Final = phrases("tag", "label")
_ADD_TAG: Final = phrases(*(f"{verb} {noun}" for verb in ("add", "put", "set") for noun in ("tag", "the tag", "tags")))
_REMOVE: Final = phrases("remove", "delete", "take", "take off", "clear", "drop")
_REMOVE_TAG: Final = phrases("the tag", "tag", "the tags", "tags", "the label", "label")
_ALL_TAGS: Final = phrases("all tags", "all the tags", "the tags", "tags", "all its tags")
_THE_PRIORITY: Final = phrases("the priority", "priority")
_OF: Final = phrases("of", "from", "for", "on", "off")
_SET: Final = phrases("make", "set", "mark", "give", "flag", "change", "update")
_AND: Final = frozenset(("and", "&", ""))
_BEFORE_LEVEL: Final = among("to as a of the with")
_TAGGED: Final = phrases(
    "tagged with", "tagged as", "tagged", "labelled", "labeled", "labelled with", "labeled with", "with tag",
    "with the tag", "with tags", "with the tags", "with label", "with the label", "that have the tag", "having the tag",
)  # fmt: skip
_LIST_FILLERS: Final = among("my all the any me is are has have of with a an open pending that which in") | v.NOUNS


def read_marked_list(words: Words, speaker: Speaker) -> i.Intent | None:
    """ "show tasks tagged home", "what's tagged #home", "#home tasks", "show high priority tasks"."""
    verb = words.starts(v.LIST_VERBS)
    rest = words[verb:]
    keys = [key.removesuffix("-priority") for key in rest.keys if key]
    levels: list[Priority] = [_LEVELS[key] for key in keys if key in _LEVELS]
    names = "priority" in keys or any(key.endswith("-priority") for key in rest.keys)
    others = [key for key in keys if key not in _LEVELS and key != "priority"]
    if len(levels) == 1 and names and all(key in _LIST_FILLERS for key in others):
        return i.ListMarked(priority=levels[0]) if verb or v.NOUNS.intersection(others) else None
    begin = 0
    while begin < len(rest) and rest.keys[begin] in _LIST_FILLERS and not rest[begin:].starts(_TAGGED):
        begin += 1
    said = rest[begin:].starts(_TAGGED)
    tagged = rest[begin + said :]
    if said and len(tagged) and (verb or begin):
        return i.ListMarked(_tags(tagged))
    tags = [at for at in range(len(rest)) if _is_tag(rest.raw[at])]
    fillers = [key for at, key in enumerate(rest.keys) if at not in tags]
    if tags and all(key in _LIST_FILLERS or not key for key in fillers) and (verb or fillers):
        return i.ListMarked(tuple(rest.raw[at] for at in tags))
    return None


def read_label(words: Words, speaker: Speaker) -> i.Intent | None:
    """What gives one task tags or a priority, or takes them away."""
    return _tagged(words) or _added(words) or _removed(words) or _prioritised(words)


def _tagged(words: Words) -> i.Intent | None:
    """ "tag X with home and garden", "tag X #home"."""
    verb = words.starts(_TAG)
    rest = words[verb:]
    if not verb or len(rest) < 2:
        return None
    if own := _own_tags(rest):
        left = rest[: len(rest) - own]
        left = left[:-1] if len(left) > 1 and left.keys[-1] in ("with", "as") else left
        return _labelled(left, add=_tags(rest[len(rest) - own :]))
    at = next((at for at in range(len(rest) - 2, 0, -1) if rest.keys[at] in ("with", "as")), 0)
    return _labelled(rest[:at], add=_tags(rest[at + 1 :])) if at else None


def _added(words: Words) -> i.Intent | None:
    """ "add the tag home to X", "add #home to X"."""
    verb = words.starts(_ADD_TAG)
    if not verb and words.keys[0] in ("add", "put") and len(words) > 1 and _is_tag(words.raw[1]):
        verb = 1
    if not verb or words.ends(v.ADD_ENDINGS):
        return None
    parted = _parted(words[verb:], ("to", "on"))
    return _labelled(parted[1], add=_tags(parted[0])) if parted else None


def _removed(words: Words) -> i.Intent | None:
    """ "remove the tag home from X", "remove #home from X", "remove all tags of X", "untag X"."""
    if words.keys[0] == "untag" and len(words) > 1:
        parted = _parted(words[1:], ("from",))
        return _labelled(parted[1], remove=_tags(parted[0])) if parted else _cleared(words[1:])
    verb = words.starts(_REMOVE)
    rest = words[verb:]
    if not verb or len(rest) < 2:
        return None
    if (taken := rest.starts(_THE_PRIORITY)) and (of := rest.starts(_OF, taken)):
        return _labelled(rest[taken + of :], priority="none")
    if (taken := rest.starts(_ALL_TAGS)) and (of := rest.starts(_OF, taken)):
        return _cleared(rest[taken + of :])
    taken = rest.starts(_REMOVE_TAG)
    if not taken and not _is_tag(rest.raw[0]):
        return None
    parted = _parted(rest[taken:], ("from", "of", "off"))
    if parted is None or not (taken or _all_tags(parted[0])):
        return None  # "delete #home milk from my list" is of a task
    return _labelled(parted[1], remove=_tags(parted[0]))


def _prioritised(words: Words) -> i.Intent | None:
    """ "make X high priority", "set the priority of X to high", "mark X as low priority", "make X !high"."""
    verb = words.starts(_SET)
    rest = words[verb:]
    if not verb or len(rest) < 2:
        return None
    of = rest.starts(_THE_PRIORITY)
    of += rest.starts(_OF, of) if of else 0
    end = len(rest)
    if not of and rest.keys[-1] == "priority":
        end -= 1
    elif not of and not rest.raw[-1].startswith("!"):
        return None
    level = _LEVELS.get(rest.keys[end - 1])
    if level is None:
        return None
    end -= 1
    while end > of + 1 and rest.keys[end - 1] in _BEFORE_LEVEL:
        end -= 1
    return _labelled(rest[of:end], priority=level)


def _labelled(
    words: Words, *, add: Sequence[str] = (), remove: Sequence[str] = (), priority: Priority | None = None
) -> i.Intent | None:
    if not len(words):
        return i.Refused(i.Problem.NO_TASK)
    return named(words, lambda ref: i.Label(ref, tuple(add), tuple(remove), priority=priority))


def _cleared(words: Words) -> i.Intent | None:
    found = _labelled(words)
    return replace(found, clear=True) if isinstance(found, i.Label) else found


def _is_tag(raw: str) -> bool:
    return raw[0] == "#" and len(raw) > 1 and not raw[1].isdigit()


def _all_tags(words: Words) -> bool:
    return all(_is_tag(raw) or key in _AND for raw, key in zip(words.raw, words.keys, strict=True))


def _own_tags(words: Words) -> int:
    """How many words at the end have a # in front."""
    count = 0
    while count < len(words) - 1 and _is_tag(words.raw[len(words) - 1 - count]):
        count += 1
    return count


def _parted(words: Words, joints: tuple[str, ...]) -> tuple[Words, Words] | None:
    """The words before the first of `joints` and those behind it."""
    at = next((at for at in range(1, len(words) - 1) if words.keys[at] in joints), 0)
    return (words[:at], words[at + 1 :]) if at else None


def _tags(words: Words) -> tuple[str, ...]:
    """The tags that words name: each with a # one, else what stands between "and" and commas, spaces and all."""
    if quoted := words.quoted():
        return (quoted[0],)
    tags: list[list[str]] = [[]]
    for raw, key in zip(words.raw, words.keys, strict=True):
        if key in _AND:
            tags.append([])
            continue
        if _is_tag(raw):
            tags.append([])
        tags[-1].append(trimmed(Words.of(raw)))
        if raw.endswith(",") or _is_tag(raw):
            tags.append([])
    return tuple(" ".join(tag) for tag in tags if tag)
