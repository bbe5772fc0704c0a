"""The page without a network: it opens, by the service worker, and tries again where it does not."""

from collections.abc import Callable
from threading import Event

import pytest
from playwright.sync_api import Page, expect

from tests.support.platform_process import Platform
from tests.support.weak_network import WeakNetwork
from tests.web.conftest import NewContext
from tests.web.person import Person, has_worker, new_email


@pytest.fixture(scope="session")
def running(running_from_sources: Platform) -> Platform:
    """Of the sources, whose files are lost and kept one by one."""
    return running_from_sources


@pytest.fixture
def visitor(network: WeakNetwork, new_context: NewContext) -> Page:
    """A page of somebody who is not signed in, with a worker."""
    return new_context(base_url=network.url, service_workers="allow").new_page()


def begin(page: Page) -> None:
    """Opens the page and has it keep itself."""
    page.goto("/")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    has_worker(page)


def test_the_page_opens_without_a_network(visitor: Page, network: WeakNetwork) -> None:
    begin(visitor)
    network.cut()
    visitor.reload()
    expect(visitor.get_by_role("alert")).to_contain_text("cannot be reached")
    network.mend()
    visitor.get_by_role("button", name="Try again").click()
    expect(visitor.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_a_server_that_hangs_is_not_waited_for(visitor: Page, network: WeakNetwork) -> None:
    begin(visitor)
    network.hang()
    visitor.reload(wait_until="commit")
    expect(visitor.locator("#root > *").first).to_be_visible()
    network.cut()
    expect(visitor.get_by_role("alert")).to_contain_text("cannot be reached")


def test_what_is_kept_is_the_pages_files_alone(network: WeakNetwork, new_context: NewContext) -> None:
    ada = Person(network.url, new_context(service_workers="allow"), new_email())
    ada.sign_up()
    ada.add("A secret of Ada's")
    page = ada.tab()
    has_worker(page)
    page.reload()
    expect(page.get_by_text("A secret of Ada's")).to_be_visible()
    kept = page.evaluate("""async () => {
      const found = [];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
          const answer = await cache.match(request);
          found.push([new URL(request.url).pathname, (await answer.text()).includes("secret of Ada"),
            [...request.headers.keys()].filter((name) => ["authorization", "cookie"].includes(name)).length]);
        }
      }
      return found;
    }""")
    assert {path for path, _, _ in kept if path != "/" and not path.startswith("/static/")} == set()
    assert {(secret, headers) for _, secret, headers in kept} == {(False, 0)}
    assert "/static/strings/de/page.js" in {path for path, _, _ in kept}, "and all of its languages"


def lose(page: Page, path: str) -> Callable[[], None]:
    """Has the network lose a file, until what it returns is called."""
    mended = Event()
    page.route(
        f"**/static/{path}", lambda route: route.continue_() if mended.is_set() else route.abort("connectionreset")
    )
    return mended.set


@pytest.mark.parametrize("path", ["app.js", "domain/zones.js", "strings/en/page.js", "styles/base.css"])
def test_a_file_that_gets_lost_is_asked_for_again(new_context: NewContext, platform_url: str, path: str) -> None:
    page = new_context().new_page()
    mend = lose(page, path)
    page.goto(platform_url)
    expect(page.get_by_text("Trying again")).to_be_visible()
    mend()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_after_some_tries_the_person_is_asked(new_context: NewContext, platform_url: str) -> None:
    page = new_context().new_page()
    mend = lose(page, "session.js")
    page.goto(platform_url)
    expect(page.get_by_text("Check your connection")).to_be_visible(timeout=60_000)
    mend()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_without_scripts_the_page_says_so(new_context: NewContext, platform_url: str) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(platform_url)
    expect(page.locator("noscript p").first).to_be_visible()
    expect(page.locator(".boot")).to_be_hidden()
