"""Reminders on the desktop and the phone: shown by the service worker, and answered with no page open."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Worker, expect

from tests.support.platform_process import Platform
from tests.support.processes import until
from tests.web.conftest import NewContext
from tests.web.person import Person, has_worker, moment, new_email

PATIENCE = 40
"""Seconds: what is pressed may be three requests, each of which waits ten."""

SHOW = """async ([title, about]) => {
  localStorage.setItem("taskflow.desktop", "on");
  Object.defineProperty(document, "hidden", { get: () => true });
  const { notify } = await import("/static/notices/desktop.js");
  await notify({ title, body: "Due now", tag: about.taskId, about });
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration.getNotifications()).map(({ title, actions }) => [title, actions.map((one) => one.action)]);
}"""

PRESS = """async (action) => {
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
}"""

TOLD = """async () => {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration.getNotifications()).map(({ body }) => body);
}"""

ACTIONS = """async () => {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration.getNotifications()).map(({ actions }) => actions.map((one) => one.action));
}"""


@pytest.fixture(scope="module")
def browser(whole_browser: Browser) -> Browser:
    """The whole one: without windows there are no notifications."""
    return whole_browser


@pytest.fixture(scope="session")
def running(running_from_sources: Platform) -> Platform:
    """With the sources, of which one module is called by itself."""
    return running_from_sources


@pytest.fixture
def ada(new_context: NewContext, platform_url: str) -> Person:
    url = platform_url.replace("127.0.0.1", "localhost")
    ada = Person(url, new_context(service_workers="allow"), new_email())
    ada.context.grant_permissions(["notifications"], origin=url)
    ada.sign_up()
    return ada


def with_worker(page: Page) -> Worker:
    """The page's service worker, once it is there."""
    has_worker(page)
    return page.context.service_workers[0]


def about(ada: Person, task: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"userId": task["user_id"], "reminderId": "none", "taskId": task["id"], "minutes": 10, **others}


Shown = Callable[..., tuple[Page, Worker]]


@pytest.fixture
def show(ada: Person) -> Shown:
    """Shows the notification of a task's reminder."""

    def shown(task: dict[str, Any], **others: Any) -> tuple[Page, Worker]:
        page = ada.tab()
        worker = with_worker(page)
        found = page.evaluate(SHOW, [task["title"], about(ada, task, **others)])
        assert found == [[task["title"], ["snooze", "done"]]]
        return page, worker

    return shown


def test_done_is_done_with_no_page_open(ada: Person, show: Shown) -> None:
    page, worker = show(ada.add("Feed the cat"))
    page.goto("about:blank")
    worker.evaluate(PRESS, "done")
    until(lambda: ada.tasks()[0]["completed"], within=PATIENCE, what="the task is done")


def test_a_session_that_ran_out_is_renewed_for_it(ada: Person, show: Shown) -> None:
    page, worker = show(ada.add("Feed the cat"))
    page.goto("about:blank")
    ada.context.clear_cookies(name="taskflow_session")
    worker.evaluate(PRESS, "done")

    def is_renewed() -> bool:
        return any(cookie.get("name") == "taskflow_session" for cookie in ada.context.cookies())

    until(is_renewed, within=PATIENCE, what="the session is renewed")
    until(lambda: ada.tasks()[0]["completed"], within=PATIENCE, what="the task is done")


def test_snooze_is_snoozed_with_no_page_open(ada: Person, show: Shown) -> None:
    task = ada.add("Feed the cat", due_date=moment(hours=1), reminders=["PT2H"])
    until(ada.reminders, within=PATIENCE, what="the reminder waits")
    [reminder] = ada.reminders()
    page, worker = show(task, reminderId=reminder["id"])
    page.goto("about:blank")
    worker.evaluate(PRESS, "snooze")
    until(lambda: ada.reminders("pending"), within=PATIENCE, what="the reminder comes again")
    assert ada.reminders() == []
    assert ada.tasks()[0]["completed"] is False


@pytest.mark.parametrize("action", ["snooze", "done"])
def test_after_the_session_it_comes_back_and_says_so(ada: Person, show: Shown, action: str) -> None:
    page, worker = show(ada.add("Feed the cat"))
    ada.context.clear_cookies()
    worker.evaluate(PRESS, action)
    until(lambda: any("did not work" in body for body in page.evaluate(TOLD)), within=PATIENCE, what="it is said")
    assert page.evaluate(ACTIONS) == [["snooze", "done"]], "and can be answered when they are signed in again"


def test_nothing_is_done_in_another_persons_name(ada: Person, show: Shown) -> None:
    task = ada.add("Feed the cat")
    page, worker = show(task, userId="somebody-else")
    worker.evaluate(PRESS, "done")
    until(lambda: any("did not work" in body for body in page.evaluate(TOLD)), within=PATIENCE, what="it is said")
    assert ada.tasks()[0]["completed"] is False


def test_a_press_on_it_opens_the_task_in_the_page(ada: Person, show: Shown) -> None:
    task = ada.add("Feed the cat")
    page, worker = show(task)
    worker.evaluate(
        "() => { Client.prototype.focus = WindowClient.prototype.focus = async function () { return this; }; }"
    )
    worker.evaluate(PRESS, "")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.url.endswith(f"#/task/{task['id']}")


def test_a_browser_that_has_the_name_alone_is_no_fault(ada: Person) -> None:
    """Chrome on Android throws where `new Notification` is called; without a worker nothing is shown there."""
    ada.context.add_init_script("""
      window.Notification = class { static permission = "granted"; constructor() { throw new TypeError("Illegal"); } };
      navigator.serviceWorker.getRegistration = async () => undefined;
    """)
    page = ada.tab()
    assert page.evaluate("""async () => {
      localStorage.setItem("taskflow.desktop", "on");
      Object.defineProperty(document, "hidden", { get: () => true });
      const { notify } = await import("/static/notices/desktop.js");
      await notify({ title: "A", body: "", tag: "a" });
      return true;
    }""")
