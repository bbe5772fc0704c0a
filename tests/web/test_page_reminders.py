"""The page: reminders that go off, wait and are answered."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.person import Person, moment, row

pytestmark = pytest.mark.browser


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
        panel.get_by_label("Snooze Call back").select_option("60")
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
