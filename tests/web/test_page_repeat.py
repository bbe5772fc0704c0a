"""The page: how a task repeats is chosen in words, said back, and not lost by looking at it."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.processes import until
from tests.web.person import Person, day, row

pytestmark = pytest.mark.browser


def new_task(page: Page, title: str, due: str) -> Locator:
    form = page.get_by_role("dialog")
    form.get_by_label("Title").fill(title)
    form.get_by_label("Due date", exact=True).fill(due)
    return form


def labels(form: Locator) -> list[str]:
    return form.get_by_label("Repeat", exact=True).locator("option").all_inner_texts()


def test_presets_go_by_the_due_date_and_follow_it(ada: Person) -> None:
    page = ada.tab("/#/new")
    form = new_task(page, "Report", "2031-10-31")  # a Friday, the last day of its month
    expect(form.get_by_label("Repeat", exact=True).locator("option", has_text="last Friday")).to_have_count(1)
    assert labels(form) == [
        "Does not repeat",
        "Every day",
        "Every weekday",
        "Every Friday",
        "Every second week on Friday",
        "Every month on the last Friday",
        "Every month on the last day",
        "Every year on 31 October",
        "Every …",
        "Custom rule",
    ]
    repeat = form.get_by_label("Repeat", exact=True)
    repeat.select_option(label="Every second week on Friday")
    expect(form.get_by_text("Next: Fri, 31 Oct 2031 · Fri, 14 Nov 2031")).to_be_visible()
    form.get_by_label("Due date", exact=True).fill("2031-11-11")
    expect(form.get_by_text("Next: Tue, 11 Nov 2031 · Tue, 25 Nov 2031")).to_be_visible()
    expect(repeat.locator("option:checked")).to_have_text("Every second week on Tuesday")
    assert "Every month on the second Tuesday" in labels(form)
    assert "Every month on the 11th" in labels(form)
    form.get_by_role("button", name="Add task").click()
    expect(row(page, "Report").get_by_text("Every second week on Tuesday")).to_be_visible()
    assert ada.tasks()[0]["recurrence_pattern"] == "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"


def test_a_preset_that_no_longer_fits_the_date_keeps_its_meaning(ada: Person) -> None:
    form = new_task(ada.tab("/#/new"), "Report", "2031-10-31")
    form.get_by_label("Repeat", exact=True).select_option(label="Every month on the last Friday")
    form.get_by_label("Due date", exact=True).fill("2031-11-07")
    expect(form.get_by_text("Every month on the last Friday", exact=True)).to_be_visible()
    expect(form.get_by_text("Next: Fri, 7 Nov 2031 · Fri, 28 Nov 2031 · Fri, 26 Dec 2031")).to_be_visible()
    form.get_by_role("button", name="Add task").click()
    expect(form).to_be_hidden()
    assert ada.tasks()[0]["recurrence_pattern"] == "RRULE:FREQ=MONTHLY;BYDAY=-1FR"


def test_every_so_many_months_on_a_weekday(ada: Person) -> None:
    page = ada.tab("/#/new")
    form = new_task(page, "Rent", "2031-11-11")
    form.get_by_label("Repeat", exact=True).select_option(label="Every month on the second Tuesday")
    form.get_by_label("Repeat", exact=True).select_option("every")
    expect(form.get_by_label("Which one")).to_have_value("2")
    form.get_by_label("How many").fill("3")
    form.get_by_label("Day of the week").select_option(label="Thursday")
    expect(form.get_by_text("Every 3 months on the second Thursday")).to_be_visible()
    form.get_by_role("button", name="Add task").click()
    expect(row(page, "Rent").get_by_text("Every 3 months on the second Thursday")).to_be_visible()


@pytest.mark.parametrize(
    ("pattern", "kind", "words"),
    [
        ("custom:2w", "fortnightly", "Every second week"),
        ("monthly:15", "every", "Every month on the 15th"),
        ("RRULE:FREQ=DAILY;COUNT=10", "custom", "Every day, 10 times"),
        ("RRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "custom", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"),
    ],
)
def test_a_repeat_made_elsewhere_is_not_lost_by_opening_and_saving(
    ada: Person, pattern: str, kind: str, words: str
) -> None:
    made = ada.add("Made elsewhere", due_date="2031-11-11", recurrence_pattern=pattern)
    page = ada.tab()
    expect(row(page, "Made elsewhere").get_by_text(words)).to_be_visible()
    row(page, "Made elsewhere").get_by_role("button", name="Made elsewhere", exact=True).click()
    form = page.get_by_role("dialog")
    expect(form.get_by_label("Repeat", exact=True)).to_have_value(kind)
    expect(form.get_by_text("Next: Tue, 11 Nov 2031")).to_be_visible()
    form.get_by_label("Title").fill("Looked at")
    with page.expect_request(lambda request: request.method == "PATCH") as sent:
        form.get_by_role("button", name="Save").click()
    assert sent.value.post_data_json == {"title": "Looked at"}
    expect(form).to_be_hidden()
    assert ada.tasks()[0]["recurrence_pattern"] == made["recurrence_pattern"]


def test_a_rule_without_words_is_wanted_before_it_is_sent(ada: Person) -> None:
    form = new_task(ada.tab("/#/new"), "Rule", "2031-11-11")
    form.get_by_label("Repeat", exact=True).select_option("custom")
    form.get_by_role("button", name="Add task").click()
    expect(form.get_by_text("Write a rule, or choose another repeat.")).to_be_visible()
    expect(form.get_by_label("Rule", exact=True)).to_be_focused()
    assert ada.tasks() == []


def test_undoing_a_completion_takes_the_next_one_back(ada: Person) -> None:
    ada.add("Water the plants", due_date=day(2), recurrence_pattern="daily")
    page = ada.tab()
    plants = row(page, "Water the plants")
    plants.get_by_role("checkbox").check()
    expect(plants).to_have_count(2)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(plants).to_have_count(1)
    expect(plants.get_by_role("checkbox")).not_to_be_checked()
    until(lambda: [task["completed"] for task in ada.tasks()] == [False], within=20, what="one is there, open")
    expect(page.get_by_text("stays as well")).to_have_count(0)


def test_a_next_one_that_was_changed_stays_and_the_page_says_so(ada: Person) -> None:
    first = ada.add("Water the plants", due_date=day(2), recurrence_pattern="daily")
    page = ada.tab()
    row(page, "Water the plants").get_by_role("checkbox").check()
    until(lambda: len(ada.tasks()) == 2, within=20, what="the next one is there")
    (following,) = [task for task in ada.tasks() if task["id"] != first["id"]]
    ada.change(following["id"], title="Water the roses")
    expect(row(page, "Water the roses")).to_be_visible()
    page.locator("body").press("z")
    expect(page.get_by_text("The next one stays as well: it is changed already.")).to_be_visible()
    expect(row(page, "Water the plants").get_by_role("checkbox")).not_to_be_checked()
    expect(row(page, "Water the roses")).to_be_visible()
