"""Takes the pictures of the page that the README shows (`make pictures`), on a platform of its own or at `--url`."""

import argparse
import tempfile
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

from playwright.sync_api import Browser, expect, sync_playwright

from taskflow_local.demo import Login, make_demo
from tests.support.chromium import MISSING, whole_chromium
from tests.support.platform_process import platform
from tests.web.person import log_in

DOCS = Path(__file__).parents[2] / "docs"

PICTURES: dict[str, dict[str, object]] = {
    "page.png": {"viewport": {"width": 1100, "height": 860}},
    "page-dark.png": {"viewport": {"width": 1100, "height": 860}, "color_scheme": "dark"},
    "page-phone.png": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "page-german.png": {"viewport": {"width": 1100, "height": 860}, "locale": "de-DE"},
}
"""Each picture with the browser that it is taken in."""


def take(browser: Browser, url: str, login: Login, name: str, into: Path) -> None:
    """One picture of the page with the sample tasks."""
    settings = {"locale": "en-GB", "timezone_id": "UTC", **PICTURES[name]}
    context = browser.new_context(**settings)  # type: ignore[arg-type]  # options of one call, typed there
    page = context.new_page()
    page.goto(url)
    if name == "page-german.png":
        page.get_by_label("E-Mail").fill(login.email)
        page.get_by_label("Passwort", exact=True).fill(login.password)
        page.get_by_role("button", name="Anmelden", exact=True).click()
    else:
        log_in(page, login.email, login.password)
    expect(page.locator(".task").first).to_be_visible(timeout=60_000)
    expect(page.locator(".live")).to_have_attribute("data-state", "live", timeout=60_000)
    page.screenshot(path=into / name, animations="disabled")
    context.close()


def main() -> None:
    """Takes all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a platform that runs; without one, another is started")
    parser.add_argument("--into", type=Path, default=DOCS)
    arguments = parser.parse_args()
    found = whole_chromium()
    if found is None:
        raise SystemExit(MISSING)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as driver:
        own = (
            platform(Path(home) / "home") if arguments.url is None else nullcontext(SimpleNamespace(url=arguments.url))
        )
        with own as running:
            browser = driver.chromium.launch(executable_path=found, args=["--headless", "--no-sandbox"])
            login = make_demo(running.url)
            for name in PICTURES:
                take(browser, running.url, login, name, arguments.into)
            browser.close()


if __name__ == "__main__":
    main()
