"""A headless Chromium, and pages in it: with the page's modules alone, or with the whole platform behind them."""

import mimetypes
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, expect, sync_playwright

from tests.support.chromium import MISSING, chromium, whole_chromium
from tests.support.platform_process import QUICK_PASSWORDS, Platform, platform
from tests.support.weak_network import WeakNetwork, weak_network
from tests.support.wheel import installed_wheel
from tests.web.person import Person, new_email

WEB = Path(__file__).parents[2] / "apps" / "web" / "page"
"""The page's files, which are served as they are."""

# A browser trusts localhost like https, so Web Locks exist; nothing listens there, every request is answered here.
MODULES_URL = "http://localhost:9"

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

MANY_SIGN_UPS = {"TASKFLOW_ADDRESS_SIGN_UPS_PER_HOUR": "100000", "TASKFLOW_ALL_SIGN_UPS_PER_HOUR": "100000"}
"""All tests of a run sign up from one address."""

DEADLINE = 20_000
"""Milliseconds until what must become true on a page has to be: generous, for a machine that does much else."""

expect.set_options(timeout=DEADLINE)

NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The driver. As long as it lives, its event loop counts as running, and no asynchronous test of another module
    could run in this process; so it lives for a module only."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium; the tests that need it are skipped, and say so, where there is none."""
    yield from opened(playwright, chromium())


@pytest.fixture(scope="module")
def whole_browser(playwright: Playwright) -> Iterator[Browser]:
    """The one that people use, for what a Chromium without windows lacks."""
    yield from opened(playwright, whole_chromium())


def opened(playwright: Playwright, program: str | None) -> Iterator[Browser]:
    """A browser until the fixture is over."""
    if program is None:
        pytest.skip(f"{MISSING}, then run the tests again")
    browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[NewContext]:
    """Makes browser contexts (a person with their cookies) that are closed after the test."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        # A service worker answers where a test's routes are to: tests of it say `service_workers="allow"`.
        settings: dict[str, object] = {
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "service_workers": "block",
            **options,
        }
        context = browser.new_context(**settings)  # type: ignore[arg-type]  # options of one call, typed there
        context.set_default_timeout(DEADLINE)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def modules_context(new_context: NewContext) -> BrowserContext:
    """A context in which the page's modules can be imported under /static/, with an empty page at /."""
    context = new_context(base_url=MODULES_URL)
    context.route(f"{MODULES_URL}/**", serve_modules)
    return context


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Page]:
    """An empty page that can import the page's modules; shared, for those that keep nothing."""
    context = browser.new_context(base_url=MODULES_URL, locale="en-GB", timezone_id="Europe/Berlin")
    context.route(f"{MODULES_URL}/**", serve_modules)
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


def serve_modules(route: Route) -> None:
    """Answers with the page's files, and at / with an empty page."""
    path = route.request.url.removeprefix(MODULES_URL).split("?")[0]
    file = WEB / path.removeprefix("/static/")
    if path == "/":
        route.fulfill(content_type="text/html", body="<!doctype html><title>modules</title>")
    elif path.startswith("/static/") and file.is_file():
        kind = "text/javascript" if file.suffix == ".js" else mimetypes.guess_type(file.name)[0]
        route.fulfill(content_type=kind or "application/octet-stream", body=file.read_bytes())
    else:
        route.fulfill(status=404, body="")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel installs; under xdist the processes of a run share it, and no run that of another."""
    base = tmp_path_factory.getbasetemp()
    return installed_wheel((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "wheel")


@pytest.fixture(scope="session")
def running(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A whole platform, started by `taskflow up` with a home of its own, from the wheel: its page is one bundle, which
    a browser opens in half the time that the sources' many files take."""
    home = tmp_path_factory.mktemp("platform") / "home"
    with platform(home, program=QUICK_PASSWORDS, PYTHONPATH=str(wheel), **MANY_SIGN_UPS) as started:
        yield started


@pytest.fixture(scope="session")
def running_from_sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The same from the checkout, as `make up` runs it: its page is the sources."""
    home = tmp_path_factory.mktemp("platform") / "home"
    with platform(home, program=QUICK_PASSWORDS, **MANY_SIGN_UPS) as started:
        yield started


@pytest.fixture
def network(running: Platform) -> Iterator[WeakNetwork]:
    """A way to the platform that a test can cut, slow down and mend."""
    with weak_network(running.url) as network:
        yield network


@pytest.fixture
def platform_url(running: Platform) -> str:
    """Where it answers."""
    return running.url


@pytest.fixture
def new_person(new_context: NewContext, platform_url: str) -> Iterator[Callable[..., Person]]:
    """Signs people up; afterwards no page of theirs may have complained."""
    people: list[Person] = []

    def make(**options: object) -> Person:
        person = Person(platform_url, new_context(**options), new_email())
        person.sign_up()
        people.append(person)
        return person

    yield make
    assert [complaint for person in people for complaint in person.complaints] == []


@pytest.fixture
def ada(new_person: Callable[..., Person]) -> Person:
    return new_person()
