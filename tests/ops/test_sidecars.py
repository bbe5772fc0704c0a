"""`taskflow ops status` asks sidecars over Dapr's own API what they have, and says what they lack."""

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dapr.proto
import grpc
import pytest

from tests.ops import overlay as overlays
from tests.ops.api_server import ApiServer
from tests.ops.conftest import Ops

TOKEN = "what sidecars want to be shown"
API: Any = dapr.proto
"""What the client is made of has no types."""


class Daprd(API.api_service_v1.DaprServicer):
    """Answers for the sidecars of all pods, as one of them with what `said` has; `asked` counts calls."""

    def __init__(self) -> None:
        self.said: dict[str, Any] = {
            "id": "chat-api",
            "runtime_version": "1.17.5",
            "registered_components": [{"name": "taskflow-pubsub", "type": "pubsub.kafka", "version": "v1"}],
            "subscriptions": [{"pubsub_name": "taskflow-pubsub", "topic": "tasks"}],
            "app_connection_properties": {"port": 8000, "protocol": "http"},
        }
        self.asked = 0

    def GetMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802  # Dapr's name
        if dict(context.invocation_metadata()).get("dapr-api-token") != TOKEN:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no token")
        self.asked += 1
        said = dict(self.said)
        api = API.api_v1
        connection = api.AppConnectionProperties(**said.pop("app_connection_properties"))
        return api.GetMetadataResponse(
            registered_components=[api.RegisteredComponents(**one) for one in said.pop("registered_components")],
            subscriptions=[api.PubsubSubscription(**one) for one in said.pop("subscriptions")],
            app_connection_properties=connection,
            **said,
        )


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def sidecars() -> bool:
    return True


@pytest.fixture
def daprd(phase_v: ApiServer) -> Iterator[Daprd]:
    """chat-api alone has sidecars, which have one component and one subscription to have."""
    daprd = Daprd()
    server: Any = grpc.server(ThreadPoolExecutor(2))
    API.api_service_v1.add_DaprServicer_to_server(daprd, server)
    http = ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    phase_v.forwards = {"50001": server.add_insecure_port("127.0.0.1:0"), "3500": http.server_address[1]}
    server.start()
    for pod in phase_v.matching("pods", "app.kubernetes.io/name=chat-api"):
        pod["status"]["containerStatuses"].append(
            {"name": "daprd", "ready": True, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
        )
    subscription = overlays.thing(
        "dapr.io/v2alpha1", "Subscription", "chat-api-tasks", phase_v=True,
        spec={"pubsubname": "taskflow-pubsub", "topic": "tasks"}, scopes=["chat-api"],
    )  # fmt: skip
    other = overlays.thing(
        "dapr.io/v2alpha1", "Subscription", "another", phase_v=True,
        spec={"pubsubname": "taskflow-pubsub", "topic": "others"}, scopes=["audit-logger"],
    )  # fmt: skip
    phase_v.plural(subscription)
    phase_v.objects["subscriptions", "chat-api-tasks"] = subscription
    phase_v.objects["subscriptions", "another"] = other
    token = {
        "metadata": {"name": "taskflow-sidecar-token"},
        "data": {"token": base64.b64encode(TOKEN.encode()).decode()},
    }
    phase_v.objects["secrets", "taskflow-sidecar-token"] = token
    yield daprd
    server.stop(None).wait()
    http.shutdown()
    http.server_close()


def test_each_is_asked_and_all_is_well(daprd: Daprd, ops: Ops, capsys: pytest.CaptureFixture[str]) -> None:
    assert ops("status") == 0
    assert "sidecars       2 of 2 answer (Dapr 1.17.5), 2 subscriptions" in capsys.readouterr().out
    assert daprd.asked == 4, "the client's call and the whole answer, of two pods"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"registered_components": []}, "has not loaded taskflow-pubsub: its log says why"),
        ({"subscriptions": []}, "does not subscribe to tasks"),
        ({"app_connection_properties": {"port": 0}}, "has no connection to its service"),
        ({"id": "audit-logger"}, "is that of audit-logger"),
    ],
)
def test_what_one_lacks_needs_attention(
    daprd: Daprd, ops: Ops, change: dict[str, Any], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    daprd.said |= change
    assert ops("status", "--json") == 1
    problems: list[str] = json.loads(capsys.readouterr().out)["problems"]
    assert len(problems) == 2
    assert all(one.startswith("the sidecar of chat-api-") and one.endswith(problem) for one in problems)


def test_one_that_does_not_answer_needs_attention(
    daprd: Daprd, phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskflow_ops.sidecars.ASK_SECONDS", 0.1)
    phase_v.forwards = {}
    assert ops("status") == 1
    said = capsys.readouterr().out
    assert "does not answer" in said
    assert "Health check" not in said


def test_what_may_not_be_asked_is_said_and_no_reason_for_alarm(
    daprd: Daprd, phase_v: ApiServer, ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    phase_v.forbidden = "secrets"
    assert ops("status") == 0
    assert "the sidecars were not asked: No permission" in capsys.readouterr().out
