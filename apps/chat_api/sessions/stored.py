"""Sessions of Phase V: a row for each, refresh tokens that are used once, and an end that every process hears of."""

import secrets
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from chat_api.accounts import Entry
from chat_api.security.telling import about, tell
from chat_api.sessions import store
from chat_api.sessions.metrics import SESSIONS_BEGUN, SESSIONS_REVOKED
from chat_api.sessions.port import SignedTokens
from chat_api.sessions.revoked import all_revoked, tell_each
from chat_api.sessions.store import Ended, NewRefreshToken, NewSession, UsedToken
from taskflow_core.database.pool import Connection, Database
from taskflow_core.domain.clock import Clock
from taskflow_core.domain.errors import WrongCredentialsError
from taskflow_core.events.account import AccountEvent, RevokedBy, SignedIn
from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.service.tokens import REFRESH_SECONDS, Identity, TokenError, Tokens, successor_id, token_hash

log = structlog.get_logger(__name__)

LINGER: Final = timedelta(seconds=60)
"""How long a session goes on that is ended in a moment."""

_TRIES: Final = 3
"""How often a refresh token is looked at that others are using at the same time."""


class StoredSessions:
    """Sessions that are kept in the database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tokens: Tokens,
        revocations: Revocations | None,
        *,
        access_seconds: int,
        forget_devices: Callable[[str], Awaitable[None]],
    ) -> None:
        """`forget_devices` is called for a user all of whose sessions were ended."""
        self._database = database
        self._clock = clock
        self._tokens = tokens
        self._revocations = revocations
        self._lasts = timedelta(seconds=max(access_seconds, REFRESH_SECONDS))
        self._forget_devices = forget_devices

    async def begin(self, entry: Entry, device: str | None) -> SignedTokens:
        """As the port says."""
        account, now = entry.account, self._clock.now()
        session = self._session(uuid.uuid4().hex, now, device)
        tokens = self._signed(account.id, account.email, session.id, secrets.token_hex(16), now)
        async with self._database.transaction() as connection:
            refresh = _stored(tokens.refresh, now)
            if not await store.begin(connection, account.id, entry.password_hash, session, refresh, now):
                raise WrongCredentialsError
            await tell(connection, SignedIn(session_id=session.id, device=device, **about(account.id, now)))
        SESSIONS_BEGUN.inc()
        return tokens

    async def renew(self, refresh_token: str, device: str | None) -> SignedTokens | None:
        """As the port says. A token is used once; within half a minute it gets the same successor again, and after that
        its session ends: somebody else may have used it."""
        identity = self.shown(refresh_token)
        if identity is None:
            return None
        for _ in range(_TRIES):
            now = self._clock.now()
            renewed = await self._use(refresh_token, identity, device, now)
            if renewed is not None:
                return renewed
            used = await self._standing(refresh_token, identity)
            if used is None or not used.goes_on:
                return None
            if used.used_at is not None and (now - used.used_at).total_seconds() <= store.REUSE_SECONDS:
                return self._successor(refresh_token, identity, used.session_id, used.email, used.used_at)
            if used.used_at is not None or not used.is_known:
                await self._reused(identity, used)
                return None
        return None

    def shown(self, refresh_token: str | None) -> Identity | None:
        """As the port says."""
        if not refresh_token:
            return None
        try:
            return self._tokens.verify(refresh_token, "refresh")
        except TokenError:
            return None

    async def end(self, shown: Sequence[Identity], *, in_a_moment: bool) -> None:
        """As the port says."""
        now = self._clock.now()
        given = {
            (kind, identity.key): Ended(kind=kind, subject=identity.key, expires_at=identity.expires_at)
            for identity in shown
            for kind in ("token" if identity.session_id is None else "session",)
        }
        user_id = shown[0].user_id
        async with self._database.transaction() as connection:
            ended = await store.end(
                connection, user_id, list(given.values()), now, now + LINGER if in_a_moment else None
            )
            await tell_each(connection, user_id, "signed_out", ended, now)
        self._have_ended(user_id, "signed_out", ended, at_once=not in_a_moment)

    async def end_one(self, user_id: str, session_id: str) -> bool:
        """End one session of a user, everywhere. False where the user has no such session that goes on."""
        if "\x00" in session_id:
            return False
        now = self._clock.now()
        async with self._database.transaction() as connection:
            ended = await store.end_one(connection, user_id, session_id, now)
            await tell_each(connection, user_id, "signed_out", ended, now)
        self._have_ended(user_id, "signed_out", ended)
        return bool(ended)

    async def end_all(self, user_id: str) -> None:
        """As the port says."""
        async with self.ending_all(user_id, "everywhere"):
            pass

    @asynccontextmanager
    async def ending_all(
        self, user_id: str, why: RevokedBy, *, keep: str | None = None, telling: Sequence[AccountEvent] = ()
    ) -> AsyncGenerator[Connection]:
        """A transaction that, if what is done in it succeeds, ends all of a user's sessions but the one with the id
        `keep`, and every token without a session that was issued until now. The devices are forgotten after it.
        `telling` is what is told at its end, before that."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await store.one_at_a_time(connection, user_id)
            yield connection
            ended = await store.end_all(connection, user_id, now, now + self._lasts, keep=keep)
            await tell(connection, *telling, *all_revoked(user_id, why, ended, now, kept=keep))
        self._have_ended(user_id, why, ended, issued_before=now)
        await self._forget_devices(user_id)

    async def _use(
        self, refresh_token: str, identity: Identity, device: str | None, now: datetime
    ) -> SignedTokens | None:
        """The tokens that follow, if this call is the one that uses the refresh token."""
        used = token_hash(refresh_token)
        session = self._session(identity.session_id or uuid.uuid4().hex, now, device)
        successor = self._successor(refresh_token, identity, session.id, identity.email, now)
        stored = _stored(successor.refresh, now)
        if identity.session_id is not None:
            async with self._database.acquire() as connection:
                email = await store.rotate(connection, identity.user_id, session, used, stored, now)
        else:
            async with self._database.transaction() as connection:
                email = await store.adopt(
                    connection,
                    identity.user_id,
                    session,
                    NewRefreshToken(hash=used, expires_at=identity.expires_at),
                    stored,
                    issued_at=identity.issued_at,
                    now=now,
                )
                if email is not None:
                    made = about(identity.user_id, now)
                    await tell(connection, SignedIn(session_id=session.id, device=device, by="earlier_token", **made))
        if email is None:
            return None
        return self._successor(refresh_token, identity, session.id, email, now)

    async def _standing(self, refresh_token: str, identity: Identity) -> UsedToken | None:
        async with self._database.acquire() as connection:
            return await store.standing(connection, identity.user_id, token_hash(refresh_token), identity.session_id)

    async def _reused(self, identity: Identity, used: UsedToken) -> None:
        """End a session whose refresh token was used by two: which of them is the thief nobody can know."""
        log.warning("refresh_token_reused", user_id=identity.user_id, session=used.session_id, action="session ended")
        now = self._clock.now()
        async with self._database.transaction() as connection:
            given = [Ended(kind="session", subject=used.session_id, expires_at=identity.expires_at)]
            ended = await store.end(connection, identity.user_id, given, now, None)
            await tell_each(connection, identity.user_id, "reuse", ended, now, actor_id=CHAT_API)
        self._have_ended(identity.user_id, "reuse", ended)

    def _have_ended(
        self,
        user_id: str,
        why: RevokedBy,
        ended: Sequence[Ended],
        *,
        at_once: bool = True,
        issued_before: datetime | None = None,
    ) -> None:
        SESSIONS_REVOKED.labels(why).inc(len(ended))
        log.info("sessions_revoked", user_id=user_id, reason=why, count=len(ended))
        if self._revocations is not None and at_once:
            keys = {one.subject: one.expires_at for one in ended if one.kind != "user"}
            self._revocations.learn(user_id, keys, issued_before)

    def _session(self, session_id: str, now: datetime, device: str | None) -> NewSession:
        return NewSession(id=session_id, expires_at=now + self._lasts, device=device)

    def _successor(
        self, refresh_token: str, identity: Identity, session_id: str, email: str | None, at: datetime
    ) -> SignedTokens:
        """The same for the same token and time, to the byte, whichever process makes it.

        The address in a refresh token is that of the token before: its hash is stored before the account is read.
        """
        jti = successor_id(refresh_token)
        refresh = self._tokens.issue(identity.user_id, identity.email or "", "refresh", session_id, at=at, jti=jti)
        access = self._tokens.issue(identity.user_id, email or "", "access", session_id, at=at)
        return SignedTokens(access=access, refresh=refresh)

    def _signed(self, user_id: str, email: str, session_id: str, jti: str, at: datetime) -> SignedTokens:
        return SignedTokens(
            access=self._tokens.issue(user_id, email, "access", session_id, at=at),
            refresh=self._tokens.issue(user_id, email, "refresh", session_id, at=at, jti=jti),
        )


def _stored(refresh_token: str, now: datetime) -> NewRefreshToken:
    return NewRefreshToken(hash=token_hash(refresh_token), expires_at=now + timedelta(seconds=REFRESH_SECONDS))
