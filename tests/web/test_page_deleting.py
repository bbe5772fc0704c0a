"""The page: what is deleted is gone at once, everywhere, and comes back out of the trash as it was."""

import contextlib
import re

import pytest
from playwright.sync_api import Error, Page, Request, Route, expect

from tests.support.processes import until
from tests.support.weak_network import WeakNetwork
from tests.web.conftest import NewContext
from tests.web.person import Person, day, has_worker, new_email, row

pytestmark = pytest.mark.browser


@pytest.fixture
def grace(network: WeakNetwork, new_context: NewContext) -> Person:
    """Someone whose network may fail."""
    grace = Person(network.url, new_context(service_workers="allow"), new_email())
    grace.sign_up()
    return grace


def delete(page: Page, title: str) -> None:
    row(page, title).hover()
    row(page, title).get_by_role("button", name=f"Delete {title}").click()
    expect(row(page, title)).to_have_count(0)


def undo(page: Page) -> None:
    page.get_by_role("button", name="Undo", exact=True).click()


def titles(person: Person) -> list[str]:
    return sorted(task["title"] for task in person.tasks())


def lose_server(page: Page, network: WeakNetwork) -> None:
    """Once the page has what it loads after the first view; the form is part of that."""
    expect(page.locator(".select-bar")).to_be_attached()
    network.cut()
    expect(page.locator(".connection")).to_contain_text("The server does not answer")


def all_sent(page: Page) -> None:
    expect(page.locator(".connection")).to_be_hidden()


