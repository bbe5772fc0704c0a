"""The `kubernetes` package, as cluster.py uses it: its dynamic client, its streams, and its errors in our words.

Importing it takes half a second, so that only who speaks to a cluster does.
"""

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import websocket
from kubernetes import client, config, dynamic, stream
from kubernetes.dynamic import exceptions
from urllib3.exceptions import HTTPError

from taskflow_ops.errors import MissingError, OpsError, UnreachableError

# Most of the package has no types.
_client: Any = client
_config: Any = config
_dynamic: Any = dynamic
_exceptions: Any = exceptions
_stream: Any = stream
_websocket: Any = websocket

_TIMEOUT_SECONDS: Final = 15.0
_NO_CACHE: Final = f"{os.devnull}/none"
"""A file that cannot be: what a cluster has is asked for anew by each command, never read from where anybody writes."""


class Client:
    """One context of kubectl's configuration. Methods raise OpsError, UnreachableError, MissingError."""

    def __init__(self, context: str, kubeconfig: str | None = None) -> None:
        self.context = context
        # As kubectl has it: several files, one after another. The library would read the variable only once.
        files = kubeconfig or os.environ.get("KUBECONFIG") or None
        configuration = _client.Configuration()
        # Cluster asks again itself: else each of its times would be several, and a server that hangs hold us for long.
        configuration.retries = False
        try:
            self._api = _config.new_client_from_config(
                config_file=files, context=context, client_configuration=configuration
            )
        except _config.ConfigException as error:
            raise OpsError(_no_context(files, context, error)) from error

    @contextmanager
    def errors(self) -> Generator[None]:
        """Raises what the package raises as ours."""
        try:
            yield
        except _client.ApiException as error:
            raise self._refusal(error) from error
        except (HTTPError, OSError, _websocket.WebSocketException) as error:
            raise UnreachableError(
                f"The cluster of context {self.context} does not answer at {self._api.configuration.host}: {error}"
            ) from error

    def discover(self) -> Any:
        """The dynamic client, which knows the groups that the cluster has."""
        with self.errors():
            return _Dynamic(self._api, cache_file=_NO_CACHE, discoverer=_Discoverer)

    def resource(self, dynamic: Any, api_version: str, kind: str) -> Any:
        """A kind of the cluster. Raises MissingError where it has none."""
        try:
            with self.errors():
                # Without a prefix the core's kinds would be looked for in every group.
                prefix = "apis" if "/" in api_version else "api"
                return dynamic.resources.get(prefix=prefix, api_version=api_version, kind=kind)
        except _exceptions.ResourceNotFoundError as error:
            raise MissingError(f"The cluster of context {self.context} has no kind {kind} ({api_version}).") from error

    def log(self, namespace: str, pod: str, container: str, *, lines: int, previous: bool) -> str:
        """The last lines of a container's log."""
        with self.errors():
            answer = _client.CoreV1Api(self._api).read_namespaced_pod_log(
                pod,
                namespace,
                container=container,
                tail_lines=lines,
                previous=previous,
                _preload_content=False,
                _request_timeout=_TIMEOUT_SECONDS,
            )
            return answer.data.decode(errors="replace")

    def command(self, namespace: str, pod: str, container: str, words: list[str]) -> Any:
        """A command that begins in a container: the package's WSClient, whose channels hold bytes."""
        with self.errors():
            return _stream.stream(
                self._core().connect_get_namespaced_pod_exec,
                pod,
                namespace,
                container=container,
                command=words,
                stdin=False,
                stdout=True,
                stderr=True,
                tty=False,
                binary=True,
                _preload_content=False,
            )

    def port(self, namespace: str, pod: str, port: int) -> Any:
        """A connection to a pod's port, which has recv, sendall, shutdown and close of a socket."""
        with self.errors():
            forwarding = _stream.portforward(
                self._core().connect_get_namespaced_pod_portforward, pod, namespace, ports=str(port)
            )
            # The package's way of closing leaves the connection open where the other side closed first.
            forwarding.websocket.close = forwarding.websocket.shutdown
            if not forwarding.connected:  # closed already, perhaps in the package's way
                forwarding.websocket.shutdown()
            return forwarding.socket(port)

    def _core(self) -> Any:
        # A client of its own for each stream: the package replaces one of its methods meanwhile.
        return _client.CoreV1Api(_client.ApiClient(self._api.configuration))

    def _refusal(self, error: Any) -> OpsError:
        # The package hides an answer to the opening of a stream in the error of the websocket.
        opening = error.__context__
        status = error.status or getattr(opening, "status_code", 0)
        message = _message(error.body or getattr(opening, "resp_body", None) or error.reason or "")
        if status == 403:
            return OpsError(
                f"No permission in context {self.context}: {message}\n"
                "docs/operations.md has the Role that `taskflow ops` needs."
            )
        if status == 404:
            return MissingError(f"Context {self.context} has none: {message}")
        if not status or status >= 500 or status == 429:
            state = f"answered {status}" if status else "does not answer"
            return UnreachableError(f"The API server of context {self.context} {state}: {message}")
        return OpsError(f"The API server of context {self.context} refused this: {status} {message}")


class _Dynamic(_dynamic.DynamicClient):
    def request(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        transport: Any = super()
        params.setdefault("_request_timeout", _TIMEOUT_SECONDS)
        try:
            answer: Any = transport.request(method, path, body, **params)
        except (KeyError, TypeError) as error:
            raise OpsError(f"What answers for the API server at {self.configuration.host} is none.") from error
        if isinstance(answer, str):
            raise OpsError(f"What answers for the API server at {self.configuration.host} is none: {answer[:200]}")
        return answer


class _Discoverer(_dynamic.LazyDiscoverer):
    def get_resources_for_api_version(self, prefix: str, group: str, version: str, preferred: bool) -> Any:
        """The kinds of a group. One that does not answer now would pass for a group without kinds."""
        library: Any = super()
        found: Any = library.get_resources_for_api_version(prefix, group, version, preferred)
        if not found:
            raise UnreachableError(f"The API server does not say which kinds {group or 'core'}/{version} has.")
        return found


def _message(body: str | bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return (body.decode(errors="replace") if isinstance(body, bytes) else body)[:300]


def _no_context(files: str | None, context: str, error: Exception) -> str:
    try:
        contexts, _ = _config.list_kube_config_contexts(config_file=files)
    except (_config.ConfigException, OSError):
        return f"There is no kubectl configuration to find context {context} in (KUBECONFIG, ~/.kube/config): {error}"
    names = [str(known["name"]) for known in contexts]
    if context in names:
        return f"Context {context} cannot be used: {error}"
    return f"kubectl's configuration has no context {context}. There are: {', '.join(names) or 'none'}."
