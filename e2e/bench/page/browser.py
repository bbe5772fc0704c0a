"""The browser that is measured with, and what it says of itself."""

import shutil
import sys
from typing import Any

from playwright.sync_api import Page


def chromium() -> str:
    """Where this machine has it; without one nothing is measured."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        sys.exit("no Chromium on this machine: apt-get install -y chromium (Debian)")
    return found


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
