"""Calls to the server: what is sent again and what never is, and what a refusal says."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route

from tests.web.conftest import MODULES_URL

CALL = """async ([method, path, options]) => {
  const { Api } = await import("/static/server/api.js");
  const told = { signedOut: 0 };
  const api = new Api({ onSignedOut: () => { told.signedOut += 1; } });
  try {
    return { ...told, body: await api.json(method, path, options), ...told };
  } catch (error) {
    return { name: error.name, message: error.message, status: error.status, code: error.code,
             fields: Object.fromEntries(error.fields ?? []), ...told };
  }
}"""

Answer = Callable[[Route], None]


def answer(status: int, body: object = None, **headers: str) -> Answer:
    return lambda route: route.fulfill(
        status=status, headers={"Content-Type": "application/json", **headers}, body=json.dumps(body)
    )


def html(status: int) -> Answer:
    """As something between the page and the server answers."""
    return lambda route: route.fulfill(status=status, content_type="text/html", body="<h1>No</h1>")


def invalid(field: str, code: str, **params: int) -> dict[str, Any]:
    """What is wrong with a field, as the server says it."""
    problem = {"loc": ["body", field], "msg": "the server's words", "type": "value_error", "code": code}
    return problem | {"params": params}


def refused(status: int, code: str, retry_after: int | None = None) -> Answer:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return answer(status, {"detail": {"error": "x", "code": code, "message": "The server's words."}}, **headers)


def unreachable(route: Route) -> None:
    route.abort()


class Server:
    """Gives its answers in turn and keeps the requests."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[Request] = []
        self.answers: list[Answer] = []
        context.route(f"{MODULES_URL}/api/**", self._answer)

    def _answer(self, route: Route) -> None:
        self.requests.append(route.request)
        self.answers.pop(0)(route)

    @property
    def asked(self) -> list[str]:
        return [f"{one.method} {one.url.removeprefix(MODULES_URL)}" for one in self.requests]


@pytest.fixture
def server(modules_context: BrowserContext) -> Server:
    return Server(modules_context)


@pytest.fixture
def page(modules_context: BrowserContext, server: Server) -> Page:
    page = modules_context.new_page()
    page.goto("/")
    return page


def test_a_read_waits_as_long_as_a_busy_server_asks(page: Page, server: Server) -> None:
    server.answers = [answer(429, {}, **{"Retry-After": "1"}), unreachable, answer(200, {"items": []})]
    assert page.evaluate(CALL, ["GET", "/api/v1/tasks", {}])["body"] == {"items": []}
    assert len(server.requests) == 3


def test_a_creation_is_sent_again_under_the_same_key(page: Page, server: Server) -> None:
    server.answers = [unreachable, answer(409, {}), answer(201, {"id": "t"})]
    options = {"body": {"title": "x"}, "creates": True}
    assert page.evaluate(CALL, ["POST", "/api/v1/tasks", options])["body"] == {"id": "t"}
    keys = {one.headers["idempotency-key"] for one in server.requests}
    assert len(server.requests) == 3
    assert len(keys) == 1


def test_a_change_whose_fate_is_unknown_is_not_sent_again(page: Page, server: Server) -> None:
    server.answers = [unreachable]
    outcome = page.evaluate(CALL, ["PATCH", "/api/v1/tasks/t", {"body": {"completed": True}}])
    assert outcome["status"] == 0
    assert "cannot be reached" in outcome["message"]
    assert len(server.requests) == 1


def test_a_session_that_ran_out_is_renewed_once(page: Page, server: Server) -> None:
    server.answers = [answer(401, {}), answer(200, {"token": "t"}), answer(200, {"id": "t"})]
    assert page.evaluate(CALL, ["GET", "/api/v1/tasks/t", {}]) == {"body": {"id": "t"}, "signedOut": 0}
    assert server.asked == ["GET /api/v1/tasks/t", "POST /api/v1/auth/refresh", "GET /api/v1/tasks/t"]


def test_a_session_that_cannot_be_renewed_is_over(page: Page, server: Server) -> None:
    refused = {"error": "x", "code": "MISSING_AUTH_HEADER", "message": "Log in first"}
    server.answers = [answer(401, refused)] * 3
    outcome = page.evaluate(CALL, ["GET", "/api/v1/tasks", {}])
    assert (outcome["status"], outcome["code"], outcome["signedOut"]) == (401, "MISSING_AUTH_HEADER", 1)
    assert server.asked[1:] == ["POST /api/v1/auth/refresh", "GET /api/v1/auth/me"]


def test_a_session_that_was_ended_says_what_ended_it(page: Page, server: Server) -> None:
    """Whichever request hears it; those that ask after it hear nothing. Until somebody is signed in again."""
    ended = answer(401, {"error": "x", "code": "INVALID_TOKEN", "message": "Gone", "params": {"reason": "account"}})
    spent = answer(401, {"detail": {"error": "x", "code": "INVALID_REFRESH_TOKEN", "message": "Not accepted"}})
    none = answer(401, {"error": "x", "code": "MISSING_AUTH_HEADER", "message": "Log in first"})
    renewed = answer(200, {"token": "t"})
    server.answers = [ended, spent, ended, none, none, renewed, none, none]
    said = page.evaluate("""async () => {
      const { Api } = await import("/static/server/api.js");
      const said = [];
      const api = new Api({ onSignedOut: () => said.push(api.farewell) });
      await api.json("GET", "/api/v1/tasks").catch(() => {});
      for (let times = 0; times < 3; times += 1) {
        await api.renew();
        said.push(api.farewell);
      }
      return said;
    }""")
    closed, over = "This account is disabled or gone.", "Your session has ended. Log in again to go on."
    assert said == [closed, closed, over, over]


