"""A list longer than what is drawn of it: what is the same stays, and what is merely in sight again is no news."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.person import Person, row

pytestmark = pytest.mark.browser

DRAWN = 30
"""Rows of a section that are drawn at first."""


@pytest.fixture
def page(ada: Person) -> Page:
    for number in range(DRAWN + 3):
        ada.add(f"Task {number}", due_date="2031-06-04")
    page = ada.tab()
    expect(page.locator(".task")).to_have_count(DRAWN)
    return page


def news(page: Page) -> int:
    """How many rows are shown as new."""
    return page.locator(".task.is-new").count()


def test_a_row_that_moves_up_is_not_shown_as_new_and_one_from_elsewhere_is(ada: Person, page: Page) -> None:
    assert page.locator(".task .task-title").first.inner_text() == f"Task {DRAWN + 2}", "the newest is first"
    expect(row(page, "Task 2")).to_have_count(0)
    row(page, f"Task {DRAWN + 2}").get_by_role("checkbox").click()
    expect(row(page, "Task 2")).to_be_visible()
    assert news(page) == 0
    ada.add("From elsewhere", due_date="2031-06-04")
    expect(row(page, "From elsewhere")).to_have_class(re.compile("is-new"))
    # It is so for a moment.
    expect(row(page, "From elsewhere")).not_to_have_class(re.compile("is-new"))


def test_a_search_takes_rows_away_and_brings_the_same_back(page: Page) -> None:
    row(page, "Task 9").evaluate("(node) => { node.before = true; }")
    search = page.get_by_role("searchbox")
    search.fill("task 1")
    expect(row(page, "Task 9")).to_have_count(0)
    expect(row(page, "Task 1")).to_be_visible()
    assert news(page) == 0
    search.press("Escape")
    expect(row(page, "Task 9")).to_be_visible()
    assert row(page, "Task 9").evaluate("(node) => node.before === true")
    assert news(page) == 0


def test_a_task_that_changed_while_its_row_was_away_is_shown_as_it_is(ada: Person, page: Page) -> None:
    task = next(one for one in ada.tasks() if one["title"] == "Task 9")
    search = page.get_by_role("searchbox")
    search.fill("task 1")
    expect(row(page, "Task 9")).to_have_count(0)
    ada.change(task["id"], title="Feed the cat")
    search.press("Escape")
    expect(row(page, "Feed the cat")).to_be_visible()
    expect(row(page, "Task 9")).to_have_count(0)
