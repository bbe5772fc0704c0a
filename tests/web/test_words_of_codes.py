"""What the server says by a code has words on the page, in each of its languages."""

from typing import Any, get_args

import pytest
from playwright.sync_api import Page

from chat_api.parser.why import WORDS
from taskflow_core.domain.field_codes import FIELD_CODES
from taskflow_core.events.account import RevokedBy
from taskflow_core.service.codes import CODES
from tests.web.test_page_german import ENGLISH

# Of these the server's own sentence says more than the page could; in German there is a plain one.
AS_THE_SERVER_SAYS = {"en": {"INVALID_VALUE", "INVALID_REPEAT"}, "de": set[str]()}
SPOKEN = """async (language) => {
  const { later } = await import(`/static/strings/${language}/later.js`);
  const { refusals } = await import(`/static/strings/${language}/refusals.js`);
  const params = { least: "2", most: "5", first: 1970, last: 2199, part: "BYDAY" };
  const reasons = ["", "account", "session", "title", "malformed", "taken", "acknowledged", "cancelled"];
  const said = (sentence) => typeof sentence !== "function" ? [sentence]
    : [...new Set(reasons.map((reason) => sentence({ ...params, reason })))];
  const each = (entries) => Object.fromEntries([...entries].map(([code, sentence]) => [code, said(sentence)]));
  return {
    codes: each(refusals.codes), values: each(Object.entries(refusals.values)),
    why: each(Object.entries(refusals.why)), reasons: each(Object.entries(later.security.reasons)),
  };
}"""


@pytest.fixture(params=["en", "de"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


def sentences(page: Page, language: str) -> dict[str, dict[str, list[str]]]:
    said: dict[str, dict[str, Any]] = page.evaluate(SPOKEN, language)
    return said


def test_every_refusal_and_every_reason_has_words(modules: Page, language: str) -> None:
    said = sentences(modules, language)
    known = {"codes": CODES, "values": FIELD_CODES, "why": WORDS, "reasons": get_args(RevokedBy)}
    for kind, codes in known.items():
        assert set(said[kind]) == set(codes), kind
    silent = {code for kind in said.values() for code, words in kind.items() if "" in words}
    assert silent == AS_THE_SERVER_SAYS[language]


def test_no_word_of_english_is_among_the_german_ones(modules: Page) -> None:
    said = sentences(modules, "de")
    found = [words for kind in said.values() for several in kind.values() for words in several if ENGLISH.search(words)]
    assert found == []
    english = sentences(modules, "en")
    assert [code for kind in said for code in said[kind] if said[kind][code] == english[kind][code]] == []


def test_the_page_says_in_english_why_words_were_not_read_as_the_server_does(modules: Page) -> None:
    assert sentences(modules, "en")["why"] == {code: [words] for code, words in WORDS.items()}
