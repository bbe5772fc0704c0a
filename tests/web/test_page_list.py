"""The page: the list of tasks, the same in every tab, by mouse and by keys."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.support.processes import until
from tests.web.person import Person, day, moment, quick_add, row, section

pytestmark = pytest.mark.browser


def test_a_task_is_added_completed_and_reopened_in_every_tab(new_person: Callable[..., Person], ada: Person) -> None:
    here, there = ada.tab(), ada.tab()
    quick_add(here, "Buy milk", due="Today")
    for page in (here, there):
        expect(row(page, "Buy milk").locator(".due-today")).to_be_visible()
    row(there, "Buy milk").get_by_role("checkbox").check()
    expect(section(here, "Done")).to_be_visible()
    section(here, "Done").locator("summary").click()
    expect(row(here, "Buy milk").get_by_role("checkbox")).to_be_checked()
    row(here, "Buy milk").get_by_role("checkbox").uncheck()
    expect(section(there, "Today").get_by_role("button", name="Buy milk", exact=True)).to_be_visible()


def test_changes_from_another_device_appear_as_they_happen(ada: Person) -> None:
    page = ada.tab()
    task = ada.add("From the phone")
    expect(row(page, "From the phone")).to_be_visible()
    ada.change(task["id"], title="Renamed on the phone", due_date=day(-3))
    expect(section(page, "Overdue").get_by_role("button", name="Renamed on the phone", exact=True)).to_be_visible()
    ada.delete(task["id"])
    expect(row(page, "Renamed on the phone")).to_have_count(0)


def test_tasks_that_come_before_the_preferences_are_shown(ada: Person) -> None:
    ada.add("Quick")
    held: list[Route] = []
    ada.context.route("**/api/v1/me/preferences", lambda route: held.append(route))
    page = ada.context.new_page()
    with page.expect_response("**/api/v1/reminders?*"):
        page.goto(ada.url)
    page.wait_for_timeout(100)
    held[0].continue_()
    expect(row(page, "Quick")).to_be_visible()


def test_overdue_today_and_upcoming_are_told_apart(ada: Person) -> None:
    ada.add("Late", due_date=day(-1))
    ada.add("Now", due_date=day(0))
    ada.add("Just missed", due_date=moment(minutes=-5))
    ada.add("Soon", due_date=day(1))
    ada.add("Whenever")
    page = ada.tab()
    for name, titles in {
        "Overdue": ["Late", "Just missed"],
        "Today": ["Now"],
        "Upcoming": ["Soon"],
        "No date": ["Whenever"],
    }.items():
        expect(section(page, name).locator(".task-title")).to_have_text(titles)


def test_what_people_write_is_never_read_as_html(ada: Person) -> None:
    title = "<img src=x onerror=alert(1)><b>bold</b>"
    ada.add(title, description="<script>alert(2)</script>")
    page = ada.tab()
    expect(page.get_by_role("button", name=title, exact=True)).to_be_visible()
    assert page.locator("main b, main img").count() == 0


def test_a_deleted_task_can_be_had_back_for_a_while(ada: Person) -> None:
    ada.add("Keep me")
    page = ada.tab()
    row(page, "Keep me").get_by_role("button", name="Delete Keep me").click()
    expect(row(page, "Keep me")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "Keep me")).to_be_visible()
    until(lambda: [task["title"] for task in ada.tasks()] == ["Keep me"], within=20, what="it is out of the trash")


def test_a_task_deleted_on_a_page_that_is_left_is_deleted(ada: Person) -> None:
    ada.add("Gone")
    page, other = ada.tab(), ada.tab()
    row(page, "Gone").get_by_role("button", name="Delete Gone").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.goto("about:blank")
    expect(row(other, "Gone")).to_have_count(0)
    assert ada.tasks() == []


def test_search_finds_open_and_done_tasks(ada: Person) -> None:
    ada.add("Call the plumber")
    ada.change(ada.add("Pay the plumber")["id"], completed=True)
    ada.add("Read a book")
    page = ada.tab()
    page.keyboard.press("/")
    page.keyboard.type("plumber")
    expect(row(page, "Call the plumber")).to_be_visible()
    expect(row(page, "Pay the plumber")).to_be_visible()
    expect(row(page, "Read a book")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(row(page, "Read a book")).to_be_visible()


def test_the_list_can_be_worked_with_keys_alone(ada: Person) -> None:
    ada.add("First", due_date=day(1))
    ada.add("Second", due_date=day(2))
    page = ada.tab()
    row(page, "First").get_by_role("checkbox").focus()
    page.keyboard.press("ArrowDown")
    expect(row(page, "Second").get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    # The next one takes the place of what was done.
    expect(row(page, "Second").get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Title")).to_have_value("Second")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row(page, "Second").get_by_role("checkbox")).to_be_focused()


def test_back_closes_a_sheet(ada: Person) -> None:
    page = ada.tab()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
