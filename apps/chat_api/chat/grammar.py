"""From what a person wrote to what they mean, by rules alone: no model, no search, work linear in the message."""

from collections.abc import Callable
from functools import partial
from typing import Final

from chat_api.chat import intents as i
from chat_api.chat import vocabulary as v
from chat_api.chat.adding import LONGEST_TITLE, read_add, read_add_plain, read_remind
from chat_api.chat.intents import Problem
from chat_api.chat.labelling import read_label, read_marked_list
from chat_api.chat.marks import behind, with_marks
from chat_api.chat.periods import read_days, split_days
from chat_api.chat.references import named, reference, title_of, trimmed
from chat_api.chat.scheduling import read_move, read_repeat
from chat_api.chat.words import QUOTES, Speaker, Words

_MOST_SPLITS: Final = 8
_Reader = Callable[[Words, Speaker], i.Intent | None]


def understand(message: str, speaker: Speaker, *, dates: bool = True) -> i.Intent:
    """What `message` means, said by `speaker`. Any text is fine: nothing is raised.

    Without `dates` nothing is about time: all the words of "add call mum tomorrow" are the title.
    """
    said = Words.of(message)
    exact = tuple(key for key in said.keys if key)
    for phrases, intent in _WHOLE:
        if exact in phrases:
            return intent()
    if not exact:
        return i.Help() if said.text.startswith("?") else i.Unknown(said.text)
    words = _bare(said)
    for read in _READERS if dates else _READERS_WITHOUT_DATES:
        intent = _read(read, words, speaker)
        if intent is not None:
            return intent
    return i.Unknown(said.text)


def _read(read: _Reader, words: Words, speaker: Speaker) -> i.Intent | None:
    """What is read of words; where they are of one task, marks behind them are its: "mark milk as done #home"."""
    bare, marks = behind(words) if read in _OF_ONE_TASK else (words, words[:0])
    if len(bare) and len(marks) and (intent := with_marks(read(bare, speaker), marks)):
        return intent
    return read(words, speaker)


def _bare(words: Words) -> Words:
    """Without the politeness around a request."""
    begin = 0  # instead of shorter and shorter copies: a message may be politeness alone
    while taken := words.starts(v.POLITE, begin):
        if begin + taken == len(words):
            break
        begin += taken
    words = words[begin:]
    if (taken := words.ends(v.POLITE_ENDINGS)) and taken < len(words):
        words = words[:-taken]
    return words


# Reading: one function per kind of request, tried in this order.


def _list(words: Words, speaker: Speaker) -> i.Intent | None:
    verb = words.starts(v.LIST_VERBS)
    rest = words[verb:]
    keys = [key for key in rest.keys if key]
    if not keys and words.keys[0] not in v.LIST_ALONE:
        return None
    if not verb and words.keys[0] in ("complete", "done") and "all" in keys:
        return None  # "complete all tasks" is no list
    known = all(key in v.LIST_WORDS for key in keys)
    if known and (verb or any(key in v.LIST_ANCHORS for key in keys)):
        return i.ListTasks(_scope(keys), _many_days(rest, speaker))
    if verb and (about := rest.starts(v.SHOW_ABOUT)) and about < len(rest):
        return i.Search(_searched(rest[about:]))
    if (listed := _listed_days(rest, speaker, verb=verb > 0)) is not None:
        return listed
    if verb and rest.keys[-1] in v.NOUNS and len(rest) > 1:
        return i.Search(_searched(rest[:-1]))
    return None


def _many_days(words: Words, speaker: Speaker) -> i.Days | None:
    """Days that no scope names: "today and tomorrow", of "tasks due today and tomorrow"; of done tasks any."""
    left, days = split_days(words, speaker)
    if days is None:
        return None
    done = _scope([key for key in left.keys if key]) == "completed"
    many = days.first != days.last and "week" not in days.words.split()
    return days if done or many or "next" in days.words.split() else None


def _listed_days(words: Words, speaker: Speaker, *, verb: bool) -> i.Intent | None:
    """ "due on friday", "tasks completed today", "on friday?", "this weekend"."""
    if whole := read_days(words, speaker):
        return i.ListTasks("pending", whole)
    left, days = split_days(words, speaker)
    keys = [key for key in left.keys if key]
    if days is None or not all(key in v.LIST_WORDS for key in keys):
        return None
    if not verb and not any(key in v.LIST_ANCHORS for key in keys):
        return None
    return i.ListTasks(_scope(keys), days)


def _scope(keys: list[str]) -> i.Scope:
    named: list[i.Scope] = [scope for scope, marks in v.SCOPES if any(key in marks for key in keys)]
    if not named:
        return "all"
    # "what's left for today": of the open ones those of a day, which its scope has as well.
    days: list[i.Scope] = [scope for scope in named if scope in ("today", "tomorrow", "week", "overdue")]
    return days[0] if days and named[0] == "pending" else named[0]


def _count(words: Words, speaker: Speaker) -> i.Intent | None:
    verb = words.starts(v.COUNT)
    if not verb:
        return None
    left, days = split_days(words[verb:], speaker)
    keys = [key for key in words[verb:].keys if key]
    if all(key in v.LIST_WORDS for key in keys):
        return i.Count(_scope(keys), _many_days(words[verb:], speaker))
    keys = [key for key in left.keys if key]
    return i.Count(_scope(keys), days) if days and all(key in v.LIST_WORDS for key in keys) else None


def _search(words: Words, speaker: Speaker) -> i.Intent | None:
    verb = words.starts(v.FIND)
    if not verb:
        return None
    if verb == len(words):
        return i.Refused(Problem.NO_TASK)
    return i.Search(_searched(words[verb:]))


