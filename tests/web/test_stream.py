"""One stream for all tabs: it is handed over, resumed, renewed, and survives refusals."""

import json
import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.web.conftest import DEADLINE, MODULES_URL

START = """async ({ wait, silence, renewed }) => {
  const { LiveStream } = await import("/static/server/stream.js");
  window.seen = { frames: [], states: [], signedOut: 0, renewals: 0 };
  window.stream = new LiveStream({
    userId: "ada",
    wait: wait ?? 20,
    silence: silence ?? 60000,
    onFrame: (frame) => seen.frames.push(frame.id),
    onState: (status) => seen.states.push(status),
    onSignedOut: () => { seen.signedOut += 1; },
    renew: async () => { seen.renewals += 1; return renewed ?? true; },
  });
  stream.start();
}"""

Answer = Callable[[Route], None]


def events(*frames: dict[str, object], retry: int | None = None) -> Answer:
    """An accepted stream that gives some frames and ends."""
    lines = [f"retry: {retry}\n\n"] if retry is not None else []
    lines += [f"id: {frame['id']}\ndata: {json.dumps(frame)}\n\n" for frame in frames]
    return lambda route: route.fulfill(content_type="text/event-stream", body="".join(lines))


def refusal(status: int, **headers: str) -> Answer:
    return lambda route: route.fulfill(status=status, headers=headers, body="{}")


def hang(_route: Route) -> None:
    """Never answers: a stream on which nothing happens."""


