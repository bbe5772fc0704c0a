"""The page: signing up, logging in and out, and sessions that end."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import NewContext
from tests.web.person import PASSWORD, Person, new_email, quick_add, row

pytestmark = pytest.mark.browser


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
    page.get_by_role("button", name="Log out", exact=True).click()
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
    first.get_by_role("button", name="Log out", exact=True).click()
    expect(second.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_who_does_not_sign_in_again_is_led_to_the_way_in(ada: Person) -> None:
    page = ada.tab()
    ada.context.clear_cookies()
    quick_add(page, "Too late")
    page.get_by_role("dialog", name="Log in again").get_by_role("button", name="Log out").click()
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_a_session_that_ran_out_is_renewed_without_a_word(ada: Person) -> None:
    page = ada.tab()
    cookies = ada.context.cookies()
    session = next(cookie for cookie in cookies if "session" in cookie.get("name", ""))
    ada.context.clear_cookies(name=session.get("name"))
    quick_add(page, "In time")
    expect(row(page, "In time")).to_be_visible()


@pytest.mark.parametrize(
    ("password", "words"),
    [("password123", "one of the most common passwords"), ("ä" * 40, "This is too long: at most 72 bytes")],
)
def test_a_password_that_is_not_taken_is_told_at_its_field(
    new_context: NewContext, platform_url: str, password: str, words: str
) -> None:
    page = new_context().new_page()
    page.goto(platform_url)
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("E-mail").fill(new_email())
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_label("Password", exact=True)).to_be_focused()


def test_too_many_failures_say_how_long_to_wait(new_context: NewContext, ada: Person) -> None:
    page = new_context().new_page()
    page.goto(ada.url)
    page.get_by_label("E-mail").fill(ada.email)
    page.get_by_label("Password", exact=True).fill("not the password")
    alert = page.get_by_role("alert").filter(visible=True)
    for _ in range(10):
        page.get_by_role("button", name="Log in").click()
        expect(alert).to_contain_text("incorrect")
        page.get_by_label("Password", exact=True).press("End")
    page.get_by_role("button", name="Log in").click()
    expect(alert).to_contain_text(re.compile(r"Logging in has failed too often\. Wait \d+ seconds?, then try again\."))
