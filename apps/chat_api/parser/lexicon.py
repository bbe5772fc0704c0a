"""Words with a value: what the classes of the grammar hold. Nothing else is in here."""

from typing import Any, Final

from chat_api.parser.values import Part, Unit


def _split(text: str) -> list[str]:
    return text.split()


_CARDINALS: Final = _split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty"
)
_TENS: Final = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_ORDINALS: Final = _split(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
NUMBER_WORDS: Final[dict[str, int]] = {
    **{word: number for number, word in enumerate(_CARDINALS)},
    **_TENS,
    **{
        f"{ten}-{one}": value + number for ten, value in _TENS.items() for number, one in enumerate(_CARDINALS[1:10], 1)
    },
}
_ORDINAL_WORDS: Final[dict[str, int]] = {
    **{word: number for number, word in enumerate(_ORDINALS) if number},
    **{f"twenty-{word}": 20 + number for number, word in enumerate(_ORDINALS[1:10], 1)},
    "thirtieth": 30,
    "thirty-first": 31,
}
_WEEKDAYS: Final = (
    "monday mon", "tuesday tue tues", "wednesday wed weds", "thursday thu thur thurs", "friday fri", "saturday sat",
    "sunday sun",
)  # fmt: skip
_INITIALS: Final = {
    "mwf m/w/f m-w-f": (0, 2, 4), "mtwtf mtwthf m-t-w-t-f m-f": (0, 1, 2, 3, 4), "tth t/th tuth tu/th t-th": (1, 3),
}  # fmt: skip
"""Weekdays by their first letters."""
_MONTHS: Final = (
    "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
    "september sep sept", "october oct", "november nov", "december dec",
)  # fmt: skip
_UNITS: Final[dict[Unit, str]] = {
    "minute": "minute minutes min mins minute's minutes'",
    "hour": "hour hours hr hrs hour's hours'",
    "day": "day days day's days'",
    "week": "week weeks week's weeks' wk wks",
    "month": "month months month's months'",
    "year": "year years year's years' yr yrs",
}
_GLUED_UNITS: Final[dict[Unit, str]] = {"minute": "m", "hour": "h", "day": "d", "week": "w"}
GLUED_UNITS: Final[dict[str, Unit]] = {
    word: unit for units in (_UNITS, _GLUED_UNITS) for unit, words in units.items() for word in words.split()
}
"""Units as they may stand at their number: "2h", "30min"."""

# Few on purpose: days that are the same for everyone who names them so. (month, day); Easter moves.
_NAMED: Final = {
    "christmas": (12, 25), "xmas": (12, 25), "halloween": (10, 31),
}  # fmt: skip
_PARTS: Final[dict[str, Part]] = {
    "morning": "morning", "afternoon": "afternoon", "evening": "evening", "night": "night", "nite": "night",
}  # fmt: skip
_HALVES: Final = {"am": "am", "a.m": "am", "pm": "pm", "p.m": "pm"}
_ZONES: Final = _split(
    "utc gmt z est edt cst cdt mst mdt pst pdt bst cet cest eet eest ist jst kst aest aedt et pt ct mt sgt hkt"
)

LEXICON: Final[dict[str, dict[str, Any]]] = {}
"""Of each word the classes it belongs to, with its value in each."""


def _put(kind: str, words: dict[str, Any]) -> None:
    for word, value in words.items():
        LEXICON.setdefault(word, {})[kind] = value


_put("numword", NUMBER_WORDS)
_put("ordinal", _ORDINAL_WORDS)
_put("weekday", {word: number for number, words in enumerate(_WEEKDAYS) for word in words.split()})
_put("weekdays", {f"{word}s": n for n, words in enumerate(_WEEKDAYS) for word in words.split() if len(word) > 5})
_put("weekdays", {"mons": 0, "tues'": 1, "weds'": 2, "fris": 4})
_put("initials", {word: days for words, days in _INITIALS.items() for word in words.split()})
_put("season", dict.fromkeys(_split("spring summer autumn fall winter"), True))
_put("month", {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()})
_put("unit", {word: unit for unit, words in _UNITS.items() for word in words.split()})
_put("named", _NAMED)
_put("part", _PARTS)
_put("parts", {f"{word}s": part for word, part in _PARTS.items()})
_put("half", _HALVES)
# Days with a name that the line does not know the date of, so that it can say so.
_put(
    "festival",
    dict.fromkeys(
        _split(
            "thanksgiving ramadan eid diwali hanukkah passover pentecost lent mother's"
            " mothers father's fathers labor labour memorial independence groundhog patrick's"
        ),
        True,
    ),
)
_put("zone", dict.fromkeys(_ZONES, True))

ORDINARY: Final = frozenset(["sun", "sat", "wed", "mar", "may", "march", "second", "minute", "night"])
"""Words that are as often something else: alone they are no day."""
