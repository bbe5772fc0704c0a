"""The grammar of phrases about time, as text; peg.py says how it is written, actions.py what each phrase means.

`phrase` is what the parser looks for at each word of a sentence. What a phrase is next to, and whether it belongs to
the title, runs.py decides.
"""

from typing import Final

from chat_api.parser.grammar.days import DAYS
from chat_api.parser.grammar.others import OTHERS
from chat_api.parser.grammar.repeats import REPEATS
from chat_api.parser.grammar.times import TIMES

PHRASE: Final = """
phrase:
    {day_said}                                        => same
    {clock_said}                                      => same
    {part_said}                                       => same
    {repeat}                                          => same
    {bound}                                           => same
    {reminder}                                        => same
    {range}                                           => same
    {lasting}                                         => same
    {unreadable}                                      => same
"""

GRAMMAR: Final = PHRASE + TIMES + DAYS + REPEATS + OTHERS
