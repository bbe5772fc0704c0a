"""Words that decide whether a phrase beside them is about time or belongs to the title. Nothing else is in here."""

from typing import Final


def _among(text: str) -> frozenset[str]:
    return frozenset(text.split())


NAMING: Final = _among(
    "ash black blue boxing casual cyber easter fat freaky good giving holy taco maundy palm shrove super throwback"
)
"""Before a bare day these make a name: "Black Friday"."""

OWNING: Final = _among(
    "a about all another any for happy her his its it's last like lovely my no of or our say says some than that"
    " the their these those versus vs what when which whose why with without your hello beautiful bloody friday's"
)
"""Before a bare day or time these make it a word of the title: "the monday meeting", "think about tomorrow"."""

BEFORE: Final = _among(
    "after before until till til since from between past early late mid middle end beginning start previous every each"
    " except but not or and next coming following during per half quarter than earliest latest through thru to at ago"
    " last first second third of lunchtime noonish"
)
"""Before what was read, these are words about time that were not: "not friday", "to friday"."""

BEHIND: Final = _among(
    "or ago after before until till except but not through thru ish onwards onward week weeks every each next"
    " between unless daily weekly monthly yearly excluding minus plus starting beginning ending times lunchtime"
    " early late first"
)
"""The same behind it: "friday or so", "tomorrow until five"."""

CLASSES_BEFORE: Final = ("point", "oddtime", "unit", "part", "weekday", "weekdays", "month", "half", "zone")
CLASSES_BEHIND: Final = (
    "number", "decimal", "ordinal", "unit", "part", "half", "weekday", "weekdays", "month", "time", "shorttime",
    "oddtime", "point", "letter", "iso", "slash", "dotted", "impossible", "glued", "year",
)  # fmt: skip
"""Of these classes a word beside what was read is about time as well."""

LEAD: Final = _among("please pls plz kindly hey")
"""What may stand before "remind me"."""
AFTER_LEAD: Final = _among("to about of that for :")
"""What may stand between "remind me" and the title."""

CONNECTING: Final = _among("about at because for from in near on re regarding to with w/ via")
"""Behind a day amid a sentence these show that it is none of the title's nouns: "lunch friday with Anna"."""
LEADING: Final = _among("at @ by from to till until in on and around about")
"""Behind what was read these are about time where a number follows: "tomorrow at 99"."""
