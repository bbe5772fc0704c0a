"""The page: one stream for all tabs, and what happened without it."""

import pytest
from playwright.sync_api import Request, expect

from tests.web.conftest import NewContext
from tests.web.person import PASSWORD, Person, quick_add, row

pytestmark = pytest.mark.browser


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
    quick_add(page, "Sent afterwards")
    expect(row(page, "Sent afterwards")).to_contain_text("Not sent yet")
    ada.context.set_offline(False)
    expect(row(page, "Made meanwhile")).to_be_visible(timeout=45_000)
    expect(row(page, "Deleted meanwhile")).to_have_count(0)
    expect(page.locator(".connection")).to_be_hidden()
    expect(row(page, "Sent afterwards")).to_be_visible()
