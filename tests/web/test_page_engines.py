"""The page in browsers that lack, refuse or understand otherwise what Chromium has: each is made of Chromium here."""

import pytest
from playwright.sync_api import expect

from tests.web.person import Person

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
