"""The grammar with what its phrases mean."""

from collections.abc import Callable
from typing import Any, Final

from chat_api.parser import calendar_days, clocks, days, reminding, repeats
from chat_api.parser.grammar import GRAMMAR
from chat_api.parser.lexer import Lexer
from chat_api.parser.peg import Grammar
from chat_api.parser.values import Context, Unreadable
from chat_api.parser.why import Why


def _same(_: Context, value: Any) -> Any:
    return value


def _just(_: Context, value: Any) -> Any:
    return value


def _unreadable(_: Context, why: Why, *__: object) -> Unreadable:
    return Unreadable(why)


def _beside(_: Context, why: Why, *__: object) -> Unreadable:
    return Unreadable(why, beside=True)


ACTIONS: Final[dict[str, Callable[..., Any]]] = {
    "same": _same, "just": _just, "unreadable": _unreadable, "beside": _beside,
    **clocks.ACTIONS, **calendar_days.ACTIONS, **days.ACTIONS, **repeats.ACTIONS, **reminding.ACTIONS,
}  # fmt: skip

PHRASES: Final = Grammar(GRAMMAR, ACTIONS, Unreadable)
LEXER: Final = Lexer(PHRASES.words)
