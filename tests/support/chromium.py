"""The Chromium that this machine has."""

import shutil
from typing import Final

SHELL: Final = "chromium-headless-shell"
"""Chromium without windows: it opens a page with a third of the processor's time that the whole browser takes."""

WHOLE: Final = ("chromium", "chromium-browser", "google-chrome")

MISSING: Final = "no Chromium on this machine: apt-get install -y chromium-headless-shell chromium (Debian)"


def whole_chromium() -> str | None:
    """The browser that people use, with notifications and all; None where there is none."""
    return next(filter(None, map(shutil.which, WHOLE)), None)


def chromium() -> str | None:
    """The quickest one that draws a page and runs it; None where there is none."""
    return shutil.which(SHELL) or whole_chromium()
