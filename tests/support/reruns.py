"""A plugin of pytest for CI (.ci/run): tests that passed only when they were tried again are named, and count in all
runs together, by the file that RERUNS_FILE names. So many of them fail the run: then it is no longer chance.
"""

import os
from pathlib import Path
from typing import Final

import pytest

TOO_MANY: Final = int(os.environ.get("TOO_MANY_RERUNS", "3"))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # xdist's workers: the controller gets their reports
        config.pluginmanager.register(_Reruns(Path(os.environ["RERUNS_FILE"])))


class _Reruns:
    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if str(report.outcome) == "rerun":
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{report.nodeid}\n")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if len(self._so_far()) >= TOO_MANY and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        reruns = self._so_far()
        if not reruns:
            return
        terminalreporter.section("tried again, in this run and those before it")
        for nodeid in reruns:
            terminalreporter.write_line(nodeid)
        if len(reruns) >= TOO_MANY:
            terminalreporter.write_line(f"{len(reruns)} tests needed a second try: {TOO_MANY} fail the run.", red=True)

    def _so_far(self) -> list[str]:
        return self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []
