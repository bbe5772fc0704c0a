"""A person at the page: an account of their own, a browser context with its cookies, and what they do by hand."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another horse, another battery"

BERLIN = ZoneInfo("Europe/Berlin")


def new_email() -> str:
    """An address nobody has signed up with."""
    return f"ada-{uuid.uuid4().hex[:12]}@example.com"


@dataclass
class Person:
    """Someone signed up, whose pages are opened by `tab`. What the pages complain of ends in `complaints`."""

    url: str
    context: BrowserContext
    email: str
    complaints: list[str] = field(default_factory=list[str])

    def sign_up(self) -> None:
        """Makes the account, by the API; the session cookie stays in the context."""
        answer = self._send("POST", "/api/v1/auth/signup", {"email": self.email, "password": PASSWORD})
        assert answer.status == 201, answer.text()
        preferences = self._send("PUT", "/api/v1/me/preferences", {"timezone": "Europe/Berlin"})
        assert preferences.ok, preferences.text()

    def tab(self, path: str = "/") -> Page:
        """A new tab on the page, its tasks loaded."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._console)
        page.goto(self.url + path)
        expect(page.get_by_role("textbox", name="New task")).to_be_visible()
        expect(page.get_by_text("Loading your tasks")).to_be_hidden()
        return page

    def add(self, title: str, **fields: Any) -> dict[str, Any]:
        """Makes a task by the API, as another device would."""
        answer = self._send("POST", "/api/v1/tasks", {"title": title, **fields})
        assert answer.status == 201, answer.text()
        return answer.json()

    def change(self, task_id: str, **fields: Any) -> dict[str, Any]:
        """Changes a task by the API."""
        answer = self._send("PATCH", f"/api/v1/tasks/{task_id}", fields)
        assert answer.ok, answer.text()
        return answer.json()

    def delete(self, task_id: str, scope: str = "this") -> None:
        """Deletes a task by the API, of a repeat those that `scope` says."""
        assert self._send("DELETE", f"/api/v1/tasks/{task_id}?scope={scope}").status == 204

    def restore(self, task_id: str) -> None:
        """Restores a deleted task by the API."""
        assert self._send("POST", f"/api/v1/trash/{task_id}/restore").ok

    def delete_for_good(self, task_id: str) -> None:
        """Takes a task out of the trash by the API."""
        assert self._send("DELETE", f"/api/v1/trash/{task_id}").status == 204

    def tasks(self) -> list[dict[str, Any]]:
        """All tasks, by the API."""
        return self._send("GET", "/api/v1/tasks").json()

    def reminders(self, status: str = "sent") -> list[dict[str, Any]]:
        """Those that wait for an answer, or are of another status, by the API."""
        return self._send("GET", f"/api/v1/reminders?status={status}").json()["items"]

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self.context.request.fetch(
            self.url + path, method=method, data=body, headers={"Origin": self.url, "Accept": "application/json"}
        )

    def _console(self, message: ConsoleMessage) -> None:
        # A refused or failed request is logged by the browser itself; what it means the page shows.
        # Nor is it the page's doing that a test has no service worker.
        theirs = ("Failed to load resource", "Service Worker registration blocked")
        if message.type in ("error", "warning") and not message.text.startswith(theirs):
            self.complaints.append(message.text)


def log_in(page: Page, email: str, password: str = PASSWORD, *, button: str = "Log in") -> None:
    """Logs in, or signs up, by hand."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name=button, exact=True).click()


def choose(page: Page, entry: str) -> None:
    """Opens the menu and what it has."""
    page.get_by_role("button", name="Menu").click()
    page.locator("#menu").get_by_role("button", name=entry, exact=True).click()


def has_worker(page: Page) -> None:
    """Waits until the page's service worker is there: asked in the page, since a worker tells its state there alone."""
    assert page.evaluate("""async () => {
      for (let tries = 0; tries < 200; tries += 1) {
        if ((await navigator.serviceWorker.getRegistration("/"))?.active?.state === "activated") return true;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return false;
    }"""), "the worker is there"


def row(page: Page, title: str) -> Locator:
    """The row of a task with exactly this title; of one on its way to the server only when it is there."""
    return page.locator(".task:not(.is-coming)").filter(has=page.get_by_role("button", name=title, exact=True))


def coming(page: Page, title: str) -> Locator:
    """The row of a task that is on its way to the server."""
    return page.locator(".task.is-coming").filter(has=page.get_by_role("button", name=title, exact=True))


def section(page: Page, name: str) -> Locator:
    """A section of the list by its heading."""
    heading = page.get_by_role("heading", name=re.compile(rf"^{name} "))
    return page.locator(".section").filter(has=heading)


def quick_add(page: Page, title: str, due: str | None = None) -> None:
    """Adds a task by the line on top."""
    page.get_by_role("textbox", name="New task").fill(title)
    if due:
        page.get_by_role("radio", name=due, exact=True).check()
    page.get_by_role("button", name="Add", exact=True).click()


def day(days: int) -> str:
    """A date some days from today, where Ada lives."""
    return (datetime.now(BERLIN).date() + timedelta(days=days)).isoformat()


def moment(**ahead: float) -> str:
    """An instant some time from now."""
    return (datetime.now(UTC) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")
