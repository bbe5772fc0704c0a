"""The words and phrases of requests, in data: the grammar reads them, nothing else is in here."""

from typing import Final

from chat_api.chat.intents import Part, Scope
from chat_api.chat.words import among, phrases


def _combined(*parts: str) -> tuple[str, ...]:
    """Every way to take one alternative ("a|b|") of each part, in order."""
    made = [""]
    for part in parts:
        made = [f"{text} {choice}".strip() for text in made for choice in part.split("|")]
    return tuple(made)


def _whole(*texts: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(text.split()) for text in texts)


GREETINGS: Final = _whole(
    "hello", "hi", "hey", "hiya", "howdy", "yo", "greetings", "hello there", "hi there", "hey there", "good morning",
    "good afternoon", "good evening", "good day", "how are you", "hello how are you", "hi how are you", "hi taskflow",
    "hello taskflow", "hey taskflow", "what's up", "sup",
)  # fmt: skip
THANKS: Final = _whole(
    "thanks", "thank you", "thx", "cheers", "great", "cool", "nice", "perfect", "awesome", "thanks a lot", "ta", "bye",
    "thank you very much", "many thanks", "great thanks", "ok thanks", "goodbye", "good night", "ok", "okay",
)  # fmt: skip
HELP: Final = _whole(
    "help", "help me", "what can you do", "what can i say", "what can i do", "how does this work", "commands", "usage",
    "how do i use this", "what do you do", "who are you", "what are you", "what do you understand", "instructions",
    "what can you help me with", "how can you help", "how can you help me", "i need help", "menu", "options", "how to",
    "please help", "can you help me", "help please",
)  # fmt: skip
# "ok" is no yes: it says as often that something was seen, and a yes deletes.
YES: Final = _whole(
    "yes", "y", "yeah", "yep", "yup", "sure", "confirm", "confirmed", "do it", "go ahead", "please do", "yes please",
    "yes delete it", "of course", "yes do it", "absolutely", "definitely", "i'm sure", "yes i'm sure",
    "yes i am sure", "yes delete", "yes sure", "yes confirm", "yes go ahead",
)  # fmt: skip
# These answer whether to delete, and are a request where nothing was asked.
YES_DELETE: Final = _whole("delete it", "remove it", "delete that", "remove that")
NO: Final = _whole(
    "no", "n", "nope", "nah", "cancel", "stop", "don't", "do not", "never mind", "nevermind", "keep it", "no thanks",
    "no thank you", "no don't", "don't delete it", "no keep it", "cancel that", "forget it", "wait", "no cancel",
    "no wait", "abort", "not now",
)  # fmt: skip
ASK_SCOPE: Final = _whole(
    "what do i have to do", "what should i do", "what's on my plate", "what's next", "what's left"
)

POLITE: Final = phrases(
    "please", "can you", "could you", "would you", "will you", "can you please", "could you please", "kindly", "hey",
    "would you please", "hi", "hello", "ok", "okay", "i want to", "i want you to", "i'd like to", "i would like to",
    "i'd like you to", "let's", "now", "just", "i wanna", "can i", "could i", "may i", "help me", "so", "then", "also",
    "taskflow", "and",
)  # fmt: skip
POLITE_ENDINGS: Final = phrases("please")

NOUNS: Final = frozenset(
    ("task", "tasks", "todo", "todos", "to-do", "to-dos", "item", "items", "reminder", "reminders")
)
LIST_VERBS: Final = phrases(
    "show", "list", "display", "view", "see", "show me", "give me", "get", "get me", "tell me", "what are", "what is",
    "what's", "which", "what", "do i have", "what do i have", "are there", "print", "read", "read me", "check",
)  # fmt: skip
# These alone are a request: "show", but not "what".
LIST_ALONE: Final = frozenset(("show", "list", "display", "view"))
LIST_ANCHORS: Final = NOUNS | among(
    "list pending overdue today today's tomorrow agenda upcoming unfinished incomplete completed everything"
)
SCOPES: Final[tuple[tuple[Scope, frozenset[str]], ...]] = (
    ("pending", among("pending open incomplete unfinished undone uncompleted active remaining not left")),
    ("overdue", frozenset(("overdue", "late"))),
    ("completed", frozenset(("completed", "complete", "done", "finish", "finished", "closed"))),
    ("today", frozenset(("today", "today's", "tonight"))),
    ("tomorrow", frozenset(("tomorrow", "tomorrow's"))),
    ("week", frozenset(("week", "week's"))),
    ("upcoming", frozenset(("upcoming", "coming", "later", "soon", "next"))),
)
LIST_WORDS: Final = (
    LIST_ANCHORS
    | frozenset(word for _, marks in SCOPES for word in marks)
    | among(
        "a all any anything did from are be current currently do due for have i in is it me my now of on"
        " outstanding past so still that the there this to up what what's which with yet been"
    )
)
_ABOUT: Final = "about|with|for|containing|named|called|matching|like"
SHOW_ABOUT: Final = phrases(
    *_combined(
        "|all|my|all my|the|a|any", "task|tasks|todos|items", "about|with|for|containing|named|called|matching|like"
    ),
    *_combined("anything|everything", "about|with|for|containing|like"),
)
COUNT: Final = phrases("how many", "count", "number of", "what is the number of", "tell me how many", "count up")
FIND: Final = phrases(
    "find", "find me", "search", "search for", "look for", "look up", "lookup", "where is", "where's", "filter",
    *_combined("do i have|are there|is there|have i", "a task|any task|any tasks|tasks|anything", "about|with|for|to"),
)  # fmt: skip
FIND_BEFORE: Final = phrases(
    *_combined("|all|my|all my|the|a|any", "task|tasks|todos|items", f"{_ABOUT}|"),
    *_combined("|anything|everything", "about|with|for|containing|like"),
    "my", "the",
)  # fmt: skip
FIND_ENDINGS: Final = phrases(*_combined("in|on|from", "my|the", "tasks|list|task list|todo list"), "tasks", "task")

