"""The page: tasks are selected by mouse, keys or finger, and changed together, with one way back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.processes import until
from tests.support.weak_network import WeakNetwork
from tests.web.conftest import NewContext
from tests.web.person import Person, choose, day, has_worker, new_email, row, section

pytestmark = pytest.mark.browser


def bar(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Selected tasks")


def do(page: Page, name: str) -> None:
    bar(page).get_by_role("button", name=name, exact=True).click()


def pick(page: Page, title: str) -> Locator:
    return row(page, title).get_by_role("button", name=f"Select {title}")


def title_of(page: Page, title: str) -> Locator:
    return row(page, title).get_by_role("button", name=title, exact=True)


def selected(page: Page) -> list[str]:
    return page.locator(".task.is-selected .task-title").all_text_contents()


def says(page: Page, words: str) -> None:
    """The live region, which exists before there is something to say."""
    expect(page.locator(".lists > [role=status].visually-hidden")).to_have_text(words)


def fill(person: Person, count: int, **fields: Any) -> list[dict[str, Any]]:
    """Tasks that stand in the list by their numbers."""
    return [person.add(f"Task {number}", **{"due_date": day(number), **fields}) for number in range(1, count + 1)]


def ready(page: Page) -> Page:
    """Has what selects be loaded: it comes once the list is touched."""
    page.locator(".task").first.hover()
    expect(page.locator(".select-bar")).to_be_attached()
    return page


def test_the_square_selects_and_the_circle_completes(ada: Person) -> None:
    fill(ada, 3)
    page = ada.tab()
    row(page, "Task 2").hover()
    pick(page, "Task 2").click()
    expect(pick(page, "Task 2")).to_have_attribute("aria-pressed", "true")
    expect(bar(page)).to_contain_text("1 selected")
    says(page, "1 selected")
    # A press anywhere in a row selects now, and opens nothing.
    title_of(page, "Task 3").click()
    row(page, "Task 1").click(position={"x": 20, "y": 20})
    assert selected(page) == ["Task 1", "Task 2", "Task 3"]
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert [task["completed"] for task in ada.tasks()] == [False] * 3
    pick(page, "Task 2").click()
    assert selected(page) == ["Task 1", "Task 3"]
    bar(page).get_by_role("button", name="End selecting").click()
    expect(bar(page)).to_be_hidden()
    says(page, "Nothing is selected")
    title_of(page, "Task 3").click()
    expect(page.get_by_role("dialog", name="Edit task")).to_be_visible()


def test_ctrl_and_shift_select_one_and_a_range_over_sections(ada: Person) -> None:
    for number, ahead in ((1, -1), (2, 0), (3, 1), (4, 2), (5, 3)):
        ada.add(f"Task {number}", due_date=day(ahead))
    page = ready(ada.tab())
    # Also on the circle, which then completes nothing.
    row(page, "Task 2").get_by_role("checkbox").click(modifiers=["ControlOrMeta"])
    expect(row(page, "Task 2").get_by_role("checkbox")).not_to_be_checked()
    title_of(page, "Task 4").click(modifiers=["Shift"])
    assert selected(page) == ["Task 2", "Task 3", "Task 4"]
    title_of(page, "Task 3").click(modifiers=["ControlOrMeta"])
    assert selected(page) == ["Task 2", "Task 4"]
    assert page.evaluate("getSelection().toString()") == ""


def test_keys_select_extend_act_and_end(ada: Person) -> None:
    fill(ada, 4)
    page = ready(ada.tab())
    press = page.keyboard.press
    row(page, "Task 1").get_by_role("checkbox").focus()
    press("x")
    press("Shift+J")
    press("Shift+J")
    assert selected(page) == ["Task 1", "Task 2", "Task 3"]
    expect(row(page, "Task 3").get_by_role("checkbox")).to_be_focused()
    press("Shift+K")
    press("x")
    assert selected(page) == ["Task 1", "Task 3"]
    press("Escape")
    expect(bar(page)).to_be_hidden()
    press("ControlOrMeta+a")
    says(page, "4 selected")
    press(".")
    expect(bar(page).get_by_role("button", name="Complete")).to_be_focused()
    press("ArrowRight")
    expect(bar(page).get_by_role("button", name="Reschedule")).to_be_focused()
    press("ArrowLeft")
    press("Enter")
    until(lambda: all(task["completed"] for task in ada.tasks()), within=20, what="all are done")
    expect(bar(page)).to_be_hidden()
    press("z")
    until(lambda: not any(task["completed"] for task in ada.tasks()), within=20, what="all are open again")


def test_what_keys_do_to_one_task_they_do_to_all_that_are_selected(ada: Person) -> None:
    fill(ada, 3)
    page = ready(ada.tab())
    row(page, "Task 1").get_by_role("checkbox").focus()
    page.keyboard.press("Shift+J")
    page.keyboard.press("t")
    expect(page.get_by_text("2 tasks rescheduled")).to_be_visible()
    until(
        lambda: sorted(task["due_date"][:10] for task in ada.tasks()) == [day(0), day(0), day(3)],
        within=20,
        what="two are for today",
    )
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    expect(page.get_by_text("3 tasks deleted")).to_be_visible()
    until(lambda: ada.tasks() == [], within=20, what="all are deleted")
    page.keyboard.press("z")
    expect(page.locator(".task")).to_have_count(3)
    until(lambda: len(ada.tasks()) == 3, within=20, what="all are back")


@pytest.mark.parametrize(
    ("name", "then", "field", "wanted"),
    [
        ("Reschedule", "Tomorrow", "due_date", day),
        ("Priority", "High priority", "priority", "high"),
        ("Tags", "home", "tags", ["home"]),
        ("Delete", None, "title", None),
        ("Complete", None, "completed", True),
    ],
)
def test_all_that_is_selected_is_changed_with_one_undo(
    ada: Person, name: str, then: str | None, field: str, wanted: object
) -> None:
    tasks = fill(ada, 6, due_date=day(3))
    ada.add("Another", tags=["home"])
    page = ready(ada.tab())
    for task in tasks[:5]:
        title_of(page, task["title"]).click(modifiers=["ControlOrMeta"])
    do(page, name)
    if then:
        page.locator(".menu:popover-open").get_by_role("button", name=then, exact=True).click()
    changed = {task["id"] for task in tasks[:5]}
    wanted = day(1) if wanted is day else wanted  # tomorrow when it was pressed, not when the tests were collected

    def values() -> list[Any]:
        found = [task[field] for task in ada.tasks() if task["id"] in changed]
        return [value[:10] if field == "due_date" else value for value in found]

    until(lambda: values() == ([] if wanted is None else [wanted] * 5), within=30, what="all are changed")
    expect(bar(page)).to_be_hidden()
    expect(row(page, "Task 6")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    before = [task[field] for task in tasks[:5]]
    before = [value[:10] for value in before] if field == "due_date" else before
    until(lambda: sorted(map(str, values())) == sorted(map(str, before)), within=30, what="all are as before")


def test_a_tag_is_given_to_those_without_it_and_then_taken_from_all(ada: Person) -> None:
    ada.add("One", tags=["Home", "garden"])
    ada.add("Two")
    page = ready(ada.tab())
    for title in ("One", "Two"):
        title_of(page, title).click(modifiers=["ControlOrMeta"])
    do(page, "Tags")
    menu = page.locator(".tag-menu")
    expect(menu.get_by_role("button", name="Home")).to_have_attribute("aria-pressed", "mixed")
    menu.get_by_role("textbox", name="New tag").fill("#home")
    menu.get_by_role("button", name="Add").click()
    until(
        lambda: sorted(task["tags"] for task in ada.tasks()) == [["Home"], ["Home", "garden"]],
        within=20,
        what="both have it, as it is spelt already",
    )
    for title in ("One", "Two"):
        title_of(page, title).click(modifiers=["ControlOrMeta"])
    do(page, "Tags")
    expect(menu.get_by_role("button", name="Home")).to_have_attribute("aria-pressed", "true")
    menu.get_by_role("button", name="Home").click()
    until(lambda: sorted(task["tags"] for task in ada.tasks()) == [[], ["garden"]], within=20, what="none has it")


def test_what_failed_stays_selected_and_says_why(ada: Person) -> None:
    tasks = fill(ada, 4)
    full = ada.add("Full", tags=[f"tag {number}" for number in range(20)])
    gone = ada.add("Gone")
    page = ready(ada.tab())
    page.route(f"**/{gone['id']}", lambda route: route.fulfill(status=404, json={"detail": "Task not found"}))
    row(page, "Task 1").get_by_role("checkbox").focus()
    page.keyboard.press("ControlOrMeta+a")
    do(page, "Tags")
    page.get_by_role("textbox", name="New tag").fill("one more")
    page.keyboard.press("Enter")
    expect(bar(page).get_by_role("alert")).to_contain_text("1 task: It could not be changed.")
    assert selected(page) == ["Full"]
    expect(row(page, "Gone")).to_have_count(0)
    until(
        lambda: (
            [task["tags"] for task in ada.tasks() if task["id"] in {one["id"] for one in tasks}] == [["one more"]] * 4
        ),
        within=20,
        what="the others are changed",
    )
    assert next(task["tags"] for task in ada.tasks() if task["id"] == full["id"]) == full["tags"]
    page.keyboard.press("Escape")
    expect(bar(page)).to_be_hidden()


def test_all_of_a_long_list_is_selected_and_sent_a_few_at_a_time(ada: Person) -> None:
    """A page that takes 120 changes goes on answering, and never has more than four under way."""
    count = 120
    fill(ada, count, due_date=day(1))
    page = ready(ada.tab())
    under_way, most, begun = 0, 0, 0

    def note(route: Route) -> None:
        nonlocal under_way, most, begun
        if route.request.method == "PATCH":
            under_way, begun = under_way + 1, begun + 1
            most = max(most, under_way)
        route.continue_()

    def answered(_: object) -> None:
        nonlocal under_way
        under_way -= 1

    page.route(re.compile("/api/v1/tasks/"), note)
    page.on("requestfinished", lambda request: answered(request) if request.method == "PATCH" else None)
    page.locator(".task-check").first.focus()
    page.keyboard.press("ControlOrMeta+a")
    says(page, f"{page.locator('.task').count()} selected")
    bar(page).get_by_role("button", name="Select all 120").click()
    says(page, "120 selected")
    slowest = page.evaluate_handle("""() => {
      const found = { most: 0 };
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) found.most = Math.max(found.most, duration);
      }).observe({ type: "longtask" });
      return found;
    }""")
    do(page, "Complete")
    expect(section(page, "Done")).to_contain_text("120")
    until(lambda: all(task["completed"] for task in ada.tasks()), within=90, what="all are done")
    assert begun == count
    assert most <= 4
    assert slowest.json_value()["most"] < 2_000, "on a busy machine; the page was never stuck"


def test_a_bulk_change_is_kept_without_a_network_and_taken_back_unsent(
    network: WeakNetwork, new_context: NewContext
) -> None:
    grace = Person(network.url, new_context(service_workers="allow"), new_email())
    grace.sign_up()
    fill(grace, 5)
    page = ready(grace.tab())
    has_worker(page)
    network.cut()
    line = page.locator(".connection")
    expect(line).to_contain_text("The server does not answer")
    row(page, "Task 1").get_by_role("checkbox").focus()
    page.keyboard.press("ControlOrMeta+a")
    do(page, "Complete")
    expect(line).to_contain_text("5 changes are not sent yet")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(line).not_to_contain_text("not sent yet")
    row(page, "Task 1").get_by_role("checkbox").focus()
    page.keyboard.press("ControlOrMeta+a")
    do(page, "Delete")
    expect(line).to_contain_text("5 changes are not sent yet")
    page.reload()
    expect(line).to_contain_text("5 changes are not sent yet")
    expect(page.locator(".task")).to_have_count(0)
    network.mend()
    expect(line).to_be_hidden()
    assert grace.tasks() == []


def test_what_leaves_the_list_is_not_selected_any_more(ada: Person) -> None:
    tasks = fill(ada, 3)
    page = ready(ada.tab())
    for task in tasks:
        title_of(page, task["title"]).click(modifiers=["ControlOrMeta"])
    ada.delete(tasks[0]["id"])
    says(page, "2 selected")
    page.get_by_role("searchbox", name="Search tasks").fill("Task 2")
    says(page, "1 selected")
    page.get_by_role("searchbox", name="Search tasks").fill("no such thing")
    expect(bar(page)).to_be_hidden()


@pytest.fixture
def phone(new_person: Callable[..., Person]) -> Person:
    return new_person(viewport={"width": 390, "height": 760}, has_touch=True, is_mobile=True)


def middle(locator: Locator) -> tuple[float, float]:
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_long_press_selects_and_then_each_tap_does(phone: Person) -> None:
    fill(phone, 3)
    page = phone.tab()
    expect(page.locator(".select-bar")).to_be_attached()
    x, y = middle(title_of(page, "Task 1"))
    finger: Any = page.context.new_cdp_session(page)  # its methods are untyped
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    expect(bar(page)).to_contain_text("1 selected")
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert selected(page) == ["Task 1"]
    title_of(page, "Task 3").tap()
    assert selected(page) == ["Task 1", "Task 3"]
    expect(page.get_by_role("dialog")).to_have_count(0)
    for button in bar(page).get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    bar(page).get_by_role("button", name="Complete").tap()
    until(lambda: sum(task["completed"] for task in phone.tasks()) == 2, within=20, what="both are done")
    # A tap opens the task again.
    title_of(page, "Task 2").tap()
    expect(page.get_by_role("dialog", name="Edit task")).to_be_visible()


def test_who_cannot_press_long_begins_from_the_menu(phone: Person) -> None:
    fill(phone, 2)
    page = phone.tab()
    expect(pick(page, "Task 1")).to_be_hidden()
    choose(page, "Select tasks")
    expect(bar(page)).to_contain_text("Choose tasks")
    pick(page, "Task 1").tap()
    expect(bar(page)).to_contain_text("1 selected")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_titles_of_either_direction_stay_as_they_are(ada: Person) -> None:
    ada.add("לקנות חלב", due_date=day(1))
    ada.add("اتصل بأمي", due_date=day(1), tags=["بيت"])
    page = ready(ada.tab())
    for title in ("לקנות חלב", "اتصل بأمي"):
        title_of(page, title).click(modifiers=["ControlOrMeta"])
        expect(title_of(page, title)).to_have_css("direction", "rtl")
    do(page, "Tags")
    expect(page.locator(".tag-menu").get_by_role("button", name="بيت")).to_be_visible()
    assert len(selected(page)) == 2


def test_on_a_phone_back_ends_selecting_and_a_link_goes_on(phone: Person) -> None:
    fill(phone, 2)
    page = phone.tab()
    choose(page, "Select tasks")
    pick(page, "Task 1").tap()
    expect(bar(page)).to_contain_text("1 selected")
    page.go_back()
    expect(bar(page)).to_be_hidden()
    expect(row(page, "Task 2")).to_be_visible()
    choose(page, "Select tasks")
    page.get_by_role("link", name="Upcoming").tap()
    expect(page).to_have_url(re.compile("#/upcoming$"))
    expect(page.get_by_role("link", name="Upcoming")).to_have_attribute("aria-current", "page")
    choose(page, "Select tasks")
    choose(page, "Trash")
    expect(page.get_by_role("dialog", name="Trash")).to_be_visible()
    expect(page.locator(".select-bar")).to_be_hidden()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
