"""Server-sent events are read as the HTML standard says, however the network cuts them."""

from playwright.sync_api import Page

PARSE = """async (pieces) => {
  const { EventParser } = await import("/static/server/sse.js");
  const events = [];
  const parser = new EventParser({ onEvent: (event) => events.push(event), onRetry: (ms) => events.push(ms) });
  for (const piece of pieces) parser.push(piece);
  return events;
}"""

STREAM = (
    ': heartbeat\n\nretry: 1500\n\nid: 7\ndata: {"a":\ndata:1}\n\nevent: x\r\nid:8\r\ndata: b: c\r\n\r\n:\n\ndata\n\n'
)
EVENTS = [
    1500,
    {"id": "7", "event": "message", "data": '{"a":\n1}'},
    {"id": "8", "event": "x", "data": "b: c"},
    {"id": None, "event": "message", "data": ""},
]


def test_a_stream_cut_anywhere_gives_the_same_events(modules: Page) -> None:
    for cut in range(len(STREAM)):
        assert modules.evaluate(PARSE, [STREAM[:cut], STREAM[cut:]]) == EVENTS


def test_a_stream_in_single_characters_gives_the_same_events(modules: Page) -> None:
    assert modules.evaluate(PARSE, list(STREAM)) == EVENTS


def test_an_id_by_itself_is_told(modules: Page) -> None:
    parse = PARSE.replace("onRetry:", "onId: (id) => events.push(`at ${id}`), onRetry:")
    stream = ["id: 1\ndata: one\n\nid: 2\n\nretry: 5\n\ndata: two\n\nid: 3\n"]
    assert modules.evaluate(parse, stream) == [
        {"id": "1", "event": "message", "data": "one"},
        "at 2",
        5,
        {"id": None, "event": "message", "data": "two"},
    ]


def test_an_event_that_was_not_finished_is_not_given(modules: Page) -> None:
    assert modules.evaluate(PARSE, ["data: one\n\ndata: two\n"]) == [{"id": None, "event": "message", "data": "one"}]
