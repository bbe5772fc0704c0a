"""An app that is none of ours, on Dapr's official SDK, beside a sidecar that has our components: no event comes in and
none goes out. A sidecar of ours lets even its own service do nothing by gRPC but ask what the sidecar has.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from e2e.rig.daprd import Sidecar
from tests.rig.conftest import API_TOKEN, StartSidecar
from tests.rig.consumer import Consumer
from tests.rig.publishing import CREATED, event, eventually, publish


@contextmanager
def sdk(sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch) -> Generator[Any]:
    """The SDK's client for a sidecar, as the SDK's own documentation makes it."""
    from dapr.clients import DaprClient
    from dapr.conf import settings

    monkeypatch.setattr(settings, "DAPR_HTTP_ENDPOINT", sidecar.url)
    monkeypatch.setattr(settings, "DAPR_API_TOKEN", API_TOKEN)
    with DaprClient(f"127.0.0.1:{sidecar.grpc_port}") as client:
        yield client


@pytest.mark.parametrize(
    ("app_id", "pubsub", "problem"),
    [
        # A component with scopes is not even loaded for an app that they do not name.
        ("foreign-app", "taskflow-pubsub", "not found"),
        ("foreign-app", "taskflow-pubsub-broadcast", "not found"),
        ("foreign-app", "taskflow-pubsub-dead-letters", "not found"),
        # One that they do name still has the topics that are its own.
        ("chat-api", "taskflow-pubsub", "not allowed"),
    ],
)
async def test_an_app_that_subscribes_to_what_is_not_its_own_is_refused_by_scope(
    start_sidecar: StartSidecar, monkeypatch: pytest.MonkeyPatch, app_id: str, pubsub: str, problem: str
) -> None:
    sidecar = start_sidecar(app_id, configured=False)

    def subscribe() -> None:
        with sdk(sidecar, monkeypatch) as client:
            client.subscribe(pubsub_name=pubsub, topic=CREATED).close()

    with pytest.raises(Exception, match=problem):
        await asyncio.to_thread(subscribe)


async def test_a_foreign_app_publishes_nothing_either(
    start_sidecar: StartSidecar, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = start_sidecar("foreign-app", configured=False)
    start_sidecar("audit-logger", consumer.port)
    false, true = event(), event()

    def send() -> None:
        with sdk(foreign, monkeypatch) as client:
            client.publish_event("taskflow-pubsub", CREATED, str(false["id"]))

    with pytest.raises(Exception, match="taskflow-pubsub is not found"):
        await asyncio.to_thread(send)
    assert (await publish(foreign, CREATED, [false])).status_code == 404
    await publish(start_sidecar("chat-api"), CREATED, [true])
    await eventually(lambda: consumer.of(true["id"]))
    assert not consumer.of(false["id"])


async def test_by_grpc_a_service_can_only_ask_what_its_sidecar_has(
    start_sidecar: StartSidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar = start_sidecar("chat-api")

    def ask() -> str:
        with sdk(sidecar, monkeypatch) as client:
            with pytest.raises(Exception, match="Not Implemented"):
                client.publish_event("taskflow-pubsub", CREATED, "{}")
            with pytest.raises(Exception, match="Not Implemented"):
                client.subscribe(pubsub_name="taskflow-pubsub", topic=CREATED)
            with pytest.raises(Exception, match="Not Implemented"):
                client.get_secret("kubernetes", "taskflow-kafka")
            return client.get_metadata().application_id

    assert await asyncio.to_thread(ask) == "chat-api"
