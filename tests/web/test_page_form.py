"""The page: a task made and changed in its form, and which tasks of a repeat a change is for."""

import pytest
from playwright.sync_api import expect

from tests.web.person import Person, day, row, section

pytestmark = pytest.mark.browser


def test_a_task_with_everything_is_made_and_changed(ada: Person) -> None:
    page = ada.tab()
    page.keyboard.press("n")
    page.keyboard.type("Team lunch")
    page.get_by_role("button", name="More…").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Description").fill("Table by the window")
    sheet.get_by_label("Due date", exact=True).fill("2031-06-04")
    sheet.get_by_label("Time (leave").fill("12:30")
    sheet.get_by_label("Repeat", exact=True).select_option(label="Every Wednesday")
    sheet.get_by_label("Repeat", exact=True).select_option("every")
    expect(sheet.get_by_label("How many")).to_have_value("1")
    expect(sheet.get_by_role("checkbox", name="Wednesday")).to_be_checked()
    sheet.get_by_role("checkbox", name="Friday").check(force=True)
    expect(sheet.get_by_text("Every Wed and Fri")).to_be_visible()
    expect(sheet.get_by_text("Next: Wed, 4 Jun 2031 · Fri, 6 Jun 2031 · Wed, 11 Jun 2031")).to_be_visible()
    sheet.get_by_label("1 hour before").check()
    sheet.get_by_label("1 day before").check()
    sheet.get_by_role("button", name="Add task").click()
    expect(row(page, "Team lunch").get_by_text("Every Wed and Fri")).to_be_visible()
    expect(row(page, "Team lunch").get_by_text("2 reminders")).to_be_visible()
    (made,) = ada.tasks()
    assert made["due_date"] == "2031-06-04T10:30:00Z"
    assert made["recurrence_pattern"] == "weekly:WED,FRI"
    assert made["recurrence_timezone"] == "Europe/Berlin"
    assert sorted(made["reminders"]) == ["P1D", "PT1H"]

    row(page, "Team lunch").get_by_role("button", name="Team lunch", exact=True).click()
    expect(sheet.get_by_label("Time (leave")).to_have_value("12:30")
    sheet.get_by_label("Title").fill("Late lunch")
    sheet.get_by_label("1 day before").uncheck()
    sheet.get_by_role("button", name="Save").click()
    expect(row(page, "Late lunch").get_by_text("1 hour before")).to_be_visible()
    (changed,) = ada.tasks()
    assert (changed["title"], changed["reminders"]) == ("Late lunch", ["PT1H"])
    assert changed["recurrence_pattern"] == made["recurrence_pattern"]


def test_completing_a_task_that_repeats_brings_the_next_one(ada: Person) -> None:
    ada.add("Water the plants", due_date=day(0), recurrence_pattern="daily")
    page = ada.tab()
    section(page, "Today").get_by_role("checkbox", name="Done: Water the plants").check()
    following = section(page, "Upcoming").get_by_role("listitem").filter(has_text="Water the plants")
    expect(following).to_have_count(1)
    expect(following).to_contain_text("Tomorrow")


def test_an_edit_of_a_repeat_asks_which_ones_it_is_for(ada: Person) -> None:
    page = ada.tab()
    ada.add("Water the plants", due_date=day(-1), recurrence_pattern="daily")
    plants = page.get_by_role("button", name="Water the plants", exact=True)
    expect(plants).to_have_count(3)  # yesterday's, today's and the next one
    sheet = page.get_by_role("dialog")
    which = sheet.get_by_role("group", name="Change")

    plants.nth(1).click()
    expect(which.get_by_label("Only this one")).to_be_checked()
    sheet.get_by_label("Title").fill("Water the roses")
    sheet.get_by_role("button", name="Save").click()
    roses = page.get_by_role("button", name="Water the roses", exact=True)
    expect(roses).to_have_count(1)
    expect(plants).to_have_count(2)

    roses.click()
    sheet.get_by_label("Title").fill("Water the trees")
    which.get_by_label("All that are not past").check()
    sheet.get_by_role("button", name="Save").click()
    trees = page.get_by_role("button", name="Water the trees", exact=True)
    expect(trees).to_have_count(2)
    expect(plants).to_have_count(1)

    # How it repeats is never one occurrence's.
    trees.first.click()
    expect(sheet.get_by_label("The next one comes")).to_have_value("fixed")
    sheet.get_by_label("Repeat", exact=True).select_option("every")
    sheet.get_by_label("How many").fill("2")
    expect(which.get_by_label("Only this one")).to_be_disabled()
    expect(which.get_by_label("This and the following")).to_be_checked()
    sheet.get_by_label("The next one comes").select_option("after_completion")
    sheet.get_by_role("button", name="Save").click()
    expect(row(page, "Water the trees").get_by_text("Every second day")).to_have_count(1)
    expect(trees).to_have_count(1)
    assert {task["occurrence_date"]: task["recurrence_mode"] for task in ada.tasks()} == {
        day(-1): "fixed",
        day(0): "after_completion",
    }
    trees.click()
    expect(sheet.get_by_label("The next one comes")).to_have_value("after_completion")


def test_a_deletion_of_a_repeat_asks_which_ones_it_is_for(ada: Person) -> None:
    page, other = ada.tab(), ada.tab()
    ada.add("Water the plants", due_date=day(-1), recurrence_pattern="daily")
    plants, also = [tab.get_by_role("button", name="Water the plants", exact=True) for tab in (page, other)]
    expect(plants).to_have_count(3)
    page.get_by_role("button", name="Delete Water the plants").nth(1).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_label("Only this one")).to_be_checked()
    sheet.get_by_label("This and the following").check()
    sheet.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.goto("about:blank")
    expect(also).to_have_count(1)
    assert [task["occurrence_date"] for task in ada.tasks()] == [day(-1)]


def test_a_rule_that_cannot_be_is_explained_where_it_stands(ada: Person) -> None:
    page = ada.tab("/#/new")
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Title").fill("Never")
    sheet.get_by_label("Due date", exact=True).fill("2031-06-04")
    sheet.get_by_label("Repeat", exact=True).select_option("custom")
    rule = sheet.get_by_label("Rule", exact=True)
    rule.fill("RRULE:FREQ=HOURLY")
    expect(rule).to_have_attribute("aria-invalid", "true")
    sheet.get_by_role("button", name="Add task").click()
    expect(rule).to_be_focused()
    expect(sheet).to_be_visible()
    rule.fill("RRULE:FREQ=MONTHLY;BYDAY=1WE")
    expect(sheet.get_by_text("Next: Wed, 4 Jun 2031 · Wed, 2 Jul 2031")).to_be_visible()
    expect(rule).not_to_have_attribute("aria-invalid", "true")


def test_a_change_made_elsewhere_while_editing_is_not_overwritten_unasked(ada: Person) -> None:
    task = ada.add("Draft")
    page = ada.tab()
    row(page, "Draft").get_by_role("button", name="Draft", exact=True).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_label("Title")).to_have_value("Draft")
    ada.change(task["id"], title="Theirs")
    sheet.get_by_label("Title").fill("Mine")
    sheet.get_by_role("button", name="Save").click()
    expect(sheet.get_by_text("changed in another place")).to_be_visible()
    assert [one["title"] for one in ada.tasks()] == ["Theirs"]
    sheet.get_by_role("button", name="Save mine anyway").click()
    expect(row(page, "Mine")).to_be_visible()
    assert [one["title"] for one in ada.tasks()] == ["Mine"]
