"""The page: what happened to one's tasks, day by day, those that are gone among them."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.person import Person, choose, day

pytestmark = pytest.mark.browser


def event(page: Page, what: str, title: str) -> Locator:
    return page.locator(".event").filter(has=page.get_by_text(re.compile(what))).filter(
        has=page.get_by_role("button", name=title, exact=True)
    )  # fmt: skip


def lived(ada: Person) -> dict[str, dict[str, Any]]:
    """Somebody who made, moved, did and deleted tasks, and had one back."""
    rent, milk, bob = ada.add("Rent", due_date=day(1)), ada.add("Milk"), ada.add("Bob")
    ada.change(rent["id"], due_date=day(3), title="Pay the rent")
    ada.change(milk["id"], completed=True)
    ada.delete(bob["id"])
    ada.delete(milk["id"])
    ada.restore(milk["id"])
    return {"rent": rent, "milk": milk, "bob": bob}


def test_what_did_i_do_this_week(ada: Person) -> None:
    lived(ada)
    page = ada.tab()
    choose(page, "Activity")
    expect(page).to_have_url(re.compile("#/activity$"))
    expect(page.get_by_role("combobox", name="When")).to_have_value("week")
    expect(page.get_by_role("heading", name="Today", exact=True, level=3)).to_have_count(1)
    expect(event(page, "^Created", "Pay the rent")).to_be_visible(timeout=30_000)
    moved = event(page, "^Changed", "Pay the rent")
    expect(moved).to_contain_text("Title changed from “Rent” to “Pay the rent”")
    expect(moved).to_contain_text("Due date changed from tomorrow to")
    expect(event(page, "^Marked done", "Milk")).to_be_visible()
    expect(event(page, "^Deleted", "Bob")).to_contain_text("In the trash")
    expect(event(page, "^Restored", "Milk")).to_be_visible()


def test_by_kind_and_time(ada: Person) -> None:
    lived(ada)
    page = ada.tab("/#/activity")
    expect(event(page, "^Restored", "Milk")).to_be_visible(timeout=30_000)
    page.get_by_role("combobox", name="What").select_option("Deleted")
    expect(page.locator(".event")).to_have_count(2)
    expect(event(page, "^Deleted", "Milk")).to_be_visible()
    page.get_by_role("combobox", name="What").select_option("Reminders")
    expect(page.get_by_text("Nothing happened in this time.")).to_be_visible()
    page.get_by_role("combobox", name="What").select_option("Everything")
    page.get_by_role("combobox", name="When").select_option("At any time")
    expect(page.locator(".event")).to_have_count(8)


def test_what_is_chosen_is_in_the_address(ada: Person) -> None:
    lived(ada)
    page = ada.tab("/#/activity")
    expect(event(page, "^Restored", "Milk")).to_be_visible(timeout=30_000)
    page.get_by_role("combobox", name="What").select_option("Deleted")
    page.get_by_role("combobox", name="When").select_option("Last 7 days")
    expect(page).to_have_url(re.compile("#/activity/deleted/days7$"))
    page.reload()
    expect(page.get_by_role("combobox", name="What")).to_have_value("deleted")
    expect(page.get_by_role("combobox", name="When")).to_have_value("days7")
    expect(page.locator(".event")).to_have_count(2)
    event(page, "^Deleted", "Milk").get_by_role("button", name="Milk").click()
    expect(page.get_by_role("dialog", name="Edit task")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("#/activity/deleted/days7$"))
    expect(page.locator(".event")).to_have_count(2)
    page.get_by_role("combobox", name="What").select_option("Everything")
    page.get_by_role("combobox", name="When").select_option("This week")
    expect(page).to_have_url(re.compile("#/activity$"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page).to_have_url(re.compile("/(#/)?$"))


def test_the_days_are_chosen_by_hand_too(ada: Person) -> None:
    lived(ada)
    page = ada.tab(f"/#/activity/created/{day(-30)}_{day(-1)}")
    start, end = page.get_by_label("From", exact=True), page.get_by_label("To", exact=True)
    expect(start).to_have_value(day(-30))
    expect(page.get_by_text("Nothing happened in this time.")).to_be_visible()
    end.fill(day(0))
    expect(event(page, "^Created", "Pay the rent")).to_be_visible(timeout=30_000)
    expect(page.locator(".event")).to_have_count(4)
    start.fill(day(1))  # the wrong way round: from today on
    expect(page).to_have_url(re.compile(f"#/activity/created/{day(0)}_{day(1)}$"))
    expect(page.locator(".event")).to_have_count(4)
    end.fill("")
    expect(page).to_have_url(re.compile(f"#/activity/created/{day(1)}_$"))
    expect(page.get_by_text("Nothing happened in this time.")).to_be_visible()
    page.get_by_role("combobox", name="When").select_option("Today")
    expect(start).to_be_hidden()
    expect(page.locator(".event")).to_have_count(4)
    page.goto(f"{ada.url}/#/activity/nonsense/2026-99_x")
    expect(page.get_by_role("combobox", name="When")).to_have_value("week")
    expect(page.get_by_role("combobox", name="What")).to_have_value("all")


def test_it_leads_to_tasks_and_to_what_is_left_of_them(ada: Person) -> None:
    bob = lived(ada)["bob"]
    page = ada.tab("/#/activity")
    expect(event(page, "^Restored", "Milk")).to_be_visible(timeout=30_000)
    event(page, "^Changed", "Pay the rent").get_by_role("button", name="Pay the rent").click()
    expect(page.get_by_role("dialog", name="Edit task")).to_be_visible()
    page.go_back()
    event(page, "^Deleted", "Bob").get_by_role("button", name="In the trash").click()
    expect(page.get_by_role("dialog", name="Trash")).to_be_visible()
    ada.delete_for_good(bob["id"])
    page.go_back()
    event(page, "^Deleted", "Bob").get_by_role("button", name="Bob").click()
    history = page.get_by_role("dialog", name="History")
    expect(history.locator(".timeline-what")).to_have_text(["Deleted", "Created"])


def test_what_happens_while_one_looks_comes(ada: Person) -> None:
    page = ada.tab("/#/activity")
    expect(page.get_by_text("Nothing happened in this time.")).to_be_visible()
    ada.add("Just now")
    expect(event(page, "^Created", "Just now")).to_be_visible(timeout=30_000)


def test_many_come_page_by_page(ada: Person) -> None:
    task = ada.add("0")
    for number in range(1, 55):
        ada.change(task["id"], title=str(number))
    page = ada.tab("/#/activity")
    more = page.get_by_role("button", name="Show more")
    expect(more).to_be_visible(timeout=30_000)
    expect(page.locator(".event")).to_have_count(50)
    more.click()
    expect(page.locator(".event")).to_have_count(55)
    expect(more).to_be_hidden()


def test_sealed_is_said_of_what_a_checkpoint_covers_and_of_nothing_else(ada: Person) -> None:
    ada.add("Seal me")
    page = ada.tab()

    def answer(route: Any) -> None:
        found = route.fetch()
        body = found.json()
        for place, one in enumerate(body["items"]):
            one["checkpointed"] = place > 0
        route.fulfill(response=found, json=body)

    ada.change(ada.add("And me")["id"], completed=True)
    page.route("**/api/v1/audit/events?*", answer)
    choose(page, "Activity")
    expect(event(page, "^Created", "Seal me")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Sealed: from then on")).to_be_visible()
    expect(page.locator(".event").first.locator(".seal")).to_have_count(0)
    expect(event(page, "^Created", "Seal me").locator(".seal")).to_have_count(1)


def test_in_german(new_person: Any) -> None:
    ada: Person = new_person(locale="de-DE")
    ada.delete(ada.add("Miete")["id"])
    page = ada.context.new_page()
    page.goto(f"{ada.url}/#/activity")
    expect(event(page, "^Gelöscht", "Miete")).to_contain_text("Im Papierkorb", timeout=30_000)
