"""What is written to people: the mails that bring a link or tell something, in plain words of each language."""

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

_CHANGED: Final = """The e-mail address of your TaskFlow account at {origin} was changed.
This address no longer signs in, and gets no more mail from there.

If that was you, there is nothing to do. If it was not: where you are still signed in, change the
password at once, which signs everybody else out, and set the address back. Where you are not, write
to those who run this TaskFlow: they can disable the account, and its audit trail says what happened.

Die E-Mail-Adresse deines TaskFlow-Kontos bei {origin} wurde geändert.
Mit dieser Adresse meldest du dich nicht mehr an, und hierher kommt keine Post mehr von dort.

Warst du das, ist nichts zu tun. Warst du es nicht: Wo du noch angemeldet bist, ändere sofort das
Passwort, das meldet alle anderen ab, und setze die Adresse zurück. Sonst schreibe denen, die dieses
TaskFlow betreiben: Sie können das Konto sperren, und sein Protokoll sagt, was geschehen ist.
"""


class Text(NamedTuple):
    """A mail without its head."""

    subject: str
    body: str


def text_of(kind: Kind, address: str) -> Text:
    """The mail that brings the link at `address`."""
    subject, body = _TEXTS[kind]
    return Text(subject, f"{body}\n\n{address}\n\n{_IF_NOT}\n")


def address_changed(origin: str) -> Text:
    """The mail to the address that an account at `origin` had before. It names neither the new one nor any link."""
    return Text("Your TaskFlow address was changed · Adresse geändert", _CHANGED.format(origin=origin))