def _searched(words: Words) -> str:
    if (taken := words.starts(v.FIND_BEFORE)) and taken < len(words):
        words = words[taken:]
    if (taken := words.ends(v.FIND_ENDINGS)) and taken < len(words):
        words = words[:-taken]
    quoted = words.quoted()
    return quoted[0] if quoted and not len(quoted[1]) else trimmed(words)


def _mark(words: Words, speaker: Speaker) -> i.Intent | None:
    """ "mark X as done", "mark as done X", "mark X not done", and without a verb "X is done"."""
    verb = words.starts(v.MARK)
    rest = words[verb:]
    if not verb:
        for endings, make in ((v.IS_NOT_DONE, i.Reopen), (v.IS_DONE, i.Complete)):
            if (found := rest.ends(endings)) and found < len(rest):
                return named(rest[:-found], make)
        return None
    for endings, make in ((v.REOPEN_ENDINGS, i.Reopen), (v.COMPLETE_ENDINGS, i.Complete)):
        with_as = [("as", *ending) for ending in endings]
        if (found := rest.ends(with_as) or rest.ends(endings)) and found < len(rest):
            return named(rest[:-found], make)
        if found := rest.starts(with_as):
            return named(rest[found:], make)
    return None


def _complete(words: Words, speaker: Speaker) -> i.Intent | None:
    if words.keys[-1] == "off" and (verb := words.starts(v.COMPLETE_OFF)) and verb < len(words) - 1:
        return named(words[verb:-1], i.Complete)
    verb = words.starts(v.COMPLETE)
    return named(words[verb:], i.Complete) if verb else None


def _reopen(words: Words, speaker: Speaker) -> i.Intent | None:
    verb = words.starts(v.REOPEN)
    return named(words[verb:], i.Reopen) if verb else None


def _delete(words: Words, speaker: Speaker) -> i.Intent | None:
    verb = words.starts(v.DELETE)
    if not verb:
        return None
    rest = words[verb:]
    if (taken := rest.ends(v.DELETE_ENDINGS)) and taken < len(rest):
        rest = rest[:-taken]
    return named(rest, i.Delete)


def _clear(words: Words, speaker: Speaker) -> i.Intent | None:
    for what, phrases in v.CLEAR:
        if verb := words.starts(phrases):
            return named(words[verb:], partial(_cleared, what))
    return None


def _cleared(what: i.Part, ref: i.Ref) -> i.Intent:
    return i.Clear(ref, what)


def _rename(words: Words, speaker: Speaker) -> i.Intent | None:
    if verb := words.starts(v.RENAME):
        return _renamed(words[verb:])
    verb = words.starts(v.CHANGE)
    return _renamed(words[verb + words[verb:].starts(v.TITLE_OF) :]) if verb else None


def _splits(words: Words) -> list[int]:
    """Where "to" stands between two parts of `words`."""
    return [index for index in range(1, len(words) - 1) if words.keys[index] in v.TO][:_MOST_SPLITS]


def _renamed(words: Words) -> i.Intent:
    if not len(words):
        return i.Refused(Problem.NO_TASK)
    options: list[tuple[i.Ref, str]] = []
    # Which task they would be of, the old or the new one, is not said: they are left aside, and that is told.
    words, unread = behind(words)
    if (quoted := words.quoted()) and quoted[1].starts([(to,) for to in v.TO]):
        options.append((i.Ref(quoted[0], quoted=True), title_of(quoted[1][1:])))
    else:
        for index in _splits(words):
            if ref := reference(words[:index]):
                options.append((ref, title_of(words[index + 1 :])))
                if ref.number is not None or words.raw[index + 1][0] in QUOTES:
                    break  # "rename 2 to go to bed": a number leaves nothing to guess
    options = [(ref, title) for ref, title in options if title]
    if not options:
        return i.Refused(Problem.NO_TITLE)
    if all(len(title) > LONGEST_TITLE for _, title in options):
        return i.Refused(Problem.LONG_TITLE)
    return i.Rename(tuple((ref, title) for ref, title in options if len(title) <= LONGEST_TITLE), unread.raw)


def _pick(words: Words, speaker: Speaker) -> i.Intent | None:
    ref = reference(words)
    return i.Pick(ref) if ref is not None and ref.number is not None and not ref.quoted else None


_WHOLE: Final[tuple[tuple[frozenset[tuple[str, ...]], Callable[[], i.Intent]], ...]] = (
    (v.GREETINGS, i.Greeting),
    (v.THANKS, i.Thanks),
    (v.HELP, i.Help),
    (v.YES, i.Yes),
    (v.YES_DELETE, partial(i.Yes, deletes=True)),
    (v.NO, i.No),
    (v.ASK_SCOPE, lambda: i.ListTasks("all")),
)

_READERS: Final[tuple[_Reader, ...]] = (
    _pick, read_marked_list, read_label, _list, _count, _search, _clear, read_remind, read_move, _rename, read_repeat,
    _mark, _complete, _reopen, _delete, read_add,
)  # fmt: skip
_OF_ONE_TASK: Final = frozenset((_clear, read_move, read_repeat, _mark, _complete, _reopen, _delete))
_READERS_WITHOUT_DATES: Final[tuple[_Reader, ...]] = (
    _pick, _list, _count, _search, _rename, _mark, _complete, _reopen, _delete, read_add_plain,
)  # fmt: skip

__all__ = ["LONGEST_TITLE", "reference", "understand"]
