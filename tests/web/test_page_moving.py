"""The page: tasks are moved to another day in two presses; what is added out of sight is shown on demand."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.support.processes import until
from tests.web.person import Person, day, moment, quick_add, row, section

pytestmark = pytest.mark.browser


def due(person: Person, task_id: str) -> str:
    return next(task["due_date"] or "" for task in person.tasks() if task["id"] == task_id)


def next_monday() -> str:
    today = date.fromisoformat(day(0))
    return (today + timedelta(days=7 - today.weekday())).isoformat()


def test_a_task_is_moved_in_two_presses_and_back(ada: Person) -> None:
    task = ada.add("Pay the rent", due_date=day(-2))
    page = ada.tab()
    for label, wanted in (("Tomorrow", day(1)), ("Next week", next_monday()), ("Today", day(0))):
        row(page, "Pay the rent").hover()
        page.get_by_role("button", name="Reschedule Pay the rent").click()
        page.get_by_role("button", name=label, exact=True).click()
        until(lambda wanted=wanted: due(ada, task["id"])[:10] == wanted, within=20, what=f"it is moved: {label}")
    expect(section(page, "Today").get_by_role("button", name="Pay the rent", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    until(lambda: due(ada, task["id"])[:10] == next_monday(), within=20, what="it is as before")


def test_a_task_that_is_moved_keeps_its_time(ada: Person) -> None:
    at = moment(hours=-30)
    task = ada.add("Call mum", due_date=at)
    page = ada.tab()
    row(page, "Call mum").hover()
    page.get_by_role("button", name="Reschedule Call mum").click()
    page.get_by_label("Another date").fill("2031-06-04")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(section(page, "Upcoming").get_by_role("button", name="Call mum", exact=True)).to_be_visible()
    until(lambda: due(ada, task["id"]).startswith("2031-06-0"), within=20, what="it is moved")
    assert due(ada, task["id"])[13:16] == at[13:16]


def test_all_that_is_overdue_is_moved_with_one_undo(ada: Person) -> None:
    tasks = [ada.add(f"Late {number}", due_date=day(-number)) for number in range(1, 7)]
    page = ada.tab()
    page.get_by_role("button", name="Reschedule all").click()
    page.get_by_role("button", name="Today", exact=True).click()
    expect(page.get_by_text("6 tasks rescheduled")).to_be_visible()
    expect(section(page, "Today").get_by_role("listitem").filter(has_text="Late")).to_have_count(6)
    until(lambda: {due(ada, one["id"])[:10] for one in tasks} == {day(0)}, within=30, what="all are moved")
    ada.change(tasks[0]["id"], due_date=day(5))
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("“Late 1” left as it is: changed in another place since.")).to_be_visible()
    until(
        lambda: [due(ada, one["id"])[:10] for one in tasks] == [day(5), *(day(-number) for number in range(2, 7))],
        within=30,
        what="the others are as before",
    )


def test_a_task_that_is_added_out_of_sight_is_shown_on_demand(ada: Person) -> None:
    for number in range(60):
        ada.add(f"Thing {number}", due_date=day(1))
    page = ada.tab()
    search = page.get_by_role("searchbox", name="Search tasks")
    search.fill("thing 1")
    expect(row(page, "Thing 2")).to_have_count(0)
    quick_add(page, "Call mum", due="In a week")
    expect(page.get_by_text("Added for ")).to_be_visible()
    expect(row(page, "Call mum")).to_have_count(0)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(search).to_have_value("")
    expect(row(page, "Call mum")).to_be_in_viewport()
    expect(row(page, "Call mum").get_by_role("button", name="Call mum", exact=True)).to_be_focused()


def test_a_task_that_is_added_in_sight_needs_no_word(ada: Person) -> None:
    page = ada.tab()
    quick_add(page, "Call mum", due="Today")
    expect(row(page, "Call mum")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Show", exact=True)).to_have_count(0)


def test_a_day_that_is_taken_away_stays_away_and_a_number_must_be_one(ada: Person) -> None:
    page = ada.tab("/#/new")
    form = page.get_by_role("dialog")
    form.get_by_label("Title").fill("Water the plants")
    form.get_by_label("Due date", exact=True).fill("2031-06-04")
    repeat = form.get_by_label("Repeat", exact=True)
    repeat.select_option("every")
    form.get_by_label("How many").fill("1")
    wednesday = form.get_by_role("checkbox", name="Wednesday")
    expect(wednesday).to_be_checked()
    wednesday.uncheck(force=True)
    expect(form.get_by_text("Choose at least one day.")).to_be_visible()
    expect(wednesday).not_to_be_checked()
    form.get_by_role("button", name="Add task").click()
    expect(form).to_be_visible()
    assert ada.tasks() == []
    form.get_by_label("Days, weeks, months or years").select_option("day")
    form.get_by_label("How many").fill("0")
    expect(form.get_by_text("Enter a whole number from 1 to 1000.")).to_be_visible()
    expect(form.get_by_text("Next:")).to_be_hidden()
    form.get_by_role("button", name="Add task").click()
    expect(form.get_by_label("How many")).to_be_focused()
    assert ada.tasks() == []
    form.get_by_label("How many").fill("3")
    expect(form.get_by_text("Every 3 days")).to_be_visible()
    expect(form.get_by_text("Next: Wed, 4 Jun 2031 · Sat, 7 Jun 2031")).to_be_visible()
