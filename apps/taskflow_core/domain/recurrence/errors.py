"""What a repeat pattern can be refused for."""

from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.field_codes import FieldCode

__all__ = ["InvalidPattern", "quoted"]

_FIELDS = ("due_date", "recurrence_end_date")


class InvalidPattern(FieldError):  # noqa: N818 - reads as the sentence it is: "invalid pattern: INTERVAL ..."
    """A repeat pattern, or what goes with it, that cannot be accepted.

    `part` names the piece at fault as the person wrote it or would write it: an RFC 5545 rule part ("INTERVAL",
    "BYMONTHDAY"), one of our own words ("weekly", "monthly", "custom"), a field beside the pattern ("due_date",
    "recurrence_end_date"), or "pattern" for the text as a whole. `field` is the request's field and `message` a
    text for people that begins with the part and says what to do; what it quotes of the input is short and
    printable.
    """

    def __init__(self, part: str, message: str, code: FieldCode = "INVALID_REPEAT") -> None:
        field = part if part in _FIELDS else "recurrence_pattern"
        super().__init__(field, f"{part}: {message}", code, part=part)
        self.part = part


def quoted(text: str, limit: int = 24) -> str:
    """Return `text` in quotes for a message: printable ASCII only, cut to `limit` characters."""
    shown = "".join(c if " " <= c <= "~" else "?" for c in text[:limit])
    return f'"{shown}{"..." if len(text) > limit else ""}"'
