"""Replays recorded calls of a Phase IV client against a running service and names every answer that differs.

A transcript holds one call a line, with the answer that Phase IV gave. In it ids, times, tokens and addresses are
replaced by their type. `{name}` in a path or body stands for what an earlier answer was remembered as. Every recorded
field must be there with its value, and more are welcome. Words are free where the line says `lenient` and where a body
was refused (422): there status and shape count. `fields` names the only fields that count, and `phase: iv` marks a call
that Phase V answers otherwise on purpose (docs/questions.md lists those).
"""

import re
import secrets
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, cast

import httpx
import msgspec

Phase = Literal["iv", "v"]

_DIRECTORY: Final = Path(__file__).parent
RECORDED: Final = (_DIRECTORY / "transcript.jsonl", _DIRECTORY / "transcript-2.jsonl")
"""What the release answered."""
SMOKE: Final = _DIRECTORY / "smoke.jsonl"

_TYPES: Final = (
    ("<uuid>", re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("<time>", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")),
    ("<jwt>", re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")),
    ("<email>", re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+")),
)
# What stands in for long texts in a transcript.
_LENGTHS: Final = {"a255": "a" * 255, "a256": "a" * 256, "a5000": "d" * 5000, "a5001": "d" * 5001}
_AUTHORIZATION: Final = {"garbage": "Bearer not.a.jwt", "basic": "Basic Zm9vOmJhcg==", "one-word": "Bearer"}
_TIMEOUT_SECONDS: Final = 20.0
_NAME: Final = re.compile(r"\{(\w+)\}")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call. `body` is sent as JSON, `raw` as it is; `auth` names a remembered token (`token_bob` for bob) or a
    header that is wrong on purpose; `save` maps names to the path of a value in the answer (`user.id`).
    """

    name: str
    method: str
    path: str
    auth: str = "none"
    body: Any = msgspec.UNSET
    raw: str | None = None
    headers: Mapping[str, str] = {}
    save: Mapping[str, str] = {}
    lenient: bool = False
    fields: Sequence[str] = ()
    phase: Literal["iv"] | None = None


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A call and what Phase IV answered: the status, and the decoded body with types for what varies."""

    case: Call
    status: int
    body: Any = None


class Check(msgspec.Struct, frozen=True):
    """How one call went: `problem` is empty when it was answered as Phase IV answers."""

    name: str
    problem: str
    seconds: float


_decoder: Final = msgspec.json.Decoder(Recorded)


def recorded(transcript: Path, *, phase: Phase) -> list[Recorded]:
    """The calls of a transcript, in order, that count in a phase."""
    lines = transcript.read_bytes().splitlines()
    return [line for line in map(_decoder.decode, lines) if phase == "iv" or line.case.phase is None]


class Replay:
    """A run of calls through `client`, which names the base address. Nothing is tried twice."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.remembered: dict[str, str] = {
            "run": uuid.uuid4().hex,
            "password": secrets.token_urlsafe(18),
            **_LENGTHS,
        }

    async def make(self, expected: Recorded) -> Check:
        """Make one call. A call that needs what no earlier answer gave is a problem too, and so is no answer."""
        began = time.perf_counter()
        problem = await self._problem(expected)
        return Check(expected.case.name, problem, time.perf_counter() - began)

    async def _problem(self, expected: Recorded) -> str:
        case = expected.case
        try:
            request = self._request(case)
        except KeyError as missing:
            return f"not tried: no earlier answer gave the {missing.args[0]}"
        self._client.cookies.clear()  # a cookie of the login would sign in the calls that must not be
        try:
            response = await self._client.send(request)
        except httpx.HTTPError as error:
            return f"no answer: {str(error) or type(error).__name__}"
        answer = _decoded(response)
        for name, path in case.save.items():
            value = _at(answer, path)
            if value is not None:
                self.remembered[name] = str(value)
        return "; ".join(_differences(expected, response, answer))

    def _request(self, case: Call) -> httpx.Request:
        content = case.raw or ""
        if case.body is not msgspec.UNSET:
            content = msgspec.json.encode(case.body).decode()
        headers = {"Content-Type": "application/json"} if content else {}
        if f"token_{case.auth}" in self.remembered or case.auth not in {*_AUTHORIZATION, "none"}:
            headers["Authorization"] = f"Bearer {self._value(f'token_{case.auth}')}"
        elif case.auth in _AUTHORIZATION:
            headers["Authorization"] = _AUTHORIZATION[case.auth]
        headers |= {"Accept": "application/json"} | dict(case.headers)
        return self._client.build_request(
            case.method, self._filled(case.path), content=self._filled(content).encode(), headers=headers
        )

    def _filled(self, text: str) -> str:
        """`text` with its names replaced. Raises KeyError for one that is not remembered."""
        return _NAME.sub(lambda found: self._value(found.group(1)), text)

    def _value(self, name: str) -> str:
        return self.remembered[name]


async def replay(client: httpx.AsyncClient, transcript: Path, *, phase: Phase) -> list[Check]:
    """Make every call of a transcript, as new users of its own. No answer is a problem of a call, never raised."""
    replayer = Replay(client)
    return [await replayer.make(line) for line in recorded(transcript, phase=phase)]


async def replay_recorded(base_url: str, *, phase: Phase) -> list[str]:
    """Replay what the release answered at `base_url`, where an Ingress stands; what differs, a line each.

    Calls of paths that no Ingress lets in are left out.
    """
    async with httpx.AsyncClient(base_url=base_url, timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        checks: list[Check] = []
        for transcript in RECORDED:
            replayer = Replay(client)
            lines = recorded(transcript, phase=phase)
            checks += [await replayer.make(line) for line in lines if _is_let_in(line.case.path)]
    return [f"{check.name}: {check.problem}" for check in checks if check.problem]


def _is_let_in(path: str) -> bool:
    """Whether the Ingress of Phase IV has the path (kustomize/base/ingress.yaml)."""
    return path in ("/", "/health") or path.startswith("/api/")


def _differences(expected: Recorded, response: httpx.Response, answer: Any) -> Iterator[str]:
    case = expected.case
    if response.status_code != expected.status:
        yield f"status {response.status_code} instead of {expected.status}: {response.text[:200]}"
    elif expected.status == 422:
        if not _is_validation_error(answer):
            yield "the body of a 422 is not {detail: [{loc, msg, type}, …]}"
    elif case.fields:
        given = cast(dict[str, Any], expected.body)
        yield from _missing({name: given[name] for name in case.fields}, _normalised(answer), "answer")
    elif not case.lenient:
        yield from _missing(expected.body, _normalised(answer), "answer")


def _missing(expected: Any, got: Any, path: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(got, dict):
        there = cast(dict[str, Any], got)
        for key, value in cast(dict[str, Any], expected).items():
            if key in there:
                yield from _missing(value, there[key], f"{path}.{key}")
            else:
                yield f"{path} has no {key}"
    elif isinstance(expected, list) and isinstance(got, list):
        theirs, found = cast(list[Any], expected), cast(list[Any], got)
        if len(theirs) != len(found):
            yield f"{path} has {len(found)} items instead of {len(theirs)}"
            return
        for index, (one, other) in enumerate(zip(theirs, found, strict=True)):
            yield from _missing(one, other, f"{path}[{index}]")
    elif expected != got or isinstance(expected, bool) != isinstance(got, bool):
        yield f"{path} is {got!r:.200} instead of {expected!r:.200}"


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
    return all(
        isinstance(one, dict) and {"loc", "msg", "type"} <= set(cast(dict[str, Any], one))
        for one in cast(list[Any], detail)
    )


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
