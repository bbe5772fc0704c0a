"""What an API server in memory keeps and does (http_server.py beside this speaks for it, over real HTTP).

It keeps objects, selects by label, merges patches, honours `dryRun`, and has controllers (controllers.py). What it is
asked is recorded, and any write can be made to fail, or its answer be lost.
"""

import copy
import json
import threading
from collections.abc import Callable
from typing import Any

from tests.ops.controllers import NAME as NAME
from tests.ops.controllers import Object, Objects, play

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_BUILT_IN = {
    "v1": ("Pod", "Namespace", "Secret", "Service", "ConfigMap"),
    "apps/v1": ("Deployment", "StatefulSet"),
    "coordination.k8s.io/v1": ("Lease",),
}
_PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "Resiliency": "resiliencies"}


class ApiServer:
    """One namespace. `writes` are the changes asked for, as words; `on_write` may raise RefusedError to fail one.

    Of each method in `losing` ("POST") the next answer is lost: what was asked is done, and the connection ends.
    """

    def __init__(self) -> None:
        self.objects: Objects = {}
        self.kinds: dict[str, dict[str, str]] = {}
        """By version of a group ("apps/v1"): what the paths call each kind."""
        for version, kinds in _BUILT_IN.items():
            for kind in kinds:
                self.plural({"apiVersion": version, "kind": kind})
        self.writes: list[str] = []
        self.answers: dict[str, Callable[[list[str]], tuple[int, str]]] = {}
        self.on_write: Callable[[str], None] = lambda _: None
        self.forbidden: str = ""
        self.page: bytes = b""
        """What answers in its place."""
        self.losing: list[str] = []
        self.preflights: list[Object] = []
        """The pods that were made to check images and schema."""
        self.drops: str = ""
        """A field of a spec that this server is too old for."""
        self.forward_to: int = 0
        self.forwards: dict[str, int] = {}
        """Where ports other than the service's lead."""
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
        state: dict[str, Any] = {}
        for (plural, name), found in self.objects.items():
            if plural != "pods":
                clean = copy.deepcopy(found)
                clean["metadata"].pop("generation", None)
                clean["metadata"].pop("uid", None)
                clean.pop("status", None)
                state[f"{plural}/{name}"] = clean
        return state

    def write(self, words: str, change: Callable[[], None], *, dry_run: bool) -> None:
        """Record a write and, unless it is a dry run, make it."""
        with self.lock:
            self.writes.append(f"{words} (dry run)" if dry_run else words)
            self.on_write(words)
            if not dry_run:
                change()
                play(self.objects, self._number)

    def plural(self, found: Object) -> str:
        """How the paths name an object's kind; learnt from what was applied."""
        kind = found["kind"]
        plural = _PLURALS.get(kind, f"{kind.lower()}s")
        self.kinds.setdefault(found["apiVersion"], {})[kind] = plural
        return plural

    def apply(self, objects: list[Object], *, dry_run: bool) -> list[str]:
        """What `kubectl apply` does, client-side: a line for each."""
        lines: list[str] = []
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
            lines.append(f"{found['kind'].lower()}/{name} {verb}{' (server dry run)' if dry_run else ''}")
        return lines

    def patch(self, plural: str, name: str, change: Object, *, dry_run: bool, by_name: bool = False) -> bool:
        """A merge patch, `by_name` a strategic one; False where there is no such object."""
        if (plural, name) not in self.objects:
            return False
        self.write(f"patch {plural}/{name}", lambda: self._merge(plural, name, change, by_name), dry_run=dry_run)
        return True

    def delete(self, plural: str, name: str, *, dry_run: bool) -> bool:
        """A deletion; False where there is no such object."""
        if (plural, name) not in self.objects:
            return False
        if plural == "leases" or name.startswith("taskflow-preflight-"):
            self._forget(plural, name)  # no change to the platform: not among the writes
        else:
            self.write(f"delete {plural}/{name}", lambda: self._forget(plural, name), dry_run=dry_run)
        return True

    def matching(self, plural: str, selector: str) -> list[Object]:
        """The objects of a kind that a label selector selects."""
        found: list[Object] = []
        for (kind, _), each in list(self.objects.items()):
            labels = each["metadata"].get("labels", {})
            terms = [term.split("=", 1) for term in selector.split(",") if term]
            if kind == plural and all(labels.get(t[0]) == t[1] if len(t) == 2 else t[0] in labels for t in terms):
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

    def _merge(self, plural: str, name: str, change: Object, by_name: bool) -> None:
        found = self.objects[plural, name]
        found["metadata"]["generation"] = found["metadata"].get("generation", 0) + 1
        _merged(found, change, by_name)
        found["spec"].pop(self.drops, None) if "spec" in found else None

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


def _contains(whole: Any, piece: Any) -> bool:
    """Whether every field of `piece` is in `whole` with the same value."""
    if isinstance(piece, dict):
        return isinstance(whole, dict) and all(k in whole and _contains(whole[k], v) for k, v in piece.items())  # pyright: ignore
    return whole == piece


def _merged(found: Object, change: Object, by_name: bool) -> None:
    for key, value in change.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict) and isinstance(found.get(key), dict):
            _merged(found[key], value, by_name)  # pyright: ignore[reportUnknownArgumentType]  # any JSON
        elif isinstance(value, list) and by_name:
            for each in value:  # pyright: ignore[reportUnknownVariableType]
                _merged(next(one for one in found[key] if one["name"] == each["name"]), each, by_name)  # pyright: ignore
        else:
            found[key] = value
