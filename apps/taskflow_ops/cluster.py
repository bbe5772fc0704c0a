"""A namespace of a cluster, in plain objects, through the dynamic client of the `kubernetes` package.

Every write carries `dryRun=All` in a dry run: the API server checks rights and admission, and changes nothing.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from taskflow_ops.errors import MissingError, OpsError, UnreachableError
from taskflow_ops.objects import Object, items
from taskflow_ops.retrying import retry

if TYPE_CHECKING:
    from taskflow_ops.client import Client

T = TypeVar("T")

_MERGE: Final = "application/merge-patch+json"
_STRATEGIC_MERGE: Final = "application/strategic-merge-patch+json"


class Kind(msgspec.Struct, frozen=True):
    """A kind as manifests name it: `api_version` is "v1" or, for example, "apps/v1"."""

    api_version: str
    name: str


DEPLOYMENTS: Final = Kind("apps/v1", "Deployment")
STATEFULSETS: Final = Kind("apps/v1", "StatefulSet")
PODS: Final = Kind("v1", "Pod")
SECRETS: Final = Kind("v1", "Secret")
CONFIG_MAPS: Final = Kind("v1", "ConfigMap")
KUBERNETES_SERVICES: Final = Kind("v1", "Service")
NAMESPACES: Final = Kind("v1", "Namespace")


class Cluster:
    """One namespace. All methods raise UnreachableError when the API server is away, OpsError when it refuses."""

    def __init__(self, client: "Client", namespace: str, *, dry_run: bool = False) -> None:
        self._client = client
        self._connecting = threading.Lock()
        self._dynamic: Any = None
        self.context = client.context
        self.namespace = namespace
        self.dry_run = dry_run

    def within(self, namespace: str) -> "Cluster":
        """Another namespace of the same cluster."""
        return Cluster(self._client, namespace, dry_run=self.dry_run)

    def find(self, kind: Kind, name: str) -> Object | None:
        """One object, or None where there is none of that name."""
        try:
            return self._request(kind, "get", name=name)
        except MissingError:
            return None

    def matching(self, kind: Kind, selector: str = "") -> list[Object]:
        """The objects that `selector` ("key=value,…") matches; all of the namespace without one."""
        return items(self._request(kind, "get", label_selector=selector or None), "items")

    def patch(self, kind: Kind, name: str, change: Object, *, part: str = "", by_name: bool = False) -> None:
        """Merge `change` into an object or into a `part` of it ("scale"): a None takes a field away.

        A list takes the place of the one before; with `by_name` its items are merged into those of the same name.
        """
        content_type = _STRATEGIC_MERGE if by_name else _MERGE
        self._request(kind, "patch", part, name=name, body=change, content_type=content_type, write=True)

    def scale(self, kind: Kind, name: str, replicas: int) -> None:
        """Set how many pods a workload has."""
        self.patch(kind, name, {"spec": {"replicas": replicas}}, part="scale")

    def set_image(self, kind: Kind, name: str, container: str, image: str) -> None:
        """Have a workload run another image in one of its containers."""
        containers = [{"name": container, "image": image}]
        self.patch(kind, name, {"spec": {"template": {"spec": {"containers": containers}}}}, by_name=True)

    def create(self, kind: Kind, body: Object) -> None:
        """Make an object. Raises OpsError where one of its name is there: perhaps this one, if its answer was lost."""
        self._request(kind, "create", body=body, write=True)

    def replace(self, kind: Kind, name: str, body: Object) -> None:
        """Put `body` in an object's place. Raises OpsError where it is no longer of the resourceVersion in `body`:
        perhaps because this did it, if its answer was lost."""
        self._request(kind, "replace", name=name, body=body, write=True)

    def delete(self, kind: Kind, name: str) -> None:
        """Delete an object with what it owns; one that is gone already counts as deleted."""
        options: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        try:
            self._request(kind, "delete", name=name, body=options, write=True)
        except MissingError:
            return

    def log(self, pod: str, container: str, *, lines: int, previous: bool = False) -> str:
        """The last lines a container wrote; of the run before this one if `previous`. Empty where there is no log."""
        try:
            return self.retry(lambda: self._client.log(self.namespace, pod, container, lines=lines, previous=previous))
        except UnreachableError:
            raise
        except OpsError:
            return ""  # a container that has not started has none; the message this is for goes out without it

    def execute(self, pod: str, container: str, words: list[str], *, within: float) -> str:
        """What a command in a container printed. Raises OpsError with its error output when its status is not 0."""
        from taskflow_ops.pod_streams import execute

        return self.retry(lambda: execute(self._client, self.namespace, pod, container, words, within=within))

    def forward(self, pod: str, port: int) -> AbstractContextManager[int]:
        """A context: while entered, a port of 127.0.0.1 (which it gives) leads to `port` of a pod."""
        from taskflow_ops.pod_streams import forward

        return forward(lambda: self.retry(lambda: self._client.port(self.namespace, pod, port)))

    def plural(self, kind: Kind) -> str | None:
        """What the API's paths call a kind ("deployments"), or None where the cluster does not have it."""
        try:
            return self.retry(lambda: str(self._resource(kind).name))
        except MissingError:
            return None

    def retry(self, ask: Callable[[], T]) -> T:
        """An answer; what the API server does not answer at once is asked again.

        That is right for all but making and replacing, whose callers look whether it was they who did it.
        """
        return retry(ask)

    def _request(self, kind: Kind, verb: str, part: str = "", *, write: bool = False, **arguments: Any) -> Object:
        if write and self.dry_run:
            arguments["dry_run"] = "All"

        def ask() -> Object:
            resource = self._resource(kind)
            call = getattr(resource.subresources[part] if part else resource, verb)
            with self._client.errors():
                return call(namespace=self.namespace, **arguments).to_dict()

        return self.retry(ask)

    def _resource(self, kind: Kind) -> Any:
        """The kind as the cluster itself describes it; asked for once. Raises MissingError where it has none."""
        with self._connecting:
            if self._dynamic is None:
                self._dynamic = self._client.discover()
            return self._client.resource(self._dynamic, kind.api_version, kind.name)


def connect(context: str, namespace: str, *, dry_run: bool = False, kubeconfig: str | None = None) -> Cluster:
    """The namespace of a cluster that kubectl's configuration names; nothing is asked of it yet.

    `kubeconfig` are its files instead of those of KUBECONFIG. Raises OpsError where the client is not installed, or no
    context has that name.
    """
    try:
        from taskflow_ops.client import Client
    except ImportError as error:
        raise OpsError(
            "`taskflow ops` needs the Kubernetes client, which is an extra: pip install 'taskflow-platform[ops]' "
            "(in a checkout: uv sync --extra ops)."
        ) from error
    return Cluster(Client(context, kubeconfig), namespace, dry_run=dry_run)
