"""How the page comes to its first picture: what is shown first is asked for first, and nothing moves afterwards."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.support.processes import until
from tests.web.conftest import WEB
from tests.web.person import Person, moment, row

pytestmark = pytest.mark.browser

BOOT = re.compile(r"const FIRST = \[(.*?)\]", re.DOTALL)

LATE = """
const ask = window.fetch;
const answers = {};
window.fetch = async (path, options) => {
  const [name] = /reminders|tasks/.exec(String(path)) ?? [""];
  const answer = ask(path, options);
  answers[name] ??= answer;
  if (name) {
    // A slow machine is not what is tested: both are there before either is handed over.
    while (!answers.reminders || !answers.tasks) await new Promise((resolve) => setTimeout(resolve, 10));
    await Promise.all([answers.reminders, answers.tasks]);
    if (name === "LATE") await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return answer;
};
"""

SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries())
    window.shifted.push([value, ...sources.map(({ node }) => node?.className ?? node?.nodeName)]);
}).observe({ type: "layout-shift", buffered: true });
"""


class Asked:
    """What a page asks the API for, in order."""

    def __init__(self, page: Page, url: str) -> None:
        self.paths: list[str] = []
        self._url = url
        page.on("request", self._sent)

    def _sent(self, request: Request) -> None:
        if "/api/" in request.url:
            self.paths.append(request.url.removeprefix(self._url))


def first_asked() -> set[str]:
    """What the page's first script asks for ahead of the others."""
    found = BOOT.search((WEB / "boot.js").read_text(encoding="utf-8"))
    assert found is not None
    return set(re.findall(r'"([^"]+)"', found[1]))


def without_stream(page: Page) -> None:
    """Nothing is asked for again because the stream has begun."""
    page.route("**/api/v1/notifications/stream*", lambda route: None)


def test_whoever_was_here_has_their_list_asked_for_before_the_scripts_are_there(ada: Person) -> None:
    ada.add("Feed the cat")
    page = ada.tab()
    without_stream(page)
    ahead = first_asked()
    asked = Asked(page, ada.url)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if set(asked.paths) >= ahead:
            route.continue_()
        else:
            held.append(route)

    page.route("**/static/app*.js", hold)
    page.reload(wait_until="commit")
    until(lambda: page.wait_for_timeout(20) or set(asked.paths) >= ahead, within=20, what="all is asked for")
    for route in held:
        route.continue_()
    expect(row(page, "Feed the cat")).to_be_visible()
    counts = Counter(asked.paths)
    once = {path for path in ahead if "reminders" not in path}  # which are asked for again whenever the page is seen
    assert {path: counts[path] for path in once} == dict.fromkeys(once, 1), "and each answer is used"


def test_where_nobody_was_before_nothing_is_asked_ahead(ada: Person) -> None:
    page = ada.context.new_page()
    without_stream(page)
    asked = Asked(page, ada.url)
    page.goto(ada.url)
    expect(page.get_by_role("textbox", name="New task")).to_be_visible()
    assert asked.paths[0] == "/api/v1/auth/me"
    assert "/api/v1/me/preferences" not in asked.paths[:1]
    ada.context.clear_cookies()
    page.reload()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    before = len(asked.paths)
    page.reload()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert asked.paths[before:] == ["/api/v1/auth/me"], "nor after they have left"


def test_an_answer_that_fails_ahead_is_asked_for_again(ada: Person) -> None:
    ada.add("Feed the cat")
    page = ada.tab()
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        if route.request.url in failed:
            return route.continue_()
        failed.append(route.request.url)
        return route.abort("connectionreset")

    page.route(re.compile(r"/api/v1/(tasks\?|me/|auth/me|reminders)"), fail_once)
    page.reload()
    expect(row(page, "Feed the cat")).to_be_visible()
    assert len(failed) >= len(first_asked())


def with_all_above_the_list(ada: Person) -> None:
    ada.add("Call back", due_date=moment(hours=1), reminders=["PT2H"])
    ada.add("Feed the cat", tags=["home"], priority="high")
    until(lambda: len(ada.reminders()) == 1, within=20, what="the reminder waits")


@pytest.mark.parametrize("late", ["reminders", "tasks"])
def test_nothing_moves_once_it_is_there(ada: Person, late: str) -> None:
    with_all_above_the_list(ada)
    page = ada.context.new_page()
    without_stream(page)
    page.add_init_script(SHIFTS)
    page.add_init_script(LATE.replace("LATE", late))
    page.goto(ada.url)
    for visit in ("first", "second"):
        expect(row(page, "Feed the cat")).to_be_visible()
        expect(page.get_by_role("region", name="Reminders")).to_be_visible()
        # The list is kept a moment after its last change.
        page.wait_for_timeout(2_500)
        assert page.evaluate("window.shifted") == [], visit
        page.reload()


def test_the_list_does_not_wait_long_for_the_reminders(ada: Person) -> None:
    with_all_above_the_list(ada)
    page = ada.context.new_page()
    page.route(re.compile(r"/api/v1/reminders\?"), lambda route: None)
    page.goto(ada.url)
    expect(row(page, "Feed the cat")).to_be_visible()


@pytest.fixture
def long_list(ada: Person) -> Callable[[], Page]:
    """A list of more than one page of the server's, whose second page never comes."""
    for number in range(201):
        ada.add(f"Task {number}")

    def opened() -> Page:
        page = ada.context.new_page()
        page.route(re.compile(r"/api/v1/tasks\?.*cursor="), lambda route: None)
        page.goto(ada.url)
        return page

    return opened


def test_the_first_page_of_a_long_list_is_shown_while_the_others_come(long_list: Callable[[], Page]) -> None:
    page = long_list()
    expect(page.locator(".task")).to_have_count(30)
    expect(page.get_by_text("Loading your tasks")).to_be_hidden()