def test_a_creation_beyond_a_quota_is_not_tried_again(page: Page, server: Server) -> None:
    server.answers = [refused(409, "TOO_MANY_TASKS")]
    assert page.evaluate(CALL, ["POST", "/api/v1/tasks", {"body": {}, "creates": True}])["code"] == "TOO_MANY_TASKS"
    assert len(server.requests) == 1


def test_a_server_away_while_renewing_is_no_reason_to_sign_out(page: Page, server: Server) -> None:
    server.answers = [answer(401, {}), answer(503, {}), answer(200, {"items": []})]
    assert page.evaluate(CALL, ["GET", "/api/v1/tasks", {}])["signedOut"] == 0


@pytest.mark.parametrize(
    ("refusal", "message", "fields"),
    [
        (
            answer(422, {"detail": [{"loc": ["body", "due_date"], "msg": "not a date", "type": "value_error"}]}),
            "Due date: Not a date.",
            {"due_date": "Not a date."},
        ),
        (
            answer(422, {"detail": [{"loc": ["query", "of"], "msg": "x", "type": "x", "code": "OUT_OF_RANGE"}]}),
            "of: This lies too far away.",
            {"of": "This lies too far away."},
        ),
        (
            answer(422, {"detail": [invalid("tags", "TOO_MANY", most=2000)]}),
            "Tags: These are too many: at most 2,000.",
            {"tags": "These are too many: at most 2,000."},
        ),
        (
            answer(422, {"detail": [invalid("due_date", "YEAR_OUT_OF_RANGE", first=1970, last=2199)]}),
            "Due date: The year must lie between 1970 and 2199.",
            {"due_date": "The year must lie between 1970 and 2199."},
        ),
        (
            answer(422, {"detail": [invalid("due_date", "NEWER_THAN_THE_PAGE")]}),
            "Due date: The server's words.",
            {"due_date": "The server's words."},
        ),
        (answer(422, {"detail": [{"loc": ["body"], "msg": "no JSON", "type": "x"}]}), "No JSON.", {"": "No JSON."}),
        (answer(404, {"detail": {"error": "x", "code": "GONE", "message": "No such task."}}), "No such task.", {}),
        (answer(403, {"detail": "Forbidden"}), "This is not yours to change.", {}),
        (html(404), "It is no longer there.", {}),
        (html(408), "The server did not get all of this in time. Try again.", {}),
        (html(413), "This is too long.", {}),
        (html(414), "This is too long.", {}),
        (html(415), "The server did not take this (415).", {}),
        (html(431), "What this page sent could not be read. Load it again.", {}),
        (html(500), "Something went wrong on our side. Try again in a moment.", {}),
        (html(502), "TaskFlow cannot be reached just now. Try again in a moment.", {}),
        (html(504), "TaskFlow cannot be reached just now. Try again in a moment.", {}),
        (answer(500), "Something went wrong on our side. Try again in a moment.", {}),
        (answer(429, {}, **{"Retry-After": "60"}), "Too many tries. Wait 60 seconds, then try again.", {}),
        (answer(429, {}), "Too many tries. Wait a few seconds, then try again.", {}),
        (refused(429, "TOO_MANY_ATTEMPTS", 1), "Logging in has failed too often. Wait 1 second, then try again.", {}),
        (
            refused(429, "TOO_MANY_SIGN_UPS", 3541),
            "Too many accounts are being made. Wait 60 minutes, then try again.",
            {},
        ),
        (
            refused(503, "SIGN_IN_BUSY", 2),
            "Too many people are logging in just now. Wait 2 seconds, then try again.",
            {},
        ),
        (
            refused(503, "SERVICE_UNAVAILABLE", 2),
            "TaskFlow is not ready just now. Nothing was done; try again in a moment.",
            {},
        ),
        (refused(409, "NEWER_THAN_THE_PAGE"), "The server's words.", {}),
        (
            refused(403, "ORIGIN_MISMATCH"),
            "TaskFlow is not meant to be used at this address. Ask whoever runs it for the right one.",
            {},
        ),
    ],
)
def test_every_shape_of_refusal_has_words(
    page: Page, server: Server, refusal: Answer, message: str, fields: dict[str, str]
) -> None:
    server.answers = [refusal]
    outcome = page.evaluate(CALL, ["POST", "/api/v1/tasks", {"body": {}}])
    assert (outcome["message"], outcome["fields"]) == (message, fields)


def test_the_next_page_is_read_from_the_link_header(modules: Page) -> None:
    links = [
        '</api/v1/tasks?limit=2&cursor=abc>; rel="next"',
        '<http://elsewhere/a?b=1>; rel="prev", <http://localhost/api/v1/tasks?cursor=x%2Cy>; rel="next"',
        '</api/v1/tasks>; rel="prev"',
        "",
    ]
    nexts = modules.evaluate(
        """async (links) => {
          const { nextPage } = await import("/static/server/api.js");
          return links.map((Link) => nextPage(new Headers(Link ? { Link } : {})));
        }""",
        links,
    )
    assert nexts == ["/api/v1/tasks?limit=2&cursor=abc", "/api/v1/tasks?cursor=x%2Cy", None, None]
