"""Ctrl+K: one field that finds, goes, does and adds."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.web.person import Person, day, row
from tests.web.test_page_quick_add import pasted


def opened(page: Page) -> Locator:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Find a task, go somewhere, or add a task")
    expect(field).to_be_focused()
    return field


def test_a_task_is_found_and_opened(ada: Person) -> None:
    for title in ("Water the plants", "Pay the rent"):
        ada.add(title)
    page = ada.tab("/")
    field = opened(page)
    field.fill("rent pay")
    expect(page.get_by_role("option").first).to_contain_text("Pay the rent")
    chosen = page.get_by_role("option", selected=True)
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Edit task").get_by_label("Title")).to_have_value("Pay the rent")
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_line_is_read_while_it_is_typed_and_becomes_a_task(ada: Person) -> None:
    page = ada.tab("/")
    field = opened(page)
    field.fill("call mum tomorrow at 9am")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("list", name="Read in the line")).to_contain_text("Tomorrow, 9:00")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Add “call mum tomorrow at 9am”")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(row(page, "call mum").locator(".due")).to_contain_text("Tomorrow, 9:00")


def test_a_tag_is_completed_as_in_the_line_of_the_page(ada: Person) -> None:
    ada.add("Sweep", tags=["garden"])
    page = ada.tab("/")
    field = opened(page)
    offers = page.get_by_role("listbox", name="Your tags").get_by_role("option")
    field.press_sequentially("buy seeds #g")
    expect(offers).to_have_text(["garden"])
    assert field.get_attribute("aria-activedescendant") == offers.get_attribute("id")
    field.press("Enter")
    expect(field).to_have_value("buy seeds #garden ")
    expect(offers).to_have_count(0)
    chosen = page.get_by_role("listbox", name="Found").get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Add “buy seeds #garden”")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    field.press_sequentially("#g")
    field.press("Escape")
    expect(offers).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(field).to_be_focused()
    for _ in range(2):
        field.press("Backspace")
    expect(page.get_by_role("dialog").get_by_role("list", name="Read in the line")).to_contain_text("garden")
    field.press("Enter")
    expect(row(page, "buy seeds").locator(".fact-tag bdi")).to_have_text(["garden"])


def test_several_lines_pasted_become_several_tasks_and_what_is_typed_stays(ada: Person) -> None:
    page = ada.tab("/")
    field = opened(page)
    field.press_sequentially("shop")
    pasted(page, "milk\neggs\nbread\n")
    page.get_by_role("button", name="Add 3 tasks").click()
    expect(field).to_have_value("shop")
    page.keyboard.press("Escape")
    for title in ("milk", "eggs", "bread"):
        expect(row(page, title)).to_be_visible()


def test_views_are_gone_to_and_a_task_that_has_the_focus_is_acted_on(ada: Person) -> None:
    ada.add("Only one", due_date=day(3))
    page = ada.tab("/")
    opened(page).fill("go week")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Week")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="All").click()
    row(page, "Only one").get_by_role("checkbox").focus()
    opened(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_have_text("Move “Only one” to today")
    page.keyboard.press("Enter")
    expect(row(page, "Only one").locator(".due")).to_contain_text("Today")


def test_it_opens_from_a_field_too_and_escape_closes_it(ada: Person) -> None:
    page = ada.tab("/")
    page.get_by_role("textbox", name="New task").focus()
    opened(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/(#/)?$"))