class Server:
    """Answers each opening of the stream with the next of the given answers; afterwards it hangs."""

    def __init__(self, context: BrowserContext, *answers: Answer) -> None:
        self.opened: list[str | None] = []
        self._answers = list(answers)
        context.route(re.compile(r"/api/v1/notifications/stream"), self._answer)

    def _answer(self, route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        self.opened.append(query.get("last_event_id", [None])[0])
        (self._answers.pop(0) if self._answers else hang)(route)

    def wait_for(self, page: Page, openings: int) -> None:
        """Returns once the stream has been opened so often, by whichever page; `page` lets time pass."""
        deadline = time.monotonic() + DEADLINE / 1000
        while len(self.opened) < openings:
            assert time.monotonic() < deadline, self.opened
            page.wait_for_timeout(20)


@pytest.fixture
def tab(modules_context: BrowserContext) -> Callable[..., Page]:
    """Opens a tab with a stream in it."""

    def opened(**options: object) -> Page:
        page = modules_context.new_page()
        page.goto(f"{MODULES_URL}/")
        page.evaluate(START, options)
        return page

    return opened


def until(page: Page, condition: str) -> None:
    page.wait_for_function(condition, timeout=DEADLINE)


def frame(frame_id: str, **fields: object) -> dict[str, object]:
    return {"id": frame_id, "type": "task.updated", **fields}


def test_a_broken_stream_resumes_after_the_last_frame(
    modules_context: BrowserContext, tab: Callable[..., Page]
) -> None:
    server = Server(modules_context, events(frame("1"), frame("2")), events(frame("3"), retry=5))
    page = tab()
    until(page, "seen.frames.length === 3")
    page.wait_for_function("seen.states.filter(({ state }) => state === 'connecting').length >= 2")
    page.wait_for_timeout(100)
    assert page.evaluate("seen.frames") == ["1", "2", "3"]
    assert server.opened == [None, "2", "3"]
    live = [one for one in page.evaluate("seen.states") if one["state"] == "live"]
    assert [one["resumed"] for one in live] == [False, True]


def test_two_tabs_share_one_stream(modules_context: BrowserContext, tab: Callable[..., Page]) -> None:
    held: list[Route] = []
    server = Server(modules_context, held.append)
    first = tab()
    until(first, "stream.leading")
    second = tab()
    second.wait_for_timeout(200)
    assert len(server.opened) == 1
    events(frame("1"))(held[0])
    until(second, "seen.frames.includes('1')")
    assert first.evaluate("seen.frames") == ["1"]
    assert second.evaluate("stream.leading") is False
    assert second.evaluate("stream.status.state") in {"live", "connecting"}


def test_when_the_reading_tab_closes_another_goes_on_where_it_was(
    modules_context: BrowserContext, tab: Callable[..., Page]
) -> None:
    held: list[Route] = []
    server = Server(modules_context, held.append, hang, events(frame("2")))
    first = tab()
    until(first, "stream.leading")
    second = tab()
    second.wait_for_timeout(100)
    events(frame("1"))(held[0])
    until(second, "seen.frames.includes('1')")
    server.wait_for(first, openings=2)
    first.close()
    until(second, "seen.frames.includes('2')")
    assert second.evaluate("stream.leading") is True
    assert server.opened[1:3] == ["1", "1"]


def test_who_has_seen_no_frame_resumes_from_where_the_stream_says(
    modules_context: BrowserContext, tab: Callable[..., Page]
) -> None:
    mark: Answer = lambda route: route.fulfill(  # noqa: E731  # an answer like the others
        content_type="text/event-stream", body="id: since-5\nretry: 100\n\n"
    )
    server = Server(modules_context, mark, events(frame("1")))
    page = tab()
    until(page, "seen.frames.length === 1")
    assert server.opened[:2] == [None, "since-5"]
    live = [one for one in page.evaluate("seen.states") if one["state"] == "live"]
    assert [one["resumed"] for one in live][:2] == [False, True]


def test_a_newcomer_learns_where_the_stream_is(modules_context: BrowserContext, tab: Callable[..., Page]) -> None:
    Server(modules_context, events(frame("1")))
    first = tab()
    until(first, "seen.frames.length === 1")
    second = tab()
    until(second, "stream.lastId === '1'")


def test_too_many_streams_means_a_later_try(modules_context: BrowserContext, tab: Callable[..., Page]) -> None:
    server = Server(modules_context, refusal(429, **{"Retry-After": "1"}), events(frame("1")))
    page = tab()
    until(page, "seen.states.some(({ state, seconds }) => state === 'busy' && seconds === 1)")
    page.wait_for_timeout(500)
    assert len(server.opened) == 1
    until(page, "seen.frames.length === 1")


def test_an_unknown_session_is_renewed_once_and_then_over(
    modules_context: BrowserContext, tab: Callable[..., Page]
) -> None:
    server = Server(modules_context, refusal(401), events(frame("1")), refusal(401), refusal(401), events(frame("2")))
    page = tab()
    until(page, "seen.signedOut === 1")
    page.wait_for_timeout(100)
    assert page.evaluate("seen.frames") == ["1"]
    assert page.evaluate("seen.renewals") == 2
    assert len(server.opened) == 4


def test_a_session_that_cannot_be_renewed_is_over(modules_context: BrowserContext, tab: Callable[..., Page]) -> None:
    Server(modules_context, refusal(401), events(frame("1")))
    page = tab(renewed=False)
    until(page, "seen.signedOut === 1")
    assert page.evaluate("seen.frames") == []


def test_before_the_session_ends_it_is_renewed_and_the_stream_goes_on(
    modules_context: BrowserContext, tab: Callable[..., Page]
) -> None:
    ending = events(frame("1"), frame("2", type="expiring"))
    server = Server(modules_context, ending, events(frame("3")))
    page = tab()
    until(page, "seen.frames.includes('3')")
    assert page.evaluate("seen.renewals") == 1
    assert page.evaluate("seen.signedOut") == 0
    assert server.opened[1] == "2"


def test_a_server_out_of_reach_is_tried_again_with_growing_waits(
    modules_context: BrowserContext, tab: Callable[..., Page]
) -> None:
    away: Answer = lambda route: route.abort()  # noqa: E731  # an answer like the others
    server = Server(modules_context, away, refusal(503), away, events(frame("1")))
    page = tab()
    until(page, "seen.frames.length === 1")
    assert len(server.opened) >= 4
    assert page.evaluate("seen.states[0].state") == "waiting"


def test_a_silent_stream_is_left_for_a_new_one(modules_context: BrowserContext, tab: Callable[..., Page]) -> None:
    server = Server(modules_context, hang, events(frame("1")))
    page = tab(silence=300)
    until(page, "seen.frames.length === 1")
    assert len(server.opened) >= 2


def test_what_is_no_frame_is_left_alone(modules_context: BrowserContext, tab: Callable[..., Page]) -> None:
    broken: Answer = lambda route: route.fulfill(  # noqa: E731  # an answer like the others
        content_type="text/event-stream", body='data: {oops\n\nid: 1\ndata: {"id": "1", "type": "of.tomorrow"}\n\n'
    )
    Server(modules_context, broken)
    page = tab()
    until(page, "seen.frames.length === 1")
