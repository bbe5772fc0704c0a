"""What is written to people: the mails that bring a link, in plain words of each language of the page."""

from datetime import timedelta
from typing import Final, NamedTuple

from chat_api.account.links import Kind

LASTS: Final[dict[Kind, timedelta]] = {"reset": timedelta(hours=1), "email": timedelta(days=1)}
"""How long a link counts from when its mail was sent."""

_IF_NOT: Final = (
    "If that was not you, ignore this mail: nothing has changed.\n"
    "Warst du das nicht, dann vergiss diese Mail: Es hat sich nichts geändert."
)
_TEXTS: Final[dict[Kind, tuple[str, str]]] = {
    "reset": (
        "Set a new TaskFlow password · Neues Passwort setzen",
        "Somebody, probably you, asked to set a new password for your TaskFlow account.\n"
        "With this link you do, once, within an hour; it signs you out everywhere.\n\n"
        "Jemand, wahrscheinlich du, möchte ein neues Passwort für dein TaskFlow-Konto.\n"
        "Mit diesem Link setzt du es, einmal, innerhalb einer Stunde; du wirst überall abgemeldet.",
    ),
    "email": (
        "Confirm this address for TaskFlow · Adresse bestätigen",
        "Somebody, probably you, wants this to be the address of their TaskFlow account.\n"
        "With this link you confirm it, once, within a day.\n\n"
        "Jemand, wahrscheinlich du, möchte diese Adresse für sein TaskFlow-Konto.\n"
        "Mit diesem Link bestätigst du sie, einmal, innerhalb eines Tages.",
    ),
}
"""Each in English and in German: who asks for a mail need not be signed in, and may read it elsewhere."""


class Text(NamedTuple):
    """A mail without its head."""

    subject: str
    body: str


def text_of(kind: Kind, address: str) -> Text:
    """The mail that brings the link at `address`."""
    subject, body = _TEXTS[kind]
    return Text(subject, f"{body}\n\n{address}\n\n{_IF_NOT}\n")
