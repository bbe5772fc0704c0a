"""The page: tabs that renew a session together, a stream across that, and sessions that are ended elsewhere."""

import base64
import json
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.support.platform_process import QUICK_PASSWORDS, Platform, platform
from tests.support.processes import until
from tests.web.conftest import DEADLINE, NewContext
from tests.web.person import PASSWORD, Person, log_in, new_email, quick_add, row

pytestmark = pytest.mark.browser

ACCESS_SECONDS = 17
"""Of a short-lived access token: a stream is told 15 seconds before its end."""

# Reads a stream beside the page's own, to its end.
READ = """() => fetch("/api/v1/notifications/stream").then(async (answer) => {
  window.heard = "";
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    window.heard += value;
  }
  window.over = true;
})"""


@pytest.fixture
def short_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A platform whose access tokens last for seconds."""
    with platform(
        tmp_path_factory.mktemp("short") / "home", program=QUICK_PASSWORDS, JWT_EXPIRY=str(ACCESS_SECONDS)
    ) as started:
        yield started.url


def forget_access(person: Person) -> None:
    """What the browser does when the access token ends: its cookie has the same age."""
    session = next(cookie for cookie in person.context.cookies() if "session" in cookie.get("name", ""))
    person.context.clear_cookies(name=session.get("name"))


def session_of(token: str) -> str:
    claims = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sid"]


def wait_for(page: Page, expression: str) -> None:
    """What Playwright's own waiting does by `eval`, which the page's policy refuses it."""
    until(lambda: page.evaluate(f"Boolean({expression})"), within=DEADLINE / 1000, what=expression)


def may_sign_in(person: Person) -> bool:
    """Whether a login by the API is good for anything: an account just enabled is refused for a second."""
    with httpx.Client(base_url=person.url, timeout=30) as client:
        answer = client.post("/api/v1/auth/login", json={"email": person.email, "password": PASSWORD})
        bearer = {"Authorization": f"Bearer {answer.json().get('token')}"}
        return client.get("/api/v1/auth/me", headers=bearer).status_code == 200


def elsewhere(person: Person, new_context: NewContext) -> Page:
    """The person at another browser, logged in by hand, live, and with a second stream open."""
    page = new_context().new_page()
    page.goto(person.url)
    log_in(page, person.email)
    expect(page.locator(".live[data-state=live]")).to_be_visible()
    page.evaluate(f"void ({READ})()")
    wait_for(page, "window.heard !== undefined")
    return page


def test_three_tabs_that_renew_at_once_stay_one_session(ada: Person) -> None:
    tabs = [ada.tab() for _ in range(3)]
    held: list[Route] = []
    answers: list[Response] = []
    ada.context.route("**/api/v1/auth/refresh", lambda route: held.append(route))
    ada.context.on("response", lambda answer: answers.append(answer) if "/auth/refresh" in answer.url else None)
    forget_access(ada)
    for number, tab in enumerate(tabs):
        quick_add(tab, f"From tab {number}")
    deadline = time.monotonic() + DEADLINE / 1000
    while len(held) < 3:
        assert time.monotonic() < deadline, "each tab renews"
        tabs[0].wait_for_timeout(20)
    for route in held:
        route.continue_()
    for tab in tabs:
        for number in range(3):
            expect(row(tab, f"From tab {number}")).to_be_visible()
    assert [answer.status for answer in answers] == [200, 200, 200]
    tokens = {answer.json()["token"] for answer in answers}
    assert len(tokens) == 1, "the same successor for all"
    ada.context.unroute("**/api/v1/auth/refresh")
    forget_access(ada)
    quick_add(tabs[1], "Once more")
    for tab in tabs:
        expect(row(tab, "Once more")).to_be_visible()
    assert {session_of(answer.json()["token"]) for answer in answers} == {session_of(tokens.pop())}
    assert len(answers) == 4


def session_lasts(person: Person) -> bool:
    """Whether the cookie is good for a request on a busy machine: the page renews it, the other program does not."""
    cookies = person.context.cookies()
    return any(
        cookie.get("name") == "taskflow_session" and cookie.get("expires", 0) > time.time() + 2 for cookie in cookies
    )


def test_a_stream_goes_on_across_a_renewal(new_context: NewContext, short_lived: str) -> None:
    person = Person(short_lived, new_context(), new_email())
    streams: list[str] = []
    lists: list[str] = []
    renewals: list[Response] = []
    person.sign_up()
    page = person.tab()
    expect(page.locator(".live[data-state=live]")).to_be_visible()

    def note(answer: Response) -> None:
        if "/notifications/stream" in answer.url:
            streams.append(answer.url)
        elif "/auth/refresh" in answer.url:
            renewals.append(answer)
        elif answer.request.method == "GET" and "/api/v1/tasks?" in answer.url:
            lists.append(answer.url)

    person.context.on("response", note)
    # Another program adds; whoever renews, it has the cookies that the page has.
    added: list[str] = []
    deadline = time.monotonic() + ACCESS_SECONDS + DEADLINE / 1000
    while not streams:
        assert time.monotonic() < deadline, "the stream that a token opened ends with it, and is opened again"
        until(lambda: session_lasts(person), within=DEADLINE / 1000, what="the page renews the session")
        added.append(f"Number {len(added)}")
        person.add(added[-1])
        expect(row(page, added[-1])).to_be_visible()
        page.wait_for_timeout(1_000 * ACCESS_SECONDS / 10)
    until(lambda: session_lasts(person), within=DEADLINE / 1000, what="the page renews the session")
    person.add("Afterwards")
    for title in [*added, "Afterwards"]:
        expect(row(page, title)).to_be_visible()
    assert {answer.status for answer in renewals} == {200}
    assert all("last_event_id=" in url for url in streams), "it goes on where it stood"
    assert lists == [], "nothing had to be read again"
    assert person.complaints == []


def test_logging_out_everywhere_ends_the_other_browser_and_its_streams(ada: Person, new_context: NewContext) -> None:
    page, other = ada.tab(), elsewhere(ada, new_context)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Log out everywhere…").click()
    dialog = page.get_by_role("dialog", name="Log out everywhere?")
    expect(dialog).to_contain_text(ada.email)
    dialog.get_by_role("button", name="Log out", exact=True).click()
    for one, notice in (
        (page, "You are logged out everywhere."),
        (other, "Your session has ended. Log in again to go on."),
    ):
        expect(one.get_by_role("heading", name="Welcome back")).to_be_visible()
        expect(one.get_by_role("status").filter(has_text=notice)).to_be_visible()
        expect(one.get_by_role("dialog")).to_have_count(0)
    wait_for(other, "window.over")
    assert '"type":"signed_out"' in other.evaluate("window.heard")
    log_in(other, ada.email)
    expect(other.get_by_text("Nothing to do")).to_be_visible()


def test_a_server_that_says_no_to_logging_out_everywhere_is_told(ada: Person) -> None:
    away = {"detail": {"error": "x", "code": "SERVICE_UNAVAILABLE", "message": "A dependency is away."}}
    page = ada.tab()
    ada.context.route("**/api/v1/auth/logout", lambda route: route.fulfill(status=503, json=away))
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Log out everywhere…").click()
    dialog = page.get_by_role("dialog", name="Log out everywhere?")
    dialog.get_by_role("button", name="Log out", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("TaskFlow is not ready just now.")
    dialog.get_by_role("button", name="Cancel").click()
    quick_add(page, "Still here")
    expect(row(page, "Still here")).to_be_visible()


def test_logging_out_everywhere_renews_a_session_that_ran_out(ada: Person) -> None:
    page = ada.tab()
    forget_access(ada)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Log out everywhere…").click()
    page.get_by_role("dialog").get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_text("You are logged out everywhere.")).to_be_visible()


def test_a_disabled_account_is_logged_out_and_told_so(ada: Person, new_context: NewContext, running: Platform) -> None:
    page, other = ada.tab(), elsewhere(ada, new_context)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Log out everywhere…").click()
    assert "is disabled; 2 sessions ended" in running.admin("disable", ada.email)
    for one in (page, other):
        expect(one.get_by_role("heading", name="Welcome back")).to_be_visible()
        expect(one.get_by_text("This account is disabled or gone.")).to_be_visible()
        expect(one.get_by_role("dialog")).to_have_count(0)
    wait_for(other, "window.over")
    assert '"type":"signed_out"' in other.evaluate("window.heard")
    log_in(page, ada.email)
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("incorrect")
    expect(page.get_by_text("This account is disabled or gone.")).to_be_visible()
    assert "is enabled" in running.admin("enable", ada.email)
    until(lambda: may_sign_in(ada), within=60, what="every service knows that the account is enabled")
    log_in(page, ada.email)
    expect(page.locator(".live[data-state=live]")).to_be_visible()
