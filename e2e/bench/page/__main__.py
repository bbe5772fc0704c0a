"""`python -m e2e.bench.page`; the platform runs from a wheel, so that the page is the bundle."""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from e2e.bench.page import long_list, phone
from e2e.bench.page.browser import chromium
from tests.support.platform_process import platform
from tests.support.wheel import installed_wheel
from tests.web.conftest import FLAGS


def main() -> int:
    """Measures and prints; the exit status says whether the goals are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--installed", type=Path, help="where another wheel is installed, to be compared with")
    other: Path | None = parser.parse_args().installed
    with tempfile.TemporaryDirectory() as directory:
        wheel = other or installed_wheel(Path(directory) / "wheel")
        with platform(Path(directory) / "home", PYTHONPATH=str(wheel)) as running, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
            reached = [phone.measure(browser, running.url), long_list.measure(browser, running.url)]
            browser.close()
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
