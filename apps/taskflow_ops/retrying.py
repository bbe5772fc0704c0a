"""Asking again where the API server did not answer at once, whichever way it was asked."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from taskflow_ops.errors import UnreachableError

T = TypeVar("T")

_PAUSES: Final = (0.25, 1.0)
"""Seconds before the second and the third attempt."""


def retry(ask: Callable[[], T]) -> T:
    """The answer of `ask`. Raises UnreachableError when the third attempt finds nobody either, and all else at once."""
    for pause in _PAUSES:
        try:
            return ask()
        except UnreachableError:
            time.sleep(pause)
    return ask()
