"""The page: tags and priority, in the line, on rows, in the form, and as a bar that filters."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.person import Person, row

pytestmark = pytest.mark.browser


def bar(page: Page) -> Locator:
    return page.get_by_role("group", name="Tags", exact=True).locator(".tag-chip")


def line(page: Page) -> Locator:
    return page.get_by_role("textbox", name="New task")


def test_the_line_reads_them_and_the_task_has_them(ada: Person) -> None:
    page = ada.tab()
    line(page).fill("call mum #Family #בית !high")
    said = page.get_by_role("list", name="Read in the line").get_by_role("listitem")
    expect(said).to_have_text(["High priority", "Family", "בית"])
    page.get_by_role("button", name="Leave “#בית” in the title").click()
    expect(said).to_have_text(["High priority", "Family"])
    line(page).press("Enter")
    shown = row(page, "call mum #בית")
    expect(shown.locator(".fact-tag bdi")).to_have_text(["Family"])
    expect(shown.locator(".priority-high")).to_have_text("High priority")
    (task,) = ada.tasks()
    assert (task["title"], task["tags"], task["priority"]) == ("call mum #בית", ["Family"], "high")


def test_the_bar_filters_and_the_address_says_it(ada: Person) -> None:
    ada.add("Dig", tags=["Garden", "home"])
    ada.add("Sweep", tags=["HOME"])
    ada.add("Neither")
    page = ada.tab()
    expect(bar(page)).to_have_text(["All", re.compile("home2", re.IGNORECASE), "Garden1"])
    bar(page).nth(2).focus()
    page.keyboard.press("Enter")
    expect(row(page, "Dig")).to_be_visible()
    expect(row(page, "Sweep")).to_have_count(0)
    expect(bar(page).nth(2)).to_have_attribute("aria-pressed", "true")
    expect(bar(page).nth(2)).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?tag=Garden"))
    page.reload()
    expect(row(page, "Dig")).to_be_visible()
    expect(row(page, "Neither")).to_have_count(0)
    bar(page).first.click()
    expect(row(page, "Neither")).to_be_visible()
    expect(page).not_to_have_url(re.compile("tag="))
    box = bar(page).first.bounding_box()
    assert box is not None
    assert box["height"] >= 44


def test_the_form_changes_them(ada: Person) -> None:
    ada.add("Dig", tags=["Garden"], priority="low")
    ada.add("Sweep", tags=["home"])
    page = ada.tab()
    page.get_by_role("button", name="Dig", exact=True).click()
    form = page.locator("#task-form")
    expect(form.get_by_role("checkbox", name="Garden")).to_be_checked()
    form.get_by_role("checkbox", name="Garden").uncheck()
    form.get_by_role("checkbox", name="home").check()
    form.get_by_role("textbox", name="Another tag").fill("#to buy")
    form.get_by_role("textbox", name="Another tag").press("Enter")
    form.get_by_label("Priority").select_option("High")
    page.get_by_role("button", name="Save").click()
    expect(row(page, "Dig").locator(".fact-tag bdi")).to_have_text(["home", "to buy"])
    (task,) = [one for one in ada.tasks() if one["title"] == "Dig"]
    assert (task["tags"], task["priority"]) == (["home", "to buy"], "high")
