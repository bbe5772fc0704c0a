"""What a password must be where one is set: at sign-up, or when one is changed. Old ones go on as they are.

Of its lists the package zxcvbn needs 800 KB of source and five times the memory. Here they are read once, when somebody
first sets a password, and what is kept of them is one text of 170 KB.
"""

import asyncio
import functools
import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Final

from chat_api.signing_in.hashing import LONGEST_BYTES
from taskflow_core.domain.errors import FieldError

SHORTEST: Final = 8
"""Characters a password has at least (Phase IV's rule)."""

_COMMON: Final = 10_000
"""Of each of the lists (passwords, names, words), how many count as common. What is in several is in one of them only,
where it comes first."""


async def check_new(password: str, *, field: str = "password") -> None:
    """Raise FieldError for a password that bcrypt would cut off, or that is among the first to be tried, and for one
    with U+0000, at which implementations of bcrypt end it or refuse it."""
    if "\x00" in password:
        raise FieldError(field, "must not contain the character U+0000", "CONTROL_CHARACTERS")
    size = len(password.encode("utf-8", "surrogatepass"))
    if size > LONGEST_BYTES:
        message = f"too long: {size} bytes in UTF-8, and {LONGEST_BYTES} are taken at most. Choose a shorter one."
        raise FieldError(field, message, "PASSWORD_TOO_LONG", most=LONGEST_BYTES)
    if _is_common(password, await asyncio.to_thread(_common)):
        message = "one of the most common ones, which are tried first. Choose another."
        raise FieldError(field, message, "PASSWORD_COMMON")


def _is_common(password: str, common: str) -> bool:
    return "\n" not in password and f"\n{password.lower()}\n" in common


@functools.cache
def _common() -> str:
    """The common ones that are long enough, each between two line feeds."""
    lists: dict[str, list[str]] = _frequency_lists().FREQUENCY_LISTS
    words = {word for ranked in lists.values() for word in ranked[:_COMMON] if len(word) >= SHORTEST}
    return "\n".join(("", *sorted(words), ""))


def _frequency_lists() -> ModuleType:
    """The module of the lists by itself: importing it as a part of its package would load, and keep, all of that."""
    package = importlib.util.find_spec("zxcvbn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("zxcvbn is not installed")
    loader = SourceFileLoader("frequency_lists", str(Path(package.origin).with_name("frequency_lists.py")))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
