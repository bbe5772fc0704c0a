"""What a process knows of one user: whether the account is open, and which of its tokens are refused."""

from taskflow_core.service.tokens import Identity


class KnownUser:
    """One user who is, or was lately, signed in here. Times are seconds since 1970.

    `flawed` says whether anything at all is refused, so that of most users a request asks no more than that; `closed`
    whether that is because the account is disabled or gone.
    """

    __slots__ = ("_issued_before", "_revoked", "closed", "flawed", "used")

    def __init__(self, used: int, *, closed: bool) -> None:
        """`used` is the round of reading in which a request last asked for the user."""
        self.used = used
        self.closed = self.flawed = closed
        self._issued_before = 0.0
        self._revoked: dict[str, float] = {}

    def refuses(self, identity: Identity) -> bool:
        """Whether one of the user's tokens is refused."""
        if self.closed or identity.key in self._revoked:
            return True
        if identity.session_id is not None or identity.scopes is not None:
            return False
        return identity.issued_at < self._issued_before

    def close(self, *, closed: bool) -> bool:
        """The account is gone or disabled, or is neither any more. Whether it has just been closed."""
        was, self.closed = self.closed, closed
        if was != closed:
            self._sum_up()
        return closed and not was

    def cut_off(self, issued_before: float) -> bool:
        """Refuse tokens without a session that were issued earlier. Whether that is new."""
        if issued_before <= self._issued_before:
            return False
        self._issued_before = issued_before
        self.flawed = True
        return True

    def revoke(self, key: str, until: float) -> bool:
        """Refuse a session, or a token without one, for as long as it could count. Whether that is new."""
        new = key not in self._revoked
        self._revoked[key] = until
        self.flawed = True
        return new

    def forget(self, now: float) -> None:
        """Drop what has expired by itself."""
        if self._revoked:
            self._revoked = {key: until for key, until in self._revoked.items() if until > now}
            self._sum_up()

    def _sum_up(self) -> None:
        self.flawed = self.closed or self._issued_before > 0 or bool(self._revoked)
