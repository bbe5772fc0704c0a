"""The page: what was typed outlives a failed save, a key pressed too early, a closed tab and the end of the session."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.processes import until
from tests.web.person import PASSWORD, Person, choose, day, log_in, quick_add, row
from tests.web.test_page_quick_add import line

pytestmark = pytest.mark.browser

TASKS = "**/api/v1/tasks"
TASK = "**/api/v1/tasks/*"


def form_of(page: Page, title: str) -> Locator:
    row(page, title).get_by_role("button", name=title, exact=True).click()
    form = page.get_by_role("dialog", name="Edit task")
    expect(form).to_be_visible()
    return form


def close(ada: Person, *pages: Page) -> None:
    """Closes tabs; returns once the browser, which may take seconds, has released what shows that they are open."""
    held = "async () => (await navigator.locks.query()).held.length"
    beside = ada.context.new_page()
    beside.goto(f"{ada.url}/health")
    before = beside.evaluate(held)
    for page in pages:
        page.close()
    until(lambda: beside.evaluate(held) <= before - len(pages), within=30, what="the tabs are gone")
    beside.close()


def message_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


@pytest.mark.parametrize("size", [{"width": 390, "height": 640}, {"width": 1280, "height": 500}])
def test_a_failed_save_is_said_beside_save(ada: Person, size: dict[str, int]) -> None:
    ada.add("Draft", due_date=day(1), recurrence_pattern="weekly:MON")
    page = ada.tab()
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    form = form_of(page, "Draft")
    form.get_by_label("Title").fill("Mine")
    page.route(TASK, lambda route: route.fulfill(status=500, body="{}"))
    form.get_by_role("button", name="Save").click()
    alert = form.get_by_role("alert").filter(has_text="Something went wrong")
    expect(alert).to_be_in_viewport()
    said, save = alert.bounding_box(), form.get_by_role("button", name="Save").bounding_box()
    assert said is not None
    assert save is not None
    assert 0 <= save["y"] - (said["y"] + said["height"]) < 60
    expect(form.get_by_label("Title")).to_have_value("Mine")


def test_a_changed_form_asks_before_it_is_discarded(ada: Person) -> None:
    ada.add("Draft")
    page = ada.tab()
    form = form_of(page, "Draft")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    form = form_of(page, "Draft")
    form.get_by_label("Title").fill("Half a sent")
    page.keyboard.press("Escape")
    expect(form.get_by_text("What you changed is not saved.")).to_be_visible()
    form.get_by_role("button", name="Go on editing").click()
    expect(form.get_by_label("Title")).to_have_value("Half a sent")
    expect(form.get_by_label("Title")).to_be_focused()
    form.get_by_role("button", name="Cancel").click()
    form.get_by_role("button", name="Discard").click()
    expect(form).to_have_count(0)
    expect(form_of(page, "Draft").get_by_label("Title")).to_have_value("Draft")


def test_deleting_a_task_says_nothing_of_what_was_typed_and_undoing_has_it_again(ada: Person) -> None:
    ada.add("Draft")
    page = ada.tab()
    form = form_of(page, "Draft")
    form.get_by_label("Title").fill("Half a sent")
    form.get_by_role("button", name="Delete", exact=True).click()
    expect(form).to_have_count(0)
    expect(page.get_by_text("deleted")).to_be_visible()
    expect(page.get_by_text("is not saved")).to_have_count(0)
    expect(row(page, "Draft")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(form_of(page, "Draft").get_by_label("Title")).to_have_value("Half a sent")


def test_what_was_typed_is_there_again_after_the_tab_was_closed(ada: Person) -> None:
    ada.add("Draft", due_date=day(1))
    page = ada.tab()
    page.get_by_role("textbox", name="New task").fill("call mum tomorrow")
    form = form_of(page, "Draft")
    form.get_by_label("Description").fill("A long story")
    close(ada, page)
    page = ada.tab()
    expect(page.get_by_role("textbox", name="New task")).to_have_value("call mum tomorrow")
    form = form_of(page, "Draft")
    expect(form.get_by_label("Description")).to_have_value("A long story")
    expect(form.get_by_text("it is not saved yet")).to_be_visible()
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    form = form_of(page, "Draft")
    expect(form.get_by_text("it is not saved yet")).to_have_count(0)
    assert [task["description"] for task in ada.tasks()] == ["A long story"]


def test_a_second_tab_has_a_line_and_a_chat_of_its_own(ada: Person) -> None:
    first = ada.tab("/#/chat")
    line(first).fill("typed in the first")
    message_of(first).fill("asked in the first")
    second = ada.tab("/#/chat")
    expect(message_of(second)).to_have_value("")
    expect(line(second)).to_have_value("")
    line(second).fill("typed in the second")
    message_of(second).fill("asked in the second")
    close(ada, first, second)
    third = ada.tab("/#/chat")
    expect(message_of(third)).to_have_value(re.compile("^asked in the (first|second)$"))
    expect(line(third)).to_have_value(re.compile("typed in the (first|second)"))
    others = {"typed in the first", "typed in the second"} - {line(third).input_value()}
    for text in others:
        expect(third.get_by_text(f"Not added yet: “{text}”.")).to_be_visible()
    [other] = {"asked in the first", "asked in the second"} - {message_of(third).input_value()}
    message_of(third).fill("")
    close(ada, third)
    expect(message_of(ada.tab("/#/chat"))).to_have_value(other)


def test_a_form_that_back_closed_can_be_opened_again(ada: Person) -> None:
    page = ada.tab()
    page.keyboard.press("n")
    page.get_by_role("button", name="More…").click()
    form = page.get_by_role("dialog", name="New task")
    form.get_by_label("Title").fill("Half a sent")
    page.go_back()
    expect(form).to_have_count(0)
    page.get_by_role("button", name="Open", exact=True).click()
    expect(form.get_by_label("Title")).to_have_value("Half a sent")


def test_what_the_line_gives_the_form_is_as_good_as_typed(ada: Person) -> None:
    page = ada.tab()
    page.keyboard.press("n")
    page.get_by_role("button", name="More…").click()
    form = page.get_by_role("dialog", name="New task")
    form.get_by_label("Title").fill("A long story")
    page.go_back()
    page.get_by_role("textbox", name="New task").fill("buy milk tomorrow")
    expect(page.get_by_role("listitem").filter(has_text="Tomorrow")).to_be_visible()
    page.get_by_role("button", name="More…").click()
    expect(form.get_by_label("Title")).to_have_value("buy milk")
    page.keyboard.press("Escape")
    expect(form.get_by_text("What you changed is not saved.")).to_be_visible()
    page.reload()
    expect(form.get_by_label("Title")).to_have_value("buy milk")
    expect(form.get_by_label("Due date", exact=True)).to_have_value(day(1))
    form.get_by_role("button", name="Add task").click()
    # What was begun before is next.
    page.get_by_role("button", name="Open", exact=True).click()
    expect(form.get_by_label("Title")).to_have_value("A long story")
    form.get_by_role("button", name="Discard").click()
    expect(form).to_have_count(0)
    expect(row(page, "buy milk")).to_be_visible()
    assert "long story" not in page.evaluate("JSON.stringify(localStorage)")


def test_a_draft_over_what_another_place_changed_is_not_saved_unasked(ada: Person) -> None:
    task = ada.add("Draft")
    page = ada.tab()
    form_of(page, "Draft").get_by_label("Title").fill("Mine")
    page.close()
    ada.change(task["id"], title="Theirs")
    form = form_of(page := ada.tab(), "Theirs")
    expect(form.get_by_label("Title")).to_have_value("Mine")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("changed in another place")).to_be_visible()
    form.get_by_role("button", name="Show the new one").click()
    expect(form.get_by_label("Title")).to_have_value("Theirs")


def test_what_is_typed_while_a_form_is_saved_stays(ada: Person) -> None:
    page = ada.tab("/#/new")
    held: list[Route] = []
    page.route(TASKS, lambda route: held.append(route))
    form = page.get_by_role("dialog")
    form.get_by_label("Title").fill("Buy milk")
    with page.expect_request(TASKS):
        form.get_by_role("button", name="Add task").click()
    form.get_by_label("Description").fill("and eggs")
    held[0].continue_()
    expect(form.get_by_text("What you typed meanwhile is not saved yet.")).to_be_visible()
    expect(form.get_by_label("Description")).to_be_focused()
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    assert [(task["title"], task["description"]) for task in ada.tasks()] == [("Buy milk", "and eggs")]


def test_a_session_that_ends_asks_for_the_password_over_the_page_and_goes_on(ada: Person) -> None:
    ada.add("Draft")
    page = ada.tab()
    page.get_by_role("textbox", name="New task").fill("Next")
    form = form_of(page, "Draft")
    form.get_by_label("Title").fill("Mine")
    ada.context.clear_cookies()
    form.get_by_role("button", name="Save").click()
    again = page.get_by_role("dialog", name="Log in again")
    expect(again).to_contain_text(ada.email)
    again.get_by_label("Password").fill("not the password")
    again.get_by_role("button", name="Log in").click()
    expect(again.get_by_role("alert").filter(has_text="incorrect")).to_be_visible()
    expect(form.get_by_label("Title")).to_have_value("Mine")
    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_role("button", name="Log in").click()
    expect(again).to_have_count(0)
    expect(form).to_have_count(0)
    expect(row(page, "Mine")).to_be_visible()
    expect(page.get_by_role("textbox", name="New task")).to_have_value("Next")
    ada.add("From the phone")
    expect(row(page, "From the phone")).to_be_visible()


def test_signing_in_in_another_tab_is_signing_in_here(ada: Person) -> None:
    page, other = ada.tab(), ada.tab()
    ada.context.clear_cookies()
    quick_add(page, "Buy milk")
    quick_add(other, "Buy eggs")
    asked = [tab.get_by_role("dialog", name="Log in again") for tab in (page, other)]
    for one in asked:
        expect(one).to_be_visible()
    asked[0].get_by_label("Password").fill(PASSWORD)
    asked[0].get_by_role("button", name="Log in").click()
    for tab, one in zip((page, other), asked, strict=True):
        expect(one).to_have_count(0)
        for title in ("Buy milk", "Buy eggs"):
            expect(row(tab, title)).to_be_visible()


def test_what_was_typed_is_there_for_who_signs_in_after_a_session_that_was_ended(ada: Person) -> None:
    page = ada.tab()
    page.get_by_role("textbox", name="New task").fill("Half a sent")
    other = ada.context.browser
    assert other is not None
    with other.new_context() as elsewhere:
        credentials = {"email": ada.email, "password": PASSWORD}
        for path, body in (("login", credentials), ("logout", {"everywhere": True})):
            answer = elsewhere.request.post(
                f"{ada.url}/api/v1/auth/{path}", data=body, headers={"Origin": ada.url, "Accept": "application/json"}
            )
            assert answer.ok, answer.text()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    log_in(page, ada.email)
    expect(page.get_by_role("textbox", name="New task")).to_have_value("Half a sent")


def test_signing_out_leaves_nothing_behind(ada: Person) -> None:
    other = ada.tab("/#/new")
    other.get_by_role("dialog").get_by_label("Title").fill("My secret form")
    page = ada.tab()
    page.get_by_role("textbox", name="New task").fill("My secret plan")
    assert "My secret plan" in page.evaluate("JSON.stringify(localStorage)")
    choose(page, "Log out")
    for one in (page, other):
        expect(one.get_by_role("heading", name="Welcome back")).to_be_visible()
        expect(one.get_by_text("My secret")).to_have_count(0)
        assert "My secret" not in one.evaluate("JSON.stringify(localStorage)")
