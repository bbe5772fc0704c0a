"""One operation at a time: a Lease in the namespace, held while an operation changes something and gone afterwards.

A holder that was killed is followed when its Lease has not been renewed for a while. What counts is that the Lease does
not change, not the time it names, so that operators' clocks need not agree.
"""

import getpass
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from taskflow_ops.cluster import Cluster, Kind
from taskflow_ops.errors import OpsError, UnreachableError
from taskflow_ops.objects import Object, part

LEASES: Final = Kind("coordination.k8s.io/v1", "Lease")
NAME: Final = "taskflow-ops"

_RENEW_SECONDS: Final = 4.0
_ABANDONED_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 1.0


class OperationLock:
    """The right to change the platform, while it lasts."""

    def __init__(self, cluster: Cluster, operation: str) -> None:
        self._cluster = cluster
        self._holder = f"{operation} by {getpass.getuser()}@{socket.gethostname()}, process {os.getpid()}"
        self._token = uuid.uuid4().hex
        self._stop = threading.Event()
        self._lost: str | None = None

    def require(self) -> None:
        """Raises OpsError when somebody else took it over, which happens when this process stood still for long."""
        if self._lost is not None:
            raise OpsError(f"Another operation has taken over: {self._lost}.")

    @contextmanager
    def held(self, say: Callable[[str], None]) -> Generator[None]:
        """While entered, it is this process's. Raises OpsError where another operation runs."""
        self._take(say)
        renewing = threading.Thread(target=self._renew_until_stopped, daemon=True)
        renewing.start()
        try:
            yield
        finally:
            self._stop.set()
            renewing.join()
            self._give_back()

    def _take(self, say: Callable[[str], None]) -> None:
        seen = self._cluster.find(LEASES, NAME)
        try:
            if seen is None or self._is_given_back(seen, say):
                self._cluster.create(LEASES, self._described({"name": NAME, "namespace": self._cluster.namespace}))
            else:
                self._replace(seen)
        except OpsError:
            if not self._have_it():
                raise

    def _is_given_back(self, seen: Object, say: Callable[[str], None]) -> bool:
        """Watch another's Lease: True when it goes, False when it is abandoned. Raises OpsError when it is renewed."""
        say(f"There is another operation, {_holder(seen)}; looking whether it still runs")
        deadline = time.monotonic() + _ABANDONED_SECONDS
        while time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            now = self._cluster.find(LEASES, NAME)
            if now is None:
                return True
            if _version(now) != _version(seen):
                raise OpsError(f"Another operation runs: {_holder(now)}. Wait until it is over.")
        return False

    def _renew_until_stopped(self) -> None:
        while not self._stop.wait(_RENEW_SECONDS):
            try:
                seen = self._cluster.find(LEASES, NAME)
                if seen is None or not self._is_mine(seen):
                    self._lost = "its Lease is gone" if seen is None else _holder(seen)
                    return
                self._replace(seen)
            except UnreachableError:
                continue  # the next renewal comes soon enough
            except OpsError as error:
                if self._have_it():
                    continue
                self._lost = self._other() or str(error)
                return

    def _have_it(self) -> bool:
        """Whether a write that was refused had in fact been done: its answer was lost, and it was sent again."""
        try:
            seen = self._cluster.find(LEASES, NAME)
        except OpsError:
            return False
        return seen is not None and self._is_mine(seen)

    def _other(self) -> str | None:
        """Who holds it, if that can be told and is not this process."""
        try:
            seen = self._cluster.find(LEASES, NAME)
        except OpsError:
            return None
        return None if seen is None or self._is_mine(seen) else _holder(seen)

    def _replace(self, seen: Object) -> None:
        """Raises OpsError where it has changed since it was `seen`."""
        metadata = {"name": NAME, "namespace": self._cluster.namespace, "resourceVersion": _version(seen)}
        self._cluster.replace(LEASES, NAME, self._described(metadata))

    def _give_back(self) -> None:
        try:
            seen = self._cluster.find(LEASES, NAME)
            if seen is not None and self._is_mine(seen):
                self._cluster.delete(LEASES, NAME)
        except OpsError:
            return  # the operation is over; the Lease is found abandoned by the next one

    def _is_mine(self, seen: Object) -> bool:
        return part(seen, "metadata", "annotations").get("taskflow.dev/operation") == self._token

    def _described(self, metadata: Object) -> Object:
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.name,
            "metadata": metadata | {"annotations": {"taskflow.dev/operation": self._token}},
            "spec": {
                "holderIdentity": self._holder,
                "leaseDurationSeconds": int(_ABANDONED_SECONDS),
                "renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            },
        }


def _holder(seen: Object) -> str:
    return str(part(seen, "spec").get("holderIdentity", "of somebody unknown"))


def _version(seen: Object) -> str:
    return str(part(seen, "metadata").get("resourceVersion", ""))
