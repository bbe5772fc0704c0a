"""The API server in memory over HTTP: Kubernetes' own paths, and one more for what stands in for kubectl."""

import contextlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.ops.api_server import ApiServer, Object, RefusedError
from tests.ops.controllers import checked
from tests.ops.websockets import WebSocket, forward


def serve(api: ApiServer) -> ThreadingHTTPServer:
    """Start serving on a free port of this machine."""

    class Handler(_Handler):
        pass

    Handler.api = api
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    api: ApiServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests read `writes`."""

    def do_GET(self) -> None:
        path, query = self._asked()
        if self.api.page:
            return self._text(200, self.api.page)
        if (known := self._discovery(path)) is not None:
            return self._answer(200 if known else 404, known or {"message": "no such group"})
        plural, name, part = self._object(path)
        if self.api.forbidden and plural == self.api.forbidden:
            may_not = f'User "ada" cannot list resource "{plural}" in the namespace "taskflow"'
            return self._answer(403, {"message": f"{plural} is forbidden: {may_not}"})
        match part:
            case "log":
                return self._text(200, self._log(name))
            case "exec":
                return self._execute(name, query["command"])
            case "portforward":
                [port] = map(int, query["ports"])
                return forward(WebSocket(self), port, self.api.forwards.get(str(port), self.api.forward_to))
            case _:
                return self._get(plural, name, query.get("labelSelector", [""])[0])

    def do_PATCH(self) -> None:
        path, query = self._asked()
        plural, name, _ = self._object(path)
        by_name = "strategic" in self.headers["Content-Type"]
        self._write(lambda: self.api.patch(plural, name, self._body(), dry_run="dryRun" in query, by_name=by_name))

    def do_PUT(self) -> None:
        path, _ = self._asked()
        self._store(path, self._body(), new=False)

    def do_DELETE(self) -> None:
        path, query = self._asked()
        plural, name, _ = self._object(path)
        self._body()
        self._write(lambda: self.api.delete(plural, name, dry_run="dryRun" in query))

    def do_POST(self) -> None:
        """An object to make; on the path /apply kubectl's `apply`."""
        path, query = self._asked()
        body = self._body()
        if path[0] in ("api", "apis"):
            return self._store(path, body, new=True, dry_run="dryRun" in query)
        try:
            return self._answer(200, {"lines": self.api.apply(body["items"], dry_run=body["dryRun"])})
        except RefusedError as error:
            return self._answer(error.status, {"message": error.message})

    def _discovery(self, path: list[str]) -> Object | None:
        """What the cluster says of itself at this path: nothing of a group it does not have, None elsewhere."""
        match path:
            case ["version"]:
                return {"major": "1", "minor": "34"}
            case ["apis"]:
                groups: dict[str, list[str]] = {}
                for version in self.api.kinds.keys() - {"v1"}:
                    groups.setdefault(version.split("/")[0], []).append(version)
                found = [_group(name, versions) for name, versions in groups.items()]
                return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}
            case ["api", "v1"]:
                return self._kinds("v1")
            case ["apis", group, version]:
                return self._kinds(f"{group}/{version}")
            case _:
                return None

    def _kinds(self, version: str) -> Object:
        known = self.api.kinds.get(version)
        if known is None:
            return {}
        resources: list[Object] = []
        for kind, plural in known.items():
            described: Object = {"kind": kind, "name": plural, "namespaced": kind != "Namespace"}
            resources += [described, {**described, "kind": "Scale", "name": f"{plural}/scale"}]
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}

    def _get(self, plural: str, name: str, selector: str) -> None:
        with self.api.lock:
            if not name:
                items = self.api.matching(plural, selector)
                return self._answer(200, {"kind": "List", "apiVersion": "v1", "items": items})
            found = self.api.named(plural, name)
            return self._answer(200 if found else 404, {"kind": "Object", **(found or {"message": "not found"})})

    def _log(self, name: str) -> bytes:
        pod = self.api.named("pods", name)
        if pod and "taskflow.dev/operation" in pod["metadata"]["labels"]:
            answer = self.api.answers.get("taskflow db status")
            return (answer(["taskflow", "db", "status"])[1] if answer else "not found").encode()
        return b"first line\nlast line of the log\n"

    def _execute(self, pod: str, words: list[str]) -> None:
        if self.api.named("pods", pod) is None:
            self._answer(404, {"message": f"pods {pod} not found"})
            return
        client = WebSocket(self)
        answer = self.api.answers.get(" ".join(words[:3]))
        status, text = answer(words) if answer else (127, "taskflow: not found")
        end = {"status": "Success"} if status == 0 else {"status": "Failure", "message": f"exit code {status}"}
        with contextlib.suppress(OSError):  # a client that has waited long enough has left
            client.send(1 if status == 0 else 2, text.encode())
            client.send(3, json.dumps(end).encode())
            client.close()

    def _store(self, path: list[str], body: Object, *, new: bool, dry_run: bool = False) -> None:
        plural, name = self._object(path)[0], body["metadata"]["name"]
        if dry_run:
            return self._answer(201, body)
        if plural == "pods":
            body["status"] = checked(body)
            self.api.preflights.append(body)
        with self.api.lock:
            now = self.api.named(plural, name)
            if new is (now is not None):
                return self._answer(409, {"message": f"{plural} {name} already exists" if new else "it is gone"})
            if now is not None and now["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
                return self._answer(409, {"message": "the object has been modified"})
            body["metadata"]["resourceVersion"] = str(self.api.version())
            self.api.objects[plural, name] = body
            return self._answer(200, body)

    def _write(self, change: Callable[[], bool]) -> None:
        try:
            done = change()
        except RefusedError as error:
            return self._answer(error.status, {"message": error.message})
        return self._answer(200 if done else 404, {"kind": "Status", "message": "done" if done else "not found"})

    def _asked(self) -> tuple[list[str], dict[str, list[str]]]:
        parts = urlsplit(self.path)
        return parts.path.strip("/").split("/"), parse_qs(parts.query)

    def _object(self, path: list[str]) -> tuple[str, str, str]:
        rest = path[2:] if path[0] == "api" else path[3:]
        rest = rest[2:] if rest[0] == "namespaces" and len(rest) > 2 else rest
        plural, name, part = (*rest, "", "")[:3]
        return plural, name, part

    def _body(self) -> Object:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def _answer(self, status: int, body: Object) -> None:
        self._text(status, json.dumps(body).encode())

    def _text(self, status: int, text: bytes) -> None:
        if self.command in self.api.losing:
            self.api.losing.remove(self.command)
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def _group(name: str, versions: list[str]) -> Object:
    found = [{"groupVersion": version, "version": version.split("/")[1]} for version in versions]
    return {"name": name, "versions": found, "preferredVersion": found[0]}
