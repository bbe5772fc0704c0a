"""Which hosts and origins are this site's.

Until TASKFLOW_PUBLIC_ORIGIN is set nobody can know: every host is answered, and a page is this site's own when its
origin is the host that it asks. So it is as Phase IV, too, whose clients may know it by any name.
"""

import ipaddress
from functools import lru_cache
from typing import Final

from taskflow_core.settings import Settings

_LONGEST_HOST: Final = 255 + len(":65535")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class Site:
    """The hosts that are answered, which is remembered of each, and the origins whose pages may use its cookies."""

    def __init__(self, settings: Settings) -> None:
        public = None if settings.public_origin is None else canonical_origin(settings.public_origin)
        self._is_public = public is not None and settings.phase == "v"
        hosts = {_name_of(host.lower()) for host in settings.allowed_hosts}
        self._hosts = frozenset(hosts if public is None else hosts | {_name_of(public.partition("//")[2])})
        origins = {canonical_origin(origin) for origin in settings.cors_origins}
        self._origins = frozenset(origins if public is None else origins | {public})
        self._is_ours = lru_cache(maxsize=1024)(self._looked_up)

    def answers(self, host: bytes) -> bool:
        """Whether requests for `host`, a Host header, are answered.

        Those are the public origin's, the allowed ones and this machine's own names, whatever the port.
        """
        return not self._is_public or (len(host) <= _LONGEST_HOST and self._is_ours(host))

    def _looked_up(self, host: bytes) -> bool:
        name = _name_of(host.decode("latin-1").lower())
        return name in self._hosts or _is_loopback(name)

    def trusts(self, origin: str, host: str) -> bool:
        """Whether a page of `origin` (an Origin header) that asks `host` (the Host header) may use this site's cookies.

        It may when it is this site's own, or one of TASKFLOW_CORS_ORIGINS. Once a public origin is set, to come from
        the host that is asked is not enough, unless that is this machine itself.
        """
        if origin in self._origins:
            return True
        host = host.lower()
        if not host or origin not in (f"http://{host}", f"https://{host}"):
            return False
        return not self._is_public or _is_loopback(_name_of(host))


def canonical_origin(origin: str) -> str:
    """An origin as browsers write it: in lower case, and without the port that its scheme has anyway."""
    scheme, _, host = origin.lower().partition("://")
    return f"{scheme}://{host.removesuffix(_DEFAULT_PORTS[scheme])}"


def _name_of(host: str) -> str:
    """A host without its port; an IPv6 address keeps its brackets."""
    name, colon, port = host.rpartition(":")
    return name if colon and (not port or port.isdecimal()) else host


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    address = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
