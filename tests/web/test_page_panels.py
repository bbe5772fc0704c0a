"""The page: history, chat and settings."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.web.person import Person, row

pytestmark = pytest.mark.browser


def test_the_history_of_a_task_reads_as_a_timeline(ada: Person) -> None:
    task = ada.add("Write the report", due_date="2031-06-04")
    page = ada.tab()
    ada.change(task["id"], title="Write the whole report", description="Secret words")
    ada.change(task["id"], completed=True)
    ada.change(task["id"], completed=False)
    row(page, "Write the whole report").hover()
    page.get_by_role("button", name="History of Write the whole report").click()
    entries = page.get_by_role("dialog", name="History").get_by_role("listitem").filter(has=page.locator("time"))
    expect(entries).to_have_count(4)
    expect(entries.nth(0)).to_contain_text("Reopened")
    expect(entries.nth(1)).to_contain_text("Marked done")
    expect(entries.nth(2)).to_contain_text("Title changed from “Write the report” to “Write the whole report”")
    expect(entries.nth(2)).to_contain_text("Description changed")
    expect(entries.nth(3)).to_contain_text("Created")
    expect(page.get_by_role("dialog")).not_to_contain_text("Secret words")
    ada.change(task["id"], due_date="2031-06-05")
    expect(entries.nth(0)).to_contain_text("Due date changed from Wed, 4 Jun 2031 to Thu, 5 Jun 2031")


def test_a_change_that_the_trail_does_not_have_yet_is_waited_for(ada: Person) -> None:
    task = ada.add("Write the report")
    page = ada.tab()
    ada.change(task["id"], title="Write it")
    expect(row(page, "Write it")).to_be_visible()
    answers: list[int] = []

    def late(route: Route) -> None:
        answers.append(1)
        body = route.fetch().json()
        body["items"] = body["items"] if len(answers) > 1 else body["items"][:1]
        route.fulfill(json=body)

    page.route("**/api/v1/audit/tasks/*", late)
    page.get_by_role("button", name="History of Write it").click()
    dialog = page.get_by_role("dialog", name="History")
    expect(dialog.get_by_text("The latest change is not in the history yet.")).to_be_visible()
    expect(dialog.get_by_text("Title changed from")).to_be_visible()
    expect(dialog.get_by_text("not in the history yet")).to_be_hidden()


def test_changes_are_said_as_people_say_them(ada: Person) -> None:
    task = ada.add("Water the plants", due_date="2031-06-04", tags=["garden", "home"])
    page = ada.tab(f"/#/task/{task['id']}/history")
    entries = page.get_by_role("dialog", name="History").get_by_role("listitem").filter(has=page.locator("time"))
    ada.change(task["id"], tags=["home", "Every day"])
    ada.change(task["id"], tags=["Every day", "home"])
    ada.change(task["id"], priority="high")
    ada.change(task["id"], reminders=["P1D", "PT1H"])
    ada.change(task["id"], reminders=["PT1H"], recurrence_pattern="weekly:MON,WED")
    page.reload()
    expect(entries).to_have_count(6, timeout=30_000)
    tags = entries.nth(4)
    expect(tags).to_contain_text("Changed")
    lines = tags.get_by_role("listitem")
    expect(lines).to_have_text(["Tagged with Every day", "No longer tagged with garden"])
    expect(lines.locator(".said-tag")).to_have_text(["Every day", "garden"])
    expect(entries.nth(3)).to_contain_text("Tags changed")
    expect(entries.nth(2)).to_contain_text("Priority changed from none to high")
    expect(entries.nth(1)).to_contain_text("Reminder added: 1 day before and 1 hour before")
    expect(entries.nth(0)).to_contain_text("Reminder removed: 1 day before")
    expect(entries.nth(0)).to_contain_text("Repeat set to every")
    said = page.get_by_role("dialog", name="History").inner_text()
    assert not re.search(r"P1D|PT1H|weekly:|\[|null", said), said


def test_the_chat_makes_a_task_that_the_list_shows(ada: Person) -> None:
    page = ada.tab()
    page.get_by_role("button", name="Chat").click()
    page.get_by_role("textbox", name="Message").fill("add buy stamps")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("buy stamps")
    expect(page.locator(".task").filter(has_text=re.compile("buy stamps", re.I))).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary", name="Chat")).to_be_hidden()


def test_an_answer_longer_than_the_chat_is_read_from_its_question_on(ada: Person) -> None:
    for number in range(25):
        ada.add(f"Thing {number} that is to be done some day or other")
    page = ada.tab()
    page.get_by_role("button", name="Chat").click()
    for message in ("add buy stamps", "show my tasks"):
        page.get_by_role("textbox", name="Message").fill(message)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Send")).to_be_enabled()
    log = page.get_by_role("log")
    expect(log).to_contain_text("Thing 24")
    expect(log.locator("strong").first).to_contain_text("Pending Tasks")
    expect(log.get_by_text("show my tasks")).to_be_in_viewport()
    expect(log.get_by_text("add buy stamps")).not_to_be_in_viewport()


def test_times_follow_the_zone_a_person_chooses(ada: Person) -> None:
    ada.add("Call Tokyo", due_date="2031-06-04T10:30:00Z")
    page = ada.tab()
    expect(row(page, "Call Tokyo")).to_contain_text("12:30")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Settings").click()
    settings = page.get_by_role("dialog")
    zone = settings.get_by_label("Time zone")
    expect(zone.locator("option:checked")).to_have_text(re.compile(r"Berlin \(UTC\+[12]\)"))
    place = settings.get_by_label("Find a place")
    place.fill("nowhere")
    expect(settings.get_by_text("No such place.")).to_be_visible()
    expect(zone.locator("option:checked")).to_have_text(re.compile("Berlin"))
    place.fill("são pau")
    expect(zone.locator("option:checked")).to_have_text("Sao Paulo (UTC−3)")
    place.fill("tok")
    expect(zone.locator("option")).to_have_text(["Tokyo (UTC+9)"])
    assert not re.search(r"IANA|RRULE|SSE|[tT]oken|[A-Z][a-z]+/[A-Z][a-z]+", settings.inner_text())
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(row(page, "Call Tokyo")).to_contain_text("19:30")
    expect(page).not_to_have_url(re.compile("settings"))
    page.reload()
    expect(row(page, "Call Tokyo")).to_contain_text("19:30")
    expect(page.get_by_text(re.compile(r"This device is in Berlin \(UTC\+[12]\)"))).to_be_visible()
    page.get_by_role("button", name="Switch").click()
    expect(row(page, "Call Tokyo")).to_contain_text("12:30")
