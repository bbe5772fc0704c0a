"""Every method on every path, signed in and not, from here and from elsewhere: an answer below 500 with its headers."""

from taskflow_core.service.routes import INTERNAL
from tests.service.asking import ask
from tests.service.edges.whole import ON_EVERY_ANSWER, Headers, Platform

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get", "")
FOREIGN: Headers = [
    (b"host", b"127.0.0.1"),
    (b"origin", b"https://evil.example"),
    (b"access-control-request-method", b"\xff"),
    (b"access-control-request-headers", b"\xff, ,"),
]


async def test_methods(platform: Platform) -> None:
    for route in platform.routes:
        path = route.at(task_id=platform.task_id)
        for method in METHODS:
            # Signed in by a token that is none, nothing is deleted that another case wants.
            for headers in ([], FOREIGN, [*platform.headers[:1], (b"authorization", b"Bearer x")]):
                for written in (path, f"/{path}", f"{path}/"):
                    answer = await ask(platform.host, method, written, headers=headers)
                    assert answer.status < 500, (method, written, answer)
                    assert answer.headers.keys() >= ON_EVERY_ANSWER, (method, written, answer)
                    assert not path.startswith(INTERNAL) or answer.status == 404, (method, written, answer)