_A_TASK: Final = _combined("|a|an|the|another|one", "|new|more", "task|todo|to-do|todo item|item|reminder")
NAMED: Final = phrases(
    *_combined("|".join(_A_TASK), "|to|called|named|titled|for|about|saying|that says|with title|with the title"),
    *_combined("to|on", "my|the", "list|tasks|task list|todo list|to-do list"),
)
ADD: Final = phrases(
    "add", "create", "new", "todo", "to-do", "task", "task to", "note", "schedule", "put", "remember to", "i need to",
    "i have to", "i must", "i should", "i've got to", "i got to", "don't forget to", "do not forget to",
    "don't let me forget to", "remember", "note to self", "add to", "jot down", "write down",
    *_combined("make|set up|set", "a|a new|another", "task|todo|reminder", "|to|called|named|for"),
)  # fmt: skip
REMIND_OF: Final = frozenset(("to", "about", "that", "of"))
ADD_ENDINGS: Final = phrases(
    *_combined("to|on|in", "my|the", "list|tasks|task list|todo list|to-do list|todos"), "as a task", "as a todo",
    "as a new task", "to tasks",
)  # fmt: skip

MARK: Final = phrases("mark", "set", "flag")
COMPLETE: Final = phrases(
    "complete", "finish", "done", "done with", "check off", "tick off", "cross off", "cross out", "mark off", "i did",
    "i've done", "i have done", "i finished", "i've finished", "i have finished", "i completed", "i've completed",
    "i have completed", "finished", "completed", "finished with", "i'm done with", "i am done with", "close", "tick",
)  # fmt: skip
# "check milk off": only with the "off" at the end.
COMPLETE_OFF: Final = phrases("check", "tick", "cross", "mark")
COMPLETE_ENDINGS: Final = phrases("done", "complete", "completed", "finished", "is done")
REOPEN: Final = phrases(
    "reopen", "re-open", "uncomplete", "un-complete", "uncheck", "untick", "unmark", "undo", "restore", "unfinish",
    "i didn't do", "i did not do",
)  # fmt: skip
REOPEN_ENDINGS: Final = phrases(
    "not done", "undone", "incomplete", "not complete", "not completed", "not finished", "unfinished", "uncompleted",
    "not done yet", "open", "pending", "todo",
)  # fmt: skip
# Said without "mark": "the shop is open" says nothing of a task.
IS_DONE: Final = phrases("is done", "is complete", "is completed", "is finished")
IS_NOT_DONE: Final = phrases(
    "is not done", "isn't done", "is not finished", "is not complete", "is not completed", "is not done yet",
    "isn't finished", "isn't done yet",
)  # fmt: skip
DELETE: Final = phrases(
    "delete", "remove", "erase", "drop", "cancel", "discard", "trash", "get rid of", "throw away", "scrap",
)  # fmt: skip
DELETE_ENDINGS: Final = phrases(*_combined("from|off", "my|the", "list|tasks|task list|todo list|to-do list"))
RENAME: Final = phrases("rename", "retitle", "rename the task", "re-title")
CHANGE: Final = phrases("change", "update", "edit", "modify")
TITLE_OF: Final = phrases(*_combined("the|", "title|name|text", "of|for"))
SET: Final = phrases("set", "change", "update", "edit", "modify", "move")
DUE_DATE_OF: Final = phrases(*_combined("the|a|", "due date|deadline|date|due time|time", "of|for|on"))
MOVE: Final = phrases(
    "move", "reschedule", "postpone", "push", "push back", "shift", "delay", "defer", "snooze", "put off", "put back"
)
POSTPONE: Final = phrases(
    "postpone", "push", "push back", "delay", "defer", "snooze", "put off", "put back", "shift", "move"
)
POSTPONE_BY: Final = among("by for back out off another later")
MOVE_TO: Final = frozenset(("to", "until", "till", "for", "by", "on", "->", "→", "=>"))
REPEAT: Final = phrases("repeat", "make", "set")
CLEAR: Final[tuple[tuple[Part, tuple[tuple[str, ...], ...]], ...]] = (
    ("repeat", phrases(
        "stop repeating", "don't repeat", "do not repeat",
        *_combined("remove|clear|delete|stop", "the|", "repeat|repetition|recurrence", "of|from|for|on"),
    )),
    ("reminders", phrases(
        *_combined("stop reminding me|don't remind me|do not remind me", "of|about|to"),
        *_combined("remove|clear|delete|cancel", "the|all|all the|", "reminder|reminders", "of|from|for|on"),
    )),
    ("due", phrases(*_combined("remove|clear|delete|drop", "the|", "due date|deadline|date", "of|from|for|on"))),
)  # fmt: skip

PRONOUNS: Final = _whole("it", "that", "this", "that one", "this one", "that task", "this task", "the same")
ALL_TASKS: Final = _whole(
    *_combined("all|everything|all of|all the|all my", "|tasks|them|my tasks|the tasks|todos"), "them"
)
NUMBERED: Final = phrases(*_combined("|the", "task|number|no|nr|item|todo|task number|item number|task no"), "#")
_ORDINALS: Final = "first second third fourth fifth sixth seventh eighth ninth tenth"
ORDINALS: Final = {
    **{word: number for number, word in enumerate(_ORDINALS.split(), 1)},
    **{word: number for number, word in enumerate(("1st", "2nd", "3rd", *(f"{n}th" for n in range(4, 51))), 1)},
    "last": -1,
}
TO: Final = frozenset(("to", "->", "→", "=>", "into", "as"))