def sent(page: Page) -> list[str]:
    """What changes tasks from now on, as it is sent."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.method != "GET" and ("/tasks" in request.url or "/trash" in request.url):
            found.append(f"{request.method} {request.url.rsplit('/', 1)[-1]}")

    page.on("request", note)
    return found


@pytest.mark.parametrize("by", ["message", "key"])
def test_a_deletion_is_seen_elsewhere_at_once_and_so_is_its_undo(ada: Person, by: str) -> None:
    task = ada.add("Pay the rent", due_date=day(2), tags=["home"], priority="high", reminders=["1 day"])
    page, other = ada.tab(), ada.tab()
    page.bring_to_front()
    delete(page, "Pay the rent")
    expect(row(other, "Pay the rent")).to_have_count(0, timeout=5_000)
    assert ada.tasks() == []
    if by == "message":
        undo(page)
    else:
        page.locator("body").press("z")
    expect(row(page, "Pay the rent")).to_be_visible()
    expect(row(other, "Pay the rent")).to_be_visible()
    [back] = ada.tasks()
    kept = ("id", "due_date", "tags", "priority", "reminders")
    assert {name: back[name] for name in kept} == {name: task[name] for name in kept}
    row(page, "Pay the rent").get_by_role("checkbox").check()
    until(lambda: ada.tasks()[0]["completed"], within=20, what="it is done, as any other")


def test_a_tab_that_closes_right_after_deletes_all_the_same(ada: Person) -> None:
    ada.add("Pay the rent")
    page = ada.tab()
    delete(page, "Pay the rent")
    page.close()
    until(lambda: ada.tasks() == [], within=20, what="it is deleted")


def test_a_repeat_that_is_deleted_whole_comes_back_whole(ada: Person) -> None:
    rule = {"recurrence_pattern": "daily", "recurrence_end_date": day(3), "reminders": ["5 days"]}
    ada.add("Water the plants", due_date=day(1), **rule)
    page = ada.tab()
    expect(row(page, "Water the plants")).to_have_count(3)
    row(page, "Water the plants").first.get_by_role("button", name="Delete Water the plants").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("label", has_text="All that are not past").click()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(row(page, "Water the plants")).to_have_count(0)
    undo(page)
    expect(row(page, "Water the plants")).to_have_count(3)


def test_what_was_deleted_for_good_meanwhile_is_said_not_to_come_back(ada: Person) -> None:
    task = ada.add("Pay the rent")
    page = ada.tab()
    delete(page, "Pay the rent")
    until(lambda: ada.tasks() == [], within=20, what="it is deleted")
    ada.delete_for_good(task["id"])
    undo(page)
    expect(page.get_by_text("deleted in another place")).to_be_visible()
    expect(row(page, "Pay the rent")).to_have_count(0)


def test_a_deletion_that_was_not_sent_yet_is_just_not_sent(grace: Person, network: WeakNetwork) -> None:
    grace.add("Pay the rent")
    page = grace.tab()
    lose_server(page, network)
    asked = sent(page)
    delete(page, "Pay the rent")
    expect(page.locator(".connection")).to_contain_text("1 change is not sent yet")
    undo(page)
    expect(row(page, "Pay the rent")).to_be_visible()
    expect(page.locator(".connection")).not_to_contain_text("not sent yet")
    network.mend()
    all_sent(page)
    assert asked == []
    assert titles(grace) == ["Pay the rent"]


def test_a_deletion_is_taken_back_without_the_server_too(grace: Person, network: WeakNetwork) -> None:
    grace.add("Pay the rent", due_date=day(1), tags=["home"])
    page = grace.tab()
    has_worker(page)
    delete(page, "Pay the rent")
    until(lambda: grace.tasks() == [], within=20, what="it is deleted")
    lose_server(page, network)
    undo(page)
    expect(row(page, "Pay the rent")).to_contain_text("Not sent yet")
    # What comes back can be changed meanwhile, and outlives the page.
    row(page, "Pay the rent").get_by_role("checkbox").check()
    expect(page.locator(".connection")).to_contain_text("2 changes are not sent yet")
    page.reload()
    expect(page.locator(".connection")).to_contain_text("2 changes are not sent yet")
    network.mend()
    all_sent(page)
    assert [(task["title"], task["completed"], task["tags"]) for task in grace.tasks()] == [
        ("Pay the rent", True, ["home"])
    ]


@pytest.mark.parametrize("change", ["complete", "edit"])
def test_what_was_done_and_taken_back_without_the_server_leaves_all_as_it_was(
    grace: Person, network: WeakNetwork, change: str
) -> None:
    grace.add("Pay the rent")
    page = grace.tab()
    lose_server(page, network)
    if change == "complete":
        row(page, "Pay the rent").get_by_role("checkbox").check()
    else:
        row(page, "Pay the rent").get_by_role("button", name="Pay the rent", exact=True).click()
        page.get_by_role("dialog").get_by_label("Title").fill("Pay it")
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator(".connection")).to_contain_text("1 change is not sent yet")
    undo(page)
    expect(row(page, "Pay the rent").get_by_role("checkbox")).not_to_be_checked()
    network.mend()
    all_sent(page)
    expect(page.get_by_text("waits for you")).to_have_count(0)
    assert [(task["title"], task["completed"]) for task in grace.tasks()] == [("Pay the rent", False)]


def test_two_changes_of_one_field_without_the_server_are_no_conflict(grace: Person, network: WeakNetwork) -> None:
    grace.add("One")
    page = grace.tab()
    lose_server(page, network)
    for before, after in (("One", "Two"), ("Two", "Three")):
        row(page, before).get_by_role("button", name=before, exact=True).click()
        page.get_by_role("dialog").get_by_label("Title").fill(after)
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(row(page, after)).to_be_visible()
    network.mend()
    all_sent(page)
    assert titles(grace) == ["Three"]


def test_a_bulk_change_whose_page_is_killed_in_the_middle_is_made_whole(ada: Person) -> None:
    """What was said done is kept before it is sent: the next visit sends the rest."""
    for number in range(40):
        ada.add(f"Late {number}", due_date=day(-1))
    page = ada.tab()
    held: list[Route] = []

    def hold(route: Route) -> None:
        """Lets six through and then nothing more."""
        held.append(route)
        if len(held) <= 6:
            route.continue_()

    page.route(
        re.compile("/api/v1/tasks/"),
        lambda route: hold(route) if route.request.method == "PATCH" else route.continue_(),
    )
    page.get_by_role("button", name="Reschedule all").click()
    page.get_by_role("button", name="Today", exact=True).click()
    expect(page.get_by_text("40 tasks rescheduled")).to_be_visible()
    until(lambda: page.evaluate("1") and len(held) >= 10, within=20, what="it is in the middle")
    assert len(held) == 10, "four at a time"
    crash(page)
    assert sum(task["due_date"] < day(0) for task in ada.tasks()) >= 30
    again = ada.tab()
    until(lambda: all(task["due_date"][:10] == day(0) for task in ada.tasks()), within=60, what="all of them are moved")
    expect(again.locator(".connection")).to_be_hidden()


def test_what_a_killed_page_leaves_another_open_one_sends(ada: Person) -> None:
    for number in range(12):
        ada.add(f"Late {number}", due_date=day(-1))
    page, other = ada.tab(), ada.tab()
    page.bring_to_front()
    page.route(
        re.compile("/api/v1/tasks/"), lambda route: None if route.request.method == "PATCH" else route.continue_()
    )
    page.get_by_role("button", name="Reschedule all").click()
    page.get_by_role("button", name="Today", exact=True).click()
    expect(page.get_by_text("12 tasks rescheduled")).to_be_visible()
    until(lambda: kept(other) == 12, within=20, what="all are kept")
    crash(page)
    until(lambda: all(task["due_date"][:10] == day(0) for task in ada.tasks()), within=60, what="all are moved")
    until(lambda: kept(other) == 0, within=20, what="nothing is left")


def kept(page: Page) -> int:
    """How many changes the device keeps."""
    return page.evaluate("""async () => {
      const database = await new Promise((resolve) => {
        const request = indexedDB.open("taskflow", 1);
        request.onsuccess = () => resolve(request.result);
      });
      const count = await new Promise((resolve) => {
        const request = database.transaction("writes").objectStore("writes").count();
        request.onsuccess = () => resolve(request.result);
      });
      database.close();
      return count;
    }""")


def crash(page: Page) -> None:
    """Kills the page's process, as a phone does that needs the memory: nothing of it runs any more."""
    with page.expect_event("crash"), contextlib.suppress(Error):
        page.goto("chrome://crash")
