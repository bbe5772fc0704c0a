"""An operation: its steps with their times, one deadline over all of them, and waiting that explains."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, TypeVar

import msgspec

from taskflow_ops.errors import OpsError, UnreachableError

T = TypeVar("T")

_POLL_SECONDS: Final = 0.5


class Timing(msgspec.Struct, frozen=True):
    """A step that went through, and how many seconds it took."""

    step: str
    seconds: float


class Operation:
    """One run of an operation. Says what it does through `say`, a line at a time.

    `may_go_on` is asked before each step, and raises OpsError when the operation must stop.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        within: float,
        dry_run: bool = False,
        may_go_on: Callable[[], None] = lambda: None,
    ) -> None:
        self._say = say
        self._may_go_on = may_go_on
        self._began = time.monotonic()
        self._within = within
        self.dry_run = dry_run
        self.timings: list[Timing] = []

    @property
    def seconds(self) -> float:
        """Since the operation began."""
        return time.monotonic() - self._began

    @property
    def remaining(self) -> float:
        """Seconds until the deadline; never less than a moment, so that it is always asked once more."""
        return max(self._within - self.seconds, _POLL_SECONDS)

    def say(self, text: str) -> None:
        """A line under the step that runs."""
        for line in text.splitlines():
            self._say(f"         {line}")

    def changed(self, text: str) -> None:
        """A line for something that was changed, or in a dry run would be."""
        self.say(f"dry run: {text}" if self.dry_run else text)

    @contextmanager
    def step(self, name: str) -> Generator[None]:
        """A step: it went through when the block ends, and stopped the operation when the block raises OpsError."""
        self._may_go_on()
        if self.seconds > self._within:
            raise OpsError(f"The {self._within:.0f} s are over (--within gives more); the next step was to be: {name}.")
        self._say(f"{self.seconds:6.1f} s {name}")
        began = time.monotonic()
        try:
            yield
        except OpsError as error:
            raise type(error)(f"Stopped after {self.seconds:.1f} s at the step: {name}.\n{error}") from error
        self.timings.append(Timing(name, time.monotonic() - began))

    def wait(
        self,
        what: str,
        condition: Callable[[], T | None],
        *,
        trouble: Callable[[], str] = lambda: "",
        within: float | None = None,
        every: float = _POLL_SECONDS,
    ) -> T:
        """Ask every so many seconds until `condition` returns something other than None or False, and return that.

        A cluster that does not answer for a while is waited out too. Raises OpsError at the deadline, or after `within`
        seconds if that is sooner, with what `trouble` then says hangs.
        """
        limit = self.remaining if within is None else min(within, self.remaining)
        deadline = time.monotonic() + limit
        while True:
            away = ""
            try:
                answer = condition()
                if answer is not None and answer is not False:
                    return answer
            except UnreachableError as error:
                away = str(error)
            if time.monotonic() >= deadline:
                raise OpsError(f"Waited {limit:.0f} s for this: {what}.\n{away or _asked(trouble)}".rstrip())
            time.sleep(min(every, max(0.0, deadline - time.monotonic())))


def _asked(trouble: Callable[[], str]) -> str:
    try:
        return trouble()
    except OpsError as error:
        return str(error)
