"""The processor's way to chat-api shows whoever is on it the token that they demand."""

import pytest

from recurring_task_processor.app import create_service
from taskflow_core.service.composition import Runtime, Service
from taskflow_core.service.host import Host
from taskflow_core.settings import Settings

APP, SIDECAR = "a" * 32, "s" * 32


@pytest.mark.parametrize(
    ("changed", "address", "token"),
    [
        ({"bus": "dapr"}, "http://127.0.0.1:3500/v1.0/invoke/chat-api/method/", SIDECAR),
        ({"bus": "dapr", "chat_api_url": "http://chat-api:8080"}, "http://chat-api:8080", APP),
        ({"bus": "embedded"}, "http://chat-api", APP),
    ],
    ids=["through its sidecar", "at an address", "in one process"],
)
def test_the_token_is_the_next_ones_on_the_way(changed: dict[str, str], address: str, token: str) -> None:
    given: list[Runtime] = []

    def factory(runtime: Runtime) -> Service:
        given.append(runtime)
        return create_service(runtime)

    settings = {
        "database_url": "postgresql://nowhere/db",
        "auth_secret": "x" * 32,
        "api_token": APP,
        "sidecar_token": SIDECAR,
    }
    Host(Settings(**(settings | changed)), [factory])  # pyright: ignore[reportArgumentType]  # one of the three at a time
    [runtime] = given
    assert str(runtime.chat_api.base_url) == address
    assert runtime.chat_api.headers["dapr-api-token"] == token
