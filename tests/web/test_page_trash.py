"""The page: what was deleted, coming back or gone for good."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.person import Person, choose, day, row

pytestmark = pytest.mark.browser


def item(page: Page, title: str) -> Locator:
    return page.locator(".trash-entry").filter(has=page.get_by_text(title, exact=True))


def test_the_message_of_a_deletion_leads_there_and_back(ada: Person) -> None:
    """Before its time is over; the task is deleted then, and comes back to every tab."""
    ada.add("Pay the rent", due_date=day(2))
    page, other = ada.tab(), ada.tab()
    task = row(page, "Pay the rent")
    task.get_by_role("button", name="Delete Pay the rent").click()
    page.get_by_role("status").get_by_role("button", name="Trash").click()
    expect(page).to_have_url(re.compile("#/trash$"))
    expect(item(page, "Pay the rent")).to_contain_text("Deleted today")
    expect(item(page, "Pay the rent")).to_contain_text("kept for 29 more days")
    expect(row(other, "Pay the rent")).to_have_count(0)
    page.get_by_role("button", name="Restore Pay the rent", exact=True).click()
    expect(page.get_by_text("The trash is empty.")).to_be_focused()
    expect(page.get_by_text("“Pay the rent” restored")).to_be_visible()
    expect(row(other, "Pay the rent")).to_be_visible()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("dialog", name="Edit task")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row(page, "Pay the rent")).to_be_visible()


def test_a_task_restored_elsewhere_is_there_again(ada: Person) -> None:
    task = ada.add("Call Bob")
    page = ada.tab()
    row(page, "Call Bob").get_by_role("button", name="Delete Call Bob").click()
    expect(row(page, "Call Bob")).to_have_count(0)
    page.get_by_role("status").get_by_role("button", name="Trash").click()
    expect(item(page, "Call Bob")).to_be_visible()
    ada.restore(task["id"])
    page.keyboard.press("Escape")
    expect(row(page, "Call Bob")).to_be_visible()


def test_gone_for_good_is_asked_twice(ada: Person) -> None:
    for title in ("One", "Two", "Three"):
        ada.delete(ada.add(title)["id"])
    page = ada.tab("/#/trash")
    expect(page.locator(".trash-entry .entry-name")).to_have_text(["Three", "Two", "One"])
    page.get_by_role("button", name="Delete for good Two").press("Enter")
    expect(item(page, "Two")).to_be_visible()
    page.get_by_role("button", name="Really delete? Two").press("Enter")
    expect(item(page, "Two")).to_have_count(0)
    expect(page.get_by_role("button", name="Restore One", exact=True)).to_be_focused()
    page.get_by_role("searchbox", name="Search the trash").fill("thr")
    expect(page.locator(".trash-entry .entry-name")).to_have_text(["Three"])
    page.get_by_role("searchbox", name="Search the trash").fill("no such thing")
    expect(page.get_by_text("Nothing in the trash has these words.")).to_be_visible()
    page.get_by_role("searchbox", name="Search the trash").fill("")
    expect(page.locator(".trash-entry")).to_have_count(2)
    page.get_by_role("button", name="Empty the trash…").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".trash-entry")).to_have_count(2)
    page.get_by_role("button", name="Empty the trash…").click()
    page.get_by_role("button", name="Empty the trash", exact=True).click()
    expect(page.get_by_text("The trash is empty.")).to_be_focused()
    expect(page.get_by_role("button", name="Empty the trash…")).to_be_disabled()
    page.reload()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()


def test_a_series_comes_back_whole(ada: Person) -> None:
    # All three are there at whatever hour, since each has a reminder whose time has come.
    rule = {"recurrence_pattern": "RRULE:FREQ=DAILY;COUNT=3", "due_date": day(1), "reminders": ["1 week"]}
    first = ada.add("Water the plants", **rule)
    page = ada.tab()
    expect(row(page, "Water the plants")).to_have_count(3)
    ada.delete(first["id"], scope="all")
    expect(row(page, "Water the plants")).to_have_count(0)
    choose(page, "Trash")
    page.get_by_role("button", name="Restore all 3: Water the plants").first.click()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row(page, "Water the plants")).to_have_count(3)


def test_on_a_phone_nothing_hangs_over_the_edge(new_person: Any) -> None:
    ada: Person = new_person(viewport={"width": 360, "height": 740}, has_touch=True)
    ada.delete(ada.add("Donaudampfschifffahrtsgesellschaftskapitän " * 3)["id"])
    page = ada.tab("/#/trash")
    expect(page.locator(".trash-entry")).to_be_visible()
    assert page.evaluate("document.querySelector('.sheet-body').scrollWidth <= innerWidth")
    for button in page.locator(".trash-entry button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
