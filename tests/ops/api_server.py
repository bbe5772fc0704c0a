"""An API server in memory, spoken to over real HTTP by the real client, and its kubectl (kubectl.py beside this).

It keeps objects, selects by label, merges patches, honours `dryRun`, and plays the controllers: each Deployment and
StatefulSet has its pods at once, which are ready unless their image is called broken. What it is asked is recorded, and
any write can be made to fail.
"""

import copy
import hashlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]

NAME = "app.kubernetes.io/name"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "Resiliency": "resiliencies"}


class ApiServer:
    """One namespace. `writes` are the changes asked for, as words; `on_write` may raise RefusedError to fail one."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Object] = {}
        self.kinds: dict[str, dict[str, str]] = {"v1": {"Pod": "pods", "Namespace": "namespaces"}}
        self.writes: list[str] = []
        self.reads: list[str] = []
        self.answers: dict[str, Callable[[list[str]], tuple[int, str]]] = {}
        self.on_write: Callable[[str], None] = lambda _: None
        self.forbidden: str = ""
        self.forward_to: int = 0
        self._made = 0
        self.lock = threading.RLock()

    @property
    def pods(self) -> list[Object]:
        """Every pod."""
        return [found for (kind, _), found in self.objects.items() if kind == "pods"]

    def named(self, plural: str, name: str) -> Object | None:
        """One object."""
        return self.objects.get((plural, name))

    def names(self, plural: str) -> list[str]:
        """The names of what there is of a kind."""
        return sorted(name for kind, name in self.objects if kind == plural)

    def state(self) -> dict[str, Any]:
        """Everything but what differs from run to run: pods' names and counters."""
        kept: dict[str, Any] = {}
        for (plural, name), found in self.objects.items():
            if plural != "pods":
                clean = copy.deepcopy(found)
                clean["metadata"].pop("generation", None)
                clean["metadata"].pop("uid", None)
                clean.pop("status", None)
                kept[f"{plural}/{name}"] = clean
        return kept

    def write(self, words: str, change: Callable[[], None], *, dry_run: bool) -> None:
        """Record a write and, unless it is a dry run, make it."""
        with self.lock:
            self.writes.append(f"{words} (dry run)" if dry_run else words)
            self.on_write(words)
            if not dry_run:
                change()
                self._play_controllers()

    def plural(self, found: Object) -> str:
        """How the paths name an object's kind; learnt from what was applied."""
        kind = found["kind"]
        plural = _PLURALS.get(kind, f"{kind.lower()}s")
        self.kinds.setdefault(found["apiVersion"], {})[kind] = plural
        return plural

    def apply(self, objects: list[Object], *, dry_run: bool) -> list[str]:
        """What `kubectl apply` does, client-side: a line for each."""
        said: list[str] = []
        for found in objects:
            plural, name = self.plural(found), found["metadata"]["name"]
            now = self.objects.get((plural, name))
            text = json.dumps(found, sort_keys=True)
            before = None if now is None else now["metadata"].get("annotations", {}).get(_LAST_APPLIED)
            verb = "created" if now is None else "unchanged"
            drifted = now is not None and not _contains(now, found)
            if now is not None and (before != text or drifted):
                verb = "configured"
            if verb != "unchanged":
                self.write(
                    f"apply {plural}/{name}", lambda f=found, p=plural, t=text: self._store(p, f, t), dry_run=dry_run
                )
            said.append(f"{found['kind'].lower()}/{name} {verb}{' (server dry run)' if dry_run else ''}")
        return said

    def patch(self, plural: str, name: str, change: Object, *, dry_run: bool) -> bool:
        """A merge patch; False where there is no such object."""
        if (plural, name) not in self.objects:
            return False
        self.write(f"patch {plural}/{name}", lambda: self._merge(plural, name, change), dry_run=dry_run)
        return True

    def delete(self, plural: str, name: str, *, dry_run: bool) -> bool:
        """A deletion; False where there is no such object."""
        if (plural, name) not in self.objects:
            return False
        if plural == "leases":
            self._forget(plural, name)  # no change to the platform: not among the writes
        else:
            self.write(f"delete {plural}/{name}", lambda: self._forget(plural, name), dry_run=dry_run)
        return True

    def matching(self, plural: str, selector: str) -> list[Object]:
        """The objects of a kind that a label selector selects."""
        found: list[Object] = []
        for (kind, _), each in list(self.objects.items()):
            labels = each["metadata"].get("labels", {})
            wanted = [term.split("=", 1) for term in selector.split(",") if term]
            if kind == plural and all(labels.get(t[0]) == t[1] if len(t) == 2 else t[0] in labels for t in wanted):
                found.append(each)
        return found

    def _forget(self, plural: str, name: str) -> None:
        self.objects.pop((plural, name), None)

    def _store(self, plural: str, found: Object, text: str) -> None:
        new = copy.deepcopy(found)
        old = self.objects.get((plural, found["metadata"]["name"]), {"metadata": {}})
        new["metadata"].setdefault("annotations", {})[_LAST_APPLIED] = text
        scaled = old.get("spec", {}).get("replicas")
        before = json.loads(old["metadata"].get("annotations", {}).get(_LAST_APPLIED, "{}"))
        if scaled is not None and "replicas" not in new.get("spec", {}) and "replicas" not in before.get("spec", {}):
            new["spec"]["replicas"] = scaled  # somebody else's field: applying leaves it alone
        new["metadata"]["uid"] = old["metadata"].get("uid") or f"uid-{self._number()}"
        new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
        self.objects[plural, new["metadata"]["name"]] = new

    def _merge(self, plural: str, name: str, change: Object) -> None:
        found = self.objects[plural, name]
        found["metadata"]["generation"] = found["metadata"].get("generation", 0) + 1
        _merged(found, change)

    def _play_controllers(self) -> None:
        owned: set[str] = set()
        for (plural, name), found in list(self.objects.items()):
            if plural in ("deployments", "statefulsets"):
                owned |= self._play(plural, name, found)
        for pod in self.pods:
            name = pod["metadata"]["name"]
            if pod["metadata"]["labels"].get(NAME) and name not in owned:
                del self.objects["pods", name]

    def _play(self, plural: str, name: str, found: Object) -> set[str]:
        """Give a workload the pods it wants; returns the names of those that are its own."""
        spec = found["spec"]
        wanted, template = spec.get("replicas", 1), spec["template"]
        digest = hashlib.sha1(json.dumps(template, sort_keys=True).encode()).hexdigest()[:6]
        first = spec.get("ordinals", {}).get("start", 0)
        numbered = plural == "statefulsets"
        mine = [pod for pod in self.pods if pod["metadata"]["labels"].get(NAME) == name]
        new = [pod for pod in mine if pod["metadata"]["labels"]["hash"] == digest]
        names = [pod["metadata"]["name"] for pod in new]
        if numbered:
            new = [pod for pod in new if int(pod["metadata"]["name"].rsplit("-", 1)[1]) in range(first, first + wanted)]
            names = [pod["metadata"]["name"] for pod in new]
            missing = [n for i in range(first, first + wanted) if (n := f"{name}-{i}") not in names]
            missing = [n for n in missing if ("pods", n) not in self.objects]
        else:
            new = sorted(new, key=lambda pod: pod["status"]["conditions"][0]["status"], reverse=True)[:wanted]
            missing = [f"{name}-{digest}-{self._number()}" for _ in range(wanted - len(new))]
        for pod_name in missing:
            pod = _pod(pod_name, name, template, digest, self._number())
            self.objects["pods", pod_name] = pod
            new.append(pod)
        ready = [pod for pod in new if pod["status"]["conditions"][0]["status"] == "True"]
        old = [pod for pod in mine if pod not in new] if wanted and len(ready) < wanted else []
        found["status"] = {
            "observedGeneration": found["metadata"].get("generation", 0),
            "replicas": len(new) + len(old),
            "updatedReplicas": len(new),
            "readyReplicas": len(ready) + len(old),
        }
        return {pod["metadata"]["name"] for pod in (*new, *old)}

    def version(self) -> int:
        """A resource version that no object has had."""
        return self._number()

    def _number(self) -> int:
        self._made += 1
        return self._made


