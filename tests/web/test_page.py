"""The page with the platform behind it: what a person does, sees in every tab, and is told when it cannot be done."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.web.conftest import NewContext
from tests.web.person import PASSWORD, Person, new_email, quick_add, row, section

pytestmark = pytest.mark.browser

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def new_person(new_context: NewContext, platform_url: str) -> Iterator[Callable[..., Person]]:
    """Signs people up; afterwards no page of theirs may have complained."""
    people: list[Person] = []

    def make(**options: object) -> Person:
        person = Person(platform_url, new_context(**options), new_email())
        person.sign_up()
        people.append(person)
        return person

    yield make
    assert [complaint for person in people for complaint in person.complaints] == []


@pytest.fixture
def ada(new_person: Callable[..., Person]) -> Person:
    return new_person()


def day(days: int) -> str:
    """A date some days from today, where Ada lives."""
    return (datetime.now(BERLIN).date() + timedelta(days=days)).isoformat()


def moment(**ahead: float) -> str:
    """An instant some time from now."""
    return (datetime.now(UTC) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


# Signing in


def test_a_person_signs_up_logs_out_and_logs_in_again(new_context: NewContext, platform_url: str) -> None:
    page = new_context(timezone_id="Asia/Tokyo").new_page()
    page.goto(platform_url)
    email = new_email()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Nothing to do")).to_be_visible()
    kept = page.request.get(f"{platform_url}/api/v1/me/preferences").json()
    assert kept["timezone"] == "Asia/Tokyo"

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing to do")).to_be_visible()
    # Only the cookie, which scripts cannot read, knows the session; what is kept says that there was one.
    kept = page.evaluate("document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert kept == '{"taskflow.known":"yes"}{}'


def test_a_first_visitor_is_asked_in_without_trying_to_renew(new_context: NewContext, platform_url: str) -> None:
    page = new_context().new_page()
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    page.goto(platform_url)
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert refused == [f"{platform_url}/api/v1/auth/me"], "the one question that says who is there"


def test_what_is_wrong_with_a_sign_up_stands_at_the_form(new_context: NewContext, ada: Person) -> None:
    page = new_context().new_page()
    page.goto(ada.url)
    page.get_by_role("button", name="Create an account").click()
    password = page.get_by_label("Password", exact=True)
    page.get_by_label("E-mail").fill("ada")
    password.fill("short")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Enter an e-mail address")).to_be_visible()
    expect(page.get_by_text("Use at least 8 characters")).to_be_visible()
    expect(password).to_have_attribute("aria-invalid", "true")
    page.get_by_label("E-mail").fill(ada.email)
    password.fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text(re.compile("exists|already|taken", re.I))


def test_a_wrong_password_says_so(new_context: NewContext, ada: Person) -> None:
    page = new_context().new_page()
    page.goto(ada.url)
    page.get_by_label("E-mail").fill(ada.email)
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text(re.compile("password", re.I))


def test_signing_out_in_one_tab_signs_out_in_all(ada: Person) -> None:
    first, second = ada.tab(), ada.tab()
    first.get_by_role("button", name="Menu").click()
    first.get_by_role("button", name="Log out").click()
    expect(second.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_a_session_that_ended_leads_to_the_way_in(ada: Person) -> None:
    page = ada.tab()
    ada.context.clear_cookies()
    quick_add(page, "Too late")
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_a_session_that_ran_out_is_renewed_without_a_word(ada: Person) -> None:
    page = ada.tab()
    cookies = ada.context.cookies()
    session = next(cookie for cookie in cookies if "session" in cookie.get("name", ""))
    ada.context.clear_cookies(name=session.get("name"))
    quick_add(page, "In time")
    expect(row(page, "In time")).to_be_visible()


# Tasks


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
    assert [task["title"] for task in ada.tasks()] == ["Keep me"]


def test_a_task_deleted_on_a_page_that_is_left_is_deleted(ada: Person) -> None:
    ada.add("Gone")
    page, other = ada.tab(), ada.tab()
    row(page, "Gone").get_by_role("button", name="Delete Gone").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.goto("about:blank")
    expect(row(other, "Gone")).to_have_count(0)
    assert ada.tasks() == []


def test_a_task_with_everything_is_made_and_changed(ada: Person) -> None:
    page = ada.tab()
    page.keyboard.press("n")
    page.keyboard.type("Team lunch")
    page.get_by_role("button", name="More…").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Description").fill("Table by the window")
    sheet.get_by_label("Due date", exact=True).fill("2031-06-04")
    sheet.get_by_label("Time (leave").fill("12:30")
    sheet.get_by_label("Repeat", exact=True).select_option("weekly")
    expect(sheet.get_by_label("Wednesday")).to_be_checked()
    sheet.get_by_label("Friday").check()
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
    sheet.get_by_label("Repeat", exact=True).select_option("days")
    expect(which.get_by_label("Only this one")).to_be_disabled()
    expect(which.get_by_label("This and the following")).to_be_checked()
    sheet.get_by_label("The next one comes").select_option("after_completion")
    sheet.get_by_role("button", name="Save").click()
    expect(row(page, "Water the trees").get_by_text("Every 2 days")).to_have_count(1)
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


# Reminders


def test_a_reminder_goes_off_in_every_tab_and_is_answered_once(ada: Person) -> None:
    here, there = ada.tab(), ada.tab()
    ada.add("Take the bread out", due_date=moment(seconds=2), reminders=["PT0S"])
    for page in (here, there):
        expect(page.locator(".toast-reminder")).to_contain_text("Take the bread out")
        expect(page.get_by_role("region", name="Reminders")).to_be_visible()
        expect(page).to_have_title("(1) TaskFlow")
    here.locator(".toast-reminder").get_by_role("button", name="Got it").click()
    for page in (here, there):
        expect(page.locator(".toast-reminder")).to_have_count(0)
        expect(page.get_by_role("region", name="Reminders")).to_be_hidden()
    here.reload()
    expect(row(here, "Take the bread out")).to_be_visible()
    expect(here.get_by_role("region", name="Reminders")).to_be_hidden()


def test_reminders_that_went_off_meanwhile_wait_at_sign_in(ada: Person) -> None:
    ada.add("Call back", due_date=moment(hours=1), reminders=["PT2H"])
    page = ada.tab()
    panel = page.get_by_role("region", name="Reminders")
    for _ in range(20):
        if panel.is_visible():
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(panel.get_by_role("button", name="Call back", exact=True)).to_be_visible()
    with page.expect_response(re.compile("/snooze$")):
        panel.get_by_label("Snooze Call back").select_option(label="1 hour")
    expect(panel).to_be_hidden()
    page.reload()
    expect(row(page, "Call back")).to_be_visible()
    expect(panel).to_be_hidden()


def test_several_reminders_of_a_task_are_told_as_one(ada: Person) -> None:
    page = ada.tab()
    ada.add("Catch the train", due_date=moment(minutes=30), reminders=["P1D", "PT2H", "PT1H"])
    panel = page.get_by_role("region", name="Reminders")
    expect(panel.get_by_role("listitem")).to_have_count(1)
    expect(page.locator(".toast-reminder")).to_have_count(1)
    panel.get_by_role("button", name="Got it: Catch the train").click()
    expect(panel).to_be_hidden()
    expect(page.locator(".toast-reminder")).to_have_count(0)


def test_many_reminders_at_once_are_told_as_a_number(ada: Person) -> None:
    page = ada.tab()
    at = moment(seconds=3)
    for number in range(5):
        ada.add(f"Task {number}", due_date=at, reminders=["PT0S"])
    panel = page.get_by_role("region", name="Reminders")
    expect(panel.get_by_role("listitem")).to_have_count(5)
    assert page.locator(".toast-reminder").count() <= 3
    panel.get_by_role("button", name="Got all").click()
    expect(panel).to_be_hidden()


# History, chat, settings


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
    page.get_by_role("dialog").get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(row(page, "Call Tokyo")).to_contain_text("19:30")
    expect(page).not_to_have_url(re.compile("settings"))
    page.reload()
    expect(row(page, "Call Tokyo")).to_contain_text("19:30")
    expect(page.get_by_text("This device is in Europe/Berlin")).to_be_visible()
    page.get_by_role("button", name="Switch").click()
    expect(row(page, "Call Tokyo")).to_contain_text("12:30")


# The stream


def test_two_tabs_hold_one_stream(ada: Person) -> None:
    opened: list[str] = []

    def note(request: Request) -> None:
        if "/notifications/stream" in request.url:
            opened.append(request.url)

    ada.context.on("request", note)
    first, second = ada.tab(), ada.tab()
    ada.add("For both")
    expect(row(first, "For both")).to_be_visible()
    expect(row(second, "For both")).to_be_visible()
    assert len(opened) == 1
    first.close()
    ada.add("For the one left")
    expect(row(second, "For the one left")).to_be_visible()


def test_what_happened_while_offline_is_there_afterwards(ada: Person, new_context: NewContext) -> None:
    gone = ada.add("Deleted meanwhile")
    page = ada.tab()
    live = page.locator(".live[data-state=live]")
    expect(live).to_be_visible()
    ada.context.set_offline(True)
    phone = Person(ada.url, new_context(), ada.email)
    answer = phone.context.request.post(f"{ada.url}/api/v1/auth/login", data={"email": ada.email, "password": PASSWORD})
    assert answer.ok
    phone.add("Made meanwhile")
    phone.delete(gone["id"])
    quick_add(page, "Cannot be sent")
    expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    ada.context.set_offline(False)
    expect(row(page, "Made meanwhile")).to_be_visible(timeout=45_000)
    expect(row(page, "Deleted meanwhile")).to_have_count(0)
    assert page.get_by_role("textbox", name="New task").input_value() == "Cannot be sent"


# On any device


@pytest.mark.parametrize("width", [320, 390, 820])
def test_nothing_is_wider_than_the_screen(new_person: Callable[..., Person], width: int) -> None:
    person = new_person(viewport={"width": width, "height": 800}, has_touch=True)
    person.add("A title that is so long that it has to be broken " * 4, due_date=day(0), reminders=["P1D", "PT1H"])
    person.add("W" * 200, description="x" * 400)
    page = person.tab()
    assert overflow(page) == 0
    page.get_by_role("textbox", name="New task").focus()
    assert overflow(page) == 0
    page.evaluate("location.hash = '#/new'; dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert overflow(page) == 0


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_every_control_has_a_name(ada: Person) -> None:
    ada.add("Some task", due_date=day(0), recurrence_pattern="weekly:MON")
    nameless = """() => [...document.querySelectorAll("button, input, select, textarea, dialog, a")].filter((node) => {
      const named = node.getAttribute("aria-label") || node.getAttribute("aria-labelledby") || node.title;
      return !named && !node.labels?.length && !node.textContent.trim();
    }).map((node) => node.outerHTML)"""
    page = ada.tab()
    assert page.evaluate(nameless) == []
    for path in ("/#/new", "/#/settings", "/#/help", f"/#/task/{ada.tasks()[0]['id']}"):
        page.goto("about:blank")
        page.goto(ada.url + path)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert page.evaluate(nameless) == []
