"""Publishing through a sidecar: what is sent, and what becomes of each way it can fail."""

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import pytest

from taskflow_core.bus.dapr.publisher import SidecarPublisher
from taskflow_core.bus.dapr.version import OLDEST
from taskflow_core.bus.delivery import is_outage
from taskflow_core.bus.port import Message, TopicsHeldError
from taskflow_core.events.topics import ACCOUNT_SECURITY
from tests.bus.making import created, deleted, messages, signed_up, updated

Entries = list[dict[str, Any]]
Answer = Callable[[str, Entries], httpx.Response]


class FakeSidecar:
    """Answers 204, or what `answer(topic, entries)` gives; keeps the calls, and what each accepted."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _topic, _entries: httpx.Response(204)
        self.calls: list[tuple[str, Entries]] = []
        self.bytes: list[int] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path.startswith("/v1.0/publish/bulk/taskflow-pubsub/")
        assert request.url.params["metadata.rawPayload"] == "true"
        topic, entries = request.url.path.rsplit("/", 1)[-1], json.loads(request.content)
        self.calls.append((topic, entries))
        self.bytes.append(len(request.content))
        return self.answer(topic, entries)

    def ids(self) -> list[list[str]]:
        return [[entry["entryId"] for entry in entries] for _, entries in self.calls]


@pytest.fixture
def sidecar() -> FakeSidecar:
    return FakeSidecar()


@pytest.fixture
async def publisher(sidecar: FakeSidecar) -> AsyncGenerator[SidecarPublisher]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(sidecar.handle), base_url="http://sidecar") as client:
        yield SidecarPublisher(client, "taskflow-pubsub")


def failing(*event_ids: str, error: str = "kafka: broker not available") -> httpx.Response:
    """The sidecar's answer that names failed entries."""
    failed = [{"entryId": one, "error": error} for one in event_ids]
    return httpx.Response(500, json={"failedEntries": failed, "errorCode": "ERR_PUBSUB_PUBLISH_MESSAGE"})


async def test_each_event_goes_to_its_topic_as_it_is_with_its_task_as_key(
    publisher: SidecarPublisher, sidecar: FakeSidecar
) -> None:
    first = created()
    sent = messages([first, updated(first.task_id), created()])
    assert await publisher.publish(sent) == {}
    by_topic = dict(sidecar.calls)
    assert {topic: len(entries) for topic, entries in by_topic.items()} == {
        "taskflow.tasks.created": 2,
        "taskflow.tasks.updated": 1,
    }
    entry = by_topic["taskflow.tasks.created"][0]
    assert entry["entryId"] == first.event_id
    assert entry["event"] == json.loads(sent[0].payload)
    assert entry["contentType"] == "application/cloudevents+json"
    assert entry["metadata"] == {"partitionKey": first.task_id}


async def test_what_failed_among_others_is_sent_again_alone_with_what_follows_it_in_its_task(
    publisher: SidecarPublisher, sidecar: FakeSidecar
) -> None:
    a1, a2, b, a3 = updated("a", version=1), updated("a", version=2), updated("b"), updated("a", version=3)
    answers = iter([failing(a2.event_id), httpx.Response(204), httpx.Response(204)])
    sidecar.answer = lambda _topic, _entries: next(answers)
    assert await publisher.publish(messages([a1, a2, b, a3])) == {}
    assert sidecar.ids()[1:] == [[a2.event_id], [a3.event_id]]


