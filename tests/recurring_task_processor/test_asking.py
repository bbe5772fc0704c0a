"""chat-api is asked again, less and less often, until it answers; then the run goes on."""

from types import SimpleNamespace

import httpx
import pytest

from recurring_task_processor import chat_api
from recurring_task_processor.chat_api import ChatApiUnavailableError, Made, Occurrences
from taskflow_core.bus.delivery import is_outage

ANSWER = {"items": [{"series_id": "one", "task_ids": ["task"]}, {"series_id": "two", "error": "ValueError: no"}]}


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that would have been waited."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(chat_api, "asyncio", SimpleNamespace(sleep=sleep))
    return waited


def _occurrences(
    *answers: httpx.Response | Exception, by_sidecar: bool = False
) -> tuple[Occurrences, list[httpx.Request]]:
    left, requests = list(answers), list[httpx.Request]()

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://chat-api")
    return Occurrences(client, by_sidecar=by_sidecar), requests


async def test_by_a_sidecar_it_leaves_its_name_to_that(waits: list[float]) -> None:
    occurrences, requests = _occurrences(httpx.Response(200, json=ANSWER), by_sidecar=True)
    await occurrences.make(["one"])
    assert "dapr-caller-app-id" not in requests[0].headers, "two names are one too many"


async def test_it_says_who_it_is_and_names_the_series(waits: list[float]) -> None:
    occurrences, requests = _occurrences(httpx.Response(200, json=ANSWER))
    made = await occurrences.make(["one", "two"])
    assert made == [Made(series_id="one", task_ids=["task"]), Made(series_id="two", error="ValueError: no")]
    (request,) = requests
    assert (request.method, request.url.path) == ("POST", "/internal/occurrences")
    assert request.headers["dapr-caller-app-id"] == "recurring-task-processor"
    assert request.content == b'{"series_ids":["one","two"]}'
    assert waits == []


async def test_it_asks_again_with_growing_and_irregular_pauses(waits: list[float]) -> None:
    seen: list[list[float]] = []
    for _ in range(2):
        waits.clear()
        occurrences, requests = _occurrences(
            httpx.ConnectError("refused"),
            httpx.Response(503, json={}),
            httpx.ReadTimeout("slow"),
            httpx.Response(200, json=ANSWER),
        )
        assert len(await occurrences.make(["one", "two"])) == 2
        assert len({request.content for request in requests}) == 1
        assert len(requests) == 4
        for wait, expected in zip(waits, (0.5, 1, 2), strict=True):
            assert 0.8 * expected <= wait <= 1.2 * expected
        seen.append(list(waits))
    assert seen[0] != seen[1]


async def test_after_several_tries_it_is_an_outage(waits: list[float]) -> None:
    occurrences, requests = _occurrences(*[httpx.Response(500, text="down") for _ in range(4)])
    with pytest.raises(ChatApiUnavailableError, match="status 500: down") as raised:
        await occurrences.make(["one"])
    assert is_outage(raised.value)
    assert (len(requests), len(waits)) == (4, 3)
