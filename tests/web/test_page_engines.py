"""The page in browsers that lack, refuse or understand otherwise what Chromium has: each is made of Chromium here."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.conftest import NewContext
from tests.web.person import Person, log_in, new_email, quick_add, row

REFUSED = "Object.defineProperty(window, '{name}', {{ get() {{ throw new DOMException('no', 'SecurityError'); }} }});"

LACKS = {
    "no way to other tabs": "delete window.BroadcastChannel;",
    "a refused way to other tabs": """
        window.BroadcastChannel = function () { throw new DOMException('no', 'SecurityError'); };
    """,
    "no locks": "Object.defineProperty(navigator, 'locks', { value: undefined });",
    "no workers": "delete Navigator.prototype.serviceWorker;",
    "no notifications": "delete window.Notification;",
    "refused storage": REFUSED.format(name="localStorage") + REFUSED.format(name="sessionStorage"),
    "no storage": """
        for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { value: null });
    """,
    "a refused database": "indexedDB.open = () => { throw new DOMException('no', 'SecurityError'); };",
}


@pytest.mark.parametrize("lack", LACKS.values(), ids=LACKS.keys())
def test_what_a_browser_lacks_keeps_nobody_from_their_tasks(ada: Person, lack: str) -> None:
    ada.context.add_init_script(lack)
    page = ada.tab()
    other = ada.tab()
    quick_add(page, "Buy milk")
    expect(row(page, "Buy milk")).to_be_visible()
    expect(row(other, "Buy milk")).to_be_visible()
    ada.add("From another device")
    for tab in (page, other):
        expect(row(tab, "From another device")).to_be_visible()
    assert ada.complaints == []


def test_a_browser_that_refuses_cookies_is_told_so_before_an_account_is_made(
    new_context: NewContext, platform_url: str
) -> None:
    page = new_context().new_page()
    page.add_init_script("Object.defineProperty(navigator, 'cookieEnabled', { value: false });")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.goto(platform_url)
    page.get_by_role("button", name="Create an account").click()
    log_in(page, new_email(), button="Sign up")
    expect(page.get_by_role("alert").filter(has_text="refuses cookies")).to_be_visible()
    assert asked == []


@pytest.mark.parametrize("part", ["HTMLElement.prototype.popover", "Map.groupBy", "AbortSignal.any"])
def test_a_browser_that_is_too_old_is_told_so(new_context: NewContext, platform_url: str, part: str) -> None:
    page = new_context().new_page()
    page.add_init_script(f"delete {part};")
    page.goto(platform_url)
    expect(page.get_by_role("alert").filter(has_text="too old")).to_be_visible()


def test_a_browser_that_takes_the_database_away_keeps_what_follows(ada: Person) -> None:
    page = ada.tab()
    quick_add(page, "Before")
    expect(row(page, "Before")).to_be_visible()
    session: Any = ada.context.new_cdp_session(page)  # its methods are untyped
    session.send("Storage.clearDataForOrigin", {"origin": ada.url, "storageTypes": "indexeddb"})
    quick_add(page, "After")
    expect(row(page, "After")).to_be_visible()
    page.wait_for_function("""() => new Promise((resolve) => {
      const opening = indexedDB.open('taskflow');
      opening.onerror = () => resolve(false);
      opening.onsuccess = () => {
        const database = opening.result;
        const done = (found) => { database.close(); resolve(found); };
        if (!database.objectStoreNames.contains('lists')) return done(false);
        const asked = database.transaction('lists').objectStore('lists').getAll();
        asked.onsuccess = () => done(asked.result.some(({ tasks }) => tasks.some(({ title }) => title === 'After')));
      };
    })""")


SHEETS = ["/new", "/settings", "/account", "/trash", "/activity", "/help"]

WITH_NO_BASIS = """(dialog) => {
  const columns = [dialog, ...dialog.querySelectorAll('*')].filter((one) => {
    const { display, flexDirection } = getComputedStyle(one);
    return display === 'flex' && flexDirection === 'column';
  });
  const parts = columns.flatMap(({ children }) => [...children]);
  return parts.filter((part) => getComputedStyle(part).flexBasis === '0%').map(({ className }) => className);
}"""


@pytest.mark.parametrize("path", SHEETS)
def test_a_sheet_is_as_high_as_what_it_holds(ada: Person, path: str) -> None:
    """In a dialog WebKit takes the basis of `flex: 1` for no height at all, and Chromium for that of the contents."""
    page = ada.tab(f"/#{path}")
    sheet = page.locator("dialog[open]")
    expect(sheet.locator(".sheet-body")).to_be_visible()
    assert sheet.evaluate(WITH_NO_BASIS) == []