class RefusedError(Exception):
    """A write that the server answers with `status`."""

    def __init__(self, status: int, message: str = "refused") -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def _pod(name: str, service: str, template: Object, digest: str, made: int) -> Object:
    spec = copy.deepcopy(template["spec"])
    if template["metadata"].get("annotations", {}).get("dapr.io/enabled") == "true":
        spec["containers"].append({"name": "daprd"})
    works = "broken" not in spec["containers"][0]["image"]
    state: Object = (
        {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
        if works
        else {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
    )
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "labels": {**template["metadata"]["labels"], "hash": digest},
            "annotations": {},
            "creationTimestamp": f"2026-01-01T00:{made // 60:02}:{made % 60:02}Z",
        },
        "spec": spec,
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(works)}],
            "containerStatuses": [{"name": "app", "ready": works, "state": state, "restartCount": 0 if works else 3}],
        },
    }


def _contains(whole: Any, piece: Any) -> bool:
    """Whether every field of `piece` is in `whole` with the same value."""
    if isinstance(piece, dict):
        return isinstance(whole, dict) and all(k in whole and _contains(whole[k], v) for k, v in piece.items())  # pyright: ignore
    return whole == piece


def _merged(found: Object, change: Object) -> None:
    for key, value in change.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict) and isinstance(found.get(key), dict):
            _merged(found[key], value)  # pyright: ignore[reportUnknownArgumentType]  # any JSON
        else:
            found[key] = value


