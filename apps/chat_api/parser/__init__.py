"""Reads one line of English: a title and what it says of time, for the page's line, the chat and the API.

    reading = parse("call mum on friday at 9 #family", now)      # now: aware, in the person's zone
    reading.title, reading.when.due                              # "call mum #family", 2026-12-04 09:00

lexer.py makes tokens, grammar.py is the grammar as text, peg.py matches it, actions.py and its neighbours say what
phrases mean; runs.py decides which of them count, combine.py puts them together, sentence.py is the whole.
"""

from chat_api.parser.result import NOTHING, Option, Reading, Span, Unread, When
from chat_api.parser.sentence import parse, parse_quantity, parse_when
from chat_api.parser.values import Order, Quantity

__all__ = [
    "NOTHING",
    "Option",
    "Order",
    "Quantity",
    "Reading",
    "Span",
    "Unread",
    "When",
    "parse",
    "parse_quantity",
    "parse_when",
]
