"""What each sidecar reports of itself, by Dapr's own client: components, subscriptions, its connection to the service.

A sidecar that did not get a component or a subscription is ready all the same; its service then stands still, and
nothing else says so. What it should have is read from the cluster.
"""

import contextlib
import io
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from taskflow_ops.cluster import SECRETS, Cluster, Kind
from taskflow_ops.conventions import SERVICES, SIDECAR, SIDECAR_SECRET
from taskflow_ops.errors import OpsError
from taskflow_ops.objects import Object, items, name_of, part
from taskflow_ops.workloads import pods_of

COMPONENTS: Final = Kind("dapr.io/v1alpha1", "Component")
SUBSCRIPTIONS: Final = Kind("dapr.io/v2alpha1", "Subscription")

ASK_SECONDS: Final = 10
_HTTP_PORT: Final = 3500
_GRPC_PORT: Final = 50001
_AT_ONCE: Final = 8

_making = threading.Lock()
"""Dapr's client takes the address of the health check and the token from settings of the whole process."""


class Sidecar(msgspec.Struct, frozen=True, kw_only=True):
    """The sidecar of a pod: its release, what it has, and what is wrong with it (nothing: "")."""

    service: str
    pod: str
    version: str = ""
    components: int = 0
    subscriptions: int = 0
    problem: str = ""


class _Metadata(msgspec.Struct, frozen=True, kw_only=True):
    app_id: str
    version: str
    components: frozenset[str]
    subscriptions: frozenset[tuple[str, str]]
    app_port: int


def read_sidecars(cluster: Cluster) -> list[Sidecar]:
    """Ask the sidecar of every pod that has one. Raises OpsError where the client or a right is missing."""
    try:
        import dapr.clients  # noqa: F401  # pyright: ignore[reportUnusedImport]  # here, and not in each thread
    except ImportError as error:
        raise OpsError(
            "asking sidecars needs Dapr's client, of the extra: pip install 'taskflow-platform[ops]'"
        ) from error
    pods = [(service, pod) for service in SERVICES for pod in pods_of(cluster, service) if _has_sidecar(pod)]
    if not pods:
        return []
    token = _token(cluster)
    components, subscriptions = cluster.matching(COMPONENTS), cluster.matching(SUBSCRIPTIONS)

    def ask(service: str, pod: Object) -> Sidecar:
        found = Sidecar(service=service, pod=name_of(pod))
        try:
            with cluster.forward(found.pod, _HTTP_PORT) as http, cluster.forward(found.pod, _GRPC_PORT) as grpc:
                metadata = _ask(f"http://127.0.0.1:{http}", f"127.0.0.1:{grpc}", token)
        except OpsError as error:
            return msgspec.structs.replace(found, problem=f"the sidecar of {name_of(pod)} does not answer: {error}")
        lacking = _lacking(metadata, service, components, subscriptions)
        return msgspec.structs.replace(
            found,
            version=metadata.version,
            components=len(metadata.components),
            subscriptions=len(metadata.subscriptions),
            problem=f"the sidecar of {name_of(pod)} {lacking}" if lacking else "",
        )

    with ThreadPoolExecutor(_AT_ONCE) as executor:
        return list(executor.map(ask, [service for service, _ in pods], [pod for _, pod in pods]))


def _has_sidecar(pod: Object) -> bool:
    """Whether it runs, ready or not."""
    states = [*items(pod, "status", "containerStatuses"), *items(pod, "status", "initContainerStatuses")]
    return any(state["name"] == SIDECAR and part(state, "state", "running") for state in states)


def _token(cluster: Cluster) -> str | None:
    import base64

    encoded = part(cluster.find(SECRETS, SIDECAR_SECRET) or {}, "data").get("token")
    return None if encoded is None else base64.b64decode(encoded).decode()


def _ask(http: str, grpc: str, token: str | None) -> _Metadata:
    """What a sidecar reports at these two addresses. Raises OpsError."""
    from grpc import RpcError

    try:
        with _client(http, grpc, token) as client:
            brief: Any = client.get_metadata()
            # The client leaves out subscriptions and the service's connection, which the same call brings.
            whole: Any = client._stub.GetMetadata(_nothing(), timeout=ASK_SECONDS)
    except (RpcError, OSError, TimeoutError) as error:
        details = getattr(error, "details", None)
        raise OpsError(str(details()) if callable(details) else str(error) or type(error).__name__) from error
    return _Metadata(
        app_id=brief.application_id,
        version=whole.runtime_version,
        components=frozenset(one.name for one in brief.registered_components),
        subscriptions=frozenset((one.pubsub_name, one.topic) for one in whole.subscriptions),
        app_port=whole.app_connection_properties.port,
    )


@contextmanager
def _client(http: str, grpc: str, token: str | None) -> Generator[Any]:
    from dapr.clients import DaprClient
    from dapr.conf import settings

    anywhere: Any = settings
    # It prints what its health check meets, which is no part of our output.
    with _making, contextlib.redirect_stdout(io.StringIO()):
        anywhere.DAPR_HTTP_ENDPOINT = http
        anywhere.DAPR_API_TOKEN = token
        anywhere.DAPR_HEALTH_TIMEOUT = anywhere.DAPR_API_TIMEOUT_SECONDS = ASK_SECONDS
        client: Any = DaprClient(grpc)
    with client:
        yield client


def _nothing() -> Any:
    from google.protobuf import empty_pb2

    made: Any = empty_pb2
    return made.Empty()


def _lacking(metadata: _Metadata, service: str, components: list[Object], subscriptions: list[Object]) -> str:
    """What a sidecar should have and has not, or nothing."""
    if metadata.app_id != service:
        return f"is that of {metadata.app_id}"
    expected = {name_of(one) for one in components if _concerns(one, service)}
    if missing := expected - metadata.components:
        return f"has not loaded {', '.join(sorted(missing))}: its log says why"
    topics = {(one["spec"]["pubsubname"], one["spec"]["topic"]) for one in subscriptions if _concerns(one, service)}
    if missing := topics - metadata.subscriptions:
        return f"does not subscribe to {', '.join(sorted(topic for _, topic in missing))}"
    return "" if metadata.app_port else "has no connection to its service"


def _concerns(found: Object, service: str) -> bool:
    scopes: list[str] = found.get("scopes") or []
    return not scopes or service in scopes