async def test_an_event_the_broker_refuses_holds_back_its_own_task_only(
    publisher: SidecarPublisher, sidecar: FakeSidecar
) -> None:
    bad, later, gone, other = updated("a"), updated("a", version=3), deleted("a"), updated("b")

    def answer(_topic: str, entries: Entries) -> httpx.Response:
        if any(entry["entryId"] == bad.event_id for entry in entries):
            return failing(bad.event_id, error="Message was too large, server rejected it")
        return httpx.Response(204)

    sidecar.answer = answer
    refused = await publisher.publish(messages([bad, later, other, gone]))
    assert set(refused) == {bad.event_id, later.event_id, gone.event_id}
    assert "too large" in refused[bad.event_id]
    assert refused[gone.event_id] == f"waits for event {bad.event_id} of its task"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, json={"errorCode": "ERR_PUBSUB_PUBLISH_MESSAGE", "message": "broker"}),
        httpx.Response(403, json={"errorCode": "ERR_PUBSUB_FORBIDDEN", "message": "not allowed for app id"}),
        httpx.Response(404, json={"errorCode": "ERR_PUBSUB_NOT_FOUND", "message": "not found"}),
        httpx.Response(401, text="invalid api token"),
    ],
)
async def test_a_refusal_of_everything_is_an_outage_that_says_what_the_sidecar_said(
    publisher: SidecarPublisher, sidecar: FakeSidecar, answer: httpx.Response
) -> None:
    sidecar.answer = lambda _topic, _entries: answer
    with pytest.raises(ConnectionError) as raised:
        await publisher.publish(messages([created()]))
    assert is_outage(raised.value)
    assert str(answer.status_code) in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "is_old"),
    [
        # Dapr 1.16 takes `bulk` for the name of a component.
        (httpx.Response(404, json={"errorCode": "ERR_PUBSUB_NOT_FOUND", "message": "pubsub bulk is not found"}), True),
        # A route that the sidecar's Configuration does not allow is not there.
        (httpx.Response(404, text="404 page not found"), True),
        (
            httpx.Response(
                404, json={"errorCode": "ERR_PUBSUB_NOT_FOUND", "message": "pubsub taskflow-pubsub is not found"}
            ),
            False,
        ),
    ],
)
async def test_a_sidecar_without_the_route_is_told_from_one_without_the_component(
    publisher: SidecarPublisher, sidecar: FakeSidecar, answer: httpx.Response, is_old: bool
) -> None:
    sidecar.answer = lambda _topic, _entries: answer
    with pytest.raises(ConnectionError) as raised:
        await publisher.publish(messages([created()]))
    assert (f"older than {OLDEST}" in str(raised.value)) == is_old


async def test_every_entry_failing_is_an_outage_of_the_broker(
    publisher: SidecarPublisher, sidecar: FakeSidecar
) -> None:
    sidecar.answer = lambda _topic, entries: failing(*[entry["entryId"] for entry in entries])
    with pytest.raises(ConnectionError, match="broker not available"):
        await publisher.publish(messages([created(), created()]))


async def test_a_sidecar_that_is_gone_or_hangs_is_an_outage(publisher: SidecarPublisher, sidecar: FakeSidecar) -> None:
    for error in (httpx.ConnectError("refused"), httpx.ReadTimeout("no answer")):

        def fail(_topic: str, _entries: Entries, error: httpx.TransportError = error) -> httpx.Response:
            raise error

        sidecar.answer = fail
        with pytest.raises(httpx.TransportError) as raised:
            await publisher.publish(messages([created()]))
        assert is_outage(raised.value)


async def test_a_request_stays_below_the_sidecars_limit_and_an_event_above_it_is_refused(
    publisher: SidecarPublisher, sidecar: FakeSidecar
) -> None:
    topic = "taskflow.tasks.created"
    many = [Message(f"e{i}", topic, f"t{i}", json.dumps({"text": "ü" * 50_000}), i) for i in range(300)]
    huge = Message("huge", topic, "t", json.dumps({"text": "x" * 5_000_000}), 301)
    refused = await publisher.publish([*many, huge])
    assert list(refused) == ["huge"]
    assert sum(len(ids) for ids in sidecar.ids()) == 300
    assert max(sidecar.bytes) <= 4 * 1024 * 1024


async def test_a_topic_that_takes_nothing_is_named_and_the_others_are_dealt_with(
    publisher: SidecarPublisher, sidecar: FakeSidecar
) -> None:
    first, bad, lost, after = created(), updated("b"), signed_up(), updated("b", version=3)

    def answer(topic: str, entries: Entries) -> httpx.Response:
        if topic == ACCOUNT_SECURITY:
            return failing(
                *(entry["entryId"] for entry in entries), error="Request was for a topic that does not exist"
            )
        if any(entry["entryId"] == bad.event_id for entry in entries):
            return failing(bad.event_id, error="Message was too large")
        return httpx.Response(204)

    sidecar.answer = answer
    with pytest.raises(TopicsHeldError) as raised:
        await publisher.publish(messages([first, bad, lost, after]))
    assert list(raised.value.topics) == [ACCOUNT_SECURITY]
    assert "does not exist" in raised.value.topics[ACCOUNT_SECURITY]
    assert set(raised.value.refused) == {bad.event_id, after.event_id}


async def test_a_topic_whose_request_hangs_holds_up_itself_where_others_get_through(
    publisher: SidecarPublisher, sidecar: FakeSidecar
) -> None:
    def answer(topic: str, _entries: Entries) -> httpx.Response:
        if topic == ACCOUNT_SECURITY:
            raise httpx.ReadTimeout("no answer")
        return httpx.Response(204)

    sidecar.answer = answer
    with pytest.raises(TopicsHeldError) as raised:
        await publisher.publish(messages([created(), signed_up()]))
    assert (list(raised.value.topics), raised.value.refused) == ([ACCOUNT_SECURITY], {})
