"""The page: a press meets the row it was meant for, and what was done can be taken back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.processes import until
from tests.web.person import Person, day, row, section

pytestmark = pytest.mark.browser


def undo(page: Page) -> None:
    page.get_by_role("button", name="Undo", exact=True).click()


def one(person: Person, task_id: str) -> dict[str, Any]:
    return next(task for task in person.tasks() if task["id"] == task_id)


def completed(person: Person) -> set[str]:
    return {task["title"] for task in person.tasks() if task["completed"]}


def test_a_double_click_completes_one_task(ada: Person) -> None:
    for number in range(1, 4):
        ada.add(f"Number {number}", due_date=day(number))
    page = ada.tab()
    row(page, "Number 1").locator(".task-box").dblclick()
    box = row(page, "Number 1").get_by_role("checkbox")
    expect(box).to_be_checked()
    expect(section(page, "Done")).to_be_visible()
    assert completed(ada) == {"Number 1"}
    expect(row(page, "Number 2").get_by_role("checkbox")).not_to_be_checked()


def test_a_row_that_is_ticked_waits_in_its_place(ada: Person) -> None:
    for number in range(1, 4):
        ada.add(f"Number {number}", due_date=day(number))
    page = ada.tab()
    titles = section(page, "Upcoming").locator(".task-title")
    before = row(page, "Number 1").bounding_box()
    with page.expect_response(re.compile("/api/v1/tasks/")):
        row(page, "Number 1").get_by_role("checkbox").check()
    assert row(page, "Number 1").bounding_box() == before
    expect(titles).to_have_text(["Number 2", "Number 3"])


@pytest.mark.parametrize("by", ["message", "key"])
def test_a_completion_is_taken_back(ada: Person, by: str) -> None:
    task = ada.add("Pay the rent", due_date=day(1))
    page = ada.tab()
    row(page, "Pay the rent").get_by_role("checkbox").check()
    expect(page.get_by_text("“Pay the rent” done")).to_be_visible()
    until(lambda: one(ada, task["id"])["completed"], within=20, what="it is done")
    if by == "message":
        undo(page)
    else:
        page.locator("body").press("z")
    expect(row(page, "Pay the rent").get_by_role("checkbox")).not_to_be_checked()
    expect(section(page, "Upcoming").get_by_role("button", name="Pay the rent", exact=True)).to_be_visible()
    until(lambda: not one(ada, task["id"])["completed"], within=20, what="it is open again")
    page.locator("body").press("z")
    expect(page.get_by_text("There is nothing to undo.")).to_be_visible()


def test_an_edit_is_taken_back_and_what_another_place_changed_stays(ada: Person) -> None:
    task = ada.add("Draft", due_date=day(1), description="First words")
    page = ada.tab()
    row(page, "Draft").get_by_role("button", name="Draft", exact=True).click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Title").fill("Final")
    sheet.get_by_label("Due date", exact=True).fill(day(3))
    sheet.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Final” saved")).to_be_visible()
    ada.change(task["id"], description="Their words")
    undo(page)
    expect(row(page, "Draft")).to_be_visible()
    until(lambda: one(ada, task["id"])["title"] == "Draft", within=20, what="the title is as before")
    assert one(ada, task["id"])["due_date"][:10] == day(1)
    assert one(ada, task["id"])["description"] == "Their words"


def test_what_another_place_changed_meanwhile_is_not_taken_back(ada: Person) -> None:
    task = ada.add("Draft")
    page = ada.tab()
    row(page, "Draft").get_by_role("button", name="Draft", exact=True).click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Title").fill("Mine")
    sheet.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Mine” saved")).to_be_visible()
    ada.change(task["id"], title="Theirs")
    undo(page)
    expect(page.get_by_text("left as it is: changed in another place since.")).to_be_visible()
    expect(row(page, "Theirs")).to_be_visible()
    assert one(ada, task["id"])["title"] == "Theirs"


def test_undo_of_what_was_deleted_elsewhere_says_so(ada: Person) -> None:
    task = ada.add("Pay the rent")
    page = ada.tab()
    row(page, "Pay the rent").get_by_role("checkbox").check()
    until(lambda: one(ada, task["id"])["completed"], within=20, what="it is done")
    ada.delete(task["id"])
    undo(page)
    expect(page.get_by_text("deleted in another place")).to_be_visible()
    expect(row(page, "Pay the rent")).to_have_count(0)


def test_a_deletion_is_taken_back_by_key(ada: Person) -> None:
    ada.add("Keep me")
    page = ada.tab()
    row(page, "Keep me").get_by_role("button", name="Delete Keep me").click()
    expect(row(page, "Keep me")).to_have_count(0)
    page.locator("body").press("z")
    expect(row(page, "Keep me")).to_be_visible()
    until(lambda: [task["title"] for task in ada.tasks()] == ["Keep me"], within=20, what="it is back")
