"""The cookies of a browser that is signed in: the session's, the refresh token's, and its mark as a known device."""

from typing import Final

from litestar.datastructures import Cookie

from chat_api.controllers.devices import DEVICE_COOKIE, DEVICE_SECONDS, device_value
from chat_api.sessions.port import SignedTokens
from taskflow_core.service.auth import SESSION_COOKIE, session_cookie
from taskflow_core.service.tokens import REFRESH_SECONDS
from taskflow_core.settings import Settings

REFRESH_COOKIE: Final = "refresh_token"
AUTH_PATH: Final = "/api/v1/auth"


class Cookies:
    """Makes cookies that no script reads, and that go by HTTPS only, where that is the public origin."""

    def __init__(self, settings: Settings) -> None:
        self._secure = settings.by_https
        self._access_seconds = settings.jwt_expiry_seconds
        self._session = session_cookie(settings)

    def signed_in(self, tokens: SignedTokens, devices: tuple[str, ...] = ()) -> list[Cookie]:
        """Of somebody who is signed in, on a device that is known by these marks."""
        cookies = [
            self._cookie(self._session, tokens.access, "/", self._access_seconds),
            self._cookie(REFRESH_COOKIE, tokens.refresh, AUTH_PATH, REFRESH_SECONDS),
        ]
        if devices:
            cookies.append(self.device(devices))
        return cookies

    def device(self, devices: tuple[str, ...]) -> Cookie:
        """Of a device that is known by these marks."""
        return self._cookie(DEVICE_COOKIE, device_value(devices), AUTH_PATH, DEVICE_SECONDS)

    def signed_out(self) -> list[Cookie]:
        """Taken away from somebody who has signed out; also the one that the site had before it was reached by https,
        since Phase IV takes any."""
        names = dict.fromkeys((self._session, SESSION_COOKIE))
        return [*(self._cookie(name, "", "/", 0) for name in names), self._cookie(REFRESH_COOKIE, "", AUTH_PATH, 0)]

    def _cookie(self, key: str, value: str, path: str, seconds: int) -> Cookie:
        secure = self._secure
        return Cookie(key=key, value=value, path=path, max_age=seconds, httponly=True, samesite="strict", secure=secure)
