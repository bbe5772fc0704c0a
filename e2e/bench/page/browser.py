"""The browser that is measured with, and what it says of itself."""

import sys
from typing import Any

from playwright.sync_api import Page

from tests.support.chromium import MISSING, whole_chromium


def chromium() -> str:
    """The one that people use; without one nothing is measured."""
    return whole_chromium() or sys.exit(MISSING)


class Processor:
    """The processor's time that a page's main thread has taken: other programs on the machine are not in it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session: Any = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._before = self.milliseconds

    @property
    def milliseconds(self) -> float:
        """Since the page's process began."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    def restart(self) -> None:
        """Counts from now on."""
        self._before = self.milliseconds

    @property
    def taken(self) -> float:
        """Milliseconds since then, the picture included."""
        self._page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.milliseconds - self._before
