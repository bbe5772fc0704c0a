"""A namespace of a cluster, spoken to in plain objects through the `kubernetes` client.

Every write carries `dryRun=All` in a dry run: the API server checks rights and admission, and changes nothing.
"""

import json
import os
import time
from typing import Any, Final, cast

import msgspec

from taskflow.ops.errors import OpsError, UnreachableError
from taskflow.ops.objects import Object, items

_TIMEOUT_SECONDS: Final = 15.0
_PAUSES: Final = (0.25, 1.0)
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_MERGE_PATCH: Final = "application/merge-patch+json"


class Resource(msgspec.Struct, frozen=True):
    """A kind as the API's paths name it: `group_version` is "v1" or, for example, "apps/v1"."""

    group_version: str
    plural: str
    namespaced: bool = True


DEPLOYMENTS: Final = Resource("apps/v1", "deployments")
STATEFULSETS: Final = Resource("apps/v1", "statefulsets")
REPLICASETS: Final = Resource("apps/v1", "replicasets")
PODS: Final = Resource("v1", "pods")
KUBERNETES_SERVICES: Final = Resource("v1", "services")
NAMESPACES: Final = Resource("v1", "namespaces", namespaced=False)


class Cluster:
    """One namespace. All methods raise UnreachableError when the API server is away, OpsError when it refuses."""

    def __init__(self, api: Any, context: str, namespace: str, *, dry_run: bool = False) -> None:
        self._api = api
        self.context = context
        self.namespace = namespace
        self.dry_run = dry_run

    def find(self, resource: Resource, name: str) -> Object | None:
        """One object, or None where there is none of that name."""
        return self._call("GET", self._path(resource, name), missing_is_none=True)

    def matching(self, resource: Resource, selector: str = "") -> list[Object]:
        """The objects that `selector` ("key=value,…") matches; all of the namespace without one."""
        query = [("labelSelector", selector)] if selector else []
        answer = self._call("GET", self._path(resource), query=query) or {}
        return items(answer, "items")

    def patch(self, resource: Resource, name: str, change: Object, *, part: str = "") -> None:
        """Merge `change` into an object or into a `part` of it ("scale"): a None takes a field away."""
        self._call("PATCH", self._path(resource, name, part), body=change, content_type=_MERGE_PATCH, write=True)

    def create(self, resource: Resource, body: Object) -> None:
        """Make an object. Raises OpsError where one of its name is there."""
        self._call("POST", self._path(resource), body=body, write=True)

    def replace(self, resource: Resource, name: str, body: Object) -> None:
        """Put `body` in an object's place. Raises OpsError where it is no longer of the resourceVersion in `body`."""
        self._call("PUT", self._path(resource, name), body=body, write=True)

    def delete(self, resource: Resource, name: str) -> None:
        """Delete an object with what it owns; one that is gone already counts as deleted."""
        options: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        self._call("DELETE", self._path(resource, name), body=options, write=True, missing_is_none=True)

    def log(self, pod: str, container: str, *, lines: int, previous: bool = False) -> str:
        """The last lines a container wrote; of the run before this one if `previous`. Empty where there is no log."""
        query = [("container", container), ("tailLines", str(lines)), ("previous", str(previous).lower())]
        try:
            return self._read("GET", self._path(PODS, pod, "log"), query=query).decode(errors="replace")
        except OpsError:
            return ""  # a container that has not started has none; the message this is for goes out without it

    def resource(self, group_version: str, kind: str) -> Resource | None:
        """How the API's paths name a kind, or None where the cluster does not have it."""
        prefix = "/api/v1" if group_version == "v1" else f"/apis/{group_version}"
        answer = self._call("GET", prefix, missing_is_none=True) or {}
        for found in items(answer, "resources"):
            if found["kind"] == kind and "/" not in found["name"]:
                return Resource(group_version, found["name"], found["namespaced"])
        return None

    def _path(self, resource: Resource, name: str = "", part: str = "") -> str:
        prefix = "/api/v1" if resource.group_version == "v1" else f"/apis/{resource.group_version}"
        within = f"/namespaces/{self.namespace}" if resource.namespaced else ""
        return "/".join(step for step in (prefix + within, resource.plural, name, part) if step)

    def _call(self, method: str, path: str, **options: Any) -> Object | None:
        text = self._read(method, path, **options)
        return cast(Object, json.loads(text)) if text else None

    def _read(self, method: str, path: str, **options: Any) -> bytes:
        """An answer; what the API server does not answer at once is asked again, since all that is asked may be."""
        for pause in _PAUSES:
            try:
                return self._read_once(method, path, **options)
            except UnreachableError:
                time.sleep(pause)
        return self._read_once(method, path, **options)

    def _read_once(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: Object | None = None,
        content_type: str = "application/json",
        write: bool = False,
        missing_is_none: bool = False,
    ) -> bytes:
        query = list(query or [])
        if write and self.dry_run:
            query.append(("dryRun", "All"))
        headers = {"Accept": "application/json", "Content-Type": content_type}
        request = self._api.param_serialize(
            method, path, query_params=query, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        from urllib3.exceptions import HTTPError

        try:
            answer = self._api.call_api(*request, _request_timeout=_TIMEOUT_SECONDS)
            data = cast(bytes, answer.read())
        except (HTTPError, OSError) as error:
            raise UnreachableError(
                f"The cluster of context {self.context} does not answer at {self._api.configuration.host}: {error}"
            ) from error
        if answer.status < 300:
            return data
        if answer.status == _NOT_FOUND and missing_is_none:
            return b""
        raise self._refusal(answer.status, method, path, data)

    def _refusal(self, status: int, method: str, path: str, data: bytes) -> OpsError:
        try:
            message = str(json.loads(data)["message"])
        except (ValueError, KeyError, TypeError):
            message = data[:300].decode(errors="replace")
        if status == _FORBIDDEN:
            return OpsError(
                f"No permission in context {self.context}: {message}\n"
                "docs/operations.md has the Role that `taskflow ops` needs."
            )
        if status >= 500 or status == 429:
            return UnreachableError(f"The API server of context {self.context} answered {status}: {message}")
        return OpsError(f"The API server of context {self.context} refused {method} {path}: {status} {message}")


def connect(context: str, namespace: str, *, dry_run: bool = False) -> Cluster:
    """The namespace of a cluster that kubectl's configuration names; nothing is asked of it yet.

    Raises OpsError where the client is not installed, or no context has that name.
    """
    try:
        from kubernetes import config
        from kubernetes.client import ApiClient
    except ImportError as error:
        raise OpsError(
            "`taskflow ops` needs the Kubernetes client, which is an extra: pip install 'taskflow[ops]' "
            "(in a checkout: uv sync --extra ops)."
        ) from error
    loader: Any = config
    # As kubectl has it: several files, one after another. The library would read the variable only once.
    files = os.environ.get("KUBECONFIG") or None
    try:
        api: ApiClient = loader.new_client_from_config(config_file=files, context=context)
    except loader.ConfigException as error:
        raise OpsError(_no_context(loader, files, context, error)) from error
    return Cluster(api, context, namespace, dry_run=dry_run)


def _no_context(loader: Any, files: str | None, context: str, error: Exception) -> str:
    try:
        contexts, _ = loader.list_kube_config_contexts(config_file=files)
    except (loader.ConfigException, OSError):
        return f"There is no kubectl configuration to find context {context} in (KUBECONFIG, ~/.kube/config): {error}"
    names = [str(known["name"]) for known in contexts]
    if context in names:
        return f"Context {context} cannot be used: {error}"
    return f"kubectl's configuration has no context {context}. There are: {', '.join(names) or 'none'}."
