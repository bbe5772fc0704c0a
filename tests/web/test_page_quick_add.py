"""The page: the line that adds a task reads what is typed, shows it, and makes the task so."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.web.person import BERLIN, Person, coming, day, row

pytestmark = pytest.mark.browser

PARSE = "**/api/v1/parse"
TASKS = "**/api/v1/tasks"
SPOKEN = "call mum 🎉 on friday at 9am, remind me the day before #family"


PASTE = """(text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(paste);
}"""


def line(page: Page) -> Locator:
    return page.get_by_role("textbox", name="New task")


def chips(page: Page) -> Locator:
    return page.get_by_role("list", name="Read in the line").get_by_role("listitem")


def marked(page: Page) -> list[str]:
    return page.locator(".quick-marks mark").all_text_contents()


def pasted(page: Page, text: str) -> None:
    """Pastes a text where the focus is."""
    page.evaluate(PASTE, text)


def only_task(person: Person) -> dict[str, Any]:
    (task,) = person.tasks()
    return task


def test_what_is_read_is_shown_and_made(ada: Person) -> None:
    page = ada.tab()
    line(page).fill(SPOKEN)
    expect(chips(page)).to_have_text([re.compile("9:00"), "with a reminder 1 day before", "family"])
    assert marked(page) == ["on friday", "at 9am", "remind me the day before", "#family"]
    expect(page.get_by_role("radiogroup", name="Due")).to_be_hidden()
    line(page).press("Enter")
    expect(line(page)).to_have_value("")
    expect(line(page)).to_be_focused()
    expect(row(page, "call mum 🎉")).to_be_visible()
    expect(chips(page)).to_have_count(0)
    expect(page.get_by_role("radiogroup", name="Due")).to_be_visible()
    task = only_task(ada)
    due = datetime.fromisoformat(task["due_date"]).astimezone(BERLIN)
    assert (due.weekday(), due.hour, task["reminders"]) == (4, 9, ["P1D"])


def test_words_can_be_left_in_the_title(ada: Person) -> None:
    page = ada.tab()
    line(page).fill("gym every friday at 9am until 24 december 2099")
    expect(chips(page)).to_have_text([re.compile("9:00"), "every Friday until 24 December 2099"])
    page.get_by_role("button", name="Leave “at 9am” in the title").click()
    expect(line(page)).to_be_focused()
    expect(chips(page).first).not_to_contain_text("9:00")
    line(page).press("Home")
    line(page).press_sequentially("big ")
    line(page).press("Enter")
    expect(row(page, "big gym at 9am")).to_be_visible()
    task = only_task(ada)
    assert (task["due_all_day"], task["recurrence_pattern"]) == (True, "weekly:FRI")
    assert task["recurrence_end_date"] == "2099-12-24"


def test_which_of_several_meanings_is_asked(ada: Person) -> None:
    page = ada.tab()
    line(page).fill("visit 4/12 10am")
    expect(page.get_by_role("radio", name=re.compile(r"^1\. .* 4 Dec.*10:00"))).to_be_visible()
    line(page).press("Enter")
    expect(page.get_by_role("alert").filter(has_text="several ways")).to_be_visible()
    assert ada.tasks() == []
    line(page).press("2")
    expect(row(page, "visit")).to_be_visible()
    assert datetime.fromisoformat(only_task(ada)["due_date"]).month == 4
    page.goto(ada.url + "/#/settings")
    page.get_by_label("Dates that you type as 4/12").select_option("dmy")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    line(page).fill("see Bob 4/12")
    expect(chips(page)).to_have_count(1)
    line(page).press("Enter")
    expect(row(page, "see Bob")).to_be_visible()
    assert next(task for task in ada.tasks() if task["title"] == "see Bob")["due_date"][5:10] == "12-04"


def test_what_was_not_understood_is_said(ada: Person) -> None:
    page = ada.tab()
    line(page).fill("report before friday")
    expect(page.locator(".said-notes")).to_have_text("Not read: “before friday” (not a day or time itself).")
    assert marked(page) == ["before friday"]
    line(page).fill("milk and remind me")
    expect(page.locator(".said-notes")).to_contain_text("A reminder needs a date")
    line(page).press("Enter")
    expect(page.get_by_role("alert").filter(has_text="A reminder needs a date")).to_be_visible()
    page.get_by_role("button", name="It is all the title").click()
    expect(page.locator(".said-notes")).to_be_hidden()
    line(page).press("Enter")
    expect(row(page, "milk and remind me")).to_be_visible()
    assert only_task(ada)["due_date"] is None


def test_a_line_sent_before_it_was_read_is_read_first(ada: Person) -> None:
    page = ada.tab()
    held: list[Route] = []
    page.route(PARSE, lambda route: held.append(route))
    line(page).fill("tea tomorrow at 17:00")
    line(page).press("Enter")
    expect(line(page)).to_have_value("")
    expect(coming(page, "tea tomorrow at 17:00")).to_contain_text("Adding…")
    line(page).press_sequentially("ca")
    for route in held:  # a slow machine may have asked before Enter as well, and waits for that no more
        route.continue_()
    expect(row(page, "tea")).to_be_visible()
    expect(line(page)).to_have_value("ca")
    assert datetime.fromisoformat(only_task(ada)["due_date"]).astimezone(BERLIN).hour == 17


@pytest.mark.parametrize("fault", ["refused", "offline"])
def test_without_a_reading_the_line_works_as_before(ada: Person, fault: str) -> None:
    page = ada.tab()
    page.route(PARSE, lambda route: route.abort() if fault == "offline" else route.fulfill(status=500, body="{}"))
    with page.expect_event("requestfailed" if fault == "offline" else "response"):
        line(page).fill("tea tomorrow at 17:00")
    expect(chips(page)).to_have_count(0)
    page.get_by_role("radio", name="Today", exact=True).check()
    line(page).press("Enter")
    expect(row(page, "tea tomorrow at 17:00")).to_be_visible()
    expect(page.get_by_text("Added as typed: the server did not say whether there is a date in it.")).to_be_visible()
    assert only_task(ada)["due_date"][:10] == day(0)


def test_a_line_that_fails_comes_back_with_the_reason(ada: Person) -> None:
    page = ada.tab()
    page.route(TASKS, lambda route: route.fulfill(status=422, json={"detail": "No room."}))
    line(page).fill("tea tomorrow")
    expect(chips(page)).to_have_count(1)
    search = page.get_by_role("searchbox", name="Search tasks")
    line(page).press("Enter")
    search.focus()
    expect(page.get_by_role("alert").filter(has_text="No room.")).to_be_visible()
    expect(line(page)).to_have_value("tea tomorrow")
    expect(chips(page)).to_have_count(1)
    expect(search).to_be_focused()
    held: list[Route] = []
    page.unroute(TASKS)
    page.route(TASKS, lambda route: held.append(route))
    with page.expect_request(TASKS):
        line(page).press("Enter")
    line(page).press_sequentially("cake")
    held[0].fulfill(status=422, json={"detail": "Still no room."})
    expect(page.get_by_role("alert").filter(has_text="Not added: “tea tomorrow”. Still no room.")).to_be_visible()
    expect(line(page)).to_have_value("cake")
    page.unroute(TASKS)
    page.get_by_role("button", name="Put back").click()
    expect(line(page)).to_have_value("tea tomorrow")
    expect(page.get_by_text("Not added yet: “cake”.")).to_be_visible()
    line(page).press("Enter")
    expect(row(page, "tea")).to_be_visible()


TYPES_ON = """() => new Promise((done) => {
  const input = document.querySelector(".quick-input");
  document.querySelector(".quick").requestSubmit();
  const wait = setInterval(() => {
    if (input.value !== "tea tomorrow") return;
    clearInterval(wait);
    input.value += "c";
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    done();
  }, 5);
})"""


def test_who_types_on_while_a_line_comes_back_types_the_next_one(ada: Person) -> None:
    page = ada.tab()
    page.route(TASKS, lambda route: route.fulfill(status=422, json={"detail": "No room."}))
    line(page).fill("tea tomorrow")
    page.evaluate(TYPES_ON)
    expect(page.get_by_role("alert").filter(has_text="Not added: “tea tomorrow”. No room.")).to_be_visible()
    expect(line(page)).to_have_value("c")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("tea tomorrow")).to_have_count(0)


def test_several_lines_are_no_title_where_something_is_typed_either(ada: Person) -> None:
    page = ada.tab()
    line(page).press_sequentially("shopping: ")
    pasted(page, "milk\neggs\nbread\n")
    expect(line(page)).to_have_value("shopping: ")
    page.get_by_role("button", name="Add 3 tasks").click()
    for title in ("milk", "eggs", "bread"):
        expect(row(page, title)).to_be_visible()
    expect(line(page)).to_have_value("shopping: ")
    expect(line(page)).to_be_focused()
    pasted(page, "milk\neggs\nbread\n")
    page.get_by_role("button", name="Put them in one line").click()
    expect(line(page)).to_have_value("shopping: milk eggs bread")
    expect(page.get_by_role("button", name="Add 3 tasks")).to_be_hidden()
    line(page).press("Enter")
    expect(row(page, "shopping: milk eggs bread")).to_be_visible()


def test_more_lines_than_become_tasks_are_no_title_by_themselves(ada: Person) -> None:
    page = ada.tab()
    line(page).focus()
    pasted(page, "\n".join(f"line {number}" for number in range(51)))
    expect(page.get_by_text("You pasted 51 lines. At most 50 become tasks at once.")).to_be_visible()
    expect(line(page)).to_have_value("")
    page.get_by_role("button", name="Put them in one line").click()
    expect(line(page)).to_have_value(re.compile("^line 0 line 1 .* line 50$"))


@pytest.mark.parametrize("where", ["line", "palette"])
def test_what_a_line_does_not_take_is_kept_and_said(ada: Person, where: str) -> None:
    page = ada.tab()
    line(page).focus()
    if where == "palette":
        page.keyboard.press("Control+K")
    expect(page.locator(":focus")).to_have_attribute("maxlength", "1000")
    words = [f"word{number:04}" for number in range(120)]
    pasted(page, "\n".join(words))
    page.get_by_role("button", name="Put them in one line").click()
    expect(page.locator(":focus")).to_have_value(" ".join(words[:111]))
    expect(page.get_by_text("A line takes 1,000 characters. The rest is kept below it.").first).to_be_visible()
    if where == "palette":
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Put back")).to_be_visible()
    expect(page).to_have_url(re.compile("/[^#]*(#/)?$"))
    page.goto("about:blank")
    page.goto(ada.url)
    expect(page.get_by_text(f"Not added yet: “{' '.join(words[111:])}”.")).to_be_visible()
    line(page).fill("")
    page.get_by_role("button", name="Put back").click()
    expect(line(page)).to_have_value(" ".join(words[111:]))


def test_one_long_line_is_not_cut_in_silence_either(ada: Person) -> None:
    page = ada.tab()
    line(page).focus()
    pasted(page, "x" * 1_500)
    expect(line(page)).to_have_value("x" * 1_000)
    expect(page.get_by_text(f"Not added yet: “{'x' * 500}”.")).to_be_visible()
    pasted(page, "y " * 10_000)
    expect(page.get_by_text("This is too long: paste at most 10,000 characters at once.")).to_be_visible()
    expect(line(page)).to_have_value("x" * 1_000)


def test_several_lines_become_several_tasks(ada: Person) -> None:
    page = ada.tab()
    line(page).focus()
    pasted(page, "- [ ] milk tomorrow\n- [ ] eggs\n\n* visit 4/12\n")
    page.get_by_role("button", name="Add 3 tasks").click()
    for title in ("milk", "eggs"):
        expect(row(page, title)).to_be_visible()
    expect(line(page)).to_have_value("visit 4/12")
    expect(page.get_by_role("radio", name="3. No date")).to_be_visible()
    assert {task["title"]: (task["due_date"] or "")[:10] for task in ada.tasks()} == {"milk": day(1), "eggs": ""}


def test_the_whole_form_takes_over_what_was_read_on_a_phone_too(new_person: Callable[..., Person]) -> None:
    page = new_person(viewport={"width": 320, "height": 700}, has_touch=True, color_scheme="dark").tab()
    line(page).fill("a" * 60 + " every week on monday at 17:30, remind me 2 hours before")
    expect(chips(page)).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.get_by_role("button", name="More…").click()
    form = page.get_by_role("dialog", name="New task")
    expect(form.get_by_label("Title")).to_have_value("a" * 60)
    expect(form.get_by_label("Time (leave empty for all day)")).to_have_value("17:30")
    expect(form.get_by_role("checkbox", name="2 hours before")).to_be_checked()


READER = """async () => {
  const { LineReader } = await import("/static/state/line-reader.js");
  const told = [], questions = [];
  const json = (method, path, { body, signal }) => new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    questions.push({ text: body.text, answer: resolve });
  });
  const onRead = (reading) => told.push(reading?.title ?? null);
  const reader = new LineReader({ api: { json }, onRead, patience: 300 });
  const asked = async (count) => { while (questions.length < count) await new Promise((next) => setTimeout(next, 5)); };
  const line = (text) => ({ text, kept: [] });
  reader.soon(line("t"), 0);
  reader.soon(line("tea"), 0);
  await asked(1);
  reader.soon(line("tea at"), 0);
  await asked(2);
  questions[0].answer({ title: "late", unread: [] });
  questions[1].answer({ title: "in time", unread: [] });
  while (told.length < 1) await new Promise((next) => setTimeout(next, 5));
  reader.soon(line("tea at 5"), 0);
  while (told.length < 2) await new Promise((next) => setTimeout(next, 5));
  reader.soon(line(" "), 0);
  return { told, texts: questions.map(({ text }) => text) };
}"""


def test_the_answer_to_the_last_question_counts_and_none_is_waited_for_for_long(modules: Page) -> None:
    assert modules.evaluate(READER) == {"told": ["in time", None, None], "texts": ["tea", "tea at", "tea at 5"]}


MOVED = """async ([before, after, start, end]) => {
  const { moved } = await import("/static/domain/line.js");
  return moved([{ start, end }], before, after).map((one) => [one.start, one.end]);
}"""


@pytest.mark.parametrize(
    ("before", "after", "span", "moved"),
    [
        ("tea at 5", "🎉 tea at 5", [4, 8], [[6, 10]]),
        ("tea at 5", "tea at 5pm", [4, 8], [[4, 8]]),
        ("tea at 5", "tea at 6", [4, 8], []),
        ("tea at 5 now", "tea at 5", [4, 8], [[4, 8]]),
        ("aaa", "aa", [0, 3], []),
    ],
)
def test_stretches_move_with_their_text(
    modules: Page, before: str, after: str, span: list[int], moved: list[list[int]]
) -> None:
    assert modules.evaluate(MOVED, [before, after, *span]) == moved
