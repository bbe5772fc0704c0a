"""Replays recorded Phase IV calls against a running service and names every answer that differs.

    python -m e2e.phase_iv.replay http://127.0.0.1:8000

transcript.jsonl holds one call per line with the answer Phase IV gave; in it ids, times, tokens and addresses are
replaced by their type. Phase V may add fields, so every recorded field must be there with its value; more are
welcome. Where the line says `lenient`, and where Phase IV refused a body (422), words are free: status and shape count.
"""

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import httpx

TRANSCRIPT: Final = Path(__file__).with_name("transcript.jsonl")
_TIMEOUT_SECONDS: Final = 20.0

_TYPES: Final = (
    ("<uuid>", re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("<time>", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")),
    ("<jwt>", re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")),
    ("<email>", re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+")),
)
# What stands in for long texts in the transcript.
_LENGTHS: Final = {"a255": "a" * 255, "a256": "a" * 256, "a5000": "d" * 5000, "a5001": "d" * 5001}
_HEADERS: Final = {"garbage": "Bearer not.a.jwt", "basic": "Basic Zm9vOmJhcg==", "one-word": "Bearer"}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One recorded call and its answer."""

    name: str
    method: str
    path: str
    auth: str
    body: Any
    has_body: bool
    raw: str | None
    remembered: Mapping[str, str]
    """Name to the path of a value in the answer, such as {"task": "id"}: later calls use it as {task}."""
    lenient: bool
    status: int
    answer: Any


@dataclass
class Replay:
    """The calls so far: what was remembered and what differed."""

    client: httpx.Client
    values: dict[str, str] = field(default_factory=lambda: {"run": str(time.time_ns() // 1_000_000), **_LENGTHS})
    calls: int = 0
    differences: list[str] = field(default_factory=list[str])

    def make(self, call: Call) -> None:
        """Makes one call and notes how its answer differs. Raises httpx.HTTPError when there is no answer."""
        content = json.dumps(self._filled(call.body)).encode() if call.has_body else (call.raw or "").encode()
        headers = {"Content-Type": "application/json"} if content else {}
        if authorization := self._authorization(call.auth):
            headers["Authorization"] = authorization
        # A client that keeps no cookies: the calls say themselves how they authenticate.
        self.client.cookies.clear()
        response = self.client.request(call.method, self._filled(call.path), content=content, headers=headers)
        answer = _decoded(response)
        for name, path in call.remembered.items():
            value = _at(answer, path)
            if value is not None:
                self.values[name] = str(value)
        self.calls += 1
        self.differences += [f"{call.name}: {difference}" for difference in _differences(call, response, answer)]

    def _authorization(self, auth: str) -> str | None:
        if token := self.values.get(f"token_{auth}"):
            return f"Bearer {token}"
        return _HEADERS.get(auth)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            for name, text in self.values.items():
                value = value.replace(f"{{{name}}}", text)
            return value
        if isinstance(value, dict):
            return {key: self._filled(item) for key, item in cast(dict[str, Any], value).items()}
        if isinstance(value, list):
            return [self._filled(item) for item in cast(list[Any], value)]
        return value


def recorded(transcript: Path = TRANSCRIPT) -> Iterator[Call]:
    """The calls of a transcript, in order."""
    with transcript.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            case = record["case"]
            yield Call(
                name=case["name"],
                method=case["method"],
                path=case["path"],
                auth=case.get("auth", "none"),
                body=case.get("body"),
                has_body="body" in case,
                raw=case.get("raw"),
                remembered=case.get("save", {}),
                lenient=case.get("lenient", False),
                status=record["status"],
                answer=record["body"],
            )


def replay(base_url: str) -> Replay:
    """Replays the transcript against the service at `base_url`. Raises httpx.HTTPError when it does not answer."""
    with httpx.Client(base_url=base_url, timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        made = Replay(client=client)
        for call in recorded():
            made.make(call)
    return made


def _differences(call: Call, response: httpx.Response, answer: Any) -> Iterator[str]:
    if response.status_code != call.status:
        yield f"status {response.status_code}, Phase IV gave {call.status}"
    elif call.status == 422:
        if not _is_validation_error(answer):
            yield "the body of a 422 is {detail: [{loc, msg, type}, …]}"
    elif not call.lenient:
        yield from _missing(call.answer, _normalised(answer), "$")


def _missing(expected: Any, got: Any, path: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(got, dict):
        there = cast(dict[str, Any], got)
        for key, value in cast(dict[str, Any], expected).items():
            if key in there:
                yield from _missing(value, there[key], f"{path}.{key}")
            else:
                yield f"{path}.{key} is missing"
    elif isinstance(expected, list) and isinstance(got, list):
        wanted, found = cast(list[Any], expected), cast(list[Any], got)
        if len(wanted) != len(found):
            yield f"{path} has {len(found)} items, Phase IV gave {len(wanted)}"
            return
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _missing(one, other, f"{path}[{index}]")
    elif expected != got:
        yield f"{path} is {got!r}, Phase IV gave {expected!r}"


def _normalised(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normalised(item) for key, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_normalised(item) for item in cast(list[Any], value)]
    if isinstance(value, str):
        return next((name for name, pattern in _TYPES if pattern.fullmatch(value)), value)
    return value


def _is_validation_error(answer: Any) -> bool:
    detail = cast(dict[str, Any], answer).get("detail") if isinstance(answer, dict) else None
    if not isinstance(detail, list) or not detail:
        return False
    return all({"loc", "msg", "type"} <= set(cast(dict[str, Any], one)) for one in cast(list[Any], detail))


def _decoded(response: httpx.Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError:
        return response.text


def _at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(answer, dict):
            answer = cast(dict[str, Any], answer).get(part)
        elif isinstance(answer, list) and part.isdigit() and int(part) < len(cast(list[Any], answer)):
            answer = cast(list[Any], answer)[int(part)]
        else:
            return None
    return answer


def main(arguments: list[str]) -> int:
    """Replays against the one URL given; 1 where an answer differs."""
    if len(arguments) != 1:
        print("usage: python -m e2e.phase_iv.replay URL", file=sys.stderr)
        return 2
    made = replay(arguments[0].rstrip("/"))
    for difference in made.differences:
        print(difference)
    print(f"{made.calls} Phase IV calls, {len(made.differences)} differences")
    return 1 if made.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
