"""A plugin of pytest for CI (.ci/run): tests that passed only when they were tried again are named, with what went
wrong the first time, and count in all runs together, by the file that RERUNS_FILE names. So many of them fail the run:
then it is no longer chance.
"""

import os
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

TOO_MANY: Final = int(os.environ.get("TOO_MANY_RERUNS", "6"))

_MOST_LINES: Final = 8
_LONGEST: Final = 200


class _Rerun(msgspec.Struct, frozen=True):
    """A test's first try: where in the test it failed, and what was said."""

    test: str
    reason: list[str]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # xdist's workers: the controller gets their reports
        config.pluginmanager.register(_Reruns(Path(os.environ["RERUNS_FILE"])))


class _Reruns:
    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if str(report.outcome) == "rerun":
            with self._file.open("ab") as file:
                file.write(msgspec.json.encode(_Rerun(report.nodeid, _reason(report))) + b"\n")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if len(self._so_far()) >= TOO_MANY and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        reruns = self._so_far()
        if not reruns:
            return
        terminalreporter.section("tried again, in this run and those before it")
        for rerun in reruns:
            terminalreporter.write_line(rerun.test)
            for line in rerun.reason:
                terminalreporter.write_line(f"    {line}")
        if len(reruns) >= TOO_MANY:
            terminalreporter.write_line(f"{len(reruns)} tests needed a second try: {TOO_MANY} fail the run.", red=True)

    def _so_far(self) -> list[_Rerun]:
        lines = self._file.read_bytes().splitlines() if self._file.exists() else []
        return [msgspec.json.decode(line, type=_Rerun) for line in lines]


def _reason(report: pytest.TestReport) -> list[str]:
    """The places that the failure went through, the first of which is the test's, and the beginning of its message."""
    failure: Any = report.longrepr
    entries = getattr(getattr(failure, "reprtraceback", None), "reprentries", [])
    places = [entry.reprfileloc for entry in entries if getattr(entry, "reprfileloc", None)]
    crash = getattr(failure, "reprcrash", None)
    message = str(failure if crash is None else crash.message)
    through = " → ".join(f"{place.path}:{place.lineno}" for place in places)
    lines = [f"{report.when}: {through}", *message.splitlines()]
    return [line[:_LONGEST].encode(errors="replace").decode() for line in lines[:_MOST_LINES]]
