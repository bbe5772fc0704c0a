"""How a request says where it comes from and which devices it is, and the cookie by which a browser is known."""

from typing import Any, Final

import structlog
from litestar import Request

from chat_api.signing_in.client import Client, network_of
from chat_api.signing_in.devices import KEPT_DAYS
from taskflow_core.service.requests import header

log = structlog.get_logger(__name__)

DEVICE_COOKIE: Final = "taskflow_device"
DEVICE_SECONDS: Final = KEPT_DAYS * 86_400

_BETWEEN: Final = "."
_MOST: Final = 3
_LONGEST: Final = 64


class Clients:
    """Tells clients apart by their requests."""

    def __init__(self) -> None:
        self._told = False

    def of(self, request: Request[Any, Any, Any]) -> Client:
        """Who sends the request.

        Behind a proxy that is not trusted (TASKFLOW_TRUSTED_PROXIES) everybody has its address: that is nobody's own.
        """
        host = request.client.host if request.client else ""
        forwarded = header(request.scope, b"x-forwarded-for")
        shared = forwarded is not None and host.encode() not in forwarded
        if shared and not self._told:
            self._told = True
            log.warning("proxy_not_trusted", hint="X-Forwarded-For from a proxy; name it in TASKFLOW_TRUSTED_PROXIES")
        marks = request.cookies.get(DEVICE_COOKIE, "").split(_BETWEEN, _MOST)[:_MOST]
        devices = tuple(mark for mark in marks if 0 < len(mark) <= _LONGEST)
        return Client(network=network_of(host), shared=shared, devices=devices)


def device_value(devices: tuple[str, ...]) -> str:
    """What the cookie holds."""
    return _BETWEEN.join(devices)
