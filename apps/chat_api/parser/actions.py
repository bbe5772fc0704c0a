"""The grammar with what its phrases mean."""

from collections.abc import Callable
from typing import Any, Final

from chat_api.parser import calendar_days, clocks, days, reminding, repeats
from chat_api.parser.grammar import GRAMMAR
from chat_api.parser.lexer import Lexer
from chat_api.parser.peg import Grammar
from chat_api.parser.values import Context, Unreadable

_WHY: Final = {
    "other_zone": "a time of another zone",
    "two_times": "two times of day",
    "two_days": "several days",
    "several_days": "several days",
    "no_such_time": "no such time",
    "no_such_day": "no such day",
    "past": "that is over",
    "two_meanings": "this word means two things",
    "too_often": "a task repeats at most once a day",
    "no_number": "no number",
    "no_day": "which day?",
    "no_unit": "minutes, hours or days?",
    "unknown_day": "a day whose date is not known here",
    "several_times": "which days?",
    "before_or_after": "not a day or time itself",
    "no_exact_day": "no exact day",
    "no_exact_time": "no exact time",
    "half_hour": "half to or half past?",
    "except_date": "a repeat without one of its dates",
}


def _same(_: Context, value: Any) -> Any:
    return value


def _just(_: Context, value: Any) -> Any:
    return value


def _unreadable(_: Context, why: str, *__: object) -> Unreadable:
    return Unreadable(_WHY[why])


def _beside(_: Context, why: str, *__: object) -> Unreadable:
    return Unreadable(_WHY[why], beside=True)


ACTIONS: Final[dict[str, Callable[..., Any]]] = {
    "same": _same, "just": _just, "unreadable": _unreadable, "beside": _beside,
    **clocks.ACTIONS, **calendar_days.ACTIONS, **days.ACTIONS, **repeats.ACTIONS, **reminding.ACTIONS,
}  # fmt: skip

PHRASES: Final = Grammar(GRAMMAR, ACTIONS, Unreadable)
LEXER: Final = Lexer(PHRASES.words)
