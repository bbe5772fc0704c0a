"""The whole platform in one process, as a test of its edges asks it."""

import base64
from typing import Any

import msgspec

from taskflow_core.service.auth import CALLER_HEADER
from taskflow_core.service.host import Host
from taskflow_core.service.routes import INTERNAL
from tests.service.asking import Asked, Route, ask, routes_of
from tests.service.edges.strange import EXAMPLES

ON_EVERY_ANSWER = {"x-content-type-options", "content-security-policy", "referrer-policy", "cache-control"}

_CALLER = CALLER_HEADER.encode()

Headers = list[tuple[bytes, bytes]]


class Platform:
    """All services of a phase in one process, somebody who is signed in, and a task of theirs."""

    def __init__(self, host: Host, headers: Headers, task_id: str) -> None:
        self.host = host
        self.headers = headers
        self.task_id = task_id
        self.routes = routes_of(host)
        self._alone = {service.name: service.app for service in host.services}

    async def ask(self, route: Route, **how: Any) -> Asked:
        """One request that is right but for what a test changes; nothing may come of it that is our fault."""
        path = how.pop("path", None) or route.at(task_id=self.task_id)
        headers: Headers = how.pop("headers", self.headers)
        app: Any = self.host
        if route.path.startswith(INTERNAL):
            # On a cluster a service serves alone; in one process nothing under /internal is answered from outside.
            app = self._alone[route.service]
            headers = [(name, value) for name, value in headers if name != _CALLER]
            headers.append((_CALLER, (route.caller or "").encode()))
        answer = await ask(app, route.method, path, headers=headers, **how)
        assert answer.status < 500, (str(route), answer)
        if app is self.host and answer.status != 499:
            assert answer.headers.keys() >= ON_EVERY_ANSWER, (str(route), answer)
        return answer


def fields_of(route: Route) -> list[str]:
    return list(route.body.__struct_fields__) if route.body else []


def body_of(route: Route, **changes: Any) -> dict[str, Any]:
    """A body that is right, with some of it changed."""
    required = [one.name for one in msgspec.structs.fields(route.body) if one.required] if route.body else []
    return {name: EXAMPLES.get(name, "x") for name in required} | changes


def encoded(raw: bytes) -> str:
    """Base64 as tokens and cursors have it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