def serve(api: ApiServer) -> ThreadingHTTPServer:
    """Start serving on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: tests read `writes` and `reads`."""

        def do_GET(self) -> None:
            path, query = self._asked()
            api.reads.append(self.path)
            if path == ["api", "v1"] or (path[0] == "apis" and len(path) == 3):
                version = "v1" if path[0] == "api" else "/".join(path[1:])
                known = api.kinds.get(version)
                kinds = [{"kind": k, "name": p, "namespaced": k != "Namespace"} for k, p in (known or {}).items()]
                return self._answer(200 if known else 404, {"resources": kinds, "message": "no such group"})
            plural, name, part = self._object(path)
            if api.forbidden and plural == api.forbidden:
                message = (
                    f'{plural} is forbidden: User "ada" cannot list resource "{plural}" in the namespace "taskflow"'
                )
                return self._answer(403, {"message": message})
            if part == "log":
                return self._text(200, b"first line\nlast line of the log\n")
            with api.lock:
                if not name:
                    return self._answer(200, {"items": api.matching(plural, query.get("labelSelector", [""])[0])})
                found = api.named(plural, name)
                return self._answer(200 if found else 404, found or {"message": "not found"})

        def do_PATCH(self) -> None:
            path, query = self._asked()
            plural, name, _ = self._object(path)
            self._write(lambda: api.patch(plural, name, self._body(), dry_run="dryRun" in query))

        def do_PUT(self) -> None:
            path, _ = self._asked()
            self._keep(path, self._body(), new=False)

        def _keep(self, path: list[str], body: Object, *, new: bool) -> None:
            plural, name = self._object(path)[0], body["metadata"]["name"]
            with api.lock:
                now = api.named(plural, name)
                if new is (now is not None):
                    return self._answer(409, {"message": f"{plural} {name} already exists" if new else "it is gone"})
                if now is not None and now["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
                    return self._answer(409, {"message": "the object has been modified"})
                body["metadata"]["resourceVersion"] = str(api.version())
                api.objects[plural, name] = body
                return self._answer(200, body)

        def do_DELETE(self) -> None:
            path, query = self._asked()
            plural, name, _ = self._object(path)
            self._body()
            self._write(lambda: api.delete(plural, name, dry_run="dryRun" in query))

        def do_POST(self) -> None:
            """kubectl's: apply, set image, exec, and where a port-forward leads."""
            path, _ = self._asked()
            body = self._body()
            if path[0] == "apis":
                return self._keep(path, body, new=True)
            if path[0] == "forward":
                return self._answer(200, {"port": api.forward_to})
            try:
                if path[0] == "apply":
                    return self._answer(200, {"said": api.apply(body["items"], dry_run=body["dryRun"])})
                if path[0] == "image":
                    plural, name = body["workload"].split("/")
                    template = copy.deepcopy(api.objects[plural, name]["spec"]["template"])
                    template["spec"]["containers"][0]["image"] = body["image"]
                    api.patch(plural, name, {"spec": {"template": template}}, dry_run=body["dryRun"])
                    return self._answer(200, {"said": []})
            except RefusedError as error:
                return self._answer(error.status, {"message": error.message})
            if api.named("pods", body["pod"]) is None:
                return self._answer(200, {"status": 1, "text": f"pods {body['pod']} not found"})
            answer = api.answers.get(" ".join(body["words"][:3]))
            status, text = answer(body["words"]) if answer else (127, "taskflow: not found")
            return self._answer(200, {"status": status, "text": text})

        def _write(self, change: Callable[[], bool]) -> None:
            try:
                done = change()
            except RefusedError as error:
                return self._answer(error.status, {"message": error.message})
            return self._answer(200 if done else 404, {"message": "done" if done else "not found"})

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
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server
